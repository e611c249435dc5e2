/**
 * Findings when nothing is wrong, or nothing can be said.
 *
 * @module
 */
import { largest } from "../base/extent.ts";
import { formatSeconds } from "../base/format.ts";
import type { Cause, CauseCode } from "../base/cause.ts";
import type { TimeSpan } from "../series/types.ts";
import { EVIDENCE, evidenceOf } from "./evidence.ts";
import type { Evidence, EvidenceQuantity, Finding } from "./findings.ts";
import type { JudgedMoment } from "./moments.ts";
import type { Numbers } from "./evidence.ts";
import type { Turn } from "./run_end.ts";
import { median, quantile } from "./statistics.ts";

/** Where the windows are from. */
export interface CalmContext {
  readonly target: string;
  readonly engine?: string;
  readonly span: TimeSpan;
  /** Since when the server was seen at work, where that is before the span. */
  readonly workedSinceSeconds?: number;
}

/** Peaks and counts, of which a median would say less than there was. */
const PEAKS: ReadonlySet<EvidenceQuantity> = new Set(["kv_cache_usage_max", "running_max", "preemptions"]);

/** Of the whole span: peaks, means by their sums and counts, medians of the rest. */
function wholeValue(name: EvidenceQuantity, judged: readonly JudgedMoment[]): number | undefined {
  const frames = judged.map(({ moment }) => moment.frame.values);
  const total = (of: (values: typeof frames[number]) => number | undefined) =>
    frames.reduce((sum, values) => sum + (of(values) ?? 0), 0);
  const share = (sum: number, count: number) => count > 0 ? sum / count : undefined;
  if (name === "ttft_mean") return share(total((one) => one.ttftSum), total((one) => one.firstTokens));
  if (name === "itl_mean") return share(total((one) => one.itlSum), total((one) => one.itlCount));
  const values = judged.map(({ moment }) => moment.numbers[name]).filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  return PEAKS.has(name) ? largest(values) : median(values);
}

/** What the whole span was like, as evidence. */
export function overallEvidence(
  judged: readonly JudgedMoment[],
  context: CalmContext,
  names: readonly EvidenceQuantity[],
): Evidence[] {
  const numbers: Partial<Record<EvidenceQuantity, number>> = {};
  for (const name of names) {
    const value = wholeValue(name, judged);
    if (value !== undefined) numbers[name] = value;
  }
  const frame = { window: context.span };
  return names.flatMap((name) =>
    evidenceOf(name, { numbers: numbers as Numbers, frame }, { count: judged.length }) ?? []
  );
}

/** What all findings of a calm time have in common. */
export function calmFields(
  context: CalmContext,
): Pick<Finding, "target" | "engine" | "span" | "consequences"> {
  return {
    target: context.target,
    ...(context.engine === undefined ? {} : { engine: context.engine }),
    span: context.span,
    consequences: [],
  };
}

/** No request ran and no step was made in any window, as counters tell or enough readings: one reading is no stretch of time. */
export function isIdle(all: readonly JudgedMoment[]): boolean {
  // Of windows without a read nothing is known.
  const judged = all.filter(({ moment: { frame } }) => frame.values.scrapes !== undefined);
  const told = judged.some(({ moment: { numbers } }) => workOf(numbers) !== undefined);
  return (told || judged.length >= LEAST_WINDOWS) &&
    judged.every(({ moment: { numbers } }) =>
      numbers.running_max === 0 && !(workOf(numbers)! > 0) && !((numbers.waiting_median ?? 0) > 0)
    );
}

/** Steps, or where they are not told tokens. */
function workOf(numbers: Numbers): number | undefined {
  return numbers.steps ?? numbers.generation_rate;
}

/** Windows that a verdict of health needs. */
export const LEAST_WINDOWS = 3;

/** Windows in which the server worked: it stepped or, where steps are not told, gave tokens. */
export function busyWindows(judged: readonly JudgedMoment[]): readonly JudgedMoment[] {
  return judged.filter(({ moment: { numbers } }) => (workOf(numbers) ?? 0) > 0);
}

/** A first token that came so late was felt by somebody, whatever the cause. */
const FELT_SECONDS = 1;
/** So many times the usual is no ordinary spread. */
const FELT_FACTOR = 5;
/** So many windows in a row: it stays. */
const LASTING_WINDOWS = 3;
/** Of first tokens that come later in all of them: so late, and so many times the usual. */
const LASTING_TTFT_SECONDS = 0.2;
const LASTING_TTFT_FACTOR = 3;
/** The same of tokens, and of what they may be more while demand is the same. */
const LASTING_ITL_FACTOR = 1.3;
const SAME_DEMAND = 1.15;
/** The usual is that of the faster quarter of the windows: trouble may last for more than half of a run. */
const USUAL_QUANTILE = 0.25;

/**
 * How much slower than usual the run was at its worst, where that is far from it or stays: users felt something for which no rule
 * has a name, so that it must not be called healthy. Undefined where nothing of the kind was seen.
 */
export function unexplainedLatency(judged: readonly JudgedMoment[]): Cause | undefined {
  const busy = busyWindows(judged).map(({ moment }) => moment.numbers);
  return lateFirstTokens(busy) ?? queuedFirstTokens(busy) ?? slowTokens(busy);
}

/** Time in the queue that is felt, and more than all else that a first token waits for. */
const QUEUED_SECONDS = 0.3;
const QUEUED_SHARE = 0.5;

/** Requests were held back at the end of the run, whatever is usual: the queue is no part of a request's own work. */
function queuedFirstTokens(busy: readonly Numbers[]): Cause | undefined {
  const last = busy.slice(-LASTING_WINDOWS);
  const isQueued = ({ queue_time_mean: queue = 0, ttft_mean: ttft = Infinity }: Numbers) =>
    queue >= QUEUED_SECONDS && queue >= QUEUED_SHARE * ttft;
  if (last.length < LASTING_WINDOWS || !last.every(isQueued)) return undefined;
  const worst = last.reduce((a, b) => b.ttft_mean! > a.ttft_mean! ? b : a);
  return {
    code: "latency_unexplained",
    params: { ttft: formatSeconds(worst.ttft_mean!), queue: formatSeconds(worst.queue_time_mean!) },
  };
}

function lateFirstTokens(busy: readonly Numbers[]): Cause | undefined {
  const means = busy.map(({ ttft_mean: mean }) => mean).filter((value) => value !== undefined);
  if (means.length === 0) return undefined;
  const [worst, middle, usual] = [largest(means), median(means), quantile(means, USUAL_QUANTILE)];
  const isFar = worst >= FELT_SECONDS && worst >= FELT_FACTOR * middle;
  const lasting = largestLasting(means);
  const isLasting = lasting >= LASTING_TTFT_SECONDS && lasting >= LASTING_TTFT_FACTOR * usual;
  if (!isFar && !isLasting) return undefined;
  const params = { ttft: formatSeconds(worst), usual: formatSeconds(isFar ? middle : usual) };
  return { code: "latency_unexplained", params };
}

/** Tokens came slower for several windows in which no more was asked for than in the faster ones. */
function slowTokens(busy: readonly Numbers[]): Cause | undefined {
  const known = busy.filter(({ itl_mean: mean }) => mean !== undefined);
  if (known.length === 0) return undefined;
  const means = known.map(({ itl_mean: mean }) => mean!);
  const usual = quantile(means, USUAL_QUANTILE);
  const faster = known.filter(({ itl_mean: mean }) => mean! <= usual * SAME_DEMAND);
  const slower = means.map((mean, i) => asksForNoMore(known[i]!, faster) ? mean : 0);
  const lasting = largestLasting(slower);
  if (lasting < LASTING_ITL_FACTOR * usual) return undefined;
  return {
    code: "latency_unexplained",
    params: { itl: formatSeconds(largest(slower)), usual: formatSeconds(usual) },
  };
}

/** Arrivals, tokens and prompts are as usual: the batch is larger because steps are slower, not the other way round. */
function asksForNoMore(numbers: Numbers, usual: readonly Numbers[]): boolean {
  return (["arrival_rate", "generation_rate", "computed_prompt_rate"] as const).every((name) => {
    const others = usual.map((one) => one[name]).filter((value) => value !== undefined);
    return others.length === 0 || (numbers[name] ?? 0) <= SAME_DEMAND * median(others);
  });
}

/** The largest value that so many in a row reach; 0 where there are fewer. */
function largestLasting(values: readonly number[]): number {
  let most = 0;
  for (let i = LASTING_WINDOWS; i <= values.length; i++) {
    most = Math.max(most, Math.min(...values.slice(i - LASTING_WINDOWS, i)));
  }
  return most;
}

/** Below this share of the sequence limit, with the cache half empty and nothing waiting, the server could do more. */
const USED_SHARE = 0.25;

/** Says that the server has room to spare; undefined where it has not, or where its limit is unknown. */
export function underUsedFinding(
  judged: readonly JudgedMoment[],
  context: CalmContext,
  limit: number | undefined,
): Finding | undefined {
  const busy = busyWindows(judged);
  if (limit === undefined || busy.length < 10) return undefined;
  const roomy = busy.every(({ moment }) =>
    (moment.numbers.waiting_max ?? 0) === 0 && (moment.numbers.kv_cache_usage_max ?? 1) < 0.5 &&
    (moment.numbers.running_max ?? Infinity) < USED_SHARE * limit
  );
  if (!roomy) return undefined;
  const running = largest(busy.map(({ moment }) => moment.numbers.running_max ?? 0));
  return {
    ...calmFields(context),
    code: "under_used",
    severity: "info",
    confidence: "medium",
    evidence: [
      {
        quantity: "running_max",
        window: context.span,
        value: running,
        ...EVIDENCE.running_max,
        limit,
        count: busy.length,
      },
      ...overallEvidence(busy, context, ["waiting_max", "kv_cache_usage_max", "ttft_mean"]),
    ],
    falsifiedBy: ["peaks_inside_window", "objective_missed"],
    advice: [{ code: "consolidate" }],
    next: "capacity_by_ramp",
    params: { running, limit },
  };
}

/** This share of a step's time is the same for any batch where decoding waits for the memory that holds the weights. */
const FIXED_SHARE = 0.6;
/** The GPU works all the time: then it is not the host that makes steps last. */
const GPU_BUSY = 0.9;
/** Where the memory's own figure is told, it must be at work, too. */
const DRAM_BUSY = 0.3;

/**
 * Says that decoding waits for the GPU's memory and not for its arithmetic, the normal state of small batches; undefined where
 * it does not, or where no step model or no GPU figure is there to tell it from a slow host.
 */
export function bandwidthBoundFinding(
  judged: readonly JudgedMoment[],
  context: CalmContext,
): Finding | undefined {
  const busy = busyWindows(judged).filter(({ moment }) => moment.numbers.fixed_share !== undefined);
  if (busy.length < LEAST_WINDOWS) return undefined;
  const middle = (name: EvidenceQuantity) => {
    const values = busy.map(({ moment }) => moment.numbers[name]).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  const busyGpu = middle("gpu_utilization_mean");
  if ((middle("fixed_share") ?? 0) < FIXED_SHARE || busyGpu === undefined || busyGpu < GPU_BUSY) {
    return undefined;
  }
  if ((middle("gpu_dram_active_mean") ?? 1) < DRAM_BUSY) return undefined;
  return {
    ...calmFields(context),
    code: "decode_bandwidth_bound",
    severity: "info",
    confidence: middle("gpu_dram_active_mean") === undefined ? "low" : "medium",
    evidence: overallEvidence(busy, context, [
      "fixed_share",
      "prefill_share",
      "batch_mean",
      "step_time",
      "gpu_utilization_mean",
      "gpu_dram_active_mean",
    ]),
    falsifiedBy: ["itl_grows_with_batch", "batch_or_prefill_grew"],
    advice: [
      { code: "larger_batch" },
      { code: "smaller_weights", flag: "--quantization", value: "fp8" },
      { code: "speculate", flag: "--speculative-config" },
    ],
    next: "itl_by_batch",
    params: { windows: busy.length },
  };
}

/** What a longer look would tell. */
const TOO_SHORT: ReadonlySet<CauseCode> = new Set<CauseCode>(["window_not_covered", "ends_otherwise"]);

/** Says that no verdict can be given, and what is missing; with what was seen, where that is something. */
export function cannotTell(
  context: CalmContext,
  missing: Cause,
  seen: Partial<Omit<Turn, "missing">> = {},
): Finding {
  const isSlower = missing.code === "latency_unexplained" && missing.params?.itl !== undefined;
  return {
    ...calmFields(context),
    code: "cannot_tell",
    severity: "info",
    confidence: "high",
    evidence: seen.evidence ?? [],
    falsifiedBy: isSlower ? ["batch_or_prefill_grew", "source_incomplete"] : ["source_incomplete"],
    // What takes a step's time besides its work is on the machine: another program, a GPU that is held back.
    advice: isSlower
      ? [{ code: "check_gpu_data" }, { code: "check_cpu_neighbours" }]
      : [{ code: TOO_SHORT.has(missing.code) ? "collect_longer" : "collect_missing" }],
    next: isSlower ? "gpu_clock_and_power" : "longer_run",
    params: {
      cause: missing.code,
      ...(seen.suspect === undefined ? {} : { suspect: seen.suspect }),
    },
    missing,
  };
}
