/**
 * Doubles in few bytes: the form that suits the values, then zstd.
 *
 * @module
 */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { ByteReader, ByteWriter } from "./byte_writer.ts";

/** How a column is written: the first byte of its bytes. */
const CONSTANT = 0;
const CONSTANT_WHOLE = 5;
/** Whole numbers: differences, or differences of differences, as variable-length integers. */
const WHOLE = 1;
const WHOLE_TWICE = 2;
/** Doubles: each XOR the one before, by byte planes (all highest bytes, then all second bytes, …). */
const XOR = 3;
/** Doubles: few different values, written once, and which of them each is. */
const FEW = 4;
/** Added to the form when zstd was applied on top. */
const ZSTD = 0x80;

/** Largest whole number whose difference to another still fits the integers above. */
const LARGEST_WHOLE = 2 ** 49;
const MOST_FEW = 64;
const ZSTD_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
/** Below this many bytes zstd's own frame costs more than it saves. */
const SMALLEST_FRAME = 40;

/** Encodes doubles bit for bit (all NaN become one NaN). No values give no bytes. */
export function encodeColumn(values: Float64Array): Uint8Array {
  if (values.length === 0) return new Uint8Array(0);
  const first = values[0]!;
  if (values.every((value) => Object.is(value, first))) {
    const writer = new ByteWriter();
    writer.byte(isWhole(first) ? CONSTANT_WHOLE : CONSTANT);
    if (isWhole(first)) writer.signed(first);
    else writer.double(first);
    return writer.take();
  }
  if (values.every(isWhole)) {
    // zstd is what takes time, so the form is chosen before it: the shorter integers pack better too.
    const once = differences(values);
    const twice = secondDifferences(values);
    return twice.length < once.length ? squeeze(WHOLE_TWICE, twice) : squeeze(WHOLE, once);
  }
  const few = fewValues(values);
  return few === undefined ? squeeze(XOR, xorPlanes(values)) : squeeze(FEW, few);
}

/**
 * Decodes `count` doubles.
 *
 * @throws RangeError when the bytes are not those of such a column
 */
export function decodeColumn(bytes: Uint8Array, count: number): Float64Array {
  const values = new Float64Array(count);
  if (count === 0) return values;
  const head = bytes[0] ?? -1;
  const body = bytes.subarray(1);
  const content = (head & ZSTD) !== 0 ? new Uint8Array(zstdDecompressSync(body)) : body;
  switch (head & ~ZSTD) {
    case CONSTANT:
      return values.fill(new ByteReader(content).double());
    case CONSTANT_WHOLE:
      return values.fill(new ByteReader(content).signed());
    case WHOLE:
      return readDifferences(new ByteReader(content), values);
    case WHOLE_TWICE:
      return readTwice(new ByteReader(content), values);
    case XOR:
      return readXorPlanes(content, values);
    case FEW:
      return readFew(new ByteReader(content), values);
    default:
      throw new RangeError(`Cannot decode a column: form ${head} is unknown`);
  }
}

function squeeze(form: number, content: Uint8Array): Uint8Array {
  const packed = content.length < SMALLEST_FRAME ? content : zstdCompressSync(content, ZSTD_OPTIONS);
  const squeezed = packed.length < content.length;
  const body = squeezed ? packed : content;
  const bytes = new Uint8Array(body.length + 1);
  bytes[0] = squeezed ? form | ZSTD : form;
  bytes.set(body, 1);
  return bytes;
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= LARGEST_WHOLE && !Object.is(value, -0);
}

function differences(values: Float64Array): Uint8Array {
  const writer = new ByteWriter();
  let before = 0;
  for (const value of values) {
    writer.signed(value - before);
    before = value;
  }
  return writer.view();
}

function readDifferences(reader: ByteReader, values: Float64Array): Float64Array {
  let before = 0;
  for (let i = 0; i < values.length; i++) values[i] = before += reader.signed();
  return values;
}

/** Steady counters: the differences hardly change. */
function secondDifferences(values: Float64Array): Uint8Array {
  const writer = new ByteWriter();
  let before = 0;
  let step = 0;
  for (const value of values) {
    const next = value - before;
    writer.signed(next - step);
    step = next;
    before = value;
  }
  return writer.view();
}

function readTwice(reader: ByteReader, values: Float64Array): Float64Array {
  let before = 0;
  let step = 0;
  for (let i = 0; i < values.length; i++) {
    step += reader.signed();
    values[i] = before += step;
  }
  return values;
}

function xorPlanes(values: Float64Array): Uint8Array {
  const count = values.length;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, 8 * count);
  const planes = new Uint8Array(8 * count);
  for (let i = 0; i < count; i++) {
    for (let b = 0; b < 8; b++) {
      planes[b * count + i] = i === 0 ? bytes[b]! : bytes[8 * i + b]! ^ bytes[8 * (i - 1) + b]!;
    }
  }
  return planes;
}

function readXorPlanes(planes: Uint8Array, values: Float64Array): Float64Array {
  const count = values.length;
  if (planes.length !== 8 * count) {
    throw new RangeError(`Cannot decode a column: ${planes.length} bytes, wanted ${8 * count}`);
  }
  const bytes = new Uint8Array(values.buffer);
  for (let b = 0; b < 8; b++) {
    let before = 0;
    for (let i = 0; i < count; i++) bytes[8 * i + b] = before ^= planes[b * count + i]!;
  }
  return values;
}

/** The different values and then an index for each; undefined when there are too many. */
function fewValues(values: Float64Array): Uint8Array | undefined {
  const indices = new Map<number, number>();
  const writer = new ByteWriter();
  for (const value of values) {
    if (Object.is(value, -0)) return undefined;
    if (indices.has(value)) continue;
    if (indices.size === MOST_FEW) return undefined;
    indices.set(value, indices.size);
  }
  writer.unsigned(indices.size);
  for (const value of indices.keys()) writer.double(value);
  for (const value of values) writer.byte(indices.get(value)!);
  return writer.view();
}

function readFew(reader: ByteReader, values: Float64Array): Float64Array {
  const table = Float64Array.from({ length: reader.unsigned() }, () => reader.double());
  for (let i = 0; i < values.length; i++) {
    const index = reader.byte();
    if (index >= table.length) {
      throw new RangeError(`Cannot decode a column: value ${index} of ${table.length}`);
    }
    values[i] = table[index]!;
  }
  return values;
}
