import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../src/base/random.ts";
import { snappyCompress } from "../../src/remote/snappy.ts";
import { snappyUncompress } from "./snappy_reader.ts";

Deno.test("snappyCompress() is undone by a reader of the format", () => {
  const random = seededRandom(7);
  const noise = Uint8Array.from({ length: 200_000 }, () => Math.floor(random.next() * 256));
  const inputs: readonly (readonly [string, Uint8Array])[] = [
    ["nothing", new Uint8Array()],
    ["one byte", Uint8Array.of(7)],
    ["fifteen bytes", new Uint8Array(15)],
    ["zeros over several pieces", new Uint8Array(200_000)],
    ["noise over several pieces", noise],
    ["exactly a piece", noise.subarray(0, 65536)],
    ["a byte more", noise.subarray(0, 65537)],
    ["text", new TextEncoder().encode('vllm:num_requests_running{engine="0"} 1\n'.repeat(5000))],
  ];
  for (const [what, input] of inputs) assert.deepEqual(snappyUncompress(snappyCompress(input)), input, what);
});

Deno.test("snappyCompress() is undone for any bytes, repeated or not", () => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 300 }),
    fc.nat(40),
    fc.uint8Array({ maxLength: 20 }),
    (start, times, end) => {
      const input = Uint8Array.from([...Array.from({ length: times }, () => [...start]).flat(), ...end]);
      assert.deepEqual(snappyUncompress(snappyCompress(input)), input);
    },
  );
  fc.assert(property, { seed: 11, numRuns: 200 });
});

Deno.test("snappyCompress() makes what repeats at least ten times smaller, and noise hardly larger", () => {
  const text = new TextEncoder().encode('instance="127.0.0.1:8000",job="vllm"'.repeat(2000));
  assert.ok(snappyCompress(text).length < text.length / 10);
  const random = seededRandom(3);
  const noise = Uint8Array.from({ length: 100_000 }, () => Math.floor(random.next() * 256));
  assert.ok(snappyCompress(noise).length < noise.length * 1.01);
});
