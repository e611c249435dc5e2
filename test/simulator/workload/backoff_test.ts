import assert from "node:assert/strict";
import { Backoff } from "../../../src/simulator/workload/backoff.ts";
import { record } from "./records.ts";

Deno.test("Backoff doubles from 1 s to 10 s while connections fail, and begins anew after any answer", () => {
  const backoff = new Backoff();
  const refused = record({ outcome: "connection_error" });
  const { sentSeconds: _never, ...unsent } = record({ outcome: "timeout" });
  const after = (...outcomes: readonly Parameters<Backoff["after"]>[0][]) =>
    outcomes.map((one) => backoff.after(one));
  assert.deepEqual(after(refused, refused, refused, unsent, refused, refused), [1, 2, 4, 8, 10, 10]);
  assert.deepEqual(after(record({ outcome: "ok" }), refused, refused), [0, 1, 2]);
  assert.deepEqual(after(record({ outcome: "error" }), refused), [0.1, 1]);
  assert.deepEqual(after(record({ outcome: "timeout" }), record({ outcome: "aborted" })), [0.1, 0]);
});

Deno.test("Backoff keeps what a refusal says about the next try, up to 10 s", () => {
  const backoff = new Backoff();
  const refused = record({ outcome: "error", status: 429 });
  assert.deepEqual([0, 3, 3600].map((seconds) => backoff.after(refused, seconds)), [0.1, 3, 10]);
  assert.equal(backoff.after(record({ outcome: "ok" }), 3), 0);
});
