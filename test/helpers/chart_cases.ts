/**
 * Sources that show one difficulty each: gaps, restarts, one point, many GPUs, hostile names, huge and tiny values.
 *
 * @module
 */
import type { LabEvent, MetricSource, RequestRecord, TargetFacts, TimeSpan } from "../../src/series/types.ts";
import { vllmBuckets } from "./vllm_buckets.ts";
import { type FakeSeries, fakeSource, type FakeTables, type FakeWindow } from "./fake_source.ts";

/** 2026-11-24T04:00:00Z. */
export const START = 1795492800;
/** Seconds between scrapes. */
export const INTERVAL = 5;
const SPAN: TimeSpan = { startSeconds: START, endSeconds: START + 300 };

const SERVER: TargetFacts = {
  target: "127.0.0.1:8000",
  kind: "vllm",
  simulated: false,
  address: "http://127.0.0.1:8000/metrics",
  version: "0.32.0",
  models: ["Qwen/Qwen3-8B"],
  engines: ["0"],
  intervalSeconds: INTERVAL,
  maxNumSequences: 16,
};
const HOST: TargetFacts = { target: "system", kind: "host", simulated: false, intervalSeconds: INTERVAL };
const NO_GPU: TargetFacts = {
  target: "gpu",
  kind: "gpu",
  simulated: false,
  absent: { gpu: { code: "gpu_library_not_found", params: { library: "libnvidia-ml.so.1" } } },
};

/** A wave between two values, without randomness. */
function wave(low: number, high: number, periodSeconds: number, phase = 0): (time: number) => number {
  return (time) => {
    const angle = ((time - START) / periodSeconds + phase) * 2 * Math.PI;
    return low + (high - low) * (0.5 + 0.35 * Math.sin(angle) + 0.15 * Math.sin(angle * 3.3 + 1));
  };
}

type Value = (time: number) => number | undefined;
type Change = (value: Value) => Value;
const same: Change = (value) => value;

const TTFT_BOUNDS = [0, ...vllmBuckets("vllm:time_to_first_token_seconds")];

/** TTFT bucket bounds of vLLM around a value. */
function bucketOf(value: number): readonly [number, number] {
  const upper = TTFT_BOUNDS.findIndex((bound) => bound >= value);
  return [TTFT_BOUNDS[Math.max(0, upper - 1)] ?? 0, TTFT_BOUNDS[upper] ?? Infinity];
}

function serverSeries(change: Change, engine = "0"): FakeSeries[] {
  const labels = { engine, model_name: "Qwen/Qwen3-8B" };
  const round = (value: Value): Value => (time) => {
    const exact = value(time);
    return exact === undefined ? undefined : Math.round(exact);
  };
  return [
    { quantity: "running", unit: "requests", labels, value: change(round(wave(2, 14, 90))) },
    {
      quantity: "waiting",
      unit: "requests",
      labels,
      value: change(round((time) => Math.max(0, wave(-3, 6, 130, 0.3)(time)))),
    },
    { quantity: "kv_cache_usage", unit: "ratio", labels, value: change(wave(0.2, 0.95, 110, 0.1)) },
  ];
}

function hostSeries(change: Change): FakeSeries[] {
  return [
    { quantity: "cpu_usage", unit: "ratio", value: change(wave(0.1, 0.8, 70)) },
    { quantity: "memory_usage", unit: "ratio", value: change(wave(0.52, 0.58, 300)) },
    { quantity: "memory_total", unit: "bytes", value: change(() => 64 * 2 ** 30) },
  ];
}

function serverWindows(change: Change): FakeWindow[] {
  const quantile = (q: number, value: (time: number) => number): FakeWindow => ({
    quantity: "ttft",
    kind: "histogram_bounded_quantile",
    quantile: q,
    unit: "seconds",
    value: change((time) => time < START + 10 ? undefined : value(time)),
    bounds: (time) => bucketOf(value(time)),
  });
  return [
    quantile(0.5, wave(0.08, 0.3, 120)),
    quantile(0.95, wave(0.3, 1.8, 120)),
    { quantity: "ttft", kind: "histogram_mean", unit: "seconds", value: change(wave(0.12, 0.6, 120)) },
    {
      quantity: "client_ttft",
      kind: "histogram_bounded_quantile",
      quantile: 0.95,
      unit: "seconds",
      value: change(wave(0.35, 1.6, 120)),
    },
    { quantity: "generation_tokens", kind: "rate", unit: "tokens", value: change(wave(300, 1400, 90)) },
    { quantity: "prompt_tokens", kind: "rate", unit: "tokens", value: change(wave(800, 5200, 100)) },
  ];
}

/** A value at each tick, spread over buckets: most around the middle. */
function bucketWindows(
  quantity: "ttft" | "iteration_tokens",
  bounds: readonly number[],
  change: Change,
): FakeWindow[] {
  return bounds.map((bound, index): FakeWindow => ({
    quantity,
    kind: "histogram_increase",
    labels: { le: bound === Infinity ? "+Inf" : String(bound) },
    value: change((time) => {
      const middle = wave(1, bounds.length - 2, 120)(time);
      return Math.max(0, Math.round(9 - 4 * Math.abs(index - middle)));
    }),
  }));
}

function histogramWindows(change: Change): FakeWindow[] {
  return [
    ...bucketWindows("ttft", [0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, Infinity], change),
    ...bucketWindows("iteration_tokens", [1, 8, 16, 32, 64, 128, 256, 512, Infinity], change),
    { quantity: "iteration_tokens", kind: "histogram_mean", unit: "tokens", value: change(() => 42.4) },
  ];
}

/** A request every seven seconds; every ninth fails. */
function requestRows(name = "tiny"): RequestRecord[] {
  return Array.from({ length: 40 }, (_, index): RequestRecord => {
    const sentSeconds = START + 3 + index * 7;
    const first = sentSeconds + wave(0.2, 1.6, 120)(sentSeconds);
    const failed = index % 9 === 8;
    const chunks = failed ? [] : Array.from({ length: 20 }, (_, k) => first + k * 0.15);
    return {
      id: String(index),
      target: "127.0.0.1:8000",
      model: name,
      endpoint: "chat",
      phase: "steady",
      outcome: failed ? "error" : "ok",
      dueSeconds: sentSeconds,
      sentSeconds,
      chunkTimesSeconds: Float64Array.from(chunks),
      endSeconds: chunks.at(-1) ?? sentSeconds + 0.4,
      outputTokens: chunks.length,
      engine: "fetch",
      trust: "good",
    };
  });
}

function gpuSeries(count: number, change: Change = same): FakeSeries[] {
  return Array.from({ length: count }, (_, gpu): FakeSeries[] => [
    {
      quantity: "gpu_memory_usage",
      unit: "ratio",
      labels: { gpu: String(gpu) },
      value: change(wave(0.6 + gpu * 0.03, 0.72 + gpu * 0.03, 160, gpu / 8)),
    },
    {
      quantity: "gpu_utilization",
      unit: "ratio",
      labels: { gpu: String(gpu) },
      value: change(wave(0.3 + gpu * 0.05, 0.6 + gpu * 0.05, 60, gpu / 8)),
    },
    { quantity: "gpu_memory_total", unit: "bytes", labels: { gpu: String(gpu) }, value: () => 80 * 2 ** 30 },
  ]).flat();
}

const GPUS: TargetFacts = { target: "gpu", kind: "gpu", simulated: true, intervalSeconds: 1 };

/** Nothing from `from` to `to` (exclusive): failed scrapes. */
function without(from: number, to: number): Change {
  return (value) => (time) => time - START > from && time - START < to ? undefined : value(time);
}

function gapEvents(from: number, to: number): LabEvent[] {
  const target = SERVER.target;
  const failed: LabEvent[] = [];
  for (let second = from + INTERVAL; second < to; second += INTERVAL) {
    failed.push({
      kind: "scrape_failed",
      timeSeconds: START + second,
      target,
      cause: { code: "connection_refused" },
      durationSeconds: 0.01,
    });
  }
  return [...failed, {
    kind: "scrape_recovered",
    timeSeconds: START + to,
    target,
    failedCount: failed.length,
    gapSeconds: to - from,
  }];
}

function normalTables(change: Change = same): FakeTables {
  return {
    span: SPAN,
    series: [...serverSeries(change), ...hostSeries(same)],
    windows: [...serverWindows(change), ...histogramWindows(change)],
    requests: requestRows(),
    facts: [SERVER, HOST, NO_GPU],
    intervalSeconds: INTERVAL,
  };
}

function gapTables(): FakeTables {
  const change: Change = (value) => without(210, 235)(without(100, 130)(value));
  const tables = normalTables(change);
  return {
    ...tables,
    series: [
      ...serverSeries(change).map((each) => ({ ...each, staleAt: [START + 105, START + 215] })),
      ...hostSeries(same),
    ],
    events: [...gapEvents(100, 130), ...gapEvents(210, 235)],
  };
}

function resetTables(): FakeTables {
  const gap = gapTables();
  const reset: LabEvent = {
    kind: "counter_reset",
    timeSeconds: START + 130,
    target: SERVER.target,
    reason: "process_start_changed",
    seriesCount: 300,
    previousTimeSeconds: START + 100,
  };
  return { ...gap, events: [...(gap.events ?? []), reset].sort((a, b) => a.timeSeconds - b.timeSeconds) };
}

/** A name of 40 characters and more. */
export const LONG_NAME = "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8-fast";
/** What a malicious server might call something. */
export const HOSTILE_NAME = `"><script>alert(1)</script>\u0007\u202e&amp;'`;

function namedTables(name: string): FakeTables {
  const tables = normalTables();
  const engines = ["0", "1"].flatMap((engine) =>
    serverSeries(same, `${name} ${engine}`).map((each) => ({
      ...each,
      labels: { ...each.labels, target: name },
    }))
  );
  return {
    ...tables,
    series: [
      ...engines,
      ...hostSeries(same).map((each) => ({ ...each, labels: { target: name } })),
      ...gpuSeries(2).map((each) => ({ ...each, labels: { gpu: name } })),
    ],
    facts: [
      {
        ...SERVER,
        target: name,
        address: name,
        version: name,
        models: [name],
        engines: [`${name} 0`, `${name} 1`],
      },
      { ...SERVER, target: "second" },
      { ...HOST, target: name },
      GPUS,
    ],
    requests: requestRows(name),
    events: [{ kind: "note", timeSeconds: START + 150, text: name }],
  };
}

function scaledTables(factor: number): FakeTables {
  const scale: Change = (value) => (time) => {
    const exact = value(time);
    return exact === undefined ? undefined : exact * factor;
  };
  const tables = normalTables(scale);
  const windows = (tables.windows ?? []).map((each): FakeWindow => {
    const { bounds: _, ...rest } = each;
    return rest;
  });
  const scaled = requestRows().map((row): RequestRecord => {
    const sent = row.sentSeconds ?? START;
    const end = START + ((row.endSeconds ?? sent) - START) * factor;
    const chunkTimesSeconds = row.chunkTimesSeconds.map((time) => sent + (time - sent) * factor);
    return { ...row, chunkTimesSeconds, endSeconds: Math.max(sent, end) };
  });
  return { ...tables, windows, requests: scaled };
}

/** Every case by its name. */
export const CASES: Readonly<Record<string, MetricSource>> = {
  normal: fakeSource({
    ...normalTables(),
    facts: [SERVER, HOST, GPUS],
    series: [...serverSeries(same), ...hostSeries(same), ...gpuSeries(1)],
  }),
  no_gpu: fakeSource({ ...normalTables(), requests: [] }),
  empty: fakeSource({}),
  one_point: fakeSource({
    ...normalTables(),
    requests: requestRows().slice(2, 3),
    span: { startSeconds: START + 20, endSeconds: START + 20 },
  }),
  gaps: fakeSource(gapTables()),
  reset: fakeSource(resetTables()),
  eight_gpus: fakeSource({
    ...normalTables(),
    series: [...serverSeries(same), ...hostSeries(same), ...gpuSeries(8)],
    facts: [{ ...SERVER, simulated: true }, { ...HOST, simulated: true }, GPUS],
  }),
  long_names: fakeSource(namedTables(LONG_NAME)),
  hostile: fakeSource(namedTables(HOSTILE_NAME)),
  huge: fakeSource(scaledTables(1e9)),
  tiny: fakeSource(scaledTables(1e-6)),
};
