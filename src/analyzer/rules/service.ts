/**
 * Rules about whether requests are served at all: hung engine, rejections, failures, cuts.
 *
 * @module
 */
import { confidenceOf, type EngineNumbers, type Judgement, type Moment, type Rule } from "./rule.ts";

/** No step although requests run, or wait while none runs. Health checks may go on answering 200 (vllm issues 2731, 52319). */
export const engineHung: Rule = {
  code: "engine_hung",
  severity: "critical",
  scope: "engine",
  needs: [["recentSteps", "recentTokens"], ["recentRunningMin"]],
  falsifiedBy: ["engine_asleep_or_paused", "one_long_request", "series_move_again"],
  advice: [{ code: "read_server_log" }, { code: "restart_engine" }, { code: "alert_on_no_steps" }],
  next: "steps_and_log",
  judge(moment: Moment): Judgement | undefined {
    const { recentSteps, recentTokens, recentRunningMin, recentWaitingMin = 0 } = moment.frame.values;
    const progress = recentSteps ?? recentTokens;
    if (progress === undefined || recentRunningMin === undefined) return undefined;
    const held = recentRunningMin > 0 ? recentRunningMin : recentWaitingMin;
    if (progress > 0 || !(held > 0)) return undefined;
    // Where steps are usually slow, ten quiet seconds are nothing: the whole window must be quiet.
    const slowSteps = (moment.baseline?.step_time ?? 0) * 20 > 10;
    if (slowSteps && (moment.numbers.steps ?? 1) > 0) return undefined;
    return {
      // Where none was let in it may be on purpose: an engine that sleeps, or is paused for new weights.
      confidence: recentRunningMin > 0 ? "high" : "medium",
      witnesses: [
        { quantity: "steps", baseline: moment.baseline?.steps },
        { quantity: "running_max" },
        { quantity: "waiting_max" },
      ],
      params: { running: recentRunningMin, waiting: recentWaitingMin },
      // The first windows reach back to when it still stepped: those without any step show it best.
      tells: held - (moment.numbers.steps ?? 0),
      lossSeconds: Infinity,
    };
  },
};

/** The admission limit turns requests away (503). */
export const requestsRejected: Rule = {
  code: "requests_rejected",
  severity: "critical",
  scope: "server",
  needs: [["rejections"]],
  acrossResets: true,
  falsifiedBy: ["probes_counted"],
  advice: [
    { code: "raise_admission_limit", flag: "--max-num-queued-reqs" },
    { code: "raise_admission_limit", flag: "--max-num-queued-tokens" },
    { code: "add_replicas" },
  ],
  next: "rejections_after_change",
  judge(moment: Moment): Judgement | undefined {
    const rejections = moment.numbers.rejections ?? 0;
    if (!(rejections > 0)) return undefined;
    return {
      confidence: "high",
      witnesses: [
        { quantity: "rejections", limit: 0, count: rejections },
        { quantity: "waiting_max" },
        { quantity: "running_max" },
      ],
      params: { rejections },
      lossSeconds: rejections,
    };
  },
};

/** A share of failed requests above this is worth a word. */
const FAILED_SHARE = 0.01;
/** Fewer failures than this in a window may be one mistake. */
const LEAST_FAILURES = 3;

/** Requests end in errors. */
export const requestsFailing: Rule = {
  code: "requests_failing",
  severity: "critical",
  scope: "server",
  needs: [["client", "httpRequests"]],
  acrossResets: true,
  falsifiedBy: ["client_errors_only", "probes_counted"],
  advice: [{ code: "read_server_log" }, { code: "fix_client_requests" }],
  next: "errors_by_status",
  judge(moment: Moment): Judgement | undefined {
    const { failed_requests: failed = 0, failed_share: share = 0 } = moment.numbers;
    if (failed < LEAST_FAILURES || share <= FAILED_SHARE) return undefined;
    const { httpServerErrors, httpClientErrors } = moment.frame.values;
    // A class of status has no series before its first answer: absent beside the other class is none.
    const onlyClients = !((httpServerErrors ?? 0) > 0) && (httpClientErrors ?? 0) >= 0.8 * failed;
    const { client } = moment.frame;
    const timedOut = (client?.timedOut ?? 0) >= 0.8 * failed;
    return {
      severity: onlyClients ? "warning" : "critical",
      confidence: client !== undefined || failed >= 20 ? "high" : "medium",
      witnesses: [
        { quantity: "failed_requests", count: failed },
        { quantity: "failed_share", limit: FAILED_SHARE },
      ],
      params: { failed, share, side: onlyClients ? "client" : timedOut ? "timeout" : "server" },
      // That they are the clients' own is what the verdict says then: it cannot disprove it.
      ...(onlyClients ? { advice: [{ code: "fix_client_requests" }], falsifiedBy: ["probes_counted"] } : {}),
      // Nothing is wrong with requests that waited too long.
      ...(timedOut && !onlyClients
        ? { advice: [{ code: "add_replicas" }, { code: "read_server_log" }], falsifiedBy: ["probes_counted"] }
        : {}),
      lossSeconds: failed,
    };
  },
};

const CUT_SHARE = 0.1;
/** From this KV cache usage on requests are preempted, which is told only with their next token. */
const KV_FULL = 0.95;

/**
 * Clients give up after the first token. vLLM counts such a request as finished by nothing (issues 31503, 55634), so
 * only the distance between first tokens and finished requests shows it.
 */
export const hiddenAborts: Rule = {
  code: "hidden_aborts",
  severity: "warning",
  scope: "server",
  needs: [["firstTokens"], ["finished"]],
  falsifiedBy: ["requests_still_running"],
  advice: [{ code: "raise_client_timeout" }, { code: "fix_client_requests" }],
  next: "errors_by_status",
  judge(moment: Moment): Judgement | undefined {
    const { cut_requests: cut, cut_share: share } = moment.numbers;
    const firstTokens = moment.frame.values.firstTokens ?? 0;
    if (cut === undefined || share === undefined || firstTokens < 20) return undefined;
    // Requests that run without a first token blur the count by about as many as there are in prefill: ask for five.
    // A preempted request leaves running without being cut; V0 even counts its first token twice.
    const others = [...moment.earlier.slice(-6), moment].some((one) => (one.numbers.preemptions ?? 0) >= 3) ||
      (moment.numbers.kv_cache_usage_max ?? 0) >= KV_FULL;
    if (cut < 5 || share <= CUT_SHARE || others) return undefined;
    return {
      confidence: confidenceOf(moment, { direct: true, events: firstTokens }),
      witnesses: [
        { quantity: "cut_share", limit: CUT_SHARE, baseline: moment.baseline?.cut_share },
        { quantity: "cut_requests", count: firstTokens },
        { quantity: "finish_rate", baseline: moment.baseline?.finish_rate },
      ],
      params: { cut, share },
      lossSeconds: cut,
    };
  },
};

/** More waiting than this on one engine while another has none. */
const LEAST_WAITING = 5;

/** The engine with the fewest and that with the most waiting, where the one has none and the other too many. */
function freeAndBusy(
  engines: readonly EngineNumbers[],
): readonly { readonly free: EngineNumbers; readonly busy: EngineNumbers }[] {
  const ordered = engines.toSorted((a, b) => a.numbers.waiting_median! - b.numbers.waiting_median!);
  const [free, busy] = [ordered[0]!, ordered.at(-1)!];
  const uneven = busy.numbers.waiting_median! >= LEAST_WAITING && free.numbers.waiting_median! === 0;
  return uneven ? [{ free, busy }] : [];
}

/** Requests wait at one engine while another has none waiting (vllm issues 36748, 40279, 24564). */
export const enginesUnbalanced: Rule = {
  code: "engines_unbalanced",
  severity: "critical",
  scope: "server",
  needs: [["engines"], ["waitingMedian"]],
  falsifiedBy: ["one_long_request"],
  advice: [{ code: "balance_engines" }],
  next: "waiting_per_engine",
  judge(moment: Moment): Judgement | undefined {
    const known = moment.engines.filter((one) => one.numbers.waiting_median !== undefined);
    // A request for one model cannot go to another's engine.
    const pairs = [...Map.groupBy(known, ({ model }) => model).values()].flatMap(freeAndBusy);
    const [pair] = pairs.toSorted((a, b) => b.busy.numbers.waiting_median! - a.busy.numbers.waiting_median!);
    if (pair === undefined) return undefined;
    const { free, busy } = pair;
    return {
      confidence: confidenceOf(moment, { direct: true }),
      witnesses: [
        { quantity: "waiting_max", limit: LEAST_WAITING },
        { quantity: "running_mean", baseline: moment.baseline?.running_mean },
        { quantity: "queue_time_mean", baseline: moment.baseline?.queue_time_mean },
      ],
      params: {
        busy_engine: busy.engine,
        free_engine: free.engine,
        busy_waiting: busy.numbers.waiting_median!,
        free_waiting: free.numbers.waiting_median!,
      },
      lossSeconds: busy.numbers.waiting_median! * 30,
    };
  },
};
