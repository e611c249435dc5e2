/**
 * Windows of one engine or one server, filled with measures.
 *
 * @module
 */
import type { Grid, MetricSource, RequestRecord, Series, TargetFacts, TimeSpan } from "../series/types.ts";
import { wholeSpan } from "../series/whole_span.ts";
import { type ClientView, clientView, countedSpans } from "./client_view.ts";
import { addValues, type EngineKey, type EngineValues, scopesOf } from "./engine_scopes.ts";
import { type GpuView, measureGpus } from "./gpu_frames.ts";
import { MEASURE_NAMES, type MeasureDefinition, measureDefinition, type MeasureName } from "./measures.ts";
import { ofTarget } from "./server_reads.ts";
import { medianInterval } from "./signal.ts";

/** One window of one scope. A measure that is not in `values` has no result there: absent, not zero. */
export interface Frame {
  /** Position of the window in the run. */
  readonly index: number;
  readonly window: TimeSpan;
  readonly values: Readonly<Partial<Record<MeasureName, number>>>;
  readonly client?: ClientView;
  /** Where GPUs were sampled. */
  readonly gpu?: GpuView;
}

/** Frames of one engine, or of a whole server (`engine` absent). */
export interface Scope {
  readonly target: string;
  readonly engine?: string;
  /** Labels of its series, where a server has several models and `engine` is more than a label. */
  readonly labels?: { readonly engine: string; readonly model: string };
  readonly frames: readonly Frame[];
}

/** Everything that the diagnosis sees of one server. */
export interface ServerFrames {
  readonly target: string;
  readonly facts?: TargetFacts;
  readonly intervalSeconds: number;
  readonly windowSeconds: number;
  readonly stepSeconds: number;
  /** Time of the last point within the last five minutes of the span; undefined where there is none. */
  readonly lastPointSeconds?: number;
  readonly engines: readonly Scope[];
  /** Engines added up; the same frames as the only engine's where there is one. */
  readonly server: Scope;
}

/** Which windows. */
export interface FrameOptions {
  readonly span: TimeSpan;
  /** Default 30 s, a third of a shorter span but at least 10 s, and at least four intervals. */
  readonly windowSeconds?: number;
  /** From one window to the next; default a third of the window. */
  readonly stepSeconds?: number;
}

/** Default width of a window. */
const WINDOW_SECONDS = 30;
/** Of a window in a short span: ten scrapes a second apart are the fewest that a confident verdict takes. */
const SHORTEST_WINDOW_SECONDS = 10;

/**
 * Measures every window of every server in the source. A server is a target that says how many requests are running.
 * A span shorter than a window is one window.
 */
export async function measureFrames(source: MetricSource, options: FrameOptions): Promise<ServerFrames[]> {
  const facts = await source.facts();
  const intervals = await intervalsOfServers(source, options.span);
  const requests = intervals.size === 1 ? await source.requests(options.span) : [];
  const measured: ServerFrames[] = [];
  for (const [target, meanInterval] of intervals) {
    const own = facts.find((fact) => fact.target === target) ??
      (intervals.size === 1 ? facts.find((fact) => fact.kind === "vllm") : undefined);
    const recent = await recentPoints(source, { target, span: options.span });
    const intervalSeconds = own?.intervalSeconds ?? recent.intervalSeconds ?? meanInterval;
    const plan = planWindows(options, { intervalSeconds, lastSeconds: recent.lastSeconds });
    const engines = await measureEngines(source, { target, intervalSeconds, plan });
    const gpus = await measureGpus(source, plan);
    const counted = await countedSpans(source, { target, intervalSeconds, plan, requests });
    const shared = (frames: readonly Frame[]) =>
      frames.map((frame, i) =>
        withWitnesses(frame, { requests, gpu: gpus[i], counted: counted(frame.window) })
      );
    const scopes = engines.map((scope) => ({ ...scope, frames: shared(scope.frames) }));
    measured.push({
      target,
      ...(own === undefined ? {} : { facts: own }),
      intervalSeconds,
      windowSeconds: plan.rangeSeconds,
      stepSeconds: plan.stepSeconds,
      ...(recent.lastSeconds === undefined ? {} : { lastPointSeconds: recent.lastSeconds }),
      engines: scopes,
      server: { target, frames: shared(addEngines(engines)) },
    });
  }
  return measured;
}

/** How far back the end of a span is looked at point by point. */
const RECENT_LOOK_SECONDS = 300;

async function recentPoints(
  source: MetricSource,
  { target, span, lookSeconds = RECENT_LOOK_SECONDS }: {
    target: string;
    span: TimeSpan;
    lookSeconds?: number;
  },
): Promise<{ intervalSeconds?: number; lastSeconds?: number }> {
  const startSeconds = Math.max(span.startSeconds, span.endSeconds - lookSeconds);
  const series = await source.select({ quantity: "running", matchers: ofTarget(target) }, {
    ...span,
    startSeconds,
  });
  const own = series.filter((one) => one.values.length > 0);
  const longest = own.reduce<Series | undefined>(
    (a, b) => a && a.values.length >= b.values.length ? a : b,
    undefined,
  );
  if (longest === undefined) {
    // Silent for longer than that: when it was last heard is what is to be told.
    return startSeconds > span.startSeconds
      ? await recentPoints(source, {
        target,
        span: { ...span, endSeconds: startSeconds },
        lookSeconds: 4 * lookSeconds,
      })
      : {};
  }
  const interval = longest.values.length < 3 ? undefined : medianInterval(longest);
  return {
    lastSeconds: Math.max(...own.map((one) => one.timesSeconds[one.timesSeconds.length - 1]!)),
    ...(interval === undefined ? {} : { intervalSeconds: interval }),
  };
}

/** Targets that say how many requests are running, with their mean interval between points. */
async function intervalsOfServers(source: MetricSource, span: TimeSpan): Promise<Map<string, number>> {
  const grid = wholeSpan(span);
  const query = {
    selector: { quantity: "running" },
    fn: { kind: "count" },
    combine: "max",
    by: ["target"],
    whileStale: "as_prometheus",
  } as const;
  const counts = await source.evaluate(query, grid);
  const intervals = new Map<string, number>();
  for (const { labels, values } of counts) {
    const points = values[0];
    if (points !== undefined && points > 0) {
      intervals.set(labels.target ?? "", grid.rangeSeconds / Math.max(1, points - 1));
    }
  }
  return intervals;
}

/**
 * Windows end on the span's end and go back by steps, so that a live look sees the newest data; on the last point where
 * there is none since, for less than a window: a server that has just gone is judged by what it said before.
 */
function planWindows(
  options: FrameOptions,
  at: { readonly intervalSeconds: number; readonly lastSeconds: number | undefined },
): Grid {
  const { intervalSeconds, lastSeconds = Infinity } = at;
  const { startSeconds } = options.span;
  const length = options.span.endSeconds - startSeconds;
  const fitting = Math.max(SHORTEST_WINDOW_SECONDS, Math.min(WINDOW_SECONDS, length / 3));
  const wanted = options.windowSeconds ?? Math.max(fitting, 4 * intervalSeconds);
  const rangeSeconds = Math.min(wanted, Math.max(length, 0.001));
  const stepSeconds = options.stepSeconds ?? rangeSeconds / 3;
  const silent = options.span.endSeconds - lastSeconds;
  const endSeconds = silent > 0 && silent < rangeSeconds ? lastSeconds : options.span.endSeconds;
  const count = 1 + Math.max(0, Math.floor((endSeconds - startSeconds - rangeSeconds) / stepSeconds + 1e-9));
  return {
    startSeconds: endSeconds - (count - 1) * stepSeconds,
    stepSeconds,
    count,
    rangeSeconds,
  };
}

/** How long a span must be for so many windows of this scrape interval, at least. */
export function leastSeconds(windows: number, intervalSeconds: number): number {
  const window = Math.max(SHORTEST_WINDOW_SECONDS, 4 * intervalSeconds);
  return window + (windows - 1) * window / 3;
}

interface ServerPlan {
  readonly target: string;
  readonly intervalSeconds: number;
  readonly plan: Grid;
}

/** One frame over any span, of one engine or of all of a server's: for counts that a single window tells in part only. */
export async function measureSpan(
  source: MetricSource,
  server: ServerFrames,
  of: {
    readonly span: TimeSpan;
    readonly engine?: string;
    readonly requests: readonly RequestRecord[];
    /** Whether GPUs are measured, too. */
    readonly gpus?: boolean;
  },
): Promise<Frame | undefined> {
  const { target, intervalSeconds } = server;
  const { startSeconds, endSeconds } = of.span;
  const rangeSeconds = endSeconds - startSeconds;
  const plan = { startSeconds: endSeconds, stepSeconds: rangeSeconds, count: 1, rangeSeconds };
  const engines = await measureEngines(source, { target, intervalSeconds, plan });
  const frame = of.engine === undefined
    ? addEngines(engines)[0]
    : engines.find(({ engine }) => engine === of.engine)?.frames[0];
  if (frame === undefined) return undefined;
  const gpus = of.gpus === true ? await measureGpus(source, plan) : [];
  const counted = await countedSpans(source, { target, intervalSeconds, plan, requests: of.requests });
  return withWitnesses(frame, { requests: of.requests, gpu: gpus[0], counted: counted(frame.window) });
}

async function measureEngines(source: MetricSource, server: ServerPlan): Promise<Scope[]> {
  const byKey = new Map<string, { readonly key: EngineKey; readonly values: EngineValues }>();
  const columns = (key: EngineKey) => {
    const id = JSON.stringify([key.engine, key.model]);
    let known = byKey.get(id);
    if (known === undefined) {
      byKey.set(id, known = { key, values: Array.from({ length: server.plan.count }, () => ({})) });
    }
    return known.values;
  };
  for (const name of MEASURE_NAMES) {
    for (const series of await evaluateMeasure(source, measureDefinition(name), server)) {
      if ((series.labels.target ?? "") !== server.target) continue;
      const values = columns({ engine: series.labels.engine ?? "", model: series.labels.model_name ?? "" });
      eachPoint(series, server.plan, (index, value) => values[index]![name] = value);
    }
  }
  return scopesOf([...byKey.values()]).map(({ key, values, named }) => ({
    target: server.target,
    engine: named,
    ...(key.model === "" || named === key.engine ? {} : { labels: key }),
    frames: values.map((measures, index) => ({
      index,
      window: windowAt(server.plan, index),
      values: measures,
    })),
  }));
}

async function evaluateMeasure(
  source: MetricSource,
  definition: MeasureDefinition,
  { target, plan, intervalSeconds }: ServerPlan,
): Promise<readonly Series[]> {
  const reach = {
    window: plan.rangeSeconds,
    wide: plan.rangeSeconds + intervalSeconds,
    recent: Math.max(RECENT_SECONDS, 4 * intervalSeconds),
  };
  const { quantity, part, fn, combine } = definition;
  // What other servers have is left out at once: of eight servers the work is an eighth.
  const matchers = [...definition.matchers ?? [], ...ofTarget(target)];
  const selector = { quantity, ...(part ? { part } : {}), ...(matchers.length > 0 ? { matchers } : {}) };
  return await source.evaluate({ selector, fn, combine, by: ["target", "engine", "model_name"] }, {
    ...plan,
    rangeSeconds: reach[definition.range],
  });
}

/** "Just now", for what stands still: shorter than a window, so that a hang is seen while it is young. */
const RECENT_SECONDS = 10;

function windowAt(plan: Grid, index: number): TimeSpan {
  const endSeconds = plan.startSeconds + index * plan.stepSeconds;
  return { startSeconds: endSeconds - plan.rangeSeconds, endSeconds };
}

function eachPoint(series: Series, plan: Grid, use: (index: number, value: number) => void): void {
  for (let i = 0; i < series.values.length; i++) {
    const value = series.values[i]!;
    const index = Math.round((series.timesSeconds[i]! - plan.startSeconds) / plan.stepSeconds);
    if (!Number.isNaN(value) && index >= 0 && index < plan.count) use(index, value);
  }
}

/** Engines of a server added up, measure by measure as its definition says. */
function addEngines(engines: readonly Scope[]): Frame[] {
  const first = engines[0];
  if (first === undefined) return [];
  return first.frames.map((frame, index) => ({
    ...frame,
    values: addValues(engines.map((engine) => engine.frames[index]!.values)),
  }));
}

function withWitnesses(
  frame: Frame,
  witnesses: { requests: readonly RequestRecord[]; gpu: GpuView | undefined; counted: TimeSpan },
): Frame {
  const client = clientView(witnesses.requests, frame.window, witnesses.counted);
  const { gpu } = witnesses;
  return {
    ...frame,
    ...(client === undefined ? {} : { client }),
    ...(gpu === undefined || Object.keys(gpu).length === 0 ? {} : { gpu }),
  };
}
