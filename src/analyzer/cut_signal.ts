/**
 * Answers that were begun and not ended, as a signal: no counter of a server's has them.
 *
 * @module
 */
import { isQuantityName } from "../catalog/quantities.ts";
import type { Matcher, MetricSource, SamplePart, Series, TimeSpan, WindowFunction } from "../series/types.ts";
import type { QuantityName } from "../catalog/types.ts";
import { medianInterval, type Signal } from "./signal.ts";

/** Its name where one of a quantity is asked for. */
export const CUT_REQUESTS = "cut_requests";

/** Whether a name is one of a quantity, or of what is worked out of several. */
export function isSignalName(name: string): boolean {
  return name === CUT_REQUESTS || isQuantityName(name);
}

/** Over so long, or so many reads, requests are counted: a first token and its place in the batch are told a step apart. */
const CELL_SECONDS = 10;
const CELL_READS = 4;

/**
 * Of each server, cell by cell: first tokens less ends less the change of running requests. Around 0 as long as every answer ends; each
 * one that is cut counts 1, one that is preempted too, until it runs again. A cell without a read has no value. Empty where
 * a server does not tell one of the three.
 *
 * @param matchers labels that all three must have
 */
export async function cutSignals(
  source: MetricSource,
  span: TimeSpan,
  matchers: readonly Matcher[] = [],
): Promise<Signal[]> {
  const running = await source.select({ quantity: "running", matchers }, span);
  const intervals = running.flatMap((one) => one.values.length > 2 ? medianInterval(one) ?? [] : []);
  const stepSeconds = Math.max(CELL_SECONDS, CELL_READS * Math.max(0, ...intervals));
  const count = Math.floor((span.endSeconds - span.startSeconds) / stepSeconds);
  if (!(count > 0)) return [];
  const grid = {
    startSeconds: span.endSeconds - (count - 1) * stepSeconds,
    stepSeconds,
    count,
    rangeSeconds: stepSeconds,
  };
  const change = async (quantity: QuantityName, kind: "increase" | "delta", part?: SamplePart) => {
    const fn: WindowFunction = { kind, extrapolate: false };
    const selector = { quantity, matchers, ...(part === undefined ? {} : { part }) };
    return await source.evaluate({ selector, fn, combine: "sum", by: ["target"] }, grid);
  };
  const begun = await change("ttft", "increase", "count");
  const ended = await change("e2e", "increase", "count");
  const more = await change("running", "delta");
  return begun.flatMap((first) => {
    const own = (all: readonly Series[]) => all.find(({ labels }) => labels.target === first.labels.target);
    const [ends, runs] = [own(ended), own(more)];
    return ends === undefined || runs === undefined ? [] : [differenceOf(first, [ends, runs])];
  });
}

function differenceOf(first: Series, others: readonly Series[]): Signal {
  const values = others.map(({ timesSeconds, values }) =>
    new Map(Array.from(timesSeconds, (time, i) => [time, values[i]!]))
  );
  const points = Array.from(first.timesSeconds, (time, i) => ({
    time,
    value: values.reduce((left, other) => left - (other.get(time) ?? NaN), first.values[i]!),
  })).filter(({ value }) => !Number.isNaN(value));
  return {
    name: CUT_REQUESTS,
    labels: first.labels,
    unit: "requests",
    perSecond: false,
    timesSeconds: Float64Array.from(points, ({ time }) => time),
    values: Float64Array.from(points, ({ value }) => value),
  };
}
