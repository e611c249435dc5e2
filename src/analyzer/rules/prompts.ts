/**
 * Rules about prompts: a few long ones among many, or more prompt work than there is compute for.
 *
 * @module
 */
import {
  confidenceOf,
  exceeds,
  type Judgement,
  KV_FREE,
  type Moment,
  PREFILL_SHARE,
  prefillDominates,
  prefillTakesTheTime,
  type Rule,
  waitingLoss,
} from "./rule.ts";

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
    const long = sawLongPrompt(moment);
    const steady = exceeds(baseline?.itl_p50, numbers.itl_p50, 1 / 1.5) && (numbers.preemptions ?? 0) < 3;
    const stalls = (tail: number | undefined, usual: number | undefined) =>
      exceeds(tail, numbers.itl_p50, 4) && exceeds(tail, usual, 2.5);
    // A few long prompts among many tokens show beyond the 99th percentile only; then a long prompt must be seen, too.
    const rare = long && (moment.frame.values.itlCount ?? 0) >= 5000 &&
      stalls(numbers.itl_p999, baseline?.itl_p999);
    // Many of them take every step: then the middle is as slow as the tail.
    const flooded = long && (prefillDominates(moment.numbers) || addWork(moment)) &&
      exceeds(numbers.itl_p99, baseline?.itl_p99, 2.5);
    const tail = stalls(numbers.itl_p99, baseline?.itl_p99);
    if (!flooded && !(steady && (tail || rare))) return undefined;
    // Steps that are slow beyond their work, prompts included, are slow for another reason.
    if (!long && (isFull(moment) || (numbers.slow_factor ?? 1) > moment.slowTolerance)) return undefined;
    return {
      severity: flooded && (numbers.waiting_median ?? 0) > 0 ? "critical" : "warning",
      confidence: long ? "medium" : "low",
      witnesses: [
        { quantity: "itl_p99", baseline: baseline?.itl_p99 },
        { quantity: "itl_p999", baseline: baseline?.itl_p999 },
        { quantity: "itl_p50", baseline: baseline?.itl_p50 },
        { quantity: "longest_prompt_bucket", baseline: baseline?.longest_prompt_bucket },
        { quantity: "prefill_share", limit: PREFILL_SHARE, baseline: baseline?.prefill_share },
        { quantity: "ttft_p99", baseline: baseline?.ttft_p99 },
      ],
      params: { seen: long ? "yes" : "no" },
      lossSeconds: ((numbers.itl_p99 ?? 0) - (baseline?.itl_p99 ?? 0)) * (moment.frame.values.itlCount ?? 0) /
        100,
    };
  },
};

function isFull({ numbers }: Moment): boolean {
  return (numbers.kv_cache_usage_mean ?? 0) >= KV_FREE;
}

/** A prompt far above the usual length, while the usual length is what it was: a few, not all of them. */
function sawLongPrompt(moment: Moment): boolean {
  const longest = longestRecentPrompt(moment);
  const usual = moment.baseline?.longest_prompt_bucket;
  return isFarAbove(longest, moment) && (usual === undefined || exceeds(longest, usual, 1.5));
}

/** So many times the ordinary prompt is a long one. */
const LONG = 5;
/** Fewer requests than this that ended do not tell what prompts are like: the long ones may have blocked all others. */
const LEAST_ENDED = 20;

function isFarAbove(longest: number | undefined, { numbers, baseline, frame }: Moment): boolean {
  const middle = frame.values.promptLengthMedian;
  const computed = numbers.computed_tokens_per_request;
  const ordinary = baseline?.prompt_length_median;
  if ((frame.values.finished ?? 0) >= LEAST_ENDED || ordinary === undefined) {
    return exceeds(longest, middle, LONG);
  }
  // Where all prompts are as long, so many tokens are computed for each request.
  return exceeds(longest, ordinary, LONG) && exceeds(longest, computed, LONG);
}

/** Tokens to compute for a request, and their share of the time, from so many times the usual on. */
const WORK_GROWN = 1.5;
const LEAST_SHARE = 0.25;

/** They cost what more requests would, of which no more came. */
function addWork({ numbers, baseline }: Moment): boolean {
  const { prefill_share: share, computed_tokens_per_request: computed, arrival_rate: arrivals } = numbers;
  return (share ?? 0) >= LEAST_SHARE && exceeds(share, baseline?.prefill_share, WORK_GROWN) &&
    exceeds(computed, baseline?.computed_tokens_per_request, WORK_GROWN) &&
    !exceeds(arrivals, baseline?.arrival_rate, 1.3);
}

/** A prompt's length is booked when its request ends, windows after it stalled others. */
function longestRecentPrompt(moment: Moment): number | undefined {
  const lengths = [...moment.earlier.slice(-6), moment]
    .map((one) => one.numbers.longest_prompt_bucket)
    .filter((length) => length !== undefined);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

/** Prompt tokens to compute for a request above this multiple of what was usual count as grown. */
const PROMPTS_GROWN = 1.3;

/** The usual prompt is longer than it was, by the lengths of requests that have ended: not a few, most of them. */
function lengthsGrew({ numbers, baseline, frame }: Moment): boolean {
  return (frame.values.finished ?? 0) >= LEAST_ENDED &&
    exceeds(numbers.prompt_length_median, baseline?.prompt_length_median, PROMPTS_GROWN);
}

/**
 * The step model knows what prompts cost from shorter ones, often badly. Where prompts have grown and steps last longer than it
 * expects, the excess is theirs: computing them and reading their context.
 */
function longerPromptsTakeTheTime(moment: Moment): boolean {
  const { slow_factor: factor = 1, prefill_share: share = 0 } = moment.numbers;
  if (!lengthsGrew(moment) || factor <= moment.slowTolerance || moment.work !== "larger") return false;
  return share / factor + 1 - 1 / factor >= PREFILL_SHARE;
}

/** More prompt tokens have to be computed than the GPU can: requests wait for steps that are full of prompts. */
export const prefillBound: Rule = {
  code: "prefill_bound",
  severity: "critical",
  scope: "engine",
  needs: [["steps"], ["computedPromptTokens", "promptTokens", "stepTokens"], ["ttftSum"]],
  falsifiedBy: ["decode_takes_the_time", "prompts_unchanged"],
  advice: [
    { code: "stable_prompt_prefix" },
    { code: "larger_token_budget", flag: "--max-num-batched-tokens" },
    { code: "separate_prefill", flag: "--kv-transfer-config" },
    { code: "add_replicas" },
  ],
  next: "ttft_at_shorter_prompts",
  judge(moment: Moment): Judgement | undefined {
    const { numbers, baseline } = moment;
    const told = prefillDominates(numbers);
    if (!(told || longerPromptsTakeTheTime(moment)) || (numbers.steps ?? 0) < 20) return undefined;
    const takes = prefillTakesTheTime(numbers) || longerPromptsTakeTheTime(moment);
    // Where prompts take most of the time a larger cache would admit more requests and not serve more of them.
    if (isFull(moment) && !(takes && baseline !== undefined)) return undefined;
    const waits = (numbers.waiting_median ?? 0) > 0;
    if (!waits && !exceeds(numbers.ttft_mean, baseline?.ttft_mean, 1.5)) return undefined;
    // As much to compute for each request as ever: then there are more of them, or something else is slower.
    const usual = baseline?.computed_tokens_per_request;
    if (usual !== undefined && !exceeds(numbers.computed_tokens_per_request, usual, PROMPTS_GROWN)) {
      return undefined;
    }
    const plenty = !moment.disturbed && confidenceOf(moment, { direct: true }) === "high";
    return {
      severity: waits ? "critical" : "warning",
      // Lengths of requests that have ended are a witness of their own, however few the scrapes.
      confidence: takes && baseline !== undefined && (plenty || lengthsGrew(moment)) ? "medium" : "low",
      witnesses: [
        // A share below the limit speaks against it: then the excess of the steps' time is what tells.
        ...(told
          ? [{ quantity: "prefill_share", limit: PREFILL_SHARE, baseline: baseline?.prefill_share } as const]
          : [{ quantity: "slow_factor", limit: moment.slowTolerance } as const]),
        { quantity: "computed_tokens_per_request", baseline: usual },
        ...(lengthsGrew(moment)
          ? [{ quantity: "prompt_length_median", baseline: baseline?.prompt_length_median } as const]
          : []),
        { quantity: "computed_prompt_rate", baseline: baseline?.computed_prompt_rate },
        { quantity: "step_tokens_median", baseline: baseline?.step_tokens_median },
        { quantity: "waiting_median", limit: 0, baseline: baseline?.waiting_median },
        { quantity: "ttft_mean", baseline: baseline?.ttft_mean },
        { quantity: "arrival_rate", baseline: baseline?.arrival_rate },
        { quantity: "kv_cache_usage_mean", limit: KV_FREE },
      ],
      lossSeconds: waitingLoss(moment),
    };
  },
};
