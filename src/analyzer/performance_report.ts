/**
 * The report as data: findings, anomalies per metric, averages. `src/report` makes pages of it.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { QuantityName, Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { TargetFacts, TimeSpan } from "../series/types.ts";
import type { AnomalyEpisode, AnomalyResult } from "./anomalies.ts";
import type { ChangePoint } from "./change_points.ts";
import type { Diagnosis } from "./diagnose.ts";

/** Averages of one quantity over the span. */
export interface QuantitySummary {
  readonly quantity: QuantityName;
  readonly unit: Unit;
  /** True where the values are rates of a counter, per second. */
  readonly perSecond: boolean;
  readonly labels: Labels;
  /** Number of points behind the summary. */
  readonly count: number;
  readonly current: number;
  readonly mean: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly p50: number;
  readonly p99: number;
}

/** A duration by its histogram over the whole span. */
export interface LatencySummary {
  readonly quantity: QuantityName;
  readonly count: number;
  /** Exact: increase of the sum by increase of the count. */
  readonly mean: number;
  /** Estimates, each with the bucket that holds it. */
  readonly quantiles: readonly {
    readonly q: number;
    readonly value: number;
    readonly lower: number;
    readonly upper: number;
  }[];
}

/** Durations as clients saw them, from exact rows. */
export interface ClientSummary {
  readonly requests: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly ttft?: {
    readonly count: number;
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
  };
  readonly itl?: {
    readonly count: number;
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
  };
  readonly e2e?: {
    readonly count: number;
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
  };
}

/** Anomalies of one series. */
export interface AnomalySummary {
  readonly quantity: QuantityName;
  readonly labels: Labels;
  readonly unit?: Unit;
  readonly perSecond: boolean;
  readonly result: AnomalyResult;
  /** The episode with the worst point; undefined where there is none. */
  readonly worst?: AnomalyEpisode;
}

/** Changes of level of one series. */
export interface ChangeSummary {
  readonly quantity: QuantityName;
  readonly labels: Labels;
  readonly unit: Unit;
  readonly perSecond: boolean;
  readonly changes: readonly ChangePoint[];
}

/** What was asked for and is not there. */
export interface AbsentQuantity {
  readonly quantity: QuantityName;
  readonly cause: Cause;
}

/** The whole report. */
export interface PerformanceReport {
  readonly span: TimeSpan | undefined;
  readonly facts: readonly TargetFacts[];
  readonly simulated: boolean;
  readonly diagnosis: Diagnosis;
  readonly averages: readonly QuantitySummary[];
  readonly latencies: readonly LatencySummary[];
  readonly client?: ClientSummary;
  readonly anomalies: readonly AnomalySummary[];
  /** Series whose level changed for good. */
  readonly changes: readonly ChangeSummary[];
  readonly absent: readonly AbsentQuantity[];
  readonly scrapes: { readonly failed: number; readonly restarts: number };
}
