/**
 * Where calls write their answers: one buffer for all, since the calls are synchronous and nobody else looks between.
 *
 * @module
 */

/** The buffer as calls take it, and as its answers are read. */
const words = new BigUint64Array(8);
export const bytes = new Uint8Array(words.buffer);
export const halves = new Uint32Array(words.buffer);
export const signed = new Int32Array(words.buffer);

/** The answer as a pointer. */
export function pointerAnswer(): Deno.PointerValue {
  return Deno.UnsafePointer.create(words[0]!);
}

const HALF = 2 ** 32;

/** The n-th 64-bit number of the answer as a double, rounded as `Number(bigint)` rounds. */
export function u64Answer(index = 0): number {
  return halves[2 * index + 1]! * HALF + halves[2 * index]!;
}

/** True where the first 64-bit number has all bits set: NVML's "not available". */
export function isNotAvailable(): boolean {
  return halves[0] === 0xffff_ffff && halves[1] === 0xffff_ffff;
}
