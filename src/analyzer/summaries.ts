/**
 * Averages of series and the clients' own figures over a span.
 *
 * @module
 */
import { QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import { lastSeconds } from "../series/request_span.ts";
import type { RequestRecord } from "../series/types.ts";
import type { Distribution } from "../simulator/workload/distribution.ts";
import { firstTokens } from "../simulator/workload/first_tokens.ts";
import type { ClientSummary, QuantitySummary } from "./performance_report.ts";
import type { Signal } from "./signal.ts";
import { mean, quantileOfSorted, sortedFinite } from "./statistics.ts";

/**
 * Summary of a signal's points; undefined where it has none. The mean of rates is what was counted by the time it was counted
 * in: points that come late stand for more of it.
 */
export function summarize(quantity: QuantityName, signal: Signal): QuantitySummary | undefined {
  const sorted = sortedFinite(signal.values);
  if (sorted.length === 0) return undefined;
  return {
    quantity,
    unit: QUANTITIES[quantity].unit,
    perSecond: signal.perSecond,
    labels: signal.labels,
    count: sorted.length,
    current: signal.isGone ? NaN : signal.values[signal.values.length - 1]!,
    mean: meanOverTime(signal) ?? mean(sorted),
    minimum: sorted[0]!,
    maximum: sorted[sorted.length - 1]!,
    p50: quantileOfSorted(sorted, 0.5),
    p99: quantileOfSorted(sorted, 0.99),
  };
}

function meanOverTime({ values, lengthsSeconds }: Signal): number | undefined {
  if (lengthsSeconds === undefined) return undefined;
  let amount = 0;
  let seconds = 0;
  for (let i = 0; i < values.length; i++) {
    amount += values[i]! * lengthsSeconds[i]!;
    seconds += lengthsSeconds[i]!;
  }
  return seconds > 0 ? amount / seconds : undefined;
}

/**
 * Exact figures of the workload's rows; undefined without rows. First tokens and gaps are of every request that got one, as
 * the server counts them too; whole durations are of requests that ended well.
 */
export function summarizeClient(
  requests: readonly RequestRecord[],
  spanEndSeconds = Infinity,
): ClientSummary | undefined {
  if (requests.length === 0) return undefined;
  const outcomes: Record<string, number> = {};
  for (const { outcome } of requests) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const { ttft, itl, cut, atLeast } = firstTokens(requests);
  const later = requests.filter((one) => lastSeconds(one) > spanEndSeconds).length;
  const e2e = requests.flatMap((one) => {
    const end = one.chunkTimesSeconds.at(-1) ?? one.endSeconds;
    return one.outcome !== "ok" || one.sentSeconds === undefined || end === undefined
      ? []
      : [end - one.sentSeconds];
  });
  return {
    requests: requests.length,
    ...(later === 0 ? {} : { endedLater: later }),
    outcomes,
    ...(ttft === undefined ? {} : { ttft: figuresOf(ttft) }),
    ...(itl === undefined ? {} : { itl: figuresOf(itl) }),
    ...(e2e.length === 0 ? {} : { e2e: spread(e2e) }),
    ...(atLeast === undefined ? {} : { cutBeforeFirstToken: { count: cut, ttftAtLeast: atLeast } }),
  };
}

function figuresOf({ count, mean, p50, p99 }: Distribution): ReturnType<typeof spread> {
  return { count, mean, p50, p99 };
}

function spread(values: readonly number[]): { count: number; mean: number; p50: number; p99: number } {
  const sorted = sortedFinite(values);
  return {
    count: sorted.length,
    mean: mean(sorted),
    p50: quantileOfSorted(sorted, 0.5),
    p99: quantileOfSorted(sorted, 0.99),
  };
}
