/**
 * The analyzer of the lab: correlation, anomalies, diagnosis and report over one source.
 *
 * @module
 */
import { CORRELATED, LATENCIES, REPORTED } from "./usual_quantities.ts";
import { checkArgument, checkOptions, TEXT } from "../base/arguments.ts";
import { SOURCE } from "../series/arguments.ts";
import { isServer } from "../series/facts.ts";
import {
  ANOMALY_CHECKS,
  CHANGE_CHECKS,
  CORRELATION_CHECKS,
  DIAGNOSE_CHECKS,
  REPORT_CHECKS,
} from "./analyzer_checks.ts";
import type { Cause } from "../base/cause.ts";
import type { QuantityName, Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { Matcher, MetricSource, Points, TimeSpan } from "../series/types.ts";
import { absenceContext, absenceOf } from "./absence.ts";
import { type AnomalyOptions, type AnomalyResult, detectAnomalies } from "./anomalies.ts";
import { figureBiases, versionsIn } from "./biases.ts";
import { capacityOf, learntLimits } from "./capacity_report.ts";
import { type ChangePointOptions, type ChangePointResult, detectChangePoints } from "./change_points.ts";
import { correlate, type CorrelationMatrix, type CorrelationOptions } from "./correlation.ts";
import { costOf, type CostOptions } from "./cost.ts";
import { diagnose, type DiagnoseOptions, type Diagnosis } from "./diagnose.ts";
import { outsideEngine } from "./outside_engine.ts";
import { cutOf, lostPaceOf } from "./run_faults.ts";
import { summarizeLatency } from "./latency_summaries.ts";
import { summarizeObjectives } from "./objective_summaries.ts";
import type { Objective } from "./objectives.ts";
import type { AbsentQuantity, PerformanceReport } from "./performance_report.ts";
import { checkSignalNames, readSignals } from "./read_signals.ts";
import type { Signal } from "./signal.ts";
import { reportSignal, type SignalReport } from "./signal_report.ts";
import { summarizeClient } from "./summaries.ts";

/** A series' anomalies. */
export type SeriesAnomalies =
  & {
    readonly name: string;
    readonly labels: Labels;
    readonly unit?: Unit;
    readonly perSecond: boolean;
    /** What was judged: a gauge's values, a counter's rates. */
    readonly points: Points;
  }
  & ({ readonly result: AnomalyResult } | { readonly absent: Cause });

/** What {@link AdvancedMetricsAnalyzer.analyzeCorrelation} looks at. */
export interface AnalyzeCorrelationOptions extends CorrelationOptions {
  /** Default everything that the source holds. */
  readonly span?: TimeSpan;
  /** Default the lab's: CPU, memory, GPU memory, GPU utilisation, and what the server does. */
  readonly quantities?: readonly QuantityName[];
  /** Instead: names as the server spells them, of quantities, or `cut_requests`. */
  readonly names?: readonly string[];
}

/** What {@link AdvancedMetricsAnalyzer.detectAnomalies} looks at. */
export interface DetectAnomaliesOptions extends AnomalyOptions {
  /** Default everything that the source holds. */
  readonly span?: TimeSpan;
  /** Labels that a series must have; default none. */
  readonly matchers?: readonly Matcher[];
}

/** A series' changes of level. */
export type SeriesChanges =
  & { readonly name: string; readonly labels: Labels; readonly perSecond: boolean }
  & ({ readonly result: ChangePointResult } | { readonly absent: Cause });

/** What {@link AdvancedMetricsAnalyzer.detectChangePoints} looks at. */
export interface DetectChangePointsOptions extends ChangePointOptions {
  /** Default everything that the source holds. */
  readonly span?: TimeSpan;
  /** Labels that a series must have; default none. */
  readonly matchers?: readonly Matcher[];
}

/** What {@link AdvancedMetricsAnalyzer.generatePerformanceReport} looks at. */
export interface PerformanceReportOptions extends DiagnoseOptions {
  /** Of the anomalies in the report; default 3.5 robust deviations. */
  readonly thresholdStd?: number;
  /** Price of one GPU for an hour, in whatever money; absent: the report has no money. */
  readonly pricePerGpuHour?: number;
  /** GPUs that are paid for; default those that are sampled. */
  readonly gpuCount?: number;
  /** Objectives to hold the run against; `text` is how they are called in the report. */
  readonly objectives?: readonly { readonly text: string; readonly objective: Objective }[];
}

/**
 * Explains what a source holds: what moved together, what was unusual, what held the server back. Reads it anew on every
 * call and keeps nothing.
 *
 * @example
 * ```ts
 * import { AdvancedMetricsAnalyzer, openShippedData, renderReport } from "#lab";
 *
 * const analyzer = new AdvancedMetricsAnalyzer(await openShippedData("vllm-0.32.0-cpu"));
 * const report = await analyzer.generatePerformanceReport();
 * console.log(renderReport(report, { format: "text" }));
 * ```
 */
export class AdvancedMetricsAnalyzer {
  readonly #source: MetricSource;

  /**
   * Nothing is read yet.
   *
   * @param source a collector, a recording, shipped data, a remote Prometheus
   * @param none nothing: options belong to the methods
   * @throws TypeError when options are given
   */
  constructor(source: MetricSource, ...none: readonly never[]) {
    checkArgument("new AdvancedMetricsAnalyzer(collector)", { source }, SOURCE);
    if (none.length > 0) {
      throw new TypeError(
        'Cannot call new AdvancedMetricsAnalyzer: it takes a source only, wanted the options in the call of its method, such as analyzer.detectAnomalies("itl", { falseAlarmRate: 0.01 })',
      );
    }
    this.#source = source;
  }

  /**
   * Correlates quantities (or named series) pair by pair; see {@link correlate}. Counters count as rates, histograms
   * as the mean of what they observed in each cell.
   */
  async analyzeCorrelation(options: AnalyzeCorrelationOptions = {}): Promise<CorrelationMatrix> {
    const call = 'analyzer.analyzeCorrelation({ quantities: ["ttft", "running"] })';
    checkOptions<AnalyzeCorrelationOptions>(call, options, CORRELATION_CHECKS);
    if (options.names !== undefined) await checkSignalNames(this.#source, call, options.names);
    const span = options.span ?? await this.#source.span();
    if (span === undefined) return correlate([], options);
    const signals: Signal[] = [];
    for (const name of options.names ?? []) signals.push(...await readSignals(this.#source, name, { span }));
    const quantities = options.quantities ?? (options.names === undefined ? CORRELATED : []);
    for (const quantity of quantities) signals.push(...await readSignals(this.#source, quantity, { span }));
    return correlate(signals.filter((signal) => signal.values.length > 0), options);
  }

  /**
   * Anomalies of every series of a quantity, of a name as the server spells it, or of `cut_requests` (answers begun and not
   * ended, which no counter has); see {@link detectAnomalies}. Counters count as rates, a histogram as the mean of its observations
   * per cell, of each server by itself (label `target` where there are several). Empty when the source has no such series.
   *
   * @throws RangeError for a name that is neither a quantity nor one that a server has, with those that come near
   */
  async detectAnomalies(
    nameOrQuantity: string,
    options: DetectAnomaliesOptions = {},
  ): Promise<readonly SeriesAnomalies[]> {
    const call = 'analyzer.detectAnomalies("ttft", { thresholdStd: 3.5 })';
    checkArgument(call, { name: nameOrQuantity }, TEXT);
    checkOptions<DetectAnomaliesOptions>(call, options, ANOMALY_CHECKS);
    await checkSignalNames(this.#source, call, [nameOrQuantity]);
    const signals = await readSignals(this.#source, nameOrQuantity, options);
    return signals.map((signal) => {
      const { name, labels, unit, perSecond, timesSeconds, values } = signal;
      const result = detectAnomalies(signal, options);
      return {
        name,
        labels,
        ...(unit === undefined ? {} : { unit }),
        perSecond,
        points: { timesSeconds, values },
        ...("absent" in result ? result : { result }),
      };
    });
  }

  /**
   * Where the level of a quantity's or a named metric's series changed for good; see {@link detectChangePoints}.
   * Counters count as rates, a histogram as the mean of its observations per cell, of each server by itself (label
   * `target` where there are several).
   *
   * @throws RangeError for a name that is neither a quantity nor one that a server has, with those that come near
   */
  async detectChangePoints(
    nameOrQuantity: string,
    options: DetectChangePointsOptions = {},
  ): Promise<readonly SeriesChanges[]> {
    const call = 'analyzer.detectChangePoints("running")';
    checkArgument(call, { name: nameOrQuantity }, TEXT);
    checkOptions<DetectChangePointsOptions>(call, options, CHANGE_CHECKS);
    await checkSignalNames(this.#source, call, [nameOrQuantity]);
    const signals = await readSignals(this.#source, nameOrQuantity, options);
    return signals.map((signal) => {
      const { name, labels, perSecond } = signal;
      const result = detectChangePoints(signal, options);
      return { name, labels, perSecond, ...("absent" in result ? result : { result }) };
    });
  }

  /** What is wrong and why; see {@link diagnose}. */
  async diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
    checkOptions<DiagnoseOptions>("analyzer.diagnose()", options, DIAGNOSE_CHECKS);
    return await diagnose(this.#source, options);
  }

  /** Findings with their evidence, anomalies per metric with the worst, averages, latencies from both sides. */
  async generatePerformanceReport(options: PerformanceReportOptions = {}): Promise<PerformanceReport> {
    checkOptions<PerformanceReportOptions>("analyzer.generatePerformanceReport()", options, REPORT_CHECKS);
    const span = options.span ?? await this.#source.span();
    const facts = await this.#source.facts();
    const shared = {
      span,
      facts,
      simulated: facts.some((fact) => fact.simulated),
      diagnosis: await diagnose(this.#source, options),
    };
    if (span === undefined) {
      return {
        ...shared,
        averages: [],
        latencies: [],
        anomalies: [],
        changes: [],
        absent: [],
        biases: [],
        scrapes: { failed: 0, restarts: 0 },
      };
    }
    const events = await this.#source.events(span);
    const cutSeconds = cutOf(events);
    const lostPace = await lostPaceOf(this.#source, span);
    const client = summarizeClient(await this.#source.requests(span), span.endSeconds);
    const latencies = [];
    const servers = facts.filter(isServer).map(({ target }) => target);
    for (const quantity of LATENCIES) {
      latencies.push(await summarizeLatency(this.#source, quantity, { span, servers }));
    }
    const reported = await this.#reportedQuantities(span, options);
    const summarized = latencies.filter((latency) => latency !== undefined);
    const shown = [...summarized, ...reported.averages].map(({ quantity }) => quantity);
    return {
      ...shared,
      ...reported,
      latencies: summarized,
      biases: figureBiases(await this.#source.describe(), shown, await versionsIn(this.#source, facts, span)),
      ...(client === undefined ? {} : { client, outside: await outsideEngine(this.#source, { span }) }),
      ...(cutSeconds === undefined ? {} : { cutSeconds }),
      ...(lostPace === undefined ? {} : { lostPace }),
      capacity: await capacityOf(this.#source, {
        span,
        learntLimits: learntLimits(shared.diagnosis.findings),
      }),
      cost: await costOf(this.#source, costOptions(options, span)),
      ...(options.objectives === undefined
        ? {}
        : { objectives: await summarizeObjectives(this.#source, options.objectives, span) }),
      scrapes: {
        failed: events.filter((event) => event.kind === "scrape_failed").length,
        restarts: events.filter((event) => event.kind === "counter_reset").length,
      },
    };
  }

  async #reportedQuantities(
    span: TimeSpan,
    options: PerformanceReportOptions,
  ): Promise<Pick<PerformanceReport, "averages" | "anomalies" | "changes" | "absent">> {
    const reports: SignalReport[] = [];
    const absent: AbsentQuantity[] = [];
    const context = await absenceContext(this.#source, span);
    const thresholdStd = options.thresholdStd === undefined ? {} : { thresholdStd: options.thresholdStd };
    for (const quantity of REPORTED) {
      const signals = await readSignals(this.#source, quantity, { span });
      const filled = signals.filter((signal) => signal.values.length > 0);
      for (const signal of filled) reports.push(reportSignal(quantity, signal, thresholdStd));
      if (filled.length === 0) absent.push({ quantity, cause: absenceOf(quantity, context) });
    }
    return {
      averages: reports.flatMap((report) => report.average ?? []),
      anomalies: reports.flatMap((report) => report.anomaly ?? []),
      changes: reports.flatMap((report) => report.change ?? []),
      absent,
    };
  }
}

/** The part of a report's options that is about money. */
function costOptions({ pricePerGpuHour, gpuCount }: PerformanceReportOptions, span: TimeSpan): CostOptions {
  return {
    span,
    ...(pricePerGpuHour === undefined ? {} : { pricePerGpuHour }),
    ...(gpuCount === undefined ? {} : { gpuCount }),
  };
}
