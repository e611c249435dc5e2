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
  readonly labels: Labels;
  readonly value: number;
  readonly timestampSeconds?: number;
}

/** One line of the text. `name` is the sample's own name (`x_bucket`, `x_total`), never shortened. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  /** Unix seconds, when the line gives one. */
  readonly timestampSeconds?: number;
  readonly exemplar?: Exemplar;
  /** A native histogram's figures; `value` is NaN then. */
  readonly native?: NativeHistogram;
  /** Unix seconds at which the series began; set by `foldCreated` or by OpenMetrics' created timestamps. */
  readonly createdSeconds?: number;
}

/** What is known of a metric without its samples; a {@link MetricFamily} is one too. */
export interface MetricMeta {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit?: string;
}

/** A metric with its samples, in the order of the text. */
export interface MetricFamily extends MetricMeta {
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
