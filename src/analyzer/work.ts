/**
 * What an engine did between two of its own points, to the second: the input of the step model.
 *
 * @module
 */
import { firstAfter } from "../base/search.ts";
import type { Matcher, MetricSource, Selector, Series, TimeSpan } from "../series/types.ts";
import { ofTarget } from "./server_reads.ts";
import type { StepWork } from "./step_model.ts";

/** Running totals of one engine on the time axis of its step counter; resets are added over. */
export interface WorkSeries {
  readonly timesSeconds: Float64Array;
  readonly steps: Float64Array;
  readonly decodeTokens: Float64Array;
  readonly computedPromptTokens: Float64Array;
  /** Requests running at that time. */
  readonly running: Float64Array;
}

/** Which engine. */
export interface WorkOptions {
  readonly target: string;
  readonly engine?: string;
  /** Label `model_name`, where a server has several models. */
  readonly model?: string;
  readonly span: TimeSpan;
}

/** Reads the counters of the step model. Undefined where the server has none of them. */
export async function readWork(source: MetricSource, options: WorkOptions): Promise<WorkSeries | undefined> {
  const read = (selector: Selector) => selectBySlices(source, selector, options.span);
  const matchers = matchersOf(options);
  const steps = await read({ quantity: "iteration_tokens", part: "count", matchers });
  const decode = await read({ quantity: "itl", part: "count", matchers });
  const running = await read({ quantity: "running", matchers });
  const axis = longest(steps)?.timesSeconds;
  if (axis === undefined || axis.length < 2 || decode.length === 0) return undefined;
  const prompt = await readPromptTokens(read, matchers);
  return {
    timesSeconds: axis,
    steps: totalsOn(axis, steps),
    decodeTokens: totalsOn(axis, decode),
    computedPromptTokens: prompt(axis),
    running: levelsOn(axis, running),
  };
}

type Read = (selector: Selector) => Promise<readonly Series[]>;

/** By source where the server says so, else all prompt tokens less those found in the cache. */
async function readPromptTokens(
  read: Read,
  matchers: readonly Matcher[],
): Promise<(axis: Float64Array) => Float64Array> {
  const local: Matcher = { label: "source", operator: "=", value: "local_compute" };
  const computed = await read({ quantity: "prompt_tokens_by_source", matchers: [...matchers, local] });
  if (computed.length > 0) return (axis) => totalsOn(axis, computed);
  const all = await read({ quantity: "prompt_tokens", matchers });
  const hits = await read({ quantity: "prefix_cache_hits", matchers });
  return (axis) => {
    const cached = totalsOn(axis, hits);
    return totalsOn(axis, all).map((total, i) => Math.max(0, total - cached[i]!));
  };
}

function matchersOf(options: WorkOptions): Matcher[] {
  const equal = (label: string, value: string): Matcher => ({ label, operator: "=", value });
  return [
    ...ofTarget(options.target),
    ...(options.engine === undefined || options.engine === "" ? [] : [equal("engine", options.engine)]),
    ...(options.model === undefined || options.model === "" ? [] : [equal("model_name", options.model)]),
  ];
}

/** A source that refuses so many points is asked for halves. */
async function selectBySlices(
  source: MetricSource,
  selector: Selector,
  span: TimeSpan,
): Promise<readonly Series[]> {
  try {
    return await source.select(selector, span);
  } catch (error) {
    if (!(error instanceof RangeError) || span.endSeconds - span.startSeconds <= 1) throw error;
    const middle = (span.startSeconds + span.endSeconds) / 2;
    const halves = [
      await selectBySlices(source, selector, { ...span, endSeconds: middle }),
      await selectBySlices(source, selector, { ...span, startSeconds: middle }),
    ];
    return joinByLabels(halves.flat());
  }
}

function joinByLabels(parts: readonly Series[]): Series[] {
  const joined = new Map<string, Series>();
  for (const part of parts) {
    const key = JSON.stringify([part.name, Object.entries(part.labels).sort()]);
    const earlier = joined.get(key);
    joined.set(key, earlier === undefined ? part : append(earlier, part));
  }
  return [...joined.values()];
}

/** The halves share their border: a point on it is taken once. */
function append(earlier: Series, later: Series): Series {
  const from = earlier.timesSeconds.at(-1) === later.timesSeconds[0] ? 1 : 0;
  const both = (a: Float64Array, b: Float64Array) => concatenated(a, b.subarray(from));
  return {
    ...earlier,
    timesSeconds: both(earlier.timesSeconds, later.timesSeconds),
    values: both(earlier.values, later.values),
  };
}

function longest(series: readonly Series[]): Series | undefined {
  return series.reduce<Series | undefined>(
    (best, one) => best === undefined || one.values.length > best.values.length ? one : best,
    undefined,
  );
}

/** Sum of the counters' growth up to each time of the axis. */
function totalsOn(axis: Float64Array, series: readonly Series[]): Float64Array {
  const totals = new Float64Array(axis.length);
  for (const { timesSeconds, values } of series) {
    let next = 0;
    let grown = 0;
    for (let i = 0; i < axis.length; i++) {
      for (; next < values.length && timesSeconds[next]! <= axis[i]!; next++) {
        if (next === 0) continue;
        const step = values[next]! - values[next - 1]!;
        grown += step >= 0 ? step : values[next]!;
      }
      totals[i]! += grown;
    }
  }
  return totals;
}

/** Sum of the gauges' last values at each time of the axis. */
function levelsOn(axis: Float64Array, series: readonly Series[]): Float64Array {
  const levels = new Float64Array(axis.length);
  for (const { timesSeconds, values } of series) {
    let next = 0;
    for (let i = 0; i < axis.length; i++) {
      while (next < values.length && timesSeconds[next]! <= axis[i]!) next++;
      if (next > 0) levels[i]! += values[next - 1]!;
    }
  }
  return levels;
}

/** Work from the last point at or before the window's start to the last in it, while requests ran; else undefined. */
export function workBetween(series: WorkSeries, window: TimeSpan): StepWork | undefined {
  const from = lastUpTo(series, window.startSeconds);
  const to = lastUpTo(series, window.endSeconds);
  return from < 0 || to <= from ? undefined : workOf(series, from, to);
}

/** Work with the time at which it was done. */
export interface WorkStretch extends StepWork {
  readonly endSeconds: number;
}

/** Stretches of about so many seconds (ticks jitter: nine tenths will do), one after the other, with requests at every point. */
export function busyStretches(series: WorkSeries, leastSeconds: number, span?: TimeSpan): WorkStretch[] {
  const stretches: WorkStretch[] = [];
  let from = span === undefined ? 0 : Math.max(0, lastUpTo(series, span.startSeconds));
  const end = span === undefined ? series.timesSeconds.length : lastUpTo(series, span.endSeconds) + 1;
  for (let to = from + 1; to < end; to++) {
    if (series.timesSeconds[to]! - series.timesSeconds[from]! < 0.9 * leastSeconds) continue;
    const work = workOf(series, from, to);
    if (work !== undefined) stretches.push({ ...work, endSeconds: series.timesSeconds[to]! });
    from = to;
  }
  return stretches;
}

/** Index of the last point up to a time; a microsecond of grace, since windows are worked out and points are read. */
function lastUpTo({ timesSeconds }: WorkSeries, timeSeconds: number): number {
  return firstAfter(timesSeconds, timeSeconds + 1e-6) - 1;
}

function workOf(series: WorkSeries, from: number, to: number): StepWork | undefined {
  for (let i = from; i <= to; i++) if (!(series.running[i]! > 0)) return undefined;
  const grown = (totals: Float64Array) => totals[to]! - totals[from]!;
  return {
    elapsedSeconds: series.timesSeconds[to]! - series.timesSeconds[from]!,
    steps: grown(series.steps),
    decodeTokens: grown(series.decodeTokens),
    computedPromptTokens: grown(series.computedPromptTokens),
  };
}

function concatenated(first: Float64Array, second: Float64Array): Float64Array {
  const both = new Float64Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
