/**
 * The highest rate that a server showed while requests waited: then it had as much to do as it could.
 *
 * @module
 */
import type { Reading } from "../base/cause.ts";
import type { Matcher } from "../series/types.ts";
import type { SpanFigures } from "./span_figures.ts";

/** A window is so long, or as long as it takes for so many requests to end on average. */
const SHORTEST_WINDOW_SECONDS = 10;
const USUAL_FINISHED = 30;
/** Requests that must end in a window for its rate to say something. */
const LEAST_FINISHED = 10;

/** Windows begin a tenth of their width apart, in a long span further, so that there are no more than so many. */
const STEPS_A_WINDOW = 10;
const MOST_WINDOWS = 10_000;

/**
 * Over windows at whose every read requests waited on every engine, and at the read before, from which their count begins.
 *
 * @param seen.served rate over the whole span, which says how wide a window must be for thirty requests
 * @param seen.intervalSeconds usual time between two reads
 */
export async function servedAtMost(
  { source, span }: SpanFigures,
  matchers: readonly Matcher[],
  { served, intervalSeconds }: { readonly served: Reading; readonly intervalSeconds: number },
): Promise<{ readonly highest: Reading; readonly windowSeconds: number }> {
  if (span === undefined) return { highest: { absent: { code: "no_data" } }, windowSeconds: 0 };
  if ("absent" in served) return { highest: served, windowSeconds: 0 };
  if (served.value <= 0) return { highest: { absent: { code: "no_requests_in_window" } }, windowSeconds: 0 };
  const length = span.endSeconds - span.startSeconds;
  const wanted = USUAL_FINISHED / served.value;
  const widest = Math.max(SHORTEST_WINDOW_SECONDS, 4 * intervalSeconds, Math.min(wanted, length / 3));
  const windowSeconds = Math.min(length, widest);
  const stepSeconds = Math.max(windowSeconds / STEPS_A_WINDOW, length / MOST_WINDOWS);
  const count = 1 + Math.max(0, Math.floor((length - windowSeconds) / stepSeconds + 1e-9));
  const grid = {
    startSeconds: span.endSeconds - (count - 1) * stepSeconds,
    stepSeconds,
    count,
    rangeSeconds: windowSeconds,
  };
  const [least] = await source.evaluate(
    { selector: { quantity: "waiting", matchers }, fn: { kind: "min" }, combine: "min" },
    { ...grid, rangeSeconds: windowSeconds + intervalSeconds },
  );
  const ended = { quantity: "e2e", part: "count", matchers } as const;
  const overWindows = async (kind: "increase" | "rate") =>
    valuesByTime(
      (await source.evaluate({ selector: ended, fn: { kind, extrapolate: false }, combine: "sum" }, grid))[0],
    );
  const [countAt, rateAt] = [await overWindows("increase"), await overWindows("rate")];
  const full = [...valuesByTime(least)].flatMap(([time, waiting]) => {
    const [finished, rate] = [countAt.get(time), rateAt.get(time)];
    return waiting > 0 && finished !== undefined && rate !== undefined ? [{ finished, rate }] : [];
  });
  if (full.length === 0) {
    return {
      highest: { absent: { code: "nothing_waited", params: { seconds: Math.round(windowSeconds) } } },
      windowSeconds,
    };
  }
  const told = full.filter(({ finished }) => finished >= LEAST_FINISHED);
  if (told.length === 0) {
    const count = Math.max(...full.map(({ finished }) => finished));
    return {
      highest: { absent: { code: "not_enough_points", params: { count, wanted: LEAST_FINISHED } } },
      windowSeconds,
    };
  }
  return { highest: { value: Math.max(...told.map(({ rate }) => rate)) }, windowSeconds };
}

function valuesByTime(
  series: { readonly timesSeconds: Float64Array; readonly values: Float64Array } | undefined,
): Map<number, number> {
  const found = new Map<number, number>();
  series?.timesSeconds.forEach((time, i) => {
    if (!Number.isNaN(series.values[i]!)) found.set(time, series.values[i]!);
  });
  return found;
}
