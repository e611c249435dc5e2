/**
 * Which series are of one server, and when it was read.
 *
 * @module
 */
import type { Matcher, MetricSource, TimeSpan } from "../series/types.ts";

/** Series of a target; of all where there is one without a name. The label can be matched though series of a single target do not show it. */
export function ofTarget(target: string): readonly Matcher[] {
  return target === "" ? [] : [{ label: "target", operator: "=", value: target }];
}

/** When any engine of a server told how many requests run, in Unix seconds, ascending, each once. */
export async function readTimes(source: MetricSource, target: string, span: TimeSpan): Promise<Float64Array> {
  const series = await source.select({ quantity: "running", matchers: ofTarget(target) }, span);
  return Float64Array.from(new Set(series.flatMap(({ timesSeconds }) => Array.from(timesSeconds)))).sort();
}
