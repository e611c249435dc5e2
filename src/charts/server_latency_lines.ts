/**
 * A latency of several servers: one line each, so that one that answers otherwise is not lost among the others.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import { type ChartContext, factsOf } from "./context.ts";
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

/**
 * A quantile of each server over windows, in the order in which they are watched; of many the slowest and the fastest by the
 * mean of their windows. Empty for one server.
 */
export async function serverLatencyLines(
  context: ChartContext,
  quantity: QuantityName,
  quantile: number,
): Promise<readonly ServerLine[]> {
  const targets = factsOf(context, "server").map(({ target }) => target);
  if (targets.length < 2) return [];
  const lines = await windowLines(context, quantity, {
    fn: { kind: "histogram_bounded_quantile", quantile },
    side: "server",
    by: ["target"],
  });
  const found = targets.flatMap((name) => {
    const line = lines.find(({ labels }) => labels.target === name);
    return line === undefined ? [] : [{ name, line }];
  });
  if (found.length <= MOST_SERVERS) return found;
  const ordered = found.toSorted((a, b) => meanOf(b.line) - meanOf(a.line));
  const [slowest, fastest] = [ordered[0]!, ordered.at(-1)!];
  return [
    { name: context.text.slowest(slowest.name), line: slowest.line },
    { name: context.text.fastest(fastest.name), line: fastest.line },
  ];
}

function meanOf({ values }: LineValues): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? -Infinity : known.reduce((sum, value) => sum + value, 0) / known.length;
}
