/**
 * Snappy's block format, reading side, by google/snappy's format_description.txt: what tests read our bodies with.
 *
 * @module
 */

/** @throws RangeError where the block breaks the format */
export function snappyUncompress(input: Uint8Array): Uint8Array {
  let at = 0;
  let length = 0;
  for (let shift = 0;; shift += 7) {
    const byte = byteAt(input, at++);
    length += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  const output = new Uint8Array(length);
  let end = 0;
  while (at < input.length) {
    const tag = byteAt(input, at++);
    if ((tag & 3) === 0) {
      let size = tag >> 2;
      if (size >= 60) {
        const bytes = size - 59;
        size = 0;
        for (let i = 0; i < bytes; i++) size += byteAt(input, at++) * 2 ** (8 * i);
      }
      size++;
      if (at + size > input.length || end + size > length) throw new RangeError("a literal beyond the end");
      output.set(input.subarray(at, at + size), end);
      at += size;
      end += size;
      continue;
    }
    const kind = tag & 3;
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    let distance = kind === 1 ? (tag >> 5) << 8 : 0;
    const bytes = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    for (let i = 0; i < bytes; i++) distance += byteAt(input, at++) * 2 ** (8 * i);
    if (distance === 0 || distance > end || end + size > length) throw new RangeError("a copy of nothing");
    for (let i = 0; i < size; i++, end++) output[end] = output[end - distance]!;
  }
  if (end !== length) throw new RangeError(`${end} bytes, wanted ${length}`);
  return output;
}

function byteAt(input: Uint8Array, at: number): number {
  const byte = input[at];
  if (byte === undefined) throw new RangeError("cut short");
  return byte;
}
