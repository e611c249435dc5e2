import assert from "node:assert/strict";
import { layerOf } from "../../../tools/gate/layers.ts";

Deno.test("layerOf() knows every folder, and the page of a notebook apart from the other exports", () => {
  assert.equal(layerOf("src/simulator/engine/engine.ts", ""), "pure");
  assert.equal(layerOf("src/simulator/server/shape.ts", ""), "edge");
  assert.equal(layerOf("src/export/html.ts", ""), "view");
  assert.equal(layerOf("src/export/csv.ts", ""), "edge");
  assert.equal(layerOf("src/simulator/workload/a.ts", "/** Figures: pure. */"), "pure");
  assert.equal(layerOf("src/simulator/workload/a.ts", "/** Sends. */ // pure"), "edge");
  assert.equal(layerOf("src/unknown/a.ts", ""), undefined);
});
