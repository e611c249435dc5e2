/**
 * Rules that need the client's view beside the server's.
 *
 * @module
 */
import { exceeds, isAtLimit, type Judgement, type Moment, type Rule, type Witness } from "./rule.ts";

const LIMITED_SHARE = 0.1;
const LATE_SECONDS = 0.1;
/** Longer than this a first token may come in another window than its request. */
const LONG_TTFT = 1;
/** Below so many requests one late send is a tenth of all of them, and a p99 is the latest of a handful. */
const LEAST_REQUESTS = 10;

/** The machine that makes the load cannot keep up: its figures say more about itself than about the server. */
export const clientSaturated: Rule = {
  code: "client_saturated",
  severity: "warning",
  scope: "server",
  needs: [["client"]],
  acrossResets: true,
  falsifiedBy: ["open_loop"],
  advice: [{ code: "more_load_processes" }],
  next: "client_from_other_machine",
  judge(moment: Moment): Judgement | undefined {
    const { client_limited_share: limited = 0, client_late_p99: late = 0 } = moment.numbers;
    const requests = moment.frame.client?.firstChunks ?? 0;
    if (requests < LEAST_REQUESTS) return undefined;
    const isLimited = limited > LIMITED_SHARE;
    const isLate = late > LATE_SECONDS;
    if (!isLimited && !isLate) return undefined;
    // A limit stands only beside a number that crosses it; the number that speaks comes first.
    const witnesses: Witness[] = [
      {
        quantity: "client_limited_share",
        count: requests,
        ...(isLimited ? { limit: LIMITED_SHARE } : {}),
      },
      { quantity: "client_late_p99", ...(isLate ? { limit: LATE_SECONDS } : {}) },
    ];
    return {
      confidence: isLimited && requests >= 2 * LEAST_REQUESTS && !moment.disturbed ? "high" : "medium",
      witnesses: isLimited ? witnesses : witnesses.reverse(),
      params: { limited, late },
    };
  },
};

/** So many windows must look alike: chance holds still for one of them. */
const FLAT_WINDOWS = 3;

/**
 * The same number of requests runs all the time and none waits: clients send the next request only when an answer has
 * ended. Requests that come by themselves make the number vary by its square root.
 */
export const concurrencyLimited: Rule = {
  code: "concurrency_limited",
  severity: "info",
  scope: "server",
  isNote: true,
  needs: [["runningMax"], ["waitingMax"]],
  falsifiedBy: ["requests_wait", "rate_of_arrivals_fixed"],
  advice: [{ code: "more_clients" }],
  next: "rate_at_more_clients",
  judge(moment: Moment): Judgement | undefined {
    const recent = [...moment.earlier.slice(1 - FLAT_WINDOWS), moment];
    if (recent.length < FLAT_WINDOWS || !recent.every((one) => isFlat(one))) return undefined;
    const running = moment.numbers.running_max!;
    if (recent.some((one) => one.numbers.running_max !== running)) return undefined;
    return {
      confidence: moment.disturbed ? "low" : "medium",
      witnesses: [
        { quantity: "running_max" },
        { quantity: "running_low" },
        { quantity: "waiting_max", limit: 0 },
        { quantity: "generation_rate" },
        { quantity: "itl_mean" },
      ],
      params: { clients: running },
    };
  },
};

function isFlat({ numbers, frame }: Moment): boolean {
  const { running_max: most = 0, running_low: low = 0, steps, generation_rate: tokens } = numbers;
  return most > 0 && (frame.values.scrapes ?? 0) >= 10 && ((steps ?? 0) > 0 || (tokens ?? 0) > 0) &&
    numbers.waiting_max === 0 && isAtLimit(low, most);
}

/** The client waits longer than the server says it took: the time is lost between them, or in the client. */
export const clientSeesMore: Rule = {
  code: "client_sees_more",
  severity: "warning",
  scope: "server",
  needs: [["client"], ["ttftSum"]],
  falsifiedBy: ["client_starved", "server_ttft_grew_too"],
  advice: [{ code: "move_client" }, { code: "more_load_processes" }],
  next: "client_from_other_machine",
  judge(moment: Moment): Judgement | undefined {
    const { numbers, baseline } = moment;
    const gap = numbers.client_gap;
    const answered = moment.frame.client?.firstChunks ?? 0;
    if (gap === undefined || numbers.ttft_mean === undefined || answered < 10) return undefined;
    if (gap <= Math.max(0.05, 0.3 * numbers.ttft_mean)) return undefined;
    // Where TTFT grew because requests wait, the means of a window are of different requests on either side.
    const waits = (numbers.waiting_median ?? 0) > 0 || numbers.ttft_mean > LONG_TTFT;
    if (waits && exceeds(numbers.ttft_mean, baseline?.ttft_mean, 1.5)) return undefined;
    // Other clients' requests may be in the server's mean: then the two means are of different requests.
    if (exceeds(moment.frame.values.firstTokens, answered, 1.2)) return undefined;
    return {
      confidence: answered >= 20 && baseline !== undefined && !moment.disturbed ? "medium" : "low",
      witnesses: [
        { quantity: "client_gap", limit: Math.max(0.05, 0.3 * numbers.ttft_mean), count: answered },
        { quantity: "client_ttft_mean", baseline: baseline?.client_ttft_mean },
        { quantity: "ttft_mean", baseline: baseline?.ttft_mean },
        { quantity: "client_limited_share" },
      ],
      params: { gap },
      lossSeconds: gap * answered,
    };
  },
};
