/**
 * Signals of a source by the name of a quantity, of what is worked out of several, or of a metric.
 *
 * @module
 */
import { checkMetricName } from "../catalog/metric_name.ts";
import { isQuantityName, QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import { hasSeveralServers } from "../series/facts.ts";
import type { Matcher, MetricSource, TimeSpan } from "../series/types.ts";
import { CUT_REQUESTS, cutSignals, isSignalName } from "./cut_signal.ts";
import { medianInterval, type Signal, toSignal } from "./signal.ts";

/** Which part of them. */
export interface SignalSelection {
  /** Default everything that the source holds. */
  readonly span?: TimeSpan;
  readonly matchers?: readonly Matcher[];
}

/**
 * Refuses names that nobody knows.
 *
 * @param call an example: `analyzer.detectChangePoints("running")`
 * @throws RangeError for a name that is neither a quantity nor one that a server has, with those that come near
 */
export async function checkSignalNames(
  source: MetricSource,
  call: string,
  names: readonly string[],
): Promise<void> {
  if (names.every(isSignalName)) return;
  const families = await source.describe();
  for (const name of names) checkMetricName(call, name, families);
}

/**
 * By quantity where it is the name of one, else by the name that the server uses: one signal for each series. Counters count as rates,
 * a histogram as the mean of its observations per cell, of each server by itself.
 */
export async function readSignals(
  source: MetricSource,
  nameOrQuantity: string,
  selection: SignalSelection,
): Promise<Signal[]> {
  const span = selection.span ?? await source.span();
  if (span === undefined) return [];
  const { matchers } = selection;
  if (nameOrQuantity === CUT_REQUESTS) return await cutSignals(source, span, matchers);
  const matching = matchers === undefined ? {} : { matchers };
  if (!isQuantityName(nameOrQuantity)) {
    return (await source.select({ name: nameOrQuantity, ...matching }, span)).map(toSignal);
  }
  const selector = { quantity: nameOrQuantity, ...matching };
  if (QUANTITIES[nameOrQuantity].type === "histogram") return await histogramMeans(source, selector, span);
  return (await source.select(selector, span)).map((series) => ({
    ...toSignal(series),
    name: nameOrQuantity,
  }));
}

async function histogramMeans(
  source: MetricSource,
  selector: { readonly quantity: QuantityName; readonly matchers?: readonly Matcher[] },
  span: TimeSpan,
): Promise<Signal[]> {
  const running = await source.select({ quantity: "running" }, lastMinutes(span));
  const interval = Math.max(0, ...running.map((series) => medianInterval(series) ?? 0)) || 1;
  const stepSeconds = 2 * interval;
  const count = Math.max(1, Math.floor((span.endSeconds - span.startSeconds) / stepSeconds));
  const grid = {
    startSeconds: span.endSeconds - (count - 1) * stepSeconds,
    stepSeconds,
    count,
    rangeSeconds: stepSeconds + interval,
  };
  const query = {
    selector,
    fn: { kind: "histogram_mean" },
    by: hasSeveralServers(await source.facts()) ? ["target"] : [],
  } as const;
  const { unit } = QUANTITIES[selector.quantity];
  return (await source.evaluate(query, grid)).map(({ labels, timesSeconds, values }) => ({
    name: selector.quantity,
    labels,
    unit,
    perSecond: false,
    timesSeconds,
    values,
  }));
}

function lastMinutes(span: TimeSpan): TimeSpan {
  return { ...span, startSeconds: Math.max(span.startSeconds, span.endSeconds - 300) };
}
