/**
 * The numbers that the diagnosis reads from a source, by window and engine.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import type { Matcher, SamplePart, WindowFunction } from "../series/types.ts";

/** One number of a window. `combine` also says how engines make up a server. */
export interface MeasureDefinition {
  readonly quantity: QuantityName;
  readonly part?: SamplePart;
  readonly matchers?: readonly Matcher[];
  readonly fn: WindowFunction;
  readonly combine: "sum" | "max" | "min" | "avg";
  /**
   * "wide" reaches one interval further back, for functions that count between points of the window only; what is
   * observed (`extrapolate: false`) is counted from the last point before the window anyway.
   */
  readonly range: "window" | "wide" | "recent";
}

const gauge = (
  quantity: QuantityName,
  kind: "min" | "max" | "avg" | "count",
  combine: MeasureDefinition["combine"] = "sum",
): MeasureDefinition => ({ quantity, fn: { kind }, combine, range: "window" });

const gaugeQuantile = (quantity: QuantityName, quantile: number): MeasureDefinition => ({
  quantity,
  fn: { kind: "quantile", quantile },
  combine: "sum",
  range: "window",
});

const growth = (
  quantity: QuantityName,
  part?: SamplePart,
  matchers?: readonly Matcher[],
): MeasureDefinition => ({
  quantity,
  ...(part === undefined ? {} : { part }),
  ...(matchers === undefined ? {} : { matchers }),
  fn: { kind: "increase", extrapolate: false },
  combine: "sum",
  range: "window",
});

const bucketQuantile = (quantity: QuantityName, quantile: number): MeasureDefinition => ({
  quantity,
  fn: { kind: "histogram_quantile", quantile },
  combine: "max",
  range: "wide",
});

const has = (label: string, value: string): readonly Matcher[] => [{ label, operator: "=", value }];
/** Requests of users only: probes and scrapes answer well while inference fails. */
const API: Matcher = { label: "handler", operator: "=~", value: "/v1/.*|/generate.*" };

/** Every number of a window. Durations come as sum and count, so that engines can be added before dividing. */
export const MEASURES = {
  scrapes: gauge("running", "count", "max"),
  runningMean: gauge("running", "avg"),
  runningMax: gauge("running", "max"),
  runningMin: gauge("running", "min"),
  runningMedian: gaugeQuantile("running", 0.5),
  runningLowFifth: gaugeQuantile("running", 0.2),
  runningChange: { ...gauge("running", "avg"), fn: { kind: "delta", extrapolate: false }, range: "window" },
  waitingMean: gauge("waiting", "avg"),
  waitingMax: gauge("waiting", "max"),
  waitingMin: gauge("waiting", "min"),
  waitingMedian: gaugeQuantile("waiting", 0.5),
  waitingLowFifth: gaugeQuantile("waiting", 0.2),
  waitingLast: { ...gauge("waiting", "avg"), fn: { kind: "last" } },
  waitingChange: { ...gauge("waiting", "avg"), fn: { kind: "delta", extrapolate: false }, range: "window" },
  kvMax: gauge("kv_cache_usage", "max", "max"),
  kvMean: gauge("kv_cache_usage", "avg", "max"),
  preemptions: growth("preemptions"),
  steps: growth("iteration_tokens", "count"),
  stepTokens: growth("iteration_tokens", "sum"),
  stepTokensMedian: bucketQuantile("iteration_tokens", 0.5),
  stepTokensTop: bucketQuantile("iteration_tokens", 1),
  recentSteps: { ...growth("iteration_tokens", "count"), range: "recent" },
  recentTokens: { ...growth("generation_tokens"), range: "recent" },
  recentRunningMin: { ...gauge("running", "min"), range: "recent" },
  recentWaitingMin: { ...gauge("waiting", "min"), range: "recent" },
  promptTokens: growth("prompt_tokens"),
  computedPromptTokens: growth("prompt_tokens_by_source", "value", has("source", "local_compute")),
  cachedPromptTokens: growth("prompt_tokens_by_source", "value", has("source", "local_cache_hit")),
  generationTokens: growth("generation_tokens"),
  prefixQueries: growth("prefix_cache_queries"),
  prefixHits: growth("prefix_cache_hits"),
  firstTokens: growth("ttft", "count"),
  ttftSum: growth("ttft", "sum"),
  ttftP99: bucketQuantile("ttft", 0.99),
  itlCount: growth("itl", "count"),
  itlSum: growth("itl", "sum"),
  itlP50: bucketQuantile("itl", 0.5),
  itlP99: bucketQuantile("itl", 0.99),
  itlP999: bucketQuantile("itl", 0.999),
  finished: growth("e2e", "count"),
  e2eSum: growth("e2e", "sum"),
  queueCount: growth("queue_time", "count"),
  queueSum: growth("queue_time", "sum"),
  prefillSum: growth("prefill_time", "sum"),
  inferenceCount: growth("inference_time", "count"),
  inferenceSum: growth("inference_time", "sum"),
  promptLengthMedian: bucketQuantile("request_prompt_tokens", 0.5),
  promptLengthMax: bucketQuantile("request_prompt_tokens", 1),
  rejections: growth("admission_rejections"),
  httpRequests: growth("http_requests", "value", [API]),
  httpServerErrors: growth("http_requests", "value", [API, {
    label: "status",
    operator: "=~",
    value: "5.*",
  }]),
  httpClientErrors: growth("http_requests", "value", [API, {
    label: "status",
    operator: "=~",
    value: "4.*",
  }]),
  resets: { ...growth("generation_tokens"), fn: { kind: "resets" }, range: "wide" },
  draftTokens: growth("spec_decode_draft_tokens"),
  drafts: growth("spec_decode_drafts"),
  acceptedTokens: growth("spec_decode_accepted_tokens"),
  frontEndCpuSeconds: growth("process_cpu_seconds"),
} as const satisfies Record<string, MeasureDefinition>;

/** Name of a number of a window. */
export type MeasureName = keyof typeof MEASURES;

/** All names, in the order of the table. */
export const MEASURE_NAMES = Object.keys(MEASURES) as readonly MeasureName[];

/** The definition, with the wide type. */
export function measureDefinition(name: MeasureName): MeasureDefinition {
  return MEASURES[name];
}
