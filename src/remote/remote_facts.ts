/**
 * Facts of a server's targets, from their series.
 *
 * @module
 */
import { ServerFacts } from "../collector/server_facts.ts";
import { withoutLabels } from "../series/labels.ts";
import { mergeFacts } from "../series/facts.ts";
import type { TargetFacts } from "../series/types.ts";
import { byTarget, type Discovery, matchersOf, type RemoteTarget } from "./discovery.ts";
import { selectorOf } from "./promql.ts";
import type { RawSeries, RemoteApi, SpanMs } from "./remote_api.ts";
import { scrapedAs } from "./scraped_as.ts";
import { TARGET_INFO } from "./target_info.ts";

/** How much of the end of the span is looked at for the interval and the latest start. */
const TAIL_MS = 900_000;

/** One for each target. What no series tells is absent; a target is taken as real unless the lab said otherwise. */
export async function readFacts(api: RemoteApi, { targets, span }: Discovery): Promise<TargetFacts[]> {
  if (span === undefined) return [];
  const endMs = Math.round(span.endSeconds * 1000);
  const tail = { startMs: Math.max(Math.round(span.startSeconds * 1000), endMs - TAIL_MS), endMs };
  const names = new Set(["process_start_time_seconds", ...targets.map(({ witness }) => witness)]);
  const read = { names: [...names], targets, tail };
  const recent = new Map(byTarget(await readTail(api, read), targets));
  // Who was read before that only: pods that ended.
  const older = targets.filter((target) => !recent.has(target));
  const head = { startMs: Math.round(span.startSeconds * 1000), endMs: tail.startMs - 1 };
  if (older.length > 0 && head.endMs >= head.startMs) {
    for (
      const [target, own] of byTarget(await readTail(api, { ...read, targets: older, tail: head }), older)
    ) {
      recent.set(target, own);
    }
  }
  return targets.map((target) => {
    const facts = factsOf(target, recent.get(target) ?? [], api.shown);
    const endedSeconds = endOf(target, recent);
    return endedSeconds === undefined ? facts : { ...facts, endedSeconds };
  });
}

/** Steps without a read after which a target is off the list, and the least time. */
const ENDED_STEPS = 3;
const ENDED_MS = 10_000;

/** The last read of a target, where others of its job were read long after it: it is no longer on the list. */
function endOf(target: RemoteTarget, recent: ReadonlyMap<RemoteTarget, RawSeries[]>): number | undefined {
  if (target.witness !== "up") return undefined;
  const readsOf = (one: RemoteTarget) =>
    (recent.get(one) ?? []).filter(({ name }) => name === "up").flatMap(({ timesMs, values }) =>
      // VictoriaMetrics marks the end by a NaN.
      timesMs.filter((_, i) => !Number.isNaN(values[i]!))
    );
  const own = readsOf(target);
  const lastMs = Math.max(...own);
  const others = [...recent.keys()].filter((one) => one !== target && one.labels.job === target.labels.job);
  const newestMs = others.reduce((newest, one) => Math.max(newest, ...readsOf(one).slice(-1)), -Infinity);
  const intervalMs = (intervalOf(own) ?? 0) * 1000;
  return own.length > 0 && newestMs - lastMs > Math.max(ENDED_STEPS * intervalMs, ENDED_MS)
    ? lastMs / 1000
    : undefined;
}

function readTail(
  api: RemoteApi,
  read: {
    readonly names: readonly string[];
    readonly targets: readonly RemoteTarget[];
    readonly tail: SpanMs;
  },
): Promise<RawSeries[]> {
  const { startMs, endMs } = read.tail;
  const ticks = Math.ceil((endMs - startMs) / 1000);
  return api.raw(
    selectorOf(read.names, matchersOf(read.targets)),
    read.tail,
    endMs - startMs > TAIL_MS ? ticks * read.targets.length : 0,
  );
}

function factsOf(target: RemoteTarget, recent: readonly RawSeries[], server: string): TargetFacts {
  const intervalSeconds = intervalOf(recent.find(({ name }) => name === target.witness)?.timesMs ?? []);
  const address = target.labels.exported_instance ?? target.labels.instance;
  const facts = new ServerFacts({
    target: target.id,
    simulated: false,
    ...(address === undefined ? {} : { address }),
    ...(intervalSeconds === undefined ? {} : { intervalSeconds }),
    details: { server, ...tellingOf(target) },
  });
  // `job` and `instance` are the server's, not the target's own.
  const own = Object.keys(target.labels);
  facts.learn(target.definitions.map((each) => ({ ...each, labels: withoutLabels(each.labels, own) })));
  const start = recent.find(({ name }) => name === "process_start_time_seconds");
  const startId = target.definitions.find(({ name }) => name === start?.name)?.id;
  const startSeconds = start?.values.findLast((value) => !Number.isNaN(value));
  if (startSeconds !== undefined && startId !== undefined) facts.observeStart([startId], [startSeconds]);
  const info = target.definitions.findLast(({ name }) => name === TARGET_INFO.name);
  const learnt = facts.take() ?? { target: target.id, simulated: false };
  return info === undefined ? learnt : mergeFacts(learnt, { ...learnt, ...TARGET_INFO.factsOf(info.labels) });
}

/** The job, what else tells the server from others of that name, and which of several readings these are. */
function tellingOf(target: RemoteTarget): Record<string, string | number> {
  const { labels, collector, readings } = target;
  const own = Object.entries(labels).filter(([name]) => name !== "instance");
  const of = Object.entries(collector).map(([name, values]) =>
    [name, values.filter((value) => value !== "").join(", ")] as const
  ).filter(([, values]) => values !== "");
  return {
    ...Object.fromEntries([...own, ...of]),
    ...scrapedAs(target),
    ...(readings === undefined ? {} : { collectors: readings }),
  };
}

/** The usual distance of two reads, to 10 ms: the median, so that gaps do not count. */
function intervalOf(timesMs: readonly number[]): number | undefined {
  const steps = timesMs.slice(1).map((timeMs, i) => timeMs - timesMs[i]!).sort((a, b) => a - b);
  const median = steps[Math.floor((steps.length - 1) / 2)];
  return median === undefined ? undefined : Math.max(1, Math.round(median / 10)) / 100;
}
