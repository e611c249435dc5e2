/**
 * Bodies of Prometheus remote write 1.0: protobuf `WriteRequest`, hand-written.
 *
 * Sources: prometheus/prometheus, prompb/remote.proto and prompb/types.proto; the remote write 1.0 specification (sorted
 * labels, samples in time order, stale markers).
 *
 * @module
 */
import type { Labels, MetricMeta, MetricType } from "../parser/types.ts";

/** Prometheus' stale marker and its ordinary NaN. JavaScript's NaN loses its bits, so they are written as integers. */
export const STALE_BITS = 0x7ff0000000000002n;
const NORMAL_NAN_BITS = 0x7ff8000000000001n;

/** One series' samples for one request. `labels` are the encoded ones of {@link encodeLabels}. */
export interface WriteSeries {
  readonly labels: Uint8Array;
  /** Whole milliseconds, ascending. */
  readonly timesMs: ArrayLike<number>;
  /** One for each time; ignored where the sample is a stale marker. */
  readonly values: ArrayLike<number>;
  /** 1 where the sample is a stale marker. */
  readonly stale: ArrayLike<number>;
  /** The samples `[from, to)` are written. */
  readonly from: number;
  readonly to: number;
}

const text = new TextEncoder();

/**
 * The labels of a series with its name, as the fields `labels` of a `TimeSeries`: sorted by the bytes of their names as the
 * receiver wants them, empty values left out (they mean the same as none).
 */
export function encodeLabels(name: string, labels: Labels): Uint8Array {
  const pairs = Object.entries({ ...labels, __name__: name })
    .filter(([, value]) => value !== "")
    .map(([label, value]) => [text.encode(label), text.encode(value)] as const)
    .sort(([a], [b]) => compareBytes(a, b));
  const out = new ProtoWriter(64);
  for (const [label, value] of pairs) {
    out.tag(1, 2);
    out.varint(lengthOf(label) + lengthOf(value));
    out.bytes(1, label);
    out.bytes(2, value);
  }
  return out.finish();
}

/** A `WriteRequest` of samples, uncompressed. */
export function encodeSamples(series: readonly WriteSeries[]): Uint8Array {
  const out = new ProtoWriter(4096);
  for (const one of series) {
    let size = one.labels.length;
    for (let i = one.from; i < one.to; i++) size += 2 + sampleSize(one.timesMs[i]!);
    out.tag(1, 2);
    out.varint(size);
    out.raw(one.labels);
    for (let i = one.from; i < one.to; i++) {
      out.tag(2, 2);
      out.varint(sampleSize(one.timesMs[i]!));
      out.tag(1, 1);
      if (one.stale[i] === 1) out.fixed64(STALE_BITS);
      else out.double(one.values[i]!);
      out.tag(2, 0);
      out.varint(one.timesMs[i]!);
    }
  }
  return out.finish();
}

function sampleSize(timeMs: number): number {
  return 1 + 8 + 1 + varintSize(timeMs);
}

const TYPE_NUMBERS: Record<MetricType, number> = {
  unknown: 0,
  untyped: 0,
  counter: 1,
  gauge: 2,
  histogram: 3,
  gaugehistogram: 4,
  summary: 5,
  info: 6,
  stateset: 7,
};

/** A `WriteRequest` of metadata alone, uncompressed. Receivers that keep none ignore it. */
export function encodeMetadata(families: readonly MetricMeta[]): Uint8Array {
  const out = new ProtoWriter(4096);
  for (const { name, type, help, unit } of families) {
    const entry = new ProtoWriter(256);
    entry.tag(1, 0);
    entry.varint(TYPE_NUMBERS[type]);
    entry.bytes(2, text.encode(name));
    if (help !== "") entry.bytes(4, text.encode(help));
    if (unit !== undefined && unit !== "") entry.bytes(5, text.encode(unit));
    out.bytes(3, entry.finish());
  }
  return out.finish();
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Tag, length and content of a short field. */
function lengthOf(content: Uint8Array): number {
  return 1 + varintSize(content.length) + content.length;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Grows as needed. Field numbers stay below 16, so that a tag is one byte. */
class ProtoWriter {
  #out: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.#out = new Uint8Array(size);
    this.#view = new DataView(this.#out.buffer);
  }

  tag(field: number, wireType: number): void {
    this.#reserve(1);
    this.#out[this.#at++] = field << 3 | wireType;
  }

  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#out[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#out[this.#at++] = rest;
  }

  fixed64(bits: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#at, bits, true);
    this.#at += 8;
  }

  double(value: number): void {
    if (Number.isNaN(value)) return this.fixed64(NORMAL_NAN_BITS);
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  bytes(field: number, content: Uint8Array): void {
    this.tag(field, 2);
    this.varint(content.length);
    this.raw(content);
  }

  raw(content: Uint8Array): void {
    this.#reserve(content.length);
    this.#out.set(content, this.#at);
    this.#at += content.length;
  }

  finish(): Uint8Array {
    return this.#out.slice(0, this.#at);
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(this.#out.length * 2, this.#at + size));
    larger.set(this.#out);
    this.#out = larger;
    this.#view = new DataView(larger.buffer);
  }
}
