import assert from "node:assert/strict";
import { sameLabels } from "../../src/series/labels.ts";

Deno.test("sameLabels() goes by names and values, not by their order", () => {
  assert.equal(sameLabels({ a: "1", b: "2" }, { b: "2", a: "1" }), true);
  assert.equal(sameLabels({}, {}), true);
  for (const other of [{ a: "1" }, { a: "1", b: "3" }, { a: "1", c: "2" }, { a: "1", b: "2", c: "" }]) {
    assert.equal(sameLabels({ a: "1", b: "2" }, other), false, JSON.stringify(other));
    assert.equal(sameLabels(other, { a: "1", b: "2" }), false, JSON.stringify(other));
  }
});
