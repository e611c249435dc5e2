/**
 * From measures to the numbers that rules judge and findings show, each with its unit and formula.
 *
 * @module
 */
import type { Evidence, EvidenceQuantity, EvidenceUnit } from "./findings.ts";
import type { Frame } from "./frames.ts";

/** Numbers of one window. A name that is not there has no value: absent, not zero. */
export type Numbers = Readonly<Partial<Record<EvidenceQuantity, number>>>;

/** Unit and formula of each, in canonical quantities; `w` is the window in seconds. */
export const EVIDENCE: Readonly<
  Record<EvidenceQuantity, { readonly unit: EvidenceUnit; readonly formula: string }>
> = {
  running_max: { unit: "requests", formula: "max(running)" },
  running_mean: { unit: "requests", formula: "avg(running)" },
  running_min: { unit: "requests", formula: "min(running)" },
  running_low: { unit: "requests", formula: "quantile(0.2, running)" },
  waiting_max: { unit: "requests", formula: "max(waiting)" },
  waiting_mean: { unit: "requests", formula: "avg(waiting)" },
  waiting_median: { unit: "requests", formula: "quantile(0.5, waiting)" },
  waiting_growth: { unit: "requests", formula: "delta(waiting)" },
  kv_cache_usage_max: { unit: "ratio", formula: "max(kv_cache_usage)" },
  kv_cache_usage_mean: { unit: "ratio", formula: "avg(kv_cache_usage)" },
  preemptions: { unit: "count", formula: "increase(preemptions)" },
  preemptions_per_request: { unit: "factor", formula: "increase(preemptions) / increase(ttft.count)" },
  queue_time_mean: { unit: "seconds", formula: "increase(queue_time.sum) / increase(queue_time.count)" },
  ttft_mean: { unit: "seconds", formula: "increase(ttft.sum) / increase(ttft.count)" },
  ttft_p99: { unit: "seconds", formula: "histogram_quantile(0.99, ttft)" },
  itl_mean: { unit: "seconds", formula: "increase(itl.sum) / increase(itl.count)" },
  itl_p50: { unit: "seconds", formula: "histogram_quantile(0.5, itl)" },
  itl_p99: { unit: "seconds", formula: "histogram_quantile(0.99, itl)" },
  itl_p999: { unit: "seconds", formula: "histogram_quantile(0.999, itl)" },
  e2e_mean: { unit: "seconds", formula: "increase(e2e.sum) / increase(e2e.count)" },
  outside_engine_mean: {
    unit: "seconds",
    formula:
      "(increase(e2e.sum) - increase(queue_time.sum) - increase(inference_time.sum)) / increase(e2e.count)",
  },
  arrival_rate: { unit: "requests_per_second", formula: "(increase(ttft.count) + delta(waiting)) / w" },
  finish_rate: { unit: "requests_per_second", formula: "increase(e2e.count) / w" },
  generation_rate: { unit: "tokens_per_second", formula: "increase(generation_tokens) / w" },
  computed_prompt_rate: {
    unit: "tokens_per_second",
    formula: 'increase(prompt_tokens_by_source{source="local_compute"}) / w',
  },
  computed_tokens_per_request: {
    unit: "tokens",
    formula: "increase(computed prompt tokens) / increase(ttft.count)",
  },
  steps: { unit: "count", formula: "increase(iteration_tokens.count)" },
  step_time: { unit: "seconds", formula: "w / increase(iteration_tokens.count)" },
  batch_mean: {
    unit: "requests",
    formula: "(increase(itl.count) + increase(ttft.count)) / increase(iteration_tokens.count)",
  },
  tokens_per_step: {
    unit: "tokens_per_step",
    formula: "increase(iteration_tokens.sum) / increase(iteration_tokens.count)",
  },
  step_tokens_median: { unit: "tokens_per_step", formula: "histogram_quantile(0.5, iteration_tokens)" },
  step_tokens_top: { unit: "tokens_per_step", formula: "histogram_quantile(1, iteration_tokens)" },
  prefill_share: {
    unit: "share",
    formula:
      "c2 increase(computed prompt tokens) / (c0 increase(iteration_tokens.count) + c1 increase(itl.count) + c2 increase(computed prompt tokens))",
  },
  fixed_share: {
    unit: "share",
    formula:
      "c0 increase(iteration_tokens.count) / (c0 increase(iteration_tokens.count) + c1 increase(itl.count) + c2 increase(computed prompt tokens))",
  },
  slow_factor: {
    unit: "factor",
    formula:
      "w / (c0 increase(iteration_tokens.count) + c1 increase(itl.count) + c2 increase(computed prompt tokens))",
  },
  prefix_hit_share: { unit: "share", formula: "cached prompt tokens / (cached + computed prompt tokens)" },
  cached_tokens_per_request: { unit: "tokens", formula: "cached prompt tokens / increase(ttft.count)" },
  prompt_length_median: { unit: "tokens", formula: "histogram_quantile(0.5, request_prompt_tokens)" },
  longest_prompt_bucket: { unit: "tokens", formula: "histogram_quantile(1, request_prompt_tokens)" },
  rejections: { unit: "count", formula: "increase(admission_rejections)" },
  failed_requests: { unit: "count", formula: "requests that ended in an error" },
  failed_share: { unit: "share", formula: "failed requests / ended requests" },
  cut_requests: {
    unit: "count",
    formula:
      "increase(ttft.count) - increase(e2e.count) - delta(running) - requests cut as their load was stopped",
  },
  cut_share: { unit: "share", formula: "cut requests / increase(ttft.count)" },
  client_ttft_mean: { unit: "seconds", formula: "mean(first chunk - sent) over requests answered in w" },
  client_gap: { unit: "seconds", formula: "client mean TTFT - server mean TTFT" },
  client_late_p99: { unit: "seconds", formula: "quantile(0.99, sent - due)" },
  client_limited_share: { unit: "share", formula: "requests limited by their client / answered requests" },
  failed_scrapes: { unit: "count", formula: "events(scrape_failed)" },
  gap_duration: { unit: "seconds", formula: "time without a good scrape" },
  last_sample_age: { unit: "seconds", formula: "end - time of the last point" },
  counters_reset: { unit: "count", formula: "series that began again" },
  gpu_power_mean: { unit: "watts", formula: "avg(gpu_power)" },
  gpu_utilization_mean: { unit: "ratio", formula: "avg(gpu_utilization)" },
  gpu_sm_clock_mean: { unit: "hertz", formula: "min by GPU (avg(gpu_sm_clock))" },
  gpu_throttled_share: { unit: "share", formula: "max by GPU (avg(gpu_throttle))" },
  gpu_power_limit: { unit: "watts", formula: "avg(gpu_power_limit)" },
  gpu_memory_used_mean: { unit: "bytes", formula: "sum(avg(gpu_memory_used))" },
  gpu_memory_total: { unit: "bytes", formula: "sum(avg(gpu_memory_total))" },
  gpu_dram_active_mean: { unit: "ratio", formula: "avg(gpu_dram_active)" },
  kv_cache_tokens: { unit: "tokens", formula: "cache_config num_gpu_blocks * block_size" },
  accepted_share: {
    unit: "share",
    formula: "increase(spec_decode_accepted_tokens) / increase(spec_decode_draft_tokens)",
  },
  accepted_length: {
    unit: "factor",
    formula: "1 + increase(spec_decode_accepted_tokens) / increase(spec_decode_drafts)",
  },
};

/** `a / b` where both are there and b is positive. */
function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || !(b > 0) ? undefined : a / b;
}

function difference(a: number | undefined, ...rest: readonly (number | undefined)[]): number | undefined {
  return rest.reduce<number | undefined>(
    (left, b) => left === undefined || b === undefined ? undefined : left - b,
    a,
  );
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** Prompt tokens that the engine computed: by source where it says so, else without those found in the prefix cache. */
export function computedPromptTokens(frame: Frame): number | undefined {
  const { values } = frame;
  if (values.computedPromptTokens !== undefined) return values.computedPromptTokens;
  const computed = difference(values.promptTokens, values.prefixHits ?? 0);
  return computed === undefined ? undefined : Math.max(0, computed);
}

/**
 * Share of prompt tokens found in the cache. By source where the server says so: hits / queries reads too low up to
 * vLLM 0.25, which counts a waiting request again at each try to admit it.
 */
function hitShare(frame: Frame): number | undefined {
  const { values } = frame;
  if (values.cachedPromptTokens !== undefined) {
    return ratio(values.cachedPromptTokens, sum(values.cachedPromptTokens, values.computedPromptTokens));
  }
  return ratio(values.prefixHits, values.prefixQueries);
}

/** Everything that can be said of one window. */
export function numbersOf(frame: Frame): Numbers {
  const { values, window, client, gpu } = frame;
  const seconds = window.endSeconds - window.startSeconds;
  // Whoever stops a load cuts what runs: that is no client's timeout.
  const stopped = client?.stopped ?? 0;
  const cut = difference(values.firstTokens, values.finished, values.runningChange, stopped);
  const serverTtft = ratio(values.ttftSum, values.firstTokens);
  const outside = difference(values.e2eSum, values.queueSum, values.inferenceSum);
  const accepted = ratio(values.acceptedTokens, values.drafts);
  return defined({
    running_max: values.runningMax,
    running_mean: values.runningMean,
    running_min: values.runningMin,
    running_low: values.runningLowFifth,
    waiting_max: values.waitingMax,
    waiting_mean: values.waitingMean,
    waiting_median: values.waitingMedian,
    waiting_growth: values.waitingChange,
    kv_cache_usage_max: values.kvMax,
    kv_cache_usage_mean: values.kvMean,
    preemptions: values.preemptions,
    preemptions_per_request: ratio(values.preemptions, values.firstTokens),
    queue_time_mean: ratio(values.queueSum, values.queueCount),
    ttft_mean: serverTtft,
    ttft_p99: values.ttftP99,
    itl_mean: ratio(values.itlSum, values.itlCount),
    itl_p50: values.itlP50,
    itl_p99: values.itlP99,
    itl_p999: values.itlP999,
    e2e_mean: ratio(values.e2eSum, values.finished),
    outside_engine_mean: ratio(outside, values.finished),
    arrival_rate: ratio(sum(values.firstTokens, values.waitingChange), seconds),
    finish_rate: ratio(values.finished, seconds),
    generation_rate: ratio(values.generationTokens, seconds),
    computed_prompt_rate: ratio(computedPromptTokens(frame), seconds),
    computed_tokens_per_request: ratio(computedPromptTokens(frame), values.firstTokens),
    steps: values.steps,
    step_time: ratio(seconds, values.steps),
    batch_mean: ratio(sum(values.itlCount, values.firstTokens), values.steps),
    tokens_per_step: ratio(values.stepTokens, values.steps),
    step_tokens_median: values.stepTokensMedian,
    step_tokens_top: values.stepTokensTop,
    prefix_hit_share: hitShare(frame),
    cached_tokens_per_request: ratio(values.cachedPromptTokens ?? values.prefixHits, values.firstTokens),
    prompt_length_median: values.promptLengthMedian,
    longest_prompt_bucket: values.promptLengthMax,
    rejections: values.rejections,
    cut_requests: cut === undefined ? undefined : Math.max(0, cut),
    cut_share: ratio(cut === undefined ? undefined : Math.max(0, cut), values.firstTokens),
    client_ttft_mean: client?.ttftMean,
    client_gap: difference(client?.ttftMean, serverTtft),
    client_late_p99: client?.latenessP99,
    client_limited_share: ratio(client?.limited, client?.firstChunks),
    gpu_power_mean: gpu?.powerWatts,
    gpu_utilization_mean: gpu?.utilizationRatio,
    gpu_sm_clock_mean: gpu?.smClockHertz,
    gpu_throttled_share: worstThrottle(gpu)?.share,
    gpu_power_limit: gpu?.powerLimitWatts,
    gpu_memory_used_mean: gpu?.memoryUsedBytes,
    gpu_memory_total: gpu?.memoryTotalBytes,
    gpu_dram_active_mean: gpu?.dramActiveRatio,
    accepted_share: ratio(values.acceptedTokens, values.draftTokens),
    accepted_length: accepted === undefined ? undefined : 1 + accepted,
    ...failures(frame),
  });
}

/** Reasons that mean that work is slowed down, the more telling one first where several hold. */
const THROTTLES = [
  "hw_power_brake_slowdown",
  "hw_thermal_slowdown",
  "sw_thermal_slowdown",
  "hw_slowdown",
  "sw_power_cap",
] as const;

/** Why clocks are held down. */
export type ThrottleReason = typeof THROTTLES[number];

/** The reason for which clocks were held down longest; undefined where reasons are not told. */
export function worstThrottle(
  gpu: Frame["gpu"],
): { readonly reason: ThrottleReason; readonly share: number } | undefined {
  const shares = gpu?.throttleShares;
  if (shares === undefined) return undefined;
  return THROTTLES.map((reason) => ({ reason, share: shares[reason] ?? 0 }))
    .reduce((worst, one) => one.share > worst.share + 1e-9 ? one : worst);
}

/** Failed requests by the better witness: the client's rows, else the HTTP status classes of the API. */
function failures(frame: Frame): { failed_requests?: number | undefined; failed_share?: number | undefined } {
  const { client, values } = frame;
  if (client !== undefined && client.ended > 0) {
    return { failed_requests: client.failed, failed_share: client.failed / client.ended };
  }
  if (values.httpRequests === undefined) return {};
  const failed = (values.httpServerErrors ?? 0) + (values.httpClientErrors ?? 0);
  return { failed_requests: failed, failed_share: ratio(failed, values.httpRequests) };
}

function defined(numbers: { readonly [name in EvidenceQuantity]?: number | undefined }): Numbers {
  const entries = Object.entries(numbers).filter(([, value]) =>
    value !== undefined && Number.isFinite(value)
  );
  return Object.fromEntries(entries) as Numbers;
}

/** A piece of evidence from a window's numbers; undefined where the number is absent. */
export function evidenceOf(
  quantity: EvidenceQuantity,
  from: { readonly numbers: Numbers; readonly frame: Pick<Frame, "window"> },
  extra: { readonly limit?: number; readonly baseline?: number | undefined; readonly count?: number } = {},
): Evidence | undefined {
  const value = from.numbers[quantity];
  if (value === undefined) return undefined;
  const { baseline, ...rest } = extra;
  return {
    quantity,
    window: from.frame.window,
    value,
    ...EVIDENCE[quantity],
    ...rest,
    ...(baseline === undefined ? {} : { baseline }),
  };
}
