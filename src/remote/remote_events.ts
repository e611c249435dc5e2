/**
 * Things with a time that series of a server tell.
 *
 * @module
 */
import { resolveQuantity } from "../catalog/resolve.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { MemorySource } from "../series/memory_source.ts";
import type { LabEvent } from "../series/types.ts";
import { byTarget, type Discovery, type RemoteTarget } from "./discovery.ts";
import { NEAR_MS, type RawQuestion, type RawReader } from "./reader.ts";
import type { RawSeries, SpanMs } from "./remote_api.ts";

/** What events are read with. */
export interface EventReading {
  readonly reader: RawReader;
  readonly span: SpanMs;
  assemble(series: readonly RawSeries[]): Promise<MemorySource>;
}

/** Counters of which one falls when a target begins anew. */
const TELLING: readonly QuantityName[] = [
  "prompt_tokens",
  "generation_tokens",
  "request_success",
  "http_requests",
];

/** Resets that are looked into for how many series began anew. */
const MOST_RESETS = 100;

/** Events in a span, ascending. Resets of counters are seen at the target's main ones. */
export async function readEvents(discovery: Discovery, reading: EventReading): Promise<LabEvent[]> {
  const { targets, span } = discovery;
  if (span === undefined || targets.length === 0 || reading.span.endMs < reading.span.startMs) return [];
  const earliestMs = Math.min(reading.span.startMs, Math.round(span.startSeconds * 1000));
  const questions = questionsOf(targets);
  const series = await reading.reader.read(questions, reading.span, earliestMs);
  const within = ({ timeSeconds }: LabEvent) =>
    Math.round(timeSeconds * 1000) >= reading.span.startMs &&
    Math.round(timeSeconds * 1000) <= reading.span.endMs;
  const source = await reading.assemble(series);
  const resets = (await source.events({ startSeconds: -Infinity, endSeconds: Infinity }))
    .filter((event) => event.kind === "counter_reset" && within(event));
  const counted: LabEvent[] = [];
  for (const [i, reset] of resets.entries()) {
    counted.push(i < MOST_RESETS ? await countReset(reset, { discovery, reading }) : reset);
  }
  const scrapes = [...byTarget(series, targets)].flatMap(([target, own]) =>
    scrapeEvents(target, own, reading.span.startMs - NEAR_MS <= earliestMs)
  );
  return [...counted, ...scrapes.filter(within)].sort((a, b) => a.timeSeconds - b.timeSeconds);
}

function questionsOf(targets: readonly RemoteTarget[]): RawQuestion[] {
  const names = new Set<string>();
  for (const target of targets) {
    names.add(target.witness);
    if (target.names.has("scrape_duration_seconds")) names.add("scrape_duration_seconds");
    for (const quantity of TELLING) {
      const name = resolveQuantity(target.metas, quantity)?.name;
      if (name !== undefined) names.add(name);
    }
  }
  return [{ names: [...names], matchers: [] }];
}

/** The same reset as all series of the target show it. */
async function countReset(
  reset: LabEvent,
  { discovery, reading }: { readonly discovery: Discovery; readonly reading: EventReading },
): Promise<LabEvent> {
  if (reset.kind !== "counter_reset") return reset;
  const target = discovery.targets.find(({ id }) => id === reset.target);
  if (target === undefined || Object.keys(target.labels).length === 0) return reset;
  const span = {
    startMs: Math.round(reset.previousTimeSeconds * 1000),
    endMs: Math.round(reset.timeSeconds * 1000),
  };
  const question = {
    names: [],
    matchers: Object.entries(target.labels).map((
      [label, value],
    ) => ({ label, operator: "=", value } as const)),
  };
  const source = await reading.assemble(await reading.reader.readAll(question, span));
  const events = await source.events({ startSeconds: reset.timeSeconds, endSeconds: reset.timeSeconds });
  const counted = events.find((event) => event.kind === "counter_reset");
  // A recording rule of the target has points at times of its own, also while nobody answers.
  return counted === undefined ? reset : { ...counted, previousTimeSeconds: reset.previousTimeSeconds };
}

/** Failed scrapes and their end from `up`; scrapes that were left out from longer steps of any series. */
function scrapeEvents(target: RemoteTarget, series: readonly RawSeries[], whole: boolean): LabEvent[] {
  const witnesses = series.filter(({ name }) => name === target.witness);
  return witnesses.flatMap((witness) => [
    ...target.witness === "up" ? failures(target.id, witness, { series, whole }) : [],
    ...leftOut(target.id, witness),
  ]);
}

function failures(
  target: string,
  up: RawSeries,
  { series, whole }: { readonly series: readonly RawSeries[]; readonly whole: boolean },
): LabEvent[] {
  const durations = series.find(({ name, labels }) =>
    name === "scrape_duration_seconds" &&
    Object.entries(up.labels).every(([label, value]) => labels[label] === value)
  );
  const durationAt = new Map(durations?.timesMs.map((timeMs, i) => [timeMs, durations.values[i]!]));
  const events: LabEvent[] = [];
  let failedCount = 0;
  let goodSeconds: number | undefined;
  for (const [i, timeMs] of up.timesMs.entries()) {
    const timeSeconds = timeMs / 1000;
    if (Number.isNaN(up.values[i]!)) continue; // The target was taken off the list.
    if (up.values[i] === 0) {
      failedCount++;
      goodSeconds ??= timeSeconds;
      events.push({
        kind: "scrape_failed",
        timeSeconds,
        target,
        cause: { code: "cause_not_kept" },
        durationSeconds: durationAt.get(timeMs) ?? NaN,
      });
      continue;
    }
    // A run that was under way before the first point cannot be counted.
    if (failedCount > 0 && (whole || failedCount < i)) {
      const gapSeconds = timeSeconds - (goodSeconds ?? timeSeconds);
      events.push({ kind: "scrape_recovered", timeSeconds, target, failedCount, gapSeconds });
    }
    failedCount = 0;
    goodSeconds = timeSeconds;
  }
  return events;
}

/** Steps of two usual ones and more (a late read makes one of less): nobody tried, or its answer was lost. */
function leftOut(target: string, { timesMs }: RawSeries): LabEvent[] {
  const steps = timesMs.slice(1).map((timeMs, i) => timeMs - timesMs[i]!);
  const usualMs = [...steps].sort((a, b) => a - b)[Math.floor((steps.length - 1) / 2)];
  if (usualMs === undefined) return [];
  return steps.flatMap((step, i): LabEvent[] => {
    const count = Math.floor(step / usualMs + 0.1) - 1;
    return count > 0 ? [{ kind: "tick_skipped", timeSeconds: timesMs[i + 1]! / 1000, target, count }] : [];
  });
}
