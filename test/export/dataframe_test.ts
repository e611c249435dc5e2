import assert from "node:assert/strict";
import { toDataFrame } from "../../src/export/dataframe.ts";
import { MemorySource } from "../../src/series/memory_source.ts";

const INSTALLED = (() => {
  try {
    Deno.statSync(new URL("../../optional/dataframe/node_modules/danfojs-node", import.meta.url));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
})();

function smallSource(): MemorySource {
  const source = new MemorySource();
  const defined = ["a", "b"].map((name, id) => ({ id, name, labels: { k: name }, type: "gauge" as const }));
  const none = { vanishedIds: [], events: [] };
  source.append("t", 0, { ids: [0, 1], values: [1, 10], defined, ...none });
  source.append("t", 1.5, { ids: [0], values: [2], defined: [], ...none });
  return source;
}

Deno.test({
  name: "toDataFrame() has a row a time, a column a series, and NaN where nothing was read",
  ignore: !INSTALLED,
  // danfojs brings modules that keep timers and handles open.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const frame = await toDataFrame(smallSource());
    assert.deepEqual(frame.shape, [2, 3]);
    assert.deepEqual(frame.columns, ["time", 'a{k="a"}', 'b{k="b"}']);
    assert.deepEqual(frame.values, [["1970-01-01T00:00:00.000Z", 1, 10], [
      "1970-01-01T00:00:01.500Z",
      2,
      NaN,
    ]]);
    assert.deepEqual((await toDataFrame(smallSource(), { names: ["b"] })).columns, ["time", 'b{k="b"}']);
  },
});

Deno.test({
  name: "toDataFrame() says how to install danfojs when it is not there",
  ignore: INSTALLED,
  async fn() {
    await assert.rejects(toDataFrame(smallSource()), /deno task dataframe/);
  },
});
