/**
 * Rules about what limits the server: memory for context, places in the batch, demand.
 *
 * @module
 */
import {
  confidenceOf,
  exceeds,
  isAtLimit,
  type Judgement,
  KV_FREE,
  type Moment,
  prefillDominates,
  type Rule,
  waitingLoss,
} from "./rule.ts";

/** Usage from which the KV cache counts as full. */
const KV_FULL = 0.95;

/** Without an earlier ITL to compare with: steps so much slower than their work explains fill the batch by themselves. */
const CLEARLY_SLOW = 1.6;

/** Memory for context is what requests wait for. */
export const kvBound: Rule = {
  code: "kv_bound",
  severity: "critical",
  scope: "engine",
  needs: [["kvMax"], ["waitingMedian"]],
  falsifiedBy: ["kv_free_while_waiting"],
  advice: [
    { code: "more_kv_memory", flag: "--gpu-memory-utilization" },
    { code: "smaller_kv_entries", flag: "--kv-cache-dtype", value: "fp8" },
    { code: "shorter_context", flag: "--max-model-len" },
    { code: "more_kv_memory", flag: "--kv-offloading-size" },
    { code: "add_replicas" },
  ],
  next: "preemptions_after_change",
  judge(moment: Moment): Judgement | undefined {
    const { numbers, limit } = moment;
    const full = (numbers.kv_cache_usage_max ?? 0) >= KV_FULL;
    if (!full || !((numbers.waiting_median ?? 0) > 0)) return undefined;
    const atLimit = limit !== undefined && isAtLimit(numbers.running_max, limit.value);
    const thrashing = (numbers.preemptions ?? 0) >= LEAST_PREEMPTIONS;
    // At the sequence limit with the cache full now and then, more memory would not admit anyone.
    if (atLimit && !thrashing && (numbers.kv_cache_usage_mean ?? 0) < KV_FREE) return undefined;
    const certain = thrashing || (limit?.from === "facts" && !atLimit);
    return {
      confidence: certain ? confidenceOf(moment, { direct: true }) : "medium",
      witnesses: [
        { quantity: "kv_cache_usage_max", limit: KV_FULL, baseline: moment.baseline?.kv_cache_usage_max },
        { quantity: "waiting_median", limit: 0, baseline: moment.baseline?.waiting_median },
        { quantity: "running_max", ...(limit === undefined ? {} : { limit: limit.value }) },
        { quantity: "preemptions" },
        { quantity: "queue_time_mean", baseline: moment.baseline?.queue_time_mean },
      ],
      params: { usage: numbers.kv_cache_usage_max!, waiting: numbers.waiting_median! },
      lossSeconds: waitingLoss(moment),
    };
  },
};

/** One or two preemptions in a ramp are normal. */
const LEAST_PREEMPTIONS = 3;
const PREEMPTIONS_PER_REQUEST = 0.05;

/** Work is thrown away and done again. */
export const preemptionThrash: Rule = {
  code: "preemption_thrash",
  severity: "critical",
  scope: "engine",
  needs: [["preemptions"]],
  falsifiedBy: ["few_preemptions_of_a_ramp"],
  advice: [
    { code: "fewer_sequences", flag: "--max-num-seqs" },
    { code: "keep_watermark", flag: "--watermark", value: 0.02 },
    { code: "more_kv_memory", flag: "--gpu-memory-utilization" },
    { code: "smaller_kv_entries", flag: "--kv-cache-dtype", value: "fp8" },
  ],
  next: "preemptions_after_change",
  judge(moment: Moment): Judgement | undefined {
    const { preemptions = 0, preemptions_per_request: share } = moment.numbers;
    if (preemptions < LEAST_PREEMPTIONS || (share ?? Infinity) <= PREEMPTIONS_PER_REQUEST) return undefined;
    return {
      confidence: confidenceOf(moment, { direct: true, events: preemptions }),
      witnesses: [
        { quantity: "preemptions", count: preemptions },
        { quantity: "preemptions_per_request", limit: PREEMPTIONS_PER_REQUEST },
        // 0 while requests are preempted is a gauge that does not work (V0 on a CPU).
        ...(moment.numbers.kv_cache_usage_max === 0
          ? []
          : [{ quantity: "kv_cache_usage_max", limit: KV_FULL } as const]),
        { quantity: "itl_mean", baseline: moment.baseline?.itl_mean },
      ],
      params: { preemptions },
      lossSeconds: waitingLoss(moment),
    };
  },
};

/** `max_num_seqs` is what holds requests back: there is memory, and steps are as fast as before. */
export const sequenceLimit: Rule = {
  code: "sequence_limit",
  severity: "critical",
  scope: "engine",
  needs: [["runningMax"], ["waitingLowFifth"]],
  falsifiedBy: ["itl_rises_with_limit", "kv_full"],
  advice: [{ code: "raise_sequence_limit", flag: "--max-num-seqs" }, { code: "add_replicas" }],
  next: "itl_p99_at_higher_limit",
  judge(moment: Moment): Judgement | undefined {
    const { numbers, limit, baseline } = moment;
    if (limit === undefined || !isAtLimit(numbers.running_max, limit.value)) return undefined;
    // Waiting in four of five scrapes; or, where the wait began within the window, for most of it at the limit.
    const pinned = isAtLimit(moment.frame.values.runningMedian, limit.value) &&
      (numbers.waiting_median ?? 0) > 0;
    if (!pinned && !((moment.frame.values.waitingLowFifth ?? 0) > 0)) return undefined;
    if ((numbers.kv_cache_usage_mean ?? 0) >= KV_FREE) return undefined;
    // A limit below what usually ran at peaks holds requests back, whatever the usual ITL was at smaller batches.
    const isNew = limit.value <= (baseline?.running_max ?? 0) &&
      (numbers.slow_factor ?? 1) <= moment.slowTolerance;
    const slow = baseline?.itl_mean === undefined
      ? (numbers.slow_factor ?? 1) > CLEARLY_SLOW
      : exceeds(numbers.itl_mean, baseline.itl_mean, 1.5) && !isNew;
    if (slow) return undefined;
    return {
      confidence: limit.from === "facts" ? confidenceOf(moment, { direct: true }) : "medium",
      witnesses: [
        { quantity: "running_max", limit: limit.value },
        { quantity: "waiting_median", limit: 0, baseline: baseline?.waiting_median },
        { quantity: "queue_time_mean", baseline: baseline?.queue_time_mean },
        { quantity: "ttft_mean", baseline: baseline?.ttft_mean },
        { quantity: "kv_cache_usage_mean", limit: KV_FREE },
        { quantity: "itl_mean", baseline: baseline?.itl_mean },
      ],
      params: { limit: limit.value, learnt: limit.from, tryLimit: 2 * limit.value },
      advice: [
        { code: "raise_sequence_limit", flag: "--max-num-seqs", value: 2 * limit.value },
        { code: "add_replicas" },
      ],
      lossSeconds: waitingLoss(moment),
    };
  },
};

/** Demand above this multiple of what was usual counts as grown; above the other one where the server shows that it is full. */
const DEMAND_GROWN = 1.3;
const DEMAND_CREPT = 1.1;
/** So many waiting are no ripple (default of the gateway-api-inference-extension and of llm-d). */
const LASTING_QUEUE = 5;

/** More comes in than can go out, and nothing but demand has changed. */
export const overload: Rule = {
  code: "overload",
  severity: "critical",
  scope: "server",
  needs: [["firstTokens"], ["finished"], ["waitingMedian"]],
  falsifiedBy: ["arrivals_unchanged", "slow_engine", "kv_full"],
  advice: [
    { code: "add_replicas" },
    { code: "limit_admission", flag: "--max-num-queued-reqs" },
    { code: "shorter_outputs" },
  ],
  next: "capacity_by_ramp",
  judge(moment: Moment): Judgement | undefined {
    const { numbers, baseline, limit } = moment;
    const queueing = (numbers.waiting_median ?? 0) > 0 &&
      (baseline === undefined || exceeds(numbers.ttft_mean, baseline.ttft_mean, 1.5));
    // Busier than usual but steady is a server at work. After a step of demand the batch climbs for as long as a request
    // takes, and fewer end than come: only beyond that time more comes in than goes out.
    const crowded = exceeds(numbers.itl_mean, baseline?.itl_mean, 2) &&
      exceeds(numbers.batch_mean, baseline?.batch_mean, 2) &&
      exceeds(numbers.ttft_mean, baseline?.ttft_mean, 1.5) && climbsForLong(moment);
    if (!queueing && !crowded) return undefined;
    const slow = (numbers.slow_factor ?? 1) > moment.slowTolerance;
    const surged = exceeds(numbers.arrival_rate, baseline?.arrival_rate, DEMAND_GROWN);
    // Near capacity a little more is too much: then batch and ITL have grown together, and steps are as fast as their work.
    const full = queueing && !slow && !prefillDominates(numbers) &&
      (numbers.waiting_median ?? 0) >= LASTING_QUEUE &&
      exceeds(numbers.itl_mean, baseline?.itl_mean, 1.5) &&
      exceeds(numbers.batch_mean, baseline?.batch_mean, 1.5);
    const crept = full && exceeds(numbers.arrival_rate, baseline?.arrival_rate, DEMAND_CREPT);
    // As many requests as ever, each of them longer: the batch is at its limit and ends fewer of them than come.
    const heavier = full && limit !== undefined && isAtLimit(numbers.running_max, limit.value) &&
      [moment, ...moment.earlier.slice(-1)].every((one) =>
        exceeds(one.numbers.arrival_rate, one.numbers.finish_rate, 1.1)
      );
    const grown = surged || crept || heavier;
    const otherwise = slow || prefillDominates(numbers);
    if (!grown && !(baseline === undefined && !otherwise && outpaced(moment))) return undefined;
    return {
      confidence: surged
        ? confidenceOf(moment, { direct: true, events: moment.frame.values.firstTokens ?? 0 })
        : "medium",
      witnesses: [
        { quantity: "arrival_rate", baseline: baseline?.arrival_rate },
        { quantity: "finish_rate", baseline: baseline?.finish_rate },
        { quantity: "waiting_mean", baseline: baseline?.waiting_mean },
        { quantity: "waiting_max" },
        { quantity: "batch_mean", baseline: baseline?.batch_mean },
        { quantity: "itl_mean", baseline: baseline?.itl_mean },
        { quantity: "slow_factor", limit: moment.slowTolerance },
      ],
      params: { arrivals: numbers.arrival_rate ?? 0, finishes: numbers.finish_rate ?? 0 },
      tells: (numbers.arrival_rate ?? 0) - (numbers.finish_rate ?? 0),
      lossSeconds: waitingLoss(moment),
    };
  },
};

/** Requests wait, and nothing that is measured says why: a burst, or what no counter shows. */
export const waitingUnexplained: Rule = {
  code: "waiting_unexplained",
  severity: "info",
  scope: "engine",
  needs: [["waitingMedian"]],
  falsifiedBy: ["peaks_inside_window", "source_incomplete"],
  advice: [{ code: "collect_longer" }, { code: "check_gpu_data" }],
  next: "capacity_by_ramp",
  judge(moment: Moment): Judgement | undefined {
    if (!((moment.numbers.waiting_median ?? 0) > 0)) return undefined;
    const { baseline } = moment;
    return {
      confidence: "low",
      witnesses: [
        { quantity: "waiting_median", limit: 0, baseline: baseline?.waiting_median },
        { quantity: "running_max", baseline: baseline?.running_max },
        { quantity: "kv_cache_usage_max", limit: KV_FULL, baseline: baseline?.kv_cache_usage_max },
        { quantity: "queue_time_mean", baseline: baseline?.queue_time_mean },
        { quantity: "arrival_rate", baseline: baseline?.arrival_rate },
      ],
      lossSeconds: waitingLoss(moment),
    };
  },
};

/** Arrivals above finishes in this window and the one before, with a queue that grows. */
function outpaced(moment: Moment): boolean {
  const ahead = ({ numbers, frame }: Moment) =>
    exceeds(numbers.arrival_rate, numbers.finish_rate, 1.1) && (frame.values.finished ?? 0) >= 10 &&
    (numbers.waiting_growth ?? 0) >= 3;
  const before = moment.earlier.at(-1);
  return ahead(moment) && before !== undefined && ahead(before);
}

/** The batch has grown, and fewer requests ended than came, for longer than a window and a request and a half take. */
function climbsForLong(moment: Moment): boolean {
  const { endSeconds, startSeconds } = moment.frame.window;
  const seconds = endSeconds - startSeconds + REQUESTS_LONG * (moment.numbers.e2e_mean ?? 0);
  const since = [...moment.earlier, moment].filter((one) =>
    one.frame.window.endSeconds > endSeconds - seconds
  );
  const first = since[0]!;
  return moment.earlier.length > since.length &&
    since.every(({ numbers }) => exceeds(numbers.arrival_rate, numbers.finish_rate, OUTPACED)) &&
    exceeds(moment.numbers.running_mean, first.numbers.running_mean, 1.15);
}

/** Arrivals above finishes by this much are no chance. */
const OUTPACED = 1.1;
const REQUESTS_LONG = 1.5;
