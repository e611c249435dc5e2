/**
 * The report as data: findings, anomalies per metric, averages. `src/report` makes pages of it.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { QuantityName, Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { TargetFacts, TimeSpan } from "../series/types.ts";
import type { FigureBias } from "./biases.ts";
import type { AnomalyEpisode, AnomalyResult } from "./anomalies.ts";
import type { ChangePoint } from "./change_points.ts";
import type { ServerCapacity } from "./capacity_report.ts";
import type { CostReport } from "./cost.ts";
import type { Diagnosis } from "./diagnose.ts";
import type { ErrorBudget } from "./error_budget.ts";
import type { OutsideEngines } from "./outside_engine.ts";
import type { LostPace } from "./run_faults.ts";

/** Averages of one quantity over the span. */
export interface QuantitySummary {
  /** What was averaged. */
  readonly quantity: QuantityName;
  /** Of the values; of rates this per second. */
  readonly unit: Unit;
  /** True where the values are rates of a counter, per second. */
  readonly perSecond: boolean;
  /** Of the series; those of a histogram are merged. */
  readonly labels: Labels;
  /** Number of points behind the summary. */
  readonly count: number;
  /** The last point of the span; NaN where the series is gone by then. */
  readonly current: number;
  /** Of gauges over points, each counting the same; of rates what was counted by the time that it was counted in. */
  readonly mean: number;
  /** The smallest. */
  readonly minimum: number;
  /** The largest. */
  readonly maximum: number;
  /** Median of the points. */
  readonly p50: number;
  /** Linear between points. */
  readonly p99: number;
}

/** A duration by its histogram over the whole span, all servers and engines together. */
export interface LatencySummary extends LatencyFigures {
  /** One of the durations that servers show as histograms. */
  readonly quantity: QuantityName;
  /** Each server by itself, where several are watched: also one that observed nothing. */
  readonly servers?: readonly LatencyOfServer[];
}

/** What a histogram observed within the span. */
export interface LatencyFigures {
  /** Observations. */
  readonly count: number;
  /** Exact: increase of the sum by increase of the count. */
  readonly mean: number;
  /** Estimates, each with what is sure: it lies between `lower` and `upper`, by its bucket, the sum and the count. */
  readonly quantiles: readonly {
    readonly q: number;
    readonly value: number;
    readonly lower: number;
    readonly upper: number;
    /** Its bucket is the first or the last: `value` is as good as any other between the two. */
    readonly isGuess?: true;
  }[];
}

/** One server's part of a {@link LatencySummary}. */
export interface LatencyOfServer {
  /** Label `target` of the server. */
  readonly target: string;
  /** Absent where it observed nothing. */
  readonly figures?: LatencyFigures;
  /**
   * Where it surely answers unlike every other, how: one of its quantiles lies wholly on one side of those of all others,
   * and its mean is at least a quarter from theirs.
   */
  readonly apart?: "slower" | "faster";
}

/** Durations as clients saw them, from exact rows. */
export interface ClientSummary {
  /** All that were due in the span, whatever became of them. */
  readonly requests: number;
  /** Of those the ones that ended after the span, where any did: the servers' figures are of what ended in it. */
  readonly endedLater?: number;
  /** How many ended which way; an outcome that none had is not there. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** From send to first token chunk, of every request that got one, however it ended, seconds; absent without one. */
  readonly ttft?: {
    readonly count: number;
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
  };
  /** Every gap between token chunks of those, seconds; absent without one. */
  readonly itl?: {
    readonly count: number;
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
  };
  /** From send to last token chunk, of requests that ended well, seconds; absent without one. */
  readonly e2e?: {
    readonly count: number;
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
  };
  /**
   * Requests that were cut before a first token, which `ttft` lacks, and what the true percentiles of TTFT are at least: with each
   * of them as long as it had waited. Absent where there were none.
   */
  readonly cutBeforeFirstToken?: {
    readonly count: number;
    readonly ttftAtLeast: { readonly p50: number; readonly p99: number };
  };
}

/** Anomalies of one series. */
export interface AnomalySummary {
  /** What was judged. */
  readonly quantity: QuantityName;
  /** Of the series. */
  readonly labels: Labels;
  /** Of what was judged; of rates this per second. */
  readonly unit?: Unit;
  /** True where rates of a counter were judged. */
  readonly perSecond: boolean;
  /** With its method, threshold and what chance alone would bring. */
  readonly result: AnomalyResult;
  /** The episode with the worst point; undefined where there is none. */
  readonly worst?: AnomalyEpisode;
}

/** Changes of level of one series. */
export interface ChangeSummary {
  /** What was judged. */
  readonly quantity: QuantityName;
  /** Of the series. */
  readonly labels: Labels;
  /** Of the levels; of rates this per second. */
  readonly unit: Unit;
  /** True where rates of a counter were judged. */
  readonly perSecond: boolean;
  /** In order of time. */
  readonly changes: readonly ChangePoint[];
}

/** What was asked for and is not there. */
export interface AbsentQuantity {
  /** What was asked for. */
  readonly quantity: QuantityName;
  /** Why there is nothing. */
  readonly cause: Cause;
}

/** The whole report. */
export interface PerformanceReport {
  /** What was looked at; undefined for an empty source. */
  readonly span: TimeSpan | undefined;
  /** One entry a target. */
  readonly facts: readonly TargetFacts[];
  /** True when any target is a simulated one: then nothing here was measured on a real server. */
  readonly simulated: boolean;
  /** What is wrong and why. */
  readonly diagnosis: Diagnosis;
  /** One a series, in the order in which they are shown. */
  readonly averages: readonly QuantitySummary[];
  /** By the servers' histograms; those without observations are left out. */
  readonly latencies: readonly LatencySummary[];
  /** Absent where the source holds no request rows. */
  readonly client?: ClientSummary;
  /** What of TTFT and E2E lies outside the servers' clock; absent where a side measured neither. */
  readonly outside?: OutsideEngines;
  /** One a series that could be judged, also where nothing stands out. */
  readonly anomalies: readonly AnomalySummary[];
  /** Series whose level changed for good. */
  readonly changes: readonly ChangeSummary[];
  /** What is known to be wrong with the figures above, on this server. */
  readonly biases: readonly FigureBias[];
  /** Quantities that the report asked for and found no points of. */
  readonly absent: readonly AbsentQuantity[];
  /** Failed reads and counter resets of the span, over all targets. */
  readonly scrapes: { readonly failed: number; readonly restarts: number };
  /** When what wrote the recording was cut off, Unix seconds, the last time; absent where it was closed. */
  readonly cutSeconds?: number;
  /** Where a simulated server could not keep its schedule; absent where none failed to. */
  readonly lostPace?: LostPace;
  /** How much each server can do, one a server; absent for an empty source. */
  readonly capacity?: readonly ServerCapacity[];
  /** What tokens cost; absent for an empty source. */
  readonly cost?: CostReport;
  /** Objectives that were asked for, in that order. */
  readonly objectives?: readonly ObjectiveSummary[];
}

/** An objective and what became of it. */
export interface ObjectiveSummary {
  /** As it was asked for; where the server's buckets were counted, with the one quantity. */
  readonly text: string;
  /** Of the one limit that was counted by buckets, seconds. */
  readonly limitSeconds?: number;
  /** Or why there is none. */
  readonly budget: ErrorBudget | { readonly absent: Cause };
}
