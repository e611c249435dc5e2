/**
 * Snappy's block format, writing side: what remote write wants its bodies in.
 *
 * Source of the format: google/snappy, format_description.txt. Positions of earlier four bytes are kept in one hash table;
 * a block is compressed in pieces of 64 KiB, so that every distance fits two bytes.
 *
 * @module
 */

/** Bytes that are compressed together; a copy never reaches further back. */
const PIECE_BYTES = 65536;
const HASH_BITS = 14;
/** Shorter rests are not worth looking up. */
const SMALLEST_SEARCH = 15;

/** Compresses a block. The empty block is one byte. */
export function snappyCompress(input: Uint8Array): Uint8Array<ArrayBuffer> {
  // Literals alone cost at most 1 byte in 60 more, and a copy is never longer than what it stands for.
  const output = new Uint8Array(32 + input.length + Math.ceil(input.length / 6));
  let at = writeLength(output, input.length);
  const table = new Uint16Array(1 << HASH_BITS);
  for (let start = 0; start < input.length; start += PIECE_BYTES) {
    table.fill(0);
    const piece = input.subarray(start, Math.min(start + PIECE_BYTES, input.length));
    at = compressPiece(piece, { output, at, table });
  }
  return output.slice(0, at);
}

function writeLength(output: Uint8Array, length: number): number {
  let at = 0;
  let rest = length;
  while (rest >= 128) {
    output[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  output[at++] = rest;
  return at;
}

interface Target {
  readonly output: Uint8Array;
  readonly at: number;
  readonly table: Uint16Array;
}

function compressPiece(piece: Uint8Array, { output, at: start, table }: Target): number {
  let at = start;
  let literal = 0;
  let position = 1;
  const last = piece.length - SMALLEST_SEARCH;
  let misses = 32;
  while (position < last) {
    const slot = (Math.imul(fourBytes(piece, position), 0x1e35a7bd) >>> (32 - HASH_BITS)) >>> 0;
    const candidate = table[slot]!;
    table[slot] = position;
    if (candidate >= position || fourBytes(piece, candidate) !== fourBytes(piece, position)) {
      // The longer nothing repeats, the larger the steps: incompressible data costs little time.
      position += misses++ >>> 5;
      continue;
    }
    let length = 4;
    while (position + length < piece.length && piece[candidate + length] === piece[position + length]) {
      length++;
    }
    at = writeLiteral(output, at, piece.subarray(literal, position));
    at = writeCopy(output, at, { distance: position - candidate, length });
    position += length;
    literal = position;
    misses = 32;
  }
  return writeLiteral(output, at, piece.subarray(literal));
}

function fourBytes(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}

function writeLiteral(output: Uint8Array, start: number, bytes: Uint8Array): number {
  if (bytes.length === 0) return start;
  let at = start;
  const size = bytes.length - 1;
  if (size < 60) output[at++] = size << 2;
  else if (size < 256) {
    output[at++] = 60 << 2;
    output[at++] = size;
  } else {
    output[at++] = 61 << 2;
    output[at++] = size & 255;
    output[at++] = size >>> 8;
  }
  output.set(bytes, at);
  return at + bytes.length;
}

/** In elements of at most 64 bytes with distances of two bytes. */
function writeCopy(
  output: Uint8Array,
  start: number,
  copy: { readonly distance: number; readonly length: number },
): number {
  let at = start;
  for (let rest = copy.length; rest > 0;) {
    const length = Math.min(rest, 64);
    output[at++] = (length - 1) << 2 | 2;
    output[at++] = copy.distance & 255;
    output[at++] = copy.distance >>> 8;
    rest -= length;
  }
  return at;
}
