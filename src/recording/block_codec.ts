/**
 * A series' part of a block, and a tick's row, as bytes. Each ends in a CRC-32 over itself and its row's other columns, so
 * that damage to either is noticed when it is read: a value must never turn up under another series or time.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { ByteReader, ByteWriter } from "./byte_writer.ts";
import { decodeColumn, encodeColumn } from "./column_codec.ts";

/** A series' points within a block. */
export interface BlockColumn {
  readonly values: Float64Array;
  /** The tick of each value, counted from the block's first; absent: one value for every tick of the block. */
  readonly ticks?: Int32Array;
  /** Times of the values, where the source states its own; then `ticks` is absent. */
  readonly ownSeconds?: Float64Array;
  readonly staleSeconds: Float64Array;
  readonly resetSeconds: Float64Array;
}

const HAS_GAPS = 1;
const HAS_OWN_TIMES = 2;

/** The other columns of a row, which its bytes' checksum takes in. */
export type RowContext = readonly (string | number | null)[];

/** Packs a column, checksum included. */
export function encodeBlockColumn(column: BlockColumn, context: RowContext): Uint8Array {
  return sealBytes(packBlockColumn(column), context);
}

/** Packs a column; {@link sealBytes} completes it once its row is known. */
export function packBlockColumn(column: BlockColumn): Uint8Array {
  const writer = new ByteWriter();
  const { values, ticks, ownSeconds } = column;
  writer.byte((ticks === undefined ? 0 : HAS_GAPS) | (ownSeconds === undefined ? 0 : HAS_OWN_TIMES));
  writer.unsigned(values.length);
  if (ticks !== undefined) writeRuns(writer, ticks);
  if (ownSeconds !== undefined) writeColumn(writer, ownSeconds);
  writeTimes(writer, column.staleSeconds);
  writeTimes(writer, column.resetSeconds);
  writeColumn(writer, values);
  return writer.take();
}

/**
 * Unpacks a column.
 *
 * @throws RangeError when the bytes are damaged
 */
export function decodeBlockColumn(bytes: Uint8Array, context: RowContext): BlockColumn {
  const reader = new ByteReader(unsealed(bytes, context));
  const flags = reader.byte();
  const count = reader.unsigned();
  const ticks = (flags & HAS_GAPS) === 0 ? undefined : readRuns(reader, count);
  const ownSeconds = (flags & HAS_OWN_TIMES) === 0 ? undefined : readColumn(reader, count);
  const staleSeconds = readTimes(reader);
  const resetSeconds = readTimes(reader);
  const values = readColumn(reader, count);
  return {
    values,
    staleSeconds,
    resetSeconds,
    ...(ticks === undefined ? {} : { ticks }),
    ...(ownSeconds === undefined ? {} : { ownSeconds }),
  };
}

/** Packs doubles by themselves (a time axis, the times of chunks). */
export function encodeDoubles(values: Float64Array, context: RowContext): Uint8Array {
  const writer = new ByteWriter();
  writeTimes(writer, values);
  return sealed(writer, context);
}

/** @throws RangeError when the bytes are damaged */
export function decodeDoubles(bytes: Uint8Array, context: RowContext): Float64Array {
  return readTimes(new ByteReader(unsealed(bytes, context)));
}

/** A tick that is not in a block yet. Values stand in the order of its layout. */
export interface TickRow {
  readonly values: Float64Array;
  /** Times of the values where the source states its own, NaN where it does not. */
  readonly ownSeconds?: Float64Array;
  /** Series marked absent at the tick, and those that began anew at it without a fall, by their ids in the file. */
  readonly staleIds: readonly number[];
  readonly resetIds: readonly number[];
}

/** Where ticks are written, one after the other: a dozen a second, each of some kilobytes. */
const TICKS = new ByteWriter();

/** A tick's row: doubles as they are, since it is soon packed into a block. */
export function encodeTick(tick: TickRow, context: RowContext): Uint8Array {
  const writer = TICKS;
  writer.clear();
  writer.byte(tick.ownSeconds === undefined ? 0 : HAS_OWN_TIMES);
  writer.unsigned(tick.values.length);
  for (const ids of [tick.staleIds, tick.resetIds]) {
    writer.unsigned(ids.length);
    for (const id of ids) writer.unsigned(id);
  }
  writer.raw(bytesOf(tick.values));
  if (tick.ownSeconds !== undefined) writer.raw(bytesOf(tick.ownSeconds));
  return sealed(writer, context);
}

/** @throws RangeError when the bytes are damaged */
export function decodeTick(bytes: Uint8Array, context: RowContext): TickRow {
  const reader = new ByteReader(unsealed(bytes, context));
  const flags = reader.byte();
  const count = reader.unsigned();
  const [staleIds, resetIds] = [0, 1].map(() =>
    Array.from({ length: reader.unsigned() }, () => reader.unsigned())
  );
  const doubles = () => new Float64Array(reader.raw(8 * count).slice().buffer);
  const values = doubles();
  return {
    values,
    staleIds: staleIds!,
    resetIds: resetIds!,
    ...((flags & HAS_OWN_TIMES) === 0 ? {} : { ownSeconds: doubles() }),
  };
}

function bytesOf(values: Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Ticks as alternating lengths of gaps and runs. */
function writeRuns(writer: ByteWriter, ticks: Int32Array): void {
  let expected = 0;
  for (let i = 0; i < ticks.length;) {
    let end = i + 1;
    while (end < ticks.length && ticks[end] === ticks[end - 1]! + 1) end++;
    writer.unsigned(ticks[i]! - expected);
    writer.unsigned(end - i);
    expected = ticks[end - 1]! + 1;
    i = end;
  }
}

function readRuns(reader: ByteReader, count: number): Int32Array {
  const ticks = new Int32Array(count);
  let tick = 0;
  for (let i = 0; i < count;) {
    tick += reader.unsigned();
    const end = i + reader.unsigned();
    if (end <= i || end > count) throw new RangeError("Cannot decode a column: its runs do not fit");
    while (i < end) ticks[i++] = tick++;
  }
  return ticks;
}

function writeColumn(writer: ByteWriter, values: Float64Array): void {
  const bytes = encodeColumn(values);
  writer.unsigned(bytes.length);
  writer.raw(bytes);
}

function readColumn(reader: ByteReader, count: number): Float64Array {
  return decodeColumn(reader.raw(reader.unsigned()), count);
}

function writeTimes(writer: ByteWriter, times: Float64Array): void {
  writer.unsigned(times.length);
  if (times.length > 0) writeColumn(writer, times);
}

function readTimes(reader: ByteReader): Float64Array {
  const count = reader.unsigned();
  return count === 0 ? new Float64Array(0) : readColumn(reader, count);
}

/** Packs ids (a layout): each in few bytes. */
export function encodeIds(ids: readonly number[], context: RowContext): Uint8Array {
  const writer = new ByteWriter();
  for (const id of ids) writer.unsigned(id);
  return sealed(writer, context);
}

/** @throws RangeError when the bytes are damaged */
export function decodeIds(bytes: Uint8Array, context: RowContext): number[] {
  const reader = new ByteReader(unsealed(bytes, context));
  const ids: number[] = [];
  while (reader.left > 0) ids.push(reader.unsigned());
  return ids;
}

/** The checksum of a row that has no bytes of its own: over its columns' values. */
export function rowSum(context: RowContext): number {
  return crc32(JSON.stringify(context));
}

/** The bytes and their checksum. */
export function sealBytes(bytes: Uint8Array, context: RowContext): Uint8Array {
  const writer = new ByteWriter();
  writer.raw(bytes);
  return sealed(writer, context);
}

function sealed(writer: ByteWriter, context: RowContext): Uint8Array {
  const sum = crc32(writer.view(), rowSum(context));
  for (let shift = 0; shift < 32; shift += 8) writer.byte((sum >>> shift) & 0xff);
  return writer.take();
}

/** @param bytes as the database gives them: of a damaged row that may be anything */
function unsealed(bytes: unknown, context: RowContext): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new RangeError("Cannot decode a row: it holds no bytes");
  const content = bytes.subarray(0, Math.max(0, bytes.length - 4));
  let sum = 0;
  for (let i = 0; i < 4; i++) sum += (bytes[content.length + i] ?? 0) * 2 ** (8 * i);
  if (bytes.length < 4 || crc32(content, rowSum(context)) !== sum) {
    throw new RangeError("Cannot decode a row: its checksum is wrong");
  }
  return content;
}
