import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type BlockColumn,
  decodeBlockColumn,
  decodeTick,
  encodeBlockColumn,
  encodeTick,
} from "../../src/recording/block_codec.ts";
import { ByteReader, ByteWriter } from "../../src/recording/byte_writer.ts";
import { decodeColumn, encodeColumn } from "../../src/recording/column_codec.ts";

const value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 2 ** 49, -(2 ** 49), 2 ** 53 + 2),
);
/** Columns of one kind of value, as series are. */
const column = fc.oneof(
  fc.array(value, { maxLength: 200 }),
  fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 200 }),
  fc.array(fc.constantFrom(0.1, 0.2, NaN, 7), { maxLength: 200 }),
  fc.tuple(value, fc.nat(200)).map(([one, count]) => new Array<number>(count).fill(one)),
).map((values) => Float64Array.from(values));

const sameBits = (a: Float64Array, b: Float64Array) =>
  a.length === b.length && a.every((each, i) => Object.is(each, b[i]));

Deno.test("decodeColumn() gives back every double bit for bit", () => {
  fc.assert(
    fc.property(column, (values) => {
      assert.ok(sameBits(decodeColumn(encodeColumn(values), values.length), values));
    }),
    { seed: 1, numRuns: 1000 },
  );
});

Deno.test("encodeColumn() takes few bytes for what series hold", () => {
  const bytes = (make: (i: number) => number) =>
    encodeColumn(Float64Array.from({ length: 1024 }, (_, i) => make(i))).length;
  assert.ok(bytes(() => 5) <= 3);
  assert.ok(bytes(() => 0.1) <= 9);
  assert.ok(bytes((i) => 1e6 + 7 * i) <= 40);
  assert.ok(bytes((i) => [0, 0.25, 0.5][i % 3]!) <= 100);
});

Deno.test("decodeBlockColumn() gives back gaps, own times and marks", () => {
  const times = fc.array(fc.double({ noNaN: true }), { maxLength: 5 }).map((list) => Float64Array.from(list));
  const made = fc.tuple(column, fc.integer({ min: 0, max: 2 }), fc.array(fc.nat(5)), times, times);
  fc.assert(
    fc.property(made, ([values, form, jumps, staleSeconds, resetSeconds]) => {
      let tick = 0;
      const ticks = Int32Array.from(values, (_, i) => tick += 1 + (jumps[i] ?? 0));
      const block: BlockColumn = {
        values,
        staleSeconds,
        resetSeconds,
        ...(form === 1
          ? { ticks }
          : form === 2
          ? { ownSeconds: Float64Array.from(values, (_, i) => i / 3) }
          : {}),
      };
      assert.deepEqual(decodeBlockColumn(encodeBlockColumn(block, [1, 2]), [1, 2]), block);
    }),
    { seed: 2, numRuns: 300 },
  );
});

Deno.test("decodeTick() gives back values, times and marks", () => {
  const tick = { values: Float64Array.of(1, NaN, -0), staleIds: [3, 70_000], resetIds: [] };
  assert.deepEqual(decodeTick(encodeTick(tick, []), []), tick);
  const own = { ...tick, ownSeconds: Float64Array.of(NaN, 5, NaN) };
  assert.deepEqual(decodeTick(encodeTick(own, []), []), own);
});

Deno.test("decodeBlockColumn() notices any changed or missing byte, and bytes of another row", () => {
  const values = Float64Array.from({ length: 50 }, (_, i) => Math.sqrt(i));
  const marks = { staleSeconds: new Float64Array(0), resetSeconds: new Float64Array(0) };
  const bytes = encodeBlockColumn({ values, ...marks }, [7]);
  // Another row's bytes are as wrong as changed ones.
  assert.throws(() => decodeBlockColumn(bytes, [8]), RangeError);
  for (let i = 0; i < bytes.length; i++) {
    const wrong = bytes.slice();
    wrong[i]! ^= 1 << (i % 8);
    assert.throws(() => decodeBlockColumn(wrong, [7]), RangeError);
    assert.throws(() => decodeBlockColumn(bytes.subarray(0, i), [7]), RangeError);
  }
});

Deno.test("ByteReader reads what ByteWriter wrote", () => {
  const writer = new ByteWriter();
  const numbers = [0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35 + 5, Number.MAX_SAFE_INTEGER];
  for (const number of numbers) writer.unsigned(number);
  for (const number of numbers) writer.signed(-Math.floor(number / 4));
  const reader = new ByteReader(writer.take());
  for (const number of numbers) assert.equal(reader.unsigned(), number);
  for (const number of numbers) assert.equal(reader.signed(), -Math.floor(number / 4) + 0);
  assert.equal(reader.left, 0);
  assert.throws(() => reader.byte(), RangeError);
});
