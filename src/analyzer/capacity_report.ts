/**
 * What a run says of how much each server can do: Little's law, places, KV memory, utilisation.
 *
 * @module
 */
import { checkArgument, checkOptions, type Checks } from "../base/arguments.ts";
import type { Cause, Reading } from "../base/cause.ts";
import { SOURCE, SPAN } from "../series/arguments.ts";
import type { LabEvent, Matcher, MetricSource, Series, TargetFacts, TimeSpan } from "../series/types.ts";
import { wholeSpan } from "../series/whole_span.ts";
import { checkLittle, type LittleCheck, utilization } from "./capacity.ts";
import type { Finding } from "./findings.ts";
import { servedAtMost } from "./full_rate.ts";
import { type KvCapacity, kvCapacityOf } from "./kv_room.ts";
import { SpanFigures } from "./span_figures.ts";

/** Little's law with the figures that went into it. */
export interface LittleFigures extends LittleCheck {
  /** Requests that ended, per second. */
  readonly finishedPerSecond: number;
  /** Mean E2E of those, seconds. */
  readonly meanSeconds: number;
  /**
   * How many more requests got a first token than ended in this time: those that were cut or still run. They held a place and are in
   * no E2E. 0 where the server does not tell.
   */
  readonly begunOnly: number;
}

/** How many of the places of a server were taken. */
export interface PlacesUsed {
  /** Running requests, mean of the reads. */
  readonly mean: Reading;
  /** The most that any read showed. */
  readonly most: Reading;
  /** Places of all engines together: what `--max-num-seqs` is, times engines. */
  readonly limit: Reading;
  /** Told by the target, or seen as a number at which running stopped while requests waited. */
  readonly limitFrom?: "facts" | "plateau";
}

/** Which of two limits holds requests back first, by requests like those seen; "either": it depends on their age and on what they share. */
export type FirstLimit = "sequence_limit" | "kv_cache" | "either";

/** What was served, of the most that was served while requests waited throughout. */
export interface ServedShare {
  /** Requests that ended, per second of the whole span. */
  readonly served: Reading;
  /** The highest rate of a stretch in all of which something waited. */
  readonly highest: Reading;
  /** Length of that stretch; 0 where there is none. */
  readonly stretchSeconds: number;
  /** The one by the other. */
  readonly ratio: Reading;
}

/** One server. A figure that cannot be had says why. */
export interface ServerCapacity {
  /** Label `target`; "" where series have none. */
  readonly target: string;
  /** Running and waiting against finished times E2E. */
  readonly little: LittleFigures | { readonly absent: Cause };
  /** Of the sequence limit. */
  readonly places: PlacesUsed;
  /** Of the KV cache. */
  readonly kv: KvCapacity;
  /** Absent where one of the two limits is not known. */
  readonly bindsFirst: { readonly limit: FirstLimit } | { readonly absent: Cause };
  /** Of what it can serve. */
  readonly utilization: ServedShare;
}

/** What {@link capacityOf} looks at. */
export interface CapacityOptions {
  /** Default everything that the source holds. */
  readonly span?: TimeSpan;
  /** Sequence limits of one engine that a diagnosis learnt, by target; used where the target does not tell its own. */
  readonly learntLimits?: Readonly<Record<string, number>>;
}

const CAPACITY_CHECKS: Checks<CapacityOptions> = {
  span: SPAN,
  learntLimits: {
    wanted: "sequence limits by target, { vllm: 256 }",
    accepts: (value) => typeof value === "object" && value !== null,
  },
};

/**
 * One entry for each server that says how many requests run; empty for a source without one. From measured figures only: no
 * model, and no default in the place of a setting that is not told.
 */
export async function capacityOf(
  source: MetricSource,
  options: CapacityOptions = {},
): Promise<readonly ServerCapacity[]> {
  const call = "capacityOf(collector)";
  checkArgument(call, { source }, SOURCE);
  checkOptions<CapacityOptions>(call, options, CAPACITY_CHECKS);
  const span = options.span ?? await source.span();
  if (span === undefined) return [];
  const facts = await source.facts();
  const events = await source.events(span);
  const servers: ServerCapacity[] = [];
  const targets = await targetsOf(source, span);
  for (const target of targets) {
    const matchers: readonly Matcher[] = target === ""
      ? []
      : [{ label: "target", operator: "=", value: target }];
    const running = await source.select({ quantity: "running", matchers }, span);
    const known = facts.find((fact) => fact.target === target) ??
      (targets.length === 1 ? facts.find(({ kind }) => kind === "vllm") : undefined);
    const learnt = options.learntLimits?.[target];
    servers.push(
      await serverCapacity({ source, span, target, matchers, running, events }, {
        ...(known === undefined ? {} : { facts: known }),
        ...(learnt === undefined ? {} : { learnt }),
      }),
    );
  }
  return servers;
}

/** Servers that say how many requests run. Series of a single target do not show the label by which they are grouped here. */
async function targetsOf(source: MetricSource, span: TimeSpan): Promise<readonly string[]> {
  const found = await source.evaluate({
    selector: { quantity: "running" },
    fn: { kind: "count" },
    combine: "max",
    by: ["target"],
    whileStale: "as_prometheus",
  }, wholeSpan(span));
  return found.filter(({ values }) => (values[0] ?? 0) > 0).map(({ labels }) => labels.target ?? "");
}

interface Watched {
  readonly source: MetricSource;
  readonly span: TimeSpan;
  readonly target: string;
  readonly matchers: readonly Matcher[];
  readonly running: readonly Series[];
  readonly events: readonly LabEvent[];
}

async function serverCapacity(
  watched: Watched,
  known: { readonly facts?: TargetFacts; readonly learnt?: number },
): Promise<ServerCapacity> {
  const { source, span, target, matchers } = watched;
  const figures = new SpanFigures(source, span);
  const places = placesOf(watched.running, known);
  const kv = await kvCapacityOf(figures, matchers);
  return {
    target,
    little: await littleOf(figures, matchers, watched),
    places,
    kv,
    bindsFirst: firstLimit(places.limit, kv),
    utilization: await servedShare(figures, matchers, watched),
  };
}

/** Longer than this many of its usual intervals a series has a hole. */
const HOLE_INTERVALS = 3;
/** Of the span that must have been read, for a rate over all of it and for gauges to be held against counters. */
const COVERED_SHARE = 0.9;

async function littleOf(
  figures: SpanFigures,
  matchers: readonly Matcher[],
  { span, running, events, target }: Watched,
): Promise<LittleFigures | { readonly absent: Cause }> {
  const seconds = span.endSeconds - span.startSeconds;
  const restarted = events.some((event) =>
    event.kind === "counter_reset" && (target === "" || event.target === target)
  );
  // What ran when a server ended is in its gauges and in no E2E.
  if (restarted) return { absent: { code: "reset_in_window" } };
  const holes = holesIn(running, span);
  if (holes !== undefined) return { absent: holes };
  const runs = await figures.evaluate("running", { kind: "avg" }, { matchers });
  const waits = await figures.evaluate("waiting", { kind: "avg" }, { matchers });
  const finished = await figures.increase("e2e", { part: "count", matchers });
  const e2e = await figures.evaluate("e2e", { kind: "histogram_mean" }, { matchers });
  for (const reading of [runs, waits, finished]) if ("absent" in reading) return reading;
  if (!("value" in runs && "value" in waits && "value" in finished)) return { absent: { code: "no_data" } };
  if ("absent" in e2e) return { absent: finished.value > 0 ? e2e.absent : { code: "no_requests_in_window" } };
  const check = checkLittle({
    seconds,
    meanInSystem: runs.value + waits.value,
    finished: finished.value,
    meanSeconds: e2e.value,
  });
  if ("absent" in check) return check;
  const begun = await figures.increase("ttft", { part: "count", matchers });
  return {
    ...check,
    finishedPerSecond: finished.value / seconds,
    meanSeconds: e2e.value,
    begunOnly: "value" in begun ? Math.max(0, begun.value - finished.value) : 0,
  };
}

/** Why a rate over the whole span is none: part of it was not read. */
function holesIn(running: readonly Series[], span: TimeSpan): Cause | undefined {
  const seconds = span.endSeconds - span.startSeconds;
  const covered = coveredSeconds(readsOf(running), span);
  if (covered >= COVERED_SHARE * seconds) return undefined;
  return {
    code: "not_read_throughout",
    params: { coveredSeconds: Math.round(covered), windowSeconds: Math.round(seconds) },
  };
}

/** When any engine was read, ascending. */
function readsOf(running: readonly Series[]): readonly number[] {
  return [...new Set(running.flatMap(({ timesSeconds }) => Array.from(timesSeconds)))].sort((a, b) => a - b);
}

/** The part of the span in which reads followed each other at the usual pace. */
function coveredSeconds(sorted: readonly number[], span: TimeSpan): number {
  const usual = usualInterval(sorted);
  if (usual === undefined) return 0;
  const steps = stepsOf(sorted);
  const all = [sorted[0]! - span.startSeconds, ...steps, span.endSeconds - sorted.at(-1)!];
  return all.reduce((sum, step) => step <= HOLE_INTERVALS * usual ? sum + step : sum, 0);
}

function stepsOf(sorted: readonly number[]): number[] {
  return sorted.slice(1).map((time, i) => time - sorted[i]!);
}

/** Median; undefined for fewer than two reads. */
function usualInterval(sorted: readonly number[]): number | undefined {
  const steps = stepsOf(sorted).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)];
}

function placesOf(
  running: readonly Series[],
  { facts, learnt }: { readonly facts?: TargetFacts; readonly learnt?: number },
): PlacesUsed {
  // Engines that are read at once are read at the same instant.
  const totals = new Map<number, number>();
  const engines = new Map<number, number>();
  for (const { timesSeconds, values } of running) {
    timesSeconds.forEach((time, i) => {
      if (Number.isNaN(values[i]!)) return;
      totals.set(time, (totals.get(time) ?? 0) + values[i]!);
      engines.set(time, (engines.get(time) ?? 0) + 1);
    });
  }
  const limit = facts?.maxNumSequences ?? learnt;
  const from = facts?.maxNumSequences === undefined ? "plateau" : "facts";
  let [sum, most, atOnce] = [0, 0, 1];
  for (const value of totals.values()) [sum, most] = [sum + value, Math.max(most, value)];
  for (const count of engines.values()) atOnce = Math.max(atOnce, count);
  const nothing: Cause = { code: "no_data", params: { quantity: "running" } };
  return {
    mean: totals.size === 0 ? { absent: nothing } : { value: sum / totals.size },
    most: totals.size === 0 ? { absent: nothing } : { value: most },
    limit: limit === undefined ? { absent: { code: "sequence_limit_unknown" } } : { value: limit * atOnce },
    ...(limit === undefined ? {} : { limitFrom: from }),
  };
}

/** The sequence limit is first where even the fewest that fit are more than it allows, the cache where even the most are less. */
function firstLimit(limit: Reading, { room }: KvCapacity): ServerCapacity["bindsFirst"] {
  if ("absent" in limit) return limit;
  if ("absent" in room) return room;
  const fewest = Math.min(room.atEnd.least, room.mean.least);
  const most = Math.max(room.atEnd.most, room.mean.most);
  if (limit.value <= fewest) return { limit: "sequence_limit" };
  return { limit: most < limit.value ? "kv_cache" : "either" };
}

async function servedShare(
  figures: SpanFigures,
  matchers: readonly Matcher[],
  { span, running }: Watched,
): Promise<ServedShare> {
  const seconds = span.endSeconds - span.startSeconds;
  const finished = await figures.increase("e2e", { part: "count", matchers });
  const holes = holesIn(running, span);
  const served: Reading = "absent" in finished
    ? finished
    : holes !== undefined
    ? { absent: holes }
    : seconds > 0
    ? { value: finished.value / seconds }
    : { absent: { code: "no_requests_in_window" } };
  const interval = usualInterval(readsOf(running)) ?? 0;
  const full = await servedAtMost(figures, matchers, interval);
  return { served, ...full, ratio: ratioOf(served, full.highest) };
}

function ratioOf(served: Reading, highest: Reading): Reading {
  if ("absent" in served) return served;
  if ("absent" in highest) return highest;
  return served.value > highest.value
    ? { absent: { code: "served_more_without_waiting" } }
    : { value: utilization(served.value, highest.value) };
}

/** Sequence limits that findings learnt, by target, as {@link CapacityOptions} takes them. */
export function learntLimits(findings: readonly Finding[]): Readonly<Record<string, number>> {
  const limits: Record<string, number> = {};
  for (const { target, params } of findings) {
    if (params.learnt !== "plateau" || typeof params.limit !== "number") continue;
    limits[target] = Math.max(limits[target] ?? 0, params.limit);
  }
  return limits;
}
