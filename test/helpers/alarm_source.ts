/** A source with one server's TTFT histogram, made of requests in groups. */
import type { MetricSource, Series } from "../../src/series/types.ts";
import { evaluateSeries } from "../../src/series/evaluate.ts";

/** Requests that ended since the group before. */
export interface RequestGroup {
  readonly timeSeconds: number;
  /** TTFT of each. */
  readonly seconds: number;
  readonly count: number;
}

const BORDERS = [0.1, 0.25, 0.5, 1, 2.5, Infinity];

/** Cumulative buckets, one point a group, from a first scrape of zeros at 0 s. */
export function seriesSource(groups: readonly RequestGroup[]): MetricSource {
  const timesSeconds = Float64Array.from([0, ...groups.map((group) => group.timeSeconds)]);
  const buckets = BORDERS.map((border): Series => {
    let sum = 0;
    const values = [0, ...groups.map((group) => sum += group.seconds <= border ? group.count : 0)];
    return {
      name: "vllm:time_to_first_token_seconds_bucket",
      labels: { le: border === Infinity ? "+Inf" : String(border) },
      type: "histogram",
      timesSeconds,
      values: Float64Array.from(values),
      staleSeconds: new Float64Array(),
    };
  });
  let total = 0;
  const sum: Series = {
    name: "vllm:time_to_first_token_seconds_sum",
    labels: {},
    type: "histogram",
    timesSeconds,
    values: Float64Array.from([0, ...groups.map((group) => total += group.seconds * group.count)]),
    staleSeconds: new Float64Array(),
  };
  const count: Series = { ...buckets.at(-1)!, name: "vllm:time_to_first_token_seconds_count", labels: {} };
  return {
    span: () =>
      Promise.resolve(
        groups.length === 0 ? undefined : { startSeconds: 0, endSeconds: timesSeconds.at(-1)! },
      ),
    describe: () => Promise.resolve([]),
    facts: () => Promise.resolve([]),
    select: () => Promise.resolve([]),
    evaluate: (query, grid) =>
      Promise.resolve(
        evaluateSeries(query, grid, query.fn.kind === "histogram_mean" ? [sum, count] : buckets),
      ),
    requests: () => Promise.resolve([]),
    events: () => Promise.resolve([]),
  };
}
