/**
 * What right calls of the public door are made with.
 *
 * @module
 */
import * as lab from "#lab";
import type { MetricFamily, MetricSource, RequestRecord, SampleBatch, Sampler, WorkloadResult } from "#lab";

/** A call, and what frees its result where nothing else does. */
export interface Call {
  /** As a reader would write it. */
  readonly name: string;
  /** Does it, with other arguments than the right ones. */
  readonly call: (args: readonly unknown[]) => unknown;
  /** The right ones. Made anew for each call, because some are used up. */
  readonly args: () => readonly unknown[];
}

export const EXPOSITION = [
  "# TYPE vllm:num_requests_running gauge",
  'vllm:num_requests_running{engine="0",model_name="m"} 3',
  "# TYPE vllm:time_to_first_token_seconds histogram",
  'vllm:time_to_first_token_seconds_bucket{engine="0",model_name="m",le="0.5"} 4',
  'vllm:time_to_first_token_seconds_bucket{engine="0",model_name="m",le="+Inf"} 6',
  'vllm:time_to_first_token_seconds_sum{engine="0",model_name="m"} 3.5',
  'vllm:time_to_first_token_seconds_count{engine="0",model_name="m"} 6',
  "# TYPE vllm:generation_tokens_total counter",
  'vllm:generation_tokens_total{engine="0",model_name="m"} 120',
  "",
].join("\n");

export const SPAN = { startSeconds: 1000, endSeconds: 1010 };
export const GRID = { startSeconds: 1002, stepSeconds: 2, count: 5, rangeSeconds: 4 };
export const RANGE = { endSeconds: 1010, rangeSeconds: 10 };
export const POINTS = {
  timesSeconds: Float64Array.of(1000, 1002, 1004, 1006),
  values: Float64Array.of(1, 2, 4, 5),
};
export const FAMILIES: readonly MetricFamily[] = lab.parseExposition(EXPOSITION);
export const METAS = FAMILIES.map(({ name, type, help }) => ({ name, type, help: help ?? "" }));
export const CAUSE = { code: "no_data", params: { quantity: "ttft" } } as const;
export const PRESENTS = { language: "en", timeZone: "UTC" } as const;
export const IMAGE = {
  ...PRESENTS,
  span: SPAN,
  rangeSeconds: 4,
  target: "vllm",
  width: 400,
  theme: "light",
  id: "a",
} as const;

export const RECORD: RequestRecord = {
  id: "r1",
  target: "workload",
  model: "m",
  endpoint: "completions",
  phase: "steady",
  outcome: "ok",
  dueSeconds: 1001,
  sentSeconds: 1001,
  chunkTimesSeconds: Float64Array.of(1001.2, 1001.6, 1002),
  endSeconds: 1002,
  promptTokens: 5,
  outputTokens: 3,
  engine: "fetch",
  trust: "not_measured",
};

export const EVENT = { kind: "note", timeSeconds: 1003, text: "here" } as const;
export const FACTS = { target: "vllm", kind: "vllm", simulated: true, address: "http://s" } as const;

/** A source that holds three ticks of a server. */
export function source(): lab.MemorySource {
  const held = new lab.MemorySource({ maxPoints: 100 });
  const reader = new lab.ScrapeReader({});
  for (let tick = 0; tick < 4; tick++) held.append("vllm", 1000 + 2 * tick, batchOf(reader, tick));
  held.addFacts(FACTS);
  held.addRequest(RECORD);
  return held;
}

export function batchOf(reader: lab.ScrapeReader, tick: number): SampleBatch {
  const text = EXPOSITION.replace(/ (\d+)$/gm, (_, number) => ` ${Number(number) + tick}`);
  const view = reader.read(new TextEncoder().encode(text), 1000 + 2 * tick, "text/plain");
  return {
    ids: view.ids.slice(),
    values: view.values.slice(),
    defined: view.defined.slice(),
    vanishedIds: view.vanishedIds.slice(),
    events: [],
  };
}

export const STATIC: MetricSource = source();

export function sampler(id = "own"): Sampler {
  return {
    id,
    intervalSeconds: 1,
    sample: () =>
      Promise.resolve({
        ids: new Uint32Array(),
        values: new Float64Array(),
        defined: [],
        vanishedIds: new Uint32Array(),
        events: [],
      }),
  };
}

export function clock() {
  return new lab.VirtualClock(1000);
}

export const answer: typeof fetch = () =>
  Promise.resolve(new Response(EXPOSITION, { headers: { "content-type": "text/plain" } }));

export function gpuSource(): lab.GpuSource {
  return lab.scriptedGpus(scripted());
}

export function scripted() {
  return {
    gpus: [{ index: "0", uuid: "GPU-0", name: "Test" }],
    values: () => ({}),
    faults: () => [],
    details: { driver: "1" },
  } as unknown as lab.ScriptedGpusOptions;
}

/** Things that are made once, with files of their own. */
export interface Held {
  readonly folder: string;
  readonly recordingPath: string;
  readonly report: lab.PerformanceReport;
  readonly summary: lab.RunSummary | undefined;
  readonly correlation: lab.CorrelationMatrix;
  readonly anomalies: readonly lab.SeriesAnomalies[];
  readonly picture: lab.Picture;
  readonly workload: WorkloadResult;
  readonly shipped: lab.MetricSource;
}

/** Makes them. */
export async function holdings(): Promise<Held> {
  const folder = await Deno.makeTempDir({ prefix: "lab-door-" });
  const recordingPath = `${folder}/recording.sqlite`;
  const writer = lab.createRecording(recordingPath, {});
  const reader = new lab.ScrapeReader({});
  for (let tick = 0; tick < 3; tick++) writer.append("vllm", 1000 + 2 * tick, batchOf(reader, tick));
  writer.close();
  const analyzer = new lab.AdvancedMetricsAnalyzer(STATIC);
  return {
    folder,
    recordingPath,
    report: await analyzer.generatePerformanceReport(),
    summary: await lab.summariseRun(STATIC),
    correlation: await analyzer.analyzeCorrelation(),
    anomalies: await analyzer.detectAnomalies("running"),
    picture: await lab.kvCacheChart(STATIC),
    workload: await workloadResult(),
    shipped: await lab.openShippedData("vllm-0.32.0-cpu"),
  };
}

export async function workloadResult(): Promise<WorkloadResult> {
  const time = clock();
  const server = lab.SimulatedVllm.inProcess({ clock: time });
  const users = new lab.VllmWorkloadSimulator({ apiBase: server.apiBase, clock: time, fetch: server.fetch });
  const result = await users.simulateConcurrentLoad({ concurrency: 1, requests: 1, maxTokens: 3 });
  await server.stop();
  return result;
}
