/**
 * A latency of several servers: one line each, so that one that answers otherwise is not lost among the others.
 *
 * @module
 */
import { formatSeconds } from "../base/format.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { Series, WindowFunction } from "../series/types.ts";
import { type ChartContext, countSeries, factsOf, subtitleOf } from "./context.ts";
import { envelopeOf } from "./envelope.ts";
import { type LineValues, windowLines } from "./lines.ts";

/** More servers than that have no line each: beside these are two more, and six colours can be told apart. */
const MOST_SERVERS = 4;

/** How many servers a panel's server lines are of; 1 where one was asked for. */
export function serverCount(context: ChartContext): number {
  return factsOf(context, "server").length;
}

/** Says in a subtitle that lines are of several servers; "" where there is one. */
export function togetherText(context: ChartContext): string {
  const count = serverCount(context);
  return count > 1 ? context.text.serversTogether(count) : "";
}

/** A server's line and how it is called. */
export interface ServerLine {
  readonly name: string;
  readonly line: LineValues;
}

/** Lines of servers, and what a subtitle says of them. */
export interface ServerLines {
  readonly lines: readonly ServerLine[];
  /** Which are shown, and by what they were chosen. */
  readonly words: string;
}

/** Who is slow is asked of so much of the end: who was so an hour ago is on the chart, but is not who to look at. */
const JUDGED_SECONDS = 300;

/**
 * A quantile of each server over windows, in the order in which they are watched; of many the slowest and the fastest by that
 * quantile over the last five minutes, by the mean where one bucket holds several. Who that is changes: a live page, which is told
 * piece by piece, has the slowest and the fastest at each time, and the name of the slowest now in words. Empty for one server.
 */
export async function serverLatencyLines(
  context: ChartContext,
  quantity: QuantityName,
  quantile: number,
): Promise<ServerLines> {
  const targets = factsOf(context, "server").map(({ target }) => target);
  if (targets.length < 2) return { lines: [], words: "" };
  const evaluated = await windowLines(context, quantity, {
    fn: { kind: "histogram_bounded_quantile", quantile },
    side: "server",
    by: ["target"],
  });
  const found = targets.flatMap((name) => {
    const line = evaluated.find(({ labels }) => labels.target === name);
    return line === undefined ? [] : [{ name, line }];
  });
  const { text } = context;
  const shown = `p${Number((quantile * 100).toPrecision(6))}`;
  const count = countSeries(context, quantity, found.length);
  if (count <= MOST_SERVERS || found.length === 0) return { lines: found, words: text.ofEachServer(shown) };
  const { slowest, fastest, judgedSeconds } = await extremes(context, { quantity, quantile, found });
  const judged = text.byTheLast(shown, formatSeconds(judgedSeconds));
  if (context.live === undefined) {
    return {
      lines: [
        { name: text.slowest(slowest.name), line: slowest.line },
        { name: text.fastest(fastest.name), line: fastest.line },
      ],
      words: text.slowestAndFastest(judged),
    };
  }
  const { timesSeconds, lower, upper } = envelopeOf(found.map(({ line }) => line));
  const both = { labels: {}, unit: slowest.line.unit, timesSeconds };
  return {
    lines: [
      { name: text.slowestOf(count), line: { ...both, values: upper } },
      { name: text.fastestOf(count), line: { ...both, values: lower } },
    ],
    words: subtitleOf([text.ofEachServer(shown), text.slowestNow(slowest.name, judged)]),
  };
}

/** The highest and the lowest quantile over the end of the span; without requests there, over all of it. */
async function extremes(
  context: ChartContext,
  { quantity, quantile, found }: {
    readonly quantity: QuantityName;
    readonly quantile: number;
    readonly found: readonly ServerLine[];
  },
): Promise<{ slowest: ServerLine; fastest: ServerLine; judgedSeconds: number }> {
  const { startSeconds, endSeconds } = context.span ?? { startSeconds: 0, endSeconds: 0 };
  // A page told piece by piece looks back behind its piece.
  const held = context.live === undefined ? startSeconds : context.held?.startSeconds ?? startSeconds;
  const whole = Math.max(endSeconds - held, context.grid.rangeSeconds);
  for (const judgedSeconds of [Math.min(JUDGED_SECONDS, whole), whole]) {
    const grid = { startSeconds: endSeconds, stepSeconds: 1, count: 1, rangeSeconds: judgedSeconds };
    const ask = (fn: WindowFunction) =>
      context.source.evaluate({ selector: { quantity }, fn, by: ["target"] }, grid);
    const [quantiles, means] = await Promise.all([
      ask({ kind: "histogram_bounded_quantile", quantile }),
      ask({ kind: "histogram_mean" }),
    ]);
    const judged = found.flatMap((server) => {
      const of = (all: readonly Series[]) => all.find(({ labels }) => labels.target === server.name);
      const one = of(quantiles);
      const value = one?.values.at(-1) ?? NaN;
      if (Number.isNaN(value)) return [];
      const [lower = value, upper = value] = [one?.lower?.at(-1), one?.upper?.at(-1)];
      return [{ server, lower, upper, mean: of(means)?.values.at(-1) ?? value }];
    });
    if (judged.length === 0) continue;
    // Where buckets overlap the quantiles cannot be told apart, and the means, which are exact, can.
    const highest = Math.max(...judged.map(({ lower }) => lower));
    const lowest = Math.min(...judged.map(({ upper }) => upper));
    const slow = judged.filter(({ lower, upper }) => upper > highest || lower >= highest);
    const fast = judged.filter(({ lower, upper }) => lower < lowest || upper <= lowest);
    const slowest = slow.reduce((one, other) => other.mean > one.mean ? other : one).server;
    const fastest = fast.reduce((one, other) => other.mean <= one.mean ? other : one).server;
    return { slowest, fastest, judgedSeconds };
  }
  return { slowest: found[0]!, fastest: found.at(-1)!, judgedSeconds: whole };
}
