/**
 * Rules about speed at the same work: slow steps, cold cache, front end, speculation.
 *
 * @module
 */
import type { Numbers } from "../evidence.ts";
import { confidenceOf, exceeds, type Judgement, type Moment, type Rule } from "./rule.ts";

/** Seconds of users' time lost to steps that took longer than their work explains. */
export function slowLoss(moment: Moment): number {
  const factor = moment.numbers.slow_factor ?? 1;
  const { startSeconds, endSeconds } = moment.frame.window;
  return (1 - 1 / factor) * (endSeconds - startSeconds) * (moment.numbers.running_mean ?? 1);
}

/** So much of what steps take longer must show in ITL. */
const SEEN_IN_ITL = 0.4;

/**
 * Slower than the work explains. Where the work is beyond what the step model knows, only if demand did not grow: then
 * the larger batch is an effect of slow steps and not their cause.
 */
export function isSlow(moment: Moment): boolean {
  const { numbers, baseline } = moment;
  const { slow_factor: factor = 1, itl_mean: itl } = numbers;
  if (factor <= moment.slowTolerance || (numbers.steps ?? 0) < 20) return false;
  // Where tokens come as fast as ever the time was lost between steps at a stretch: the engine stood still.
  const wanted = 1 + SEEN_IN_ITL * (factor - 1);
  if (itl !== undefined && baseline?.itl_mean !== undefined && itl <= wanted * baseline.itl_mean) {
    return false;
  }
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

/** Power below this share of what was usual: the GPU does less, so it is not what takes the time. */
const POWER_LOW = 0.85;
/** Where the host takes the time, at least this part of the lost time must show as idle time of the GPU. */
const SEEN_AS_IDLE = 0.5;

/** The GPU waits for the host: its own idle time accounts for the lost time, or its power fell. */
function isHostBound({ numbers, baseline }: Moment): boolean {
  if (exceeds(baseline?.gpu_power_mean, numbers.gpu_power_mean, 1 / POWER_LOW)) return true;
  const lost = 1 - 1 / Math.max(1, numbers.slow_factor ?? 1);
  return exceeds(
    baseline?.gpu_utilization_mean,
    numbers.gpu_utilization_mean,
    1 / (1 - SEEN_AS_IDLE * lost),
  );
}

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
    const hostBound = isHostBound(moment);
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
    // Others came with prompts of their own, and those who were there before still find theirs.
    if (exceeds(cachedRate(numbers), baseline === undefined ? undefined : cachedRate(baseline), 0.8)) {
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

/** Prompt tokens found in the cache, per second. */
function cachedRate(
  { cached_tokens_per_request: cached, arrival_rate: arrivals }: Numbers,
): number | undefined {
  return cached === undefined || arrivals === undefined ? undefined : cached * arrivals;
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
    // The engine takes new requests in between steps, so that they wait for half a step on average, and for a whole one when
    // they are sent as another ends: part of a long step is its own time, and so is what steps got longer.
    const step = longestSteps(moment);
    const ownTime = usual === undefined ? 1.5 * step : 0.6 * (step - (baseline?.itl_p99 ?? 0));
    if (outside <= (usual ?? 0) + Math.max(OUTSIDE_SECONDS, ownTime)) return undefined;
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

/** The time outside is booked when a request ends, and was lost when it came: of the steps since then the longest. */
function longestSteps({ numbers, frame, earlier }: Moment): number {
  const since = frame.window.startSeconds - (numbers.e2e_mean ?? 0);
  const meanwhile = earlier.filter((one) => one.frame.window.endSeconds > since);
  return meanwhile.reduce((most, one) => Math.max(most, one.numbers.itl_p99 ?? 0), numbers.itl_p99 ?? 0);
}

const ACCEPTED_SHARE = 0.5;
const ACCEPTED_LENGTH = 1.3;

/** Draft tokens are mostly refused. Whether it pays is known for sure only from a run without speculation. */
export const speculationNotPaying: Rule = {
  code: "speculation_not_paying",
  severity: "info",
  scope: "engine",
  isNote: true,
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
