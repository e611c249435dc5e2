import assert from "node:assert/strict";
import { ReadMemory } from "../../src/series/read_memory.ts";
import { seriesOf } from "../helpers/fixed_source.ts";

/** Keys under which something is read, in the order given, and those for which it had to be read anew. */
function readAnew(memory: ReadMemory, keys: readonly string[], points = 1): string[] {
  const anew: string[] = [];
  for (const key of keys) {
    memory.get(1, key, () => {
      anew.push(key);
      return [seriesOf("a", Array.from({ length: points }, (_, time) => [time, 0] as const))];
    });
  }
  return anew;
}

Deno.test("ReadMemory keeps what was asked for last when there is more than it keeps", () => {
  const memory = new ReadMemory();
  const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`);
  assert.deepEqual(readAnew(memory, keys), keys);
  assert.deepEqual(readAnew(memory, ["key 39", "key 8"]), [], "the newest 32 are there");
  assert.deepEqual(readAnew(memory, ["key 7"]), ["key 7"]);
  assert.deepEqual(readAnew(memory, ["key 8", "key 9"]), ["key 9"], "key 8 was asked for since");
});

Deno.test("ReadMemory keeps a million points at most, and none of a read of more than 100,000", () => {
  const memory = new ReadMemory();
  assert.deepEqual(readAnew(memory, ["large", "large"], 100_001), ["large", "large"]);
  const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);
  readAnew(memory, keys, 90_000);
  assert.deepEqual(readAnew(memory, ["key 11", "key 1"], 90_000), [], "11 × 90,000 points");
  assert.deepEqual(readAnew(memory, ["key 0"], 90_000), ["key 0"]);
});
