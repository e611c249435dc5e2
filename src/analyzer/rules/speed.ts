/**
 * Rules about speed at the same work: slow GPU or CPU, cold cache, long prompts, front end.
 *
 * @module
 */
import type { Numbers } from "../evidence.ts";
import { confidenceOf, exceeds, type Judgement, type Moment, type Rule } from "./rule.ts";

/** Seconds of users' time lost to steps that took longer than their work explains. */
function slowLoss(moment: Moment): number {
  const factor = moment.numbers.slow_factor ?? 1;
  const { startSeconds, endSeconds } = moment.frame.window;
  return (1 - 1 / factor) * (endSeconds - startSeconds) * (moment.numbers.running_mean ?? 1);
}

/**
 * Slower than the work explains. Where the work is beyond what the step model knows, only if demand did not grow: then
 * the larger batch is an effect of slow steps and not their cause.
 */
function isSlow(moment: Moment): boolean {
  const { numbers, baseline } = moment;
  if ((numbers.slow_factor ?? 1) <= moment.slowTolerance || (numbers.steps ?? 0) < 20) return false;
  if (
    exceeds(contextPerRequest(numbers), baseline === undefined ? undefined : contextPerRequest(baseline), 1.3)
  ) {
    return false;
  }
  return moment.work === "known" ||
    (moment.work === "larger" && baseline !== undefined && !demandGrew(numbers, baseline));
}

/** More requests, longer answers or more prompt work than usual. */
function demandGrew(numbers: Numbers, baseline: Numbers): boolean {
  return exceeds(numbers.arrival_rate, baseline.arrival_rate, 1.15) ||
    exceeds(numbers.generation_rate, baseline.generation_rate, 1.15) ||
    exceeds(numbers.computed_prompt_rate, baseline.computed_prompt_rate, 1.2);
}

/** Longer contexts make slower steps, and the step model does not know them. */
function contextPerRequest(numbers: Numbers): number | undefined {
  const { kv_cache_usage_mean: usage, running_mean: running } = numbers;
  return usage === undefined || running === undefined || !(running > 0) ? undefined : usage / running;
}

/** A clock below this share of what was usual is throttled. */
const CLOCK_LOW = 0.9;

/** Slow although the work is the same, and the GPU says why. */
export const gpuThrottled: Rule = {
  code: "gpu_throttled",
  severity: "critical",
  scope: "server",
  needs: [["gpu"]],
  falsifiedBy: ["clock_and_power_normal", "batch_or_prefill_grew"],
  advice: [{ code: "check_gpu_cooling_and_power" }],
  next: "gpu_clock_and_power",
  judge(moment: Moment): Judgement | undefined {
    const clock = moment.numbers.gpu_sm_clock_mean;
    const usual = moment.baseline?.gpu_sm_clock_mean;
    if (clock === undefined || usual === undefined || clock >= CLOCK_LOW * usual) return undefined;
    // An idle GPU lowers its clock by itself.
    const { gpu_utilization_mean: busy, running_min: least } = moment.numbers;
    const usualBusy = moment.baseline?.gpu_utilization_mean;
    const keptBusy = busy === undefined || usualBusy === undefined
      ? (least ?? 0) > 0
      : busy >= 0.97 * usualBusy;
    if (!keptBusy) return undefined;
    const slow = isSlow(moment);
    if (!slow && !exceeds(moment.numbers.itl_mean, moment.baseline?.itl_mean, 1.05)) return undefined;
    return {
      confidence: slow && !moment.disturbed ? "high" : "medium",
      witnesses: [
        { quantity: "gpu_sm_clock_mean", baseline: usual, limit: CLOCK_LOW * usual },
        { quantity: "slow_factor", limit: moment.slowTolerance },
        { quantity: "itl_mean", baseline: moment.baseline?.itl_mean },
        { quantity: "batch_mean", baseline: moment.baseline?.batch_mean },
        { quantity: "gpu_power_mean", baseline: moment.baseline?.gpu_power_mean },
      ],
      params: { clockShare: clock / usual },
      lossSeconds: slowLoss(moment),
    };
  },
};

/** Utilisation or power below these shares of what was usual: the GPU waits for the host. */
const UTILIZATION_LOW = 0.92;
const POWER_LOW = 0.85;

/** Steps take longer than their work explains. Whether the GPU or the host is to blame needs the GPU's own numbers. */
export const engineSlow: Rule = {
  code: "engine_slow",
  severity: "warning",
  scope: "engine",
  needs: [["steps"], ["itlCount"]],
  falsifiedBy: ["batch_or_prefill_grew", "clock_and_power_normal"],
  advice: [{ code: "check_gpu_data" }, { code: "check_cpu_neighbours" }],
  next: "gpu_clock_and_power",
  judge(moment: Moment): Judgement | undefined {
    if (!isSlow(moment)) return undefined;
    const { numbers, baseline } = moment;
    const hostBound = exceeds(baseline?.gpu_power_mean, numbers.gpu_power_mean, 1 / POWER_LOW) ||
      exceeds(baseline?.gpu_utilization_mean, numbers.gpu_utilization_mean, 1 / UTILIZATION_LOW);
    const gpuSeen = numbers.gpu_sm_clock_mean !== undefined || numbers.gpu_power_mean !== undefined;
    return {
      // A GPU at its usual clock and power contradicts: then the step model may be wrong, and this is a note.
      severity: gpuSeen && !hostBound ? "info" : "warning",
      confidence: hostBound ? "medium" : "low",
      witnesses: [
        { quantity: "slow_factor", limit: moment.slowTolerance },
        { quantity: "step_time", baseline: baseline?.step_time },
        { quantity: "itl_mean", baseline: baseline?.itl_mean },
        { quantity: "batch_mean", baseline: baseline?.batch_mean },
        { quantity: "computed_prompt_rate", baseline: baseline?.computed_prompt_rate },
        { quantity: "gpu_power_mean", baseline: baseline?.gpu_power_mean },
        { quantity: "gpu_utilization_mean", baseline: baseline?.gpu_utilization_mean },
      ],
      params: {
        factor: numbers.slow_factor!,
        cause: hostBound ? "host" : gpuSeen ? "unknown" : "not_measured",
      },
      advice: hostBound
        ? [{ code: "check_cpu_neighbours" }, { code: "more_front_end_cpu" }]
        : [{ code: "check_gpu_data" }, { code: "check_cpu_neighbours" }],
      lossSeconds: slowLoss(moment),
    };
  },
};

/** The prefix cache found less than half of what it used to, with as many prompts as before. */
export const prefixCacheCold: Rule = {
  code: "prefix_cache_cold",
  severity: "warning",
  scope: "server",
  needs: [["cachedPromptTokens", "prefixHits"], ["firstTokens"]],
  falsifiedBy: ["workload_changed"],
  advice: [
    { code: "stable_prompt_prefix" },
    { code: "sticky_routing" },
    { code: "enable_prefix_caching", flag: "--enable-prefix-caching" },
    { code: "more_kv_memory", flag: "--gpu-memory-utilization" },
  ],
  next: "hit_share_after_change",
  judge(moment: Moment): Judgement | undefined {
    const { numbers, baseline } = moment;
    const share = numbers.prefix_hit_share;
    const usual = baseline?.prefix_hit_share;
    const requests = moment.frame.values.firstTokens ?? 0;
    if (share === undefined || usual === undefined || usual < 0.1 || requests < 20) return undefined;
    if (share >= 0.5 * usual) return undefined;
    // Long prompts of others push the share down while everybody still finds as much as before.
    if (exceeds(numbers.cached_tokens_per_request, baseline?.cached_tokens_per_request, 0.6)) {
      return undefined;
    }
    if (numbers.arrival_rate !== undefined && !exceeds(numbers.arrival_rate, baseline?.arrival_rate, 0.5)) {
      return undefined;
    }
    return {
      confidence: confidenceOf(moment, { direct: true, events: requests }),
      witnesses: [
        { quantity: "prefix_hit_share", baseline: usual, limit: 0.5 * usual, count: requests },
        { quantity: "cached_tokens_per_request", baseline: baseline?.cached_tokens_per_request },
        { quantity: "computed_prompt_rate", baseline: baseline?.computed_prompt_rate },
        { quantity: "ttft_mean", baseline: baseline?.ttft_mean },
        { quantity: "arrival_rate", baseline: baseline?.arrival_rate },
      ],
      params: { share, usual },
      lossSeconds: Math.max(0, (numbers.ttft_mean ?? 0) - (baseline?.ttft_mean ?? 0)) * requests,
    };
  },
};

/** Long prompts stall the tokens of everybody else: the tail of ITL jumps, its middle does not. */
export const longPrompts: Rule = {
  code: "long_prompts",
  severity: "warning",
  scope: "engine",
  needs: [["itlP99"]],
  falsifiedBy: ["no_long_prompt"],
  advice: [
    { code: "limit_long_prefills", flag: "--long-prefill-token-threshold" },
    { code: "smaller_token_budget", flag: "--max-num-batched-tokens" },
    { code: "route_long_prompts" },
  ],
  next: "itl_p99_without_long_prompts",
  judge(moment: Moment): Judgement | undefined {
    const { numbers, baseline } = moment;
    if (!exceeds(baseline?.itl_p50, numbers.itl_p50, 1 / 1.5) || (numbers.preemptions ?? 0) >= 3) {
      return undefined;
    }
    const long = exceeds(longestRecentPrompt(moment), moment.frame.values.promptLengthMedian, 5);
    const stalls = (tail: number | undefined, usual: number | undefined) =>
      exceeds(tail, numbers.itl_p50, 4) && exceeds(tail, usual, 2.5);
    // A few long prompts among many tokens show beyond the 99th percentile only; then a long prompt must be seen, too.
    const rare = long && (moment.frame.values.itlCount ?? 0) >= 5000 &&
      stalls(numbers.itl_p999, baseline?.itl_p999);
    if (!stalls(numbers.itl_p99, baseline?.itl_p99) && !rare) return undefined;
    return {
      confidence: long ? "medium" : "low",
      witnesses: [
        { quantity: "itl_p99", baseline: baseline?.itl_p99 },
        { quantity: "itl_p999", baseline: baseline?.itl_p999 },
        { quantity: "itl_p50", baseline: baseline?.itl_p50 },
        { quantity: "longest_prompt_bucket", baseline: baseline?.longest_prompt_bucket },
        { quantity: "ttft_p99", baseline: baseline?.ttft_p99 },
      ],
      params: { seen: long ? "yes" : "no" },
      lossSeconds: ((numbers.itl_p99 ?? 0) - (baseline?.itl_p99 ?? 0)) * (moment.frame.values.itlCount ?? 0) /
        100,
    };
  },
};

/** A prompt's length is booked when its request ends, windows after it stalled others. */
function longestRecentPrompt(moment: Moment): number | undefined {
  const lengths = [...moment.earlier.slice(-6), moment]
    .map((one) => one.numbers.longest_prompt_bucket)
    .filter((length) => length !== undefined);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

const OUTSIDE_SECONDS = 0.1;

/** Time is lost before or after the engine: tokenising, detokenising, the event loop of the API server. */
export const frontEndBound: Rule = {
  code: "front_end_bound",
  severity: "warning",
  scope: "server",
  needs: [["e2eSum"], ["queueSum"], ["inferenceSum"]],
  falsifiedBy: ["network_adds_it"],
  advice: [
    { code: "more_front_end_cpu" },
    { code: "more_api_servers", flag: "--api-server-count" },
    { code: "coarser_streaming", flag: "--stream-interval" },
  ],
  next: "outside_engine_after_change",
  judge(moment: Moment): Judgement | undefined {
    const { numbers, baseline } = moment;
    const outside = numbers.outside_engine_mean;
    if (outside === undefined || outside <= OUTSIDE_SECONDS) return undefined;
    const usual = baseline?.outside_engine_mean;
    const grown = usual === undefined
      ? exceeds(outside, numbers.ttft_mean, 0.3)
      : outside > 3 * Math.max(usual, 0.01);
    const finished = moment.frame.values.finished ?? 0;
    if (!grown || finished < 5) return undefined;
    // The engine takes new requests in between steps: part of a long step is its own time.
    if (outside <= (usual ?? 0) + Math.max(OUTSIDE_SECONDS, 0.6 * (numbers.itl_p99 ?? 0))) return undefined;
    return {
      confidence: finished >= 20 && usual !== undefined && !moment.disturbed ? "medium" : "low",
      witnesses: [
        { quantity: "outside_engine_mean", limit: OUTSIDE_SECONDS, baseline: usual, count: finished },
        { quantity: "ttft_mean", baseline: baseline?.ttft_mean },
        { quantity: "queue_time_mean", baseline: baseline?.queue_time_mean },
        { quantity: "itl_mean", baseline: baseline?.itl_mean },
      ],
      params: { outside },
      lossSeconds: outside * finished,
    };
  },
};

const ACCEPTED_SHARE = 0.5;
const ACCEPTED_LENGTH = 1.3;

/** Draft tokens are mostly refused. Whether it pays is known for sure only from a run without speculation. */
export const speculationNotPaying: Rule = {
  code: "speculation_not_paying",
  severity: "info",
  scope: "engine",
  needs: [["draftTokens"]],
  falsifiedBy: ["greedy_against_sampled"],
  advice: [{ code: "fewer_draft_tokens", flag: "--speculative-config" }],
  next: "speculation_off",
  judge(moment: Moment): Judgement | undefined {
    const { accepted_share: share, accepted_length: length } = moment.numbers;
    if (share === undefined || length === undefined || (moment.frame.values.drafts ?? 0) < 100) {
      return undefined;
    }
    if (share >= ACCEPTED_SHARE && length >= ACCEPTED_LENGTH) return undefined;
    return {
      confidence: "low",
      witnesses: [
        { quantity: "accepted_share", limit: ACCEPTED_SHARE, count: moment.frame.values.drafts ?? 0 },
        { quantity: "accepted_length", limit: ACCEPTED_LENGTH },
        { quantity: "batch_mean" },
      ],
    };
  },
};
