/**
 * How many requests met an objective, by clients' rows or by a server's buckets, in steps of time.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { nothingHappened } from "./absence.ts";
import { cutUnseen } from "./cut_requests.ts";
import type { QuantityName } from "../catalog/types.ts";
import { boundOf } from "../series/labels.ts";
import type { Grid, MetricSource, RequestRecord, Selector, Series, TimeSpan } from "../series/types.ts";
import { judgedRequests, type Objective } from "./objectives.ts";

/** Requests of a window. */
export interface MetCount {
  /** Those that met the objective. */
  readonly met: number;
  /** All that count. */
  readonly total: number;
}

/** Met and all, cut in equal steps of time. */
export interface Counted {
  readonly basis: "requests" | "server";
  readonly stepSeconds: number;
  readonly steps: readonly MetCount[];
  readonly boundarySeconds?: number;
  readonly countedBy?: "request_means" | "gaps";
  /** Of the last step's. */
  readonly stillWaiting?: number;
  /** So many at least were cut before the histogram could hold them, and are in neither number. */
  readonly cut?: number;
  /** What each of several servers observed, with those that still wait; a total of 0 where it counts none of them. */
  readonly byServer?: readonly (MetCount & { readonly target: string })[];
}

/**
 * Fine enough for the shortest window (five minutes), and at most a few thousand steps. The last ends with the span: what came
 * after it is none of its business.
 */
function stepsOf(span: TimeSpan): { readonly count: number; readonly stepSeconds: number } {
  const length = Math.max(span.endSeconds - span.startSeconds, 1e-3);
  const count = Math.min(5000, Math.max(1, Math.ceil(length / 15 - 1e-9)));
  return { count, stepSeconds: length / count };
}

/** Exact, by clients' rows. */
export function countRequests(
  requests: readonly RequestRecord[],
  objective: Objective,
  span: TimeSpan,
): Counted {
  const { count, stepSeconds } = stepsOf(span);
  const steps = Array.from({ length: count }, () => ({ met: 0, total: 0 }));
  for (const { timeSeconds, met } of judgedRequests(requests, objective)) {
    const at = Math.floor((timeSeconds - span.startSeconds) / stepSeconds);
    const step = steps[Math.min(count - 1, Math.max(0, at))]!;
    step.total++;
    if (met) step.met++;
  }
  return { basis: "requests", stepSeconds, steps };
}

/** A limit of an objective. */
type LimitKey = "ttftSeconds" | "tpotSeconds" | "itlSeconds" | "e2eSeconds";

const QUANTITY_OF: Readonly<Record<LimitKey, QuantityName>> = {
  ttftSeconds: "ttft",
  tpotSeconds: "tpot",
  itlSeconds: "itl",
  e2eSeconds: "e2e",
};

/** The limits of an objective, each with the server's quantity. */
export function limitsOf(
  objective: Objective,
): readonly { readonly key: LimitKey; readonly quantity: QuantityName; readonly seconds: number }[] {
  return (["ttftSeconds", "tpotSeconds", "itlSeconds", "e2eSeconds"] as const).flatMap((key) => {
    const seconds = objective[key];
    return seconds === undefined ? [] : [{ key, quantity: QUANTITY_OF[key], seconds }];
  });
}

/** By the server's histogram of the one limit that the objective names. */
export async function countBuckets(
  source: MetricSource,
  objective: Objective,
  span: TimeSpan,
): Promise<Counted | { readonly absent: Cause }> {
  const [limit, another] = limitsOf(objective);
  // Whether one and the same request met two limits is in no histogram.
  if (limit === undefined || another !== undefined) return { absent: { code: "no_requests_in_window" } };
  const { count, stepSeconds } = stepsOf(span);
  const grid = {
    startSeconds: span.startSeconds + stepSeconds,
    stepSeconds,
    count,
    rangeSeconds: stepSeconds,
  };
  const steps = Array.from({ length: count }, () => ({ met: 0, total: 0 }));
  const { series, countedBy } = await increasesOf(source, limit.quantity, grid);
  let boundarySeconds = 0;
  const servers = new Map<string, { met: number; total: number }>();
  for (const { labels, timesSeconds, values } of series) {
    const border = boundOf(labels.le);
    const within = isWithin(border, limit.seconds);
    if (within) boundarySeconds = Math.max(boundarySeconds, border);
    const own = servers.get(labels.target ?? "") ?? { met: 0, total: 0 };
    servers.set(labels.target ?? "", own);
    for (let i = 0; i < values.length; i++) {
      const step = steps[Math.round((timesSeconds[i]! - grid.startSeconds) / stepSeconds)];
      if (step === undefined || Number.isNaN(values[i]!)) continue;
      step.total += values[i]!;
      own.total += values[i]!;
      if (!within) continue;
      step.met += values[i]!;
      own.met += values[i]!;
    }
  }
  const waitingBy = await stillWaitingAt(source, limit, span.endSeconds);
  const stillWaiting = sumOf(waitingBy);
  if (series.length === 0 && stillWaiting === 0) return { absent: nothingHappened(limit.quantity) };
  steps.at(-1)!.total += stillWaiting;
  // A server that keeps no such histogram is no part of the share, which must not read as if it were.
  for (const { target, kind } of await source.facts()) {
    if (kind === "vllm" && target !== "" && !servers.has(target)) servers.set(target, { met: 0, total: 0 });
  }
  for (const [target, count] of waitingBy) {
    const { met, total } = servers.get(target) ?? { met: 0, total: 0 };
    servers.set(target, { met, total: total + count });
  }
  const cut = await cutUnseen(source, limit.quantity, span);
  return {
    basis: "server",
    stepSeconds,
    steps,
    boundarySeconds,
    stillWaiting,
    ...(cut > 0 ? { cut } : {}),
    ...(countedBy === undefined ? {} : { countedBy }),
    ...(servers.size < 2
      ? {}
      : { byServer: [...servers].map(([target, counted]) => ({ target, ...counted })) }),
  };
}

/** Of one window, by a server's histogram. */
export async function countWindow(
  source: MetricSource,
  limit: { readonly quantity: QuantityName; readonly seconds: number },
  window: TimeSpan,
): Promise<MetCount> {
  const { startSeconds, endSeconds } = window;
  const grid = {
    startSeconds: endSeconds,
    stepSeconds: 1,
    count: 1,
    rangeSeconds: endSeconds - startSeconds,
  };
  let met = 0;
  let total = 0;
  for (const { labels, values } of (await increasesOf(source, limit.quantity, grid)).series) {
    const value = values.at(-1) ?? NaN;
    if (Number.isNaN(value)) continue;
    total += value;
    if (isWithin(boundOf(labels.le), limit.seconds)) met += value;
  }
  return { met, total };
}

function isWithin(border: number, limitSeconds: number): boolean {
  return border <= limitSeconds * (1 + 1e-9);
}

/**
 * Increases of the histogram that tells of requests. Of ITL that is the mean time per output token of each request: the
 * server's ITL histogram has single gaps, and the share of good gaps is not that of good requests. It is the last resort.
 */
async function increasesOf(
  source: MetricSource,
  quantity: QuantityName,
  grid: Grid,
): Promise<{ readonly series: readonly Series[]; readonly countedBy?: "request_means" | "gaps" }> {
  const read = (one: QuantityName) =>
    source.evaluate(
      // A step in whose end the server was gone still counts what it had served before.
      {
        selector: { quantity: one },
        fn: { kind: "histogram_increase" },
        by: ["target"],
        whileStale: "as_prometheus",
      },
      grid,
    );
  if (quantity !== "itl") return { series: await read(quantity) };
  const means = await read("tpot");
  const any = means.some(({ values }) => values.some((value) => value > 0));
  return any
    ? { series: means, countedBy: "request_means" }
    : { series: await read("itl"), countedBy: "gaps" };
}

/** How far back is looked for what waits, at least; four times the limit where that is longer. */
const LOOK_BACK_SECONDS = 300;

/** Reasons for which a request ends without a first token. */
const CUT = [{ label: "finished_reason", operator: "=~", value: "abort|error" }] as const;

/**
 * Requests of each server that had waited longer than the limit at a time, at least: those that waited at the last scrape before the limit's
 * time ago, less all that may have left since: first tokens, cuts, and preempted ones, which had theirs. Of the whole request
 * (E2E): those that waited or ran, less all that ended. No histogram has them until they end, so an overloaded or hanging
 * server would look the better the longer it lets them wait. None for other limits, and of a server that counts no first
 * tokens (of E2E: no ends). One too many for each that its client gave up though the server does not count it.
 */
export async function stillWaitingAt(
  source: MetricSource,
  { quantity, seconds }: { readonly quantity: QuantityName; readonly seconds: number },
  endSeconds: number,
): Promise<ReadonlyMap<string, number>> {
  if (quantity !== "ttft" && quantity !== "e2e") return new Map();
  const startSeconds = endSeconds - Math.max(LOOK_BACK_SECONDS, 4 * seconds);
  const waitingNow = await source.select({ quantity: "waiting" }, { startSeconds, endSeconds });
  const lastSeconds = Math.max(-Infinity, ...waitingNow.flatMap((one) => one.timesSeconds.at(-1) ?? []));
  if (lastSeconds === -Infinity) return new Map();
  const sinceSeconds = lastSeconds - seconds;
  const held = async (gauge: QuantityName, time: number) =>
    byTarget(
      await source.evaluate({
        selector: { quantity: gauge },
        fn: { kind: "last" },
        combine: "sum",
        by: ["target"],
      }, {
        startSeconds: time,
        stepSeconds: 1,
        count: 1,
        rangeSeconds: time - startSeconds,
      }),
    );
  const grown = async (selector: Selector, since: number) =>
    byTarget(
      await source.evaluate({ selector, fn: { kind: "increase", extrapolate: false }, by: ["target"] }, {
        startSeconds: lastSeconds,
        stepSeconds: 1,
        count: 1,
        rangeSeconds: lastSeconds - since,
      }),
    );
  const gauges = quantity === "ttft" ? ["waiting"] as const : ["waiting", "running"] as const;
  const [before, now] = [sinceSeconds, lastSeconds].map((time) =>
    Promise.all(gauges.map((gauge) => held(gauge, time)))
  );
  const left = quantity === "ttft"
    ? [
      await grown({ quantity: "ttft", part: "count" }, sinceSeconds),
      await grown({ quantity: "request_success", matchers: CUT }, sinceSeconds),
      await grown({ quantity: "preemptions" }, startSeconds),
    ]
    : [await grown({ quantity: "request_success" }, sinceSeconds)];
  return sureCount(await before!, await now!, left);
}

type ByTarget = ReadonlyMap<string, number>;

/** Of each server what stood before, less what left, and no more than stands now. */
function sureCount(
  before: readonly ByTarget[],
  now: readonly ByTarget[],
  left: readonly ByTarget[],
): ReadonlyMap<string, number> {
  const of = (maps: readonly ByTarget[], target: string) =>
    maps.reduce((sum, one) => sum + (one.get(target) ?? 0), 0);
  // Where nobody counts what left, all that waited may have left.
  const targets = new Set(before.flatMap((one) => [...one.keys()]).filter((target) => left[0]?.has(target)));
  return new Map([...targets].flatMap((target) => {
    const kept = Math.min(of(now, target), of(before, target) - of(left, target));
    const count = Math.floor(kept + 1e-6);
    return count > 0 ? [[target, count] as const] : [];
  }));
}

/** Of all servers together. */
export function sumOf(counts: ByTarget): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function byTarget(series: readonly Series[]): Map<string, number> {
  return new Map(series.flatMap(({ labels, values }) => {
    const value = values.at(-1);
    return value === undefined || Number.isNaN(value) ? [] : [[labels.target ?? "", value] as const];
  }));
}
