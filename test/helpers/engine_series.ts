/**
 * A server made up of series that say what a test wants.
 *
 * @module
 */
import { MemorySource } from "../../src/series/memory_source.ts";
import type { Labels, MetricType } from "../../src/parser/types.ts";

/** A series and its value at each second. */
export interface MadeUp {
  readonly name: string;
  readonly type: MetricType;
  readonly labels: Labels;
  /** Undefined: the series has no value then. */
  readonly at: (second: number) => number | undefined;
}

/** Time of second 0. */
export const START = 1000;

/** Series of one server, read at an interval. */
export function sourceOf(series: readonly MadeUp[], seconds: number, intervalSeconds = 1): MemorySource {
  const source = new MemorySource();
  const defined = series.map(({ name, type, labels }, id) => ({ id, name, type, labels }));
  for (let second = 0; second <= seconds; second += intervalSeconds) {
    const now = series.flatMap((one, id) => {
      const value = one.at(second);
      return value === undefined ? [] : [{ id, value }];
    });
    source.append("vllm", START + second, {
      ids: now.map(({ id }) => id),
      values: now.map(({ value }) => value),
      defined: second > 0 ? [] : defined,
      vanishedIds: [],
      events: [],
      facts: { target: "vllm", kind: "vllm", simulated: true, intervalSeconds },
    });
  }
  return source;
}

/** A value at a second. */
export type At = (second: number) => number;

/** Series of an engine that takes 50 steps a second with `running` requests, each step a token a request. */
export function engineSeries(
  options: { running: At; waiting?: At; kv?: At; labels?: Labels; begunAt?: number },
): MadeUp[] {
  const { running, waiting = () => 0, kv = () => 0.2, labels = {}, begunAt = 0 } = options;
  const own = { engine: "0", model_name: "m", ...labels };
  const gauge = (name: string, at: At): MadeUp => ({ name, type: "gauge", labels: own, at });
  const counter = (name: string, type: MetricType, perSecond: number): MadeUp => ({
    name,
    type,
    labels: own,
    at: (second) => perSecond * Math.max(0, second - begunAt),
  });
  const histogram = (name: string, perSecond: number, each: number) => [
    counter(`${name}_count`, "histogram", perSecond),
    counter(`${name}_sum`, "histogram", perSecond * each),
  ];
  const batch = running(60);
  return [
    gauge("vllm:num_requests_running", running),
    gauge("vllm:num_requests_waiting", waiting),
    gauge("vllm:kv_cache_usage_perc", kv),
    ...histogram("vllm:iteration_tokens_total", 50, batch),
    ...histogram("vllm:inter_token_latency_seconds", 50 * batch, 0.02),
    ...histogram("vllm:time_to_first_token_seconds", batch / 4, 0.05),
    ...histogram("vllm:e2e_request_latency_seconds", batch / 4, 4.05),
    ...histogram("vllm:request_queue_time_seconds", batch / 4, 0),
    ...histogram("vllm:request_inference_time_seconds", batch / 4, 4.04),
    counter("vllm:generation_tokens_total", "counter", 50 * batch),
    counter("vllm:prompt_tokens_total", "counter", 100 * batch),
    counter("vllm:num_preemptions_total", "counter", 0),
  ];
}
