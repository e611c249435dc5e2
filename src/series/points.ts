/**
 * Time, series, and how one asks for them.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { QuantityName, Unit } from "../catalog/types.ts";
import type { Labels, MetricType } from "../parser/types.ts";

/** From `startSeconds` to `endSeconds`, both included, in Unix seconds. */
export interface TimeSpan {
  /** First instant, Unix seconds. */
  readonly startSeconds: number;
  /** Last instant, Unix seconds. */
  readonly endSeconds: number;
}

/** Evaluation times `startSeconds + k * stepSeconds`, k < `count`, each looking back `rangeSeconds`: (t - range, t]. */
export interface Grid {
  /** First evaluation time, Unix seconds. */
  readonly startSeconds: number;
  /** Between two evaluation times. */
  readonly stepSeconds: number;
  /** Number of evaluation times. */
  readonly count: number;
  /** How far each looks back. */
  readonly rangeSeconds: number;
}

/** Points in ascending time; stale points are left out, NaN is an ordinary value. */
export interface Points {
  /** Unix seconds, ascending. */
  readonly timesSeconds: ArrayLike<number>;
  /** One for each time. */
  readonly values: ArrayLike<number>;
}

/** The window (endSeconds - rangeSeconds, endSeconds]; times are rounded to whole milliseconds, as Prometheus keeps them. */
export interface WindowRange {
  /** Last instant, included, Unix seconds. */
  readonly endSeconds: number;
  /** How far the window reaches back; its first instant is excluded. */
  readonly rangeSeconds: number;
}

/** A name and all its labels, with its points. */
export interface Series extends Points {
  /** The sample's name as the server spells it. */
  readonly name: string;
  /** Id of the sampler that yielded it, where it is one sampler's own and not computed from several. */
  readonly sampler?: string;
  /** Every label but the name. */
  readonly labels: Labels;
  /** Type of the family that it belongs to. */
  readonly type: MetricType;
  /** Unit of the values, where it is known. */
  readonly unit?: Unit;
  /** Unix seconds, ascending. */
  readonly timesSeconds: Float64Array;
  /** One for each time. */
  readonly values: Float64Array;
  /** When it was marked absent (missing from a good scrape, or its target failed): ascending. A line breaks there. */
  readonly staleSeconds: Float64Array;
  /** Where values are estimates: the interval that holds each (the bucket of a quantile). Same length as `values`. */
  readonly lower?: Float64Array;
  /** Upper end of the interval that holds each value. */
  readonly upper?: Float64Array;
  /**
   * Counters: times of points at which it is known to have begun anew from 0 although its value did not fall (its
   * `_created` or the process start changed; at the first point: it began after the tick before). Ascending.
   */
  readonly resetSeconds?: Float64Array;
  /** What limits the values of a combined series (`different_buckets`: merged on the bounds that all share). */
  readonly causes?: readonly Cause[];
}

/** How a matcher compares; regular expressions are anchored at both ends, as in Prometheus. */
export type MatchOperator = "=" | "!=" | "=~" | "!~";

/** One condition on a label; a label that is missing counts as "". */
export interface Matcher {
  /** Name of the label. */
  readonly label: string;
  /** How it is compared. */
  readonly operator: MatchOperator;
  /** What it is compared with: text, or an anchored regular expression. */
  readonly value: string;
}

/** Which part of a histogram or summary is meant. */
export type SamplePart = "value" | "bucket" | "sum" | "count" | "quantile";

/**
 * Which series. By `name`: the sample name as the server spells it (`x_bucket`). By `quantity`: the catalog finds the
 * name on each target, and values come in the canonical unit; `part` says which series of a histogram.
 */
export type Selector =
  | { readonly name: string; readonly matchers?: readonly Matcher[] }
  | { readonly quantity: QuantityName; readonly part?: SamplePart; readonly matchers?: readonly Matcher[] };

/** A function over windows. All equal Prometheus 3's on the same points, unless `extrapolate` is false. */
export type WindowFunction =
  | { readonly kind: "increase" | "rate" | "delta"; readonly extrapolate?: boolean }
  | { readonly kind: "irate" | "idelta" | "resets" | "changes" | "deriv" }
  | { readonly kind: "count" | "last" | "min" | "max" | "sum" | "avg" | "stddev" }
  | { readonly kind: "quantile"; readonly quantile: number }
  /** Of a histogram: `histogram_quantile(q, sum by (le, …) (rate(x_bucket)))`, with the bucket's bounds in lower/upper. */
  | { readonly kind: "histogram_quantile"; readonly quantile: number }
  /**
   * Of a histogram of values that are 0 or more: the same by observed increases, with what is sure in lower/upper by bucket, sum
   * and count, between which the value is kept. Not Prometheus'.
   */
  | { readonly kind: "histogram_bounded_quantile"; readonly quantile: number }
  /** Of a histogram or summary: increase of the sum by increase of the count, exact. No result without observations. */
  | { readonly kind: "histogram_mean" }
  /** Of a histogram: observed increase per bucket (not cumulative), one series per `le`. */
  | { readonly kind: "histogram_increase" };

/** A function over windows of the selected series, then combined over labels. */
export interface WindowQuery {
  /** Which series. */
  readonly selector: Selector;
  /** What is computed over each window. */
  readonly fn: WindowFunction;
  /** How series are combined; default "sum" for counters and histograms, "none" otherwise. */
  readonly combine?: "none" | "sum" | "max" | "min" | "avg";
  /** Labels that are kept apart when combining (`["engine"]`); default none. `le` is handled by the function. */
  readonly by?: readonly string[];
  /**
   * At times when a series is marked absent (its target failed, or it vanished) though its window still holds older
   * points: "absent" (default) gives no result, since Prometheus' fades there; "as_prometheus" gives Prometheus'.
   */
  readonly whileStale?: "absent" | "as_prometheus";
}
