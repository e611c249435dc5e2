/**
 * A day at one point a second: a server, a machine and eight GPUs.
 *
 * @module
 */
import type { MetricSource } from "../../src/series/types.ts";
import { type FakeSeries, fakeSource, type FakeWindow } from "./fake_source.ts";

const START = 1795492800;
const DAY = 86400;

/** Noise that is the same each time: the fractional part of a large multiple of a sine. */
function noise(time: number, salt: number): number {
  const value = Math.sin(time * 12.9898 + salt * 78.233) * 43758.5453;
  return value - Math.floor(value);
}

function gauge(quantity: FakeSeries["quantity"], salt: number, labels = {}): FakeSeries {
  return {
    quantity,
    unit: "ratio",
    labels,
    value: (time) => 0.4 + 0.3 * Math.sin((time - START) / 4000 + salt) + 0.2 * noise(time, salt),
  };
}

function quantile(quantile: number, salt: number): FakeWindow {
  const value = (time: number) => quantile * (1 + Math.sin((time - START) / 3000)) + 0.3 * noise(time, salt);
  return {
    quantity: "ttft",
    kind: "histogram_bounded_quantile",
    quantile,
    unit: "seconds",
    value,
    bounds: (time) => [Math.floor(value(time) * 4) / 4, Math.ceil(value(time) * 4) / 4],
  };
}

/** The source. Its values wander slowly and jitter, so that nothing about it draws small. */
export function daySource(): MetricSource {
  const gpus = Array.from({ length: 8 }, (_, gpu) => [
    gauge("gpu_memory_usage", gpu, { gpu: String(gpu) }),
    gauge("gpu_utilization", gpu + 10, { gpu: String(gpu) }),
  ]).flat();
  const source = fakeSource({
    span: { startSeconds: START, endSeconds: START + DAY },
    intervalSeconds: 1,
    series: [
      { quantity: "running", unit: "requests", value: (time) => Math.floor(30 * noise(time, 1)) },
      { quantity: "waiting", unit: "requests", value: (time) => Math.floor(12 * noise(time, 2)) },
      gauge("kv_cache_usage", 3),
      gauge("cpu_usage", 4),
      gauge("memory_usage", 5),
      ...gpus,
    ],
    windows: [quantile(0.5, 6), quantile(0.95, 7), {
      quantity: "ttft",
      kind: "histogram_mean",
      unit: "seconds",
      value: (time) => 0.7 + 0.2 * noise(time, 8),
    }],
    facts: [
      { target: "server", kind: "vllm", simulated: true, intervalSeconds: 1 },
      { target: "system", kind: "host", simulated: true, intervalSeconds: 1 },
      { target: "gpu", kind: "gpu", simulated: true, intervalSeconds: 1 },
    ],
  });
  // The points are asked for again and again and never change.
  const answers = new Map<string, ReturnType<MetricSource["select"]>>();
  return {
    ...source,
    select(selector, span) {
      const key = JSON.stringify([selector, span]);
      const answer = answers.get(key) ?? source.select(selector, span);
      answers.set(key, answer);
      return answer;
    },
  };
}
