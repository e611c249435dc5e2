/**
 * What an exposition text holds. Sources: Prometheus text format 0.0.4 / 1.0.0 and OpenMetrics 1.0.
 *
 * @module
 */
import type { NativeHistogram } from "./native_histogram.ts";

/** Label names to values, as the text has them (order of the text). */
export type Labels = Readonly<Record<string, string>>;

/** The union of the Prometheus and OpenMetrics types. `untyped` is Prometheus' word, `unknown` OpenMetrics'. */
export type MetricType =
  | "counter"
  | "gauge"
  | "histogram"
  | "summary"
  | "untyped"
  | "unknown"
  | "info"
  | "stateset"
  | "gaugehistogram";

/** An OpenMetrics exemplar. */
export interface Exemplar {
  /** The exemplar's own, such as a trace; not the sample's. */
  readonly labels: Labels;
  /** The one observation that it stands for. */
  readonly value: number;
  /** Unix seconds, when the exemplar gives a time of its own. */
  readonly timestampSeconds?: number;
}

/** One line of the text. `name` is the sample's own name (`x_bucket`, `x_total`), never shortened. */
export interface Sample {
  /** As in the text; two samples may share it and differ in labels. */
  readonly name: string;
  /** Empty where the line has none. */
  readonly labels: Labels;
  /** NaN and infinities are kept as the text has them. */
  readonly value: number;
  /** Unix seconds, when the line gives one. */
  readonly timestampSeconds?: number;
  /** OpenMetrics only. */
  readonly exemplar?: Exemplar;
  /** A native histogram's figures; `value` is NaN then. */
  readonly native?: NativeHistogram;
  /** Unix seconds at which the series began; set by `foldCreated` or by OpenMetrics' created timestamps. */
  readonly createdSeconds?: number;
}

/** What is known of a metric without its samples; a {@link MetricFamily} is one too. */
export interface MetricMeta {
  /** The family's: of a counter with `_total` or without, as its text has it. */
  readonly name: string;
  /** `untyped` or `unknown` where the text has no TYPE line. */
  readonly type: MetricType;
  /** Unescaped; empty where the text has no HELP line. */
  readonly help: string;
  /** OpenMetrics only; absent where the text has no UNIT line or an empty one. */
  readonly unit?: string;
}

/** A metric with its samples, in the order of the text. */
export interface MetricFamily extends MetricMeta {
  /** Empty where a TYPE, HELP or UNIT line is all that there is. */
  readonly samples: readonly Sample[];
}

/** A line that was given up in tolerant mode. */
export interface ParseError {
  /** 1-based. */
  readonly line: number;
  /** What is wrong, as a short English phrase without a full stop. */
  readonly reason: string;
  /** The line itself, control characters escaped, cut to at most 200 characters. */
  readonly text: string;
}
