/**
 * Native histograms in OpenMetrics text: `name {count:4,sum:6,schema:3,…,positive_spans:[0:1],positive_deltas:[1]}`.
 *
 * The lab reads no figures from them (vLLM has none); they are kept so that nothing of a text is lost.
 *
 * @module
 */
import { parseNumberText } from "./number.ts";

/** `length` buckets, `offset` after the ones before. */
export interface BucketSpan {
  /** Buckets left out before it; of the first span the first bucket's index, which may be negative. */
  readonly offset: number;
  /** Buckets that follow each other. */
  readonly length: number;
}

/** A native (exponential) histogram; bucket counts are differences to the bucket before. */
export interface NativeHistogram {
  /** All observations, those around zero included. */
  readonly count: number;
  /** Of all observations. */
  readonly sum: number;
  /** Resolution: bounds grow by a factor of 2^(2^-schema). */
  readonly schema: number;
  /** Half the width of the bucket around zero. */
  readonly zeroThreshold: number;
  /** Observations in the bucket around zero. */
  readonly zeroCount: number;
  /** Which buckets above zero are there. */
  readonly positiveSpans?: readonly BucketSpan[];
  /** Which buckets below zero are there, by absolute value. */
  readonly negativeSpans?: readonly BucketSpan[];
  /**
   * One a bucket of the positive spans: the first is its count, each further one the difference to the bucket
   * before.
   */
  readonly positiveDeltas?: readonly number[];
  /** The same for the negative spans. */
  readonly negativeDeltas?: readonly number[];
}

const FIELD = /([a-z_]+):(\[[0-9:,-]*\]|[^,{}[\]]+)(?:,|$)/y;

/** The histogram in `text`, braces included; undefined when a field is missing, unknown or not a number. */
export function parseNativeHistogram(text: string): NativeHistogram | undefined {
  if (!text.startsWith("{") || !text.endsWith("}")) return undefined;
  const fields = splitFields(text.slice(1, -1));
  if (fields === undefined) return undefined;
  const number = (name: string) => parseNumberText(fields.get(name) ?? "");
  const [count, sum, schema] = [number("count"), number("sum"), number("schema")];
  const [zeroThreshold, zeroCount] = [number("zero_threshold"), number("zero_count")];
  if (
    count === undefined || sum === undefined || schema === undefined || zeroThreshold === undefined ||
    zeroCount === undefined
  ) return undefined;
  const positiveSpans = spans(fields.get("positive_spans"));
  const negativeSpans = spans(fields.get("negative_spans"));
  const positiveDeltas = deltas(fields.get("positive_deltas"));
  const negativeDeltas = deltas(fields.get("negative_deltas"));
  if ([positiveSpans, negativeSpans, positiveDeltas, negativeDeltas].includes(null)) return undefined;
  return {
    count,
    sum,
    schema,
    zeroThreshold,
    zeroCount,
    ...(positiveSpans ? { positiveSpans } : {}),
    ...(negativeSpans ? { negativeSpans } : {}),
    ...(positiveDeltas ? { positiveDeltas } : {}),
    ...(negativeDeltas ? { negativeDeltas } : {}),
  };
}

/** The text of a native histogram, as {@link parseNativeHistogram} reads it. */
export function formatNativeHistogram(histogram: NativeHistogram): string {
  const spanText = (list: readonly BucketSpan[]) =>
    list.map((span) => `${span.offset}:${span.length}`).join(",");
  const parts = [
    `count:${histogram.count}`,
    `sum:${histogram.sum}`,
    `schema:${histogram.schema}`,
    `zero_threshold:${histogram.zeroThreshold}`,
    `zero_count:${histogram.zeroCount}`,
  ];
  if (histogram.positiveSpans) parts.push(`positive_spans:[${spanText(histogram.positiveSpans)}]`);
  if (histogram.negativeSpans) parts.push(`negative_spans:[${spanText(histogram.negativeSpans)}]`);
  if (histogram.positiveDeltas) parts.push(`positive_deltas:[${histogram.positiveDeltas.join(",")}]`);
  if (histogram.negativeDeltas) parts.push(`negative_deltas:[${histogram.negativeDeltas.join(",")}]`);
  return `{${parts.join(",")}}`;
}

function splitFields(text: string): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length) {
    const field = FIELD.exec(text);
    if (field === null || fields.has(field[1]!)) return undefined;
    fields.set(field[1]!, field[2]!);
  }
  return fields;
}

/** undefined: not given; null: not readable. */
function spans(text: string | undefined): readonly BucketSpan[] | null | undefined {
  if (text === undefined) return undefined;
  if (!/^\[(?:-?\d+:\d+(?:,-?\d+:\d+)*)?\]$/.test(text)) return null;
  return items(text).map((item) => {
    const [offset, length] = item.split(":");
    return { offset: Number(offset), length: Number(length) };
  });
}

function deltas(text: string | undefined): readonly number[] | null | undefined {
  if (text === undefined) return undefined;
  return /^\[(?:-?\d+(?:,-?\d+)*)?\]$/.test(text) ? items(text).map(Number) : null;
}

function items(text: string): string[] {
  const inner = text.slice(1, -1);
  return inner === "" ? [] : inner.split(",");
}
