/**
 * When a finding began, to the scrape: windows say that something holds, the points inside the first of them say since when.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import type { Matcher, MetricSource, RequestRecord, SamplePart, Series, TimeSpan } from "../series/types.ts";
import type { EvidenceQuantity, Finding, FindingCode } from "./findings.ts";
import { FAILURES } from "./client_view.ts";

/** What is needed to look inside a finding's first window. */
export interface OnsetContext {
  readonly source: MetricSource;
  /** Labels of the series of the finding's engine or server. */
  readonly matchers: readonly Matcher[];
  /** All rows of clients; none where they are of several servers. */
  readonly requests: readonly RequestRecord[];
  readonly intervalSeconds: number;
  /** The first window in which it held. */
  readonly first: TimeSpan;
}

/** One look inside the window: the first point that shows it, or undefined where the points do not tell. */
type Look = (finding: Finding, context: OnsetContext) => Promise<number | undefined>;

interface Read {
  readonly quantity: QuantityName;
  readonly part?: SamplePart;
  readonly labels?: readonly Matcher[];
  /** Not of the server: GPUs are targets of their own. */
  readonly anyTarget?: boolean;
}

const waits: Look = (_, context) => standsSince(context, { quantity: "waiting" }, (value) => value > 0);

/** How each cause shows between two scrapes. One that is not here is known to its window only. */
const LOOKS: Partial<Record<FindingCode, Look>> = {
  engine_hung: (_, context) => stillSince(context, { quantity: "iteration_tokens", part: "count" }),
  requests_rejected: (_, context) => firstGrowth(context, { quantity: "admission_rejections" }),
  requests_failing: firstFailure,
  kv_bound: (finding, context) => {
    const limit = limitOf(finding, "kv_cache_usage_max");
    return limit === undefined
      ? Promise.resolve(undefined)
      : standsSince(context, { quantity: "kv_cache_usage" }, (value) => value >= limit);
  },
  preemption_thrash: (_, context) => firstGrowth(context, { quantity: "preemptions" }),
  sequence_limit: waits,
  overload: waits,
  waiting_unexplained: waits,
  prefix_cache_cold: (_, context) =>
    shiftsAt(
      context,
      {
        quantity: "prompt_tokens_by_source",
        labels: [{ label: "source", operator: "=", value: "local_cache_hit" }],
      },
      {
        quantity: "prompt_tokens_by_source",
        labels: [{ label: "source", operator: "=~", value: "local_cache_hit|local_compute" }],
      },
    ),
  gpu_throttled: (finding, context) => {
    const { reason } = finding.params;
    const limit = limitOf(finding, "gpu_sm_clock_mean");
    if (typeof reason === "string" && reason !== "unknown") {
      const labels = [{ label: "reason", operator: "=", value: reason } as const];
      return standsSince(
        context,
        { quantity: "gpu_throttle", labels, anyTarget: true },
        (value) => value > 0,
      );
    }
    if (limit === undefined) return Promise.resolve(undefined);
    return standsSince(
      context,
      { quantity: "gpu_sm_clock", anyTarget: true },
      (value) => value < limit,
      "min",
    );
  },
  gpu_memory_taken: (finding, context) => {
    const limit = limitOf(finding, "gpu_memory_used_mean");
    return limit === undefined
      ? Promise.resolve(undefined)
      : standsSince(context, { quantity: "gpu_memory_used", anyTarget: true }, (value) => value > limit);
  },
  front_end_bound: (_, context) =>
    shiftsAt(context, { quantity: "ttft", part: "sum" }, { quantity: "ttft", part: "count" }),
  client_sees_more: slowerRequests,
  engine_slow: (_, context) =>
    shiftsAt(context, { quantity: "itl", part: "sum" }, { quantity: "itl", part: "count" }),
  prefill_bound: (_, context) =>
    shiftsAt(context, {
      quantity: "prompt_tokens_by_source",
      labels: [{ label: "source", operator: "=", value: "local_compute" }],
    }, { quantity: "ttft", part: "count" }),
};

/** Time of the first scrape at which the cause shows; undefined where only the window is known. */
export async function onsetOf(finding: Finding, context: OnsetContext): Promise<number | undefined> {
  const time = await LOOKS[finding.code]?.(finding, context);
  const { startSeconds, endSeconds } = context.first;
  return time === undefined || time < startSeconds || time > endSeconds ? undefined : time;
}

function limitOf(finding: Finding, quantity: EvidenceQuantity): number | undefined {
  return finding.evidence.find((one) => one.quantity === quantity)?.limit;
}

/** All series of a selector added up at each of their times (or the smallest of them), a window further back. */
interface Levels {
  readonly timesSeconds: readonly number[];
  readonly values: readonly number[];
}

async function levels(context: OnsetContext, read: Read, how: "sum" | "min" = "sum"): Promise<Levels> {
  const { first } = context;
  const matchers = [...(read.anyTarget === true ? [] : context.matchers), ...(read.labels ?? [])];
  const selector = {
    quantity: read.quantity,
    ...(read.part === undefined ? {} : { part: read.part }),
    ...(matchers.length === 0 ? {} : { matchers }),
  };
  const before = first.endSeconds - first.startSeconds + context.intervalSeconds;
  const series: readonly Series[] = await context.source.select(selector, {
    startSeconds: first.startSeconds - before,
    endSeconds: first.endSeconds,
  });
  const at = new Map<number, number>();
  for (const { timesSeconds, values } of series) {
    values.forEach((value, i) => {
      const time = timesSeconds[i]!;
      const known = at.get(time);
      if (Number.isNaN(value)) return;
      at.set(time, known === undefined ? value : how === "sum" ? known + value : Math.min(known, value));
    });
  }
  const ordered = [...at].sort(([a], [b]) => a - b);
  return { timesSeconds: ordered.map(([time]) => time), values: ordered.map(([, value]) => value) };
}

/**
 * Since when it holds more often than not until the window's end: the beginning of the stretch that holds most more often
 * than it does not. One blip before is not the beginning, one point within it that is as usual is no end.
 */
async function standsSince(
  context: OnsetContext,
  read: Read,
  holds: (value: number) => boolean,
  how?: "min",
): Promise<number | undefined> {
  const { timesSeconds, values } = await levels(context, read, how);
  let [sum, best, since, once] = [0, 0, undefined as number | undefined, undefined as number | undefined];
  for (let i = values.length - 1; i >= 0 && timesSeconds[i]! > context.first.startSeconds; i--) {
    sum += holds(values[i]!) ? 1 : -1;
    if (!holds(values[i]!)) continue;
    once = timesSeconds[i]!;
    if (sum >= best) [best, since] = [sum, once];
  }
  return since ?? once;
}

/** The first point of the window that is above the one before it. */
async function firstGrowth(context: OnsetContext, read: Read): Promise<number | undefined> {
  const { timesSeconds, values } = await levels(context, read);
  const at = values.findIndex((value, i) =>
    timesSeconds[i]! > context.first.startSeconds && i > 0 && value > values[i - 1]!
  );
  // A counter that is there for the first time has grown from nothing.
  const begins = values.findIndex((value, i) =>
    i === 0 && value > 0 && timesSeconds[i]! > context.first.startSeconds
  );
  return timesSeconds[at < 0 ? begins : at];
}

/** The first point of those that are all alike up to the window's end. */
async function stillSince(context: OnsetContext, read: Read): Promise<number | undefined> {
  const { timesSeconds, values } = await levels(context, read);
  const last = values.at(-1);
  if (last === undefined) return undefined;
  const moved = values.findLastIndex((value) => value !== last);
  return timesSeconds[moved + 1];
}

async function firstFailure(_: Finding, context: OnsetContext): Promise<number | undefined> {
  const { first, requests } = context;
  const ends = requests.flatMap(({ outcome, endSeconds }) =>
    FAILURES.has(outcome) && endSeconds !== undefined && endSeconds > first.startSeconds ? [endSeconds] : []
  );
  if (ends.length > 0) return ends.reduce((least, end) => Math.min(least, end));
  const labels = [{ label: "status", operator: "=~", value: "[45].*" } as const];
  return await firstGrowth(context, { quantity: "http_requests", labels });
}

/** Less of a change than this is none. */
const SHIFT = 1.1;

/** What grew by how much at a time. */
interface WeightedPoint {
  readonly time: number;
  readonly grown: number;
  readonly weight: number;
}

/** Where growth of the one by growth of the other changes most. */
async function shiftsAt(context: OnsetContext, above: Read, below: Read): Promise<number | undefined> {
  const denominator = new Map(growths(await levels(context, below)));
  const points = growths(await levels(context, above)).flatMap(([time, grown]) => {
    const weight = denominator.get(time);
    return weight === undefined || !(weight > 0) ? [] : [{ time, grown, weight }];
  });
  return splitOf(points, context.first.startSeconds);
}

/** The sending of the first of the requests that waited longer for their first chunk. */
function slowerRequests(_: Finding, { first, requests }: OnsetContext): Promise<number | undefined> {
  const fromSeconds = first.startSeconds - (first.endSeconds - first.startSeconds);
  const points = requests.flatMap(({ sentSeconds, chunkTimesSeconds: [chunk] }) =>
    sentSeconds === undefined || chunk === undefined || sentSeconds < fromSeconds ||
      sentSeconds > first.endSeconds
      ? []
      : [{ time: sentSeconds, grown: chunk - sentSeconds, weight: 1 }]
  );
  return Promise.resolve(splitOf(points.sort((a, b) => a.time - b.time), first.startSeconds));
}

/** The split of the points, after a time, at which two weighted means explain most; undefined where they hardly differ. */
function splitOf(points: readonly WeightedPoint[], afterSeconds: number): number | undefined {
  const [all, weights] = [
    points.reduce((sum, point) => sum + point.grown, 0),
    points.reduce((sum, point) => sum + point.weight, 0),
  ];
  let best: { time: number; gain: number; change: number } | undefined;
  let [grown, weight] = [0, 0];
  for (const point of points) {
    const [restGrown, restWeight] = [all - grown, weights - weight];
    if (weight > 0 && restWeight > 0 && point.time > afterSeconds) {
      const gain = grown ** 2 / weight + restGrown ** 2 / restWeight;
      const [before, after] = [grown / weight, restGrown / restWeight];
      const change = Math.max(after / before, before / after);
      if (best === undefined || gain > best.gain) best = { time: point.time, gain, change };
    }
    grown += point.grown;
    weight += point.weight;
  }
  return best === undefined || !(best.change > SHIFT) ? undefined : best.time;
}

function growths({ timesSeconds, values }: Levels): [time: number, grown: number][] {
  return values.flatMap((value, i): [number, number][] => {
    if (i === 0) return [];
    const grown = value - values[i - 1]!;
    return [[timesSeconds[i]!, grown >= 0 ? grown : value]];
  });
}
