import type { WorkloadText } from "./workload.ts";
import { counted, plural } from "./counted.ts";

/** English. */
export const WORKLOAD_EN: WorkloadText = {
  plan: (address, model) => `Load for ${model} at ${address}, at most:`,
  searchPlan: (address, model, run, most) =>
    `Search for the highest rate of ${model} at ${address}: ${run} at each rate, near the limit up to ${most}.`,
  searchUsual: (usual) =>
    `time: as a rule some ${usual}; --within bounds it (shorter runs, --seconds, take less), Ctrl-C ends it with what was found`,
  searchWithin: (within) => `time: ${within}, then no other run begins; Ctrl-C ends it with what was found`,
  searchUnbounded: "requests, tokens: no bound, for it sends as much as the server takes",
  searchRun: (elapsed, rate, seconds) => `after ${elapsed}: ${rate}/s for ${seconds}`,
  requests: (count) => `requests: ${count}`,
  duration: (duration) => `time: ${duration}`,
  tokens: (prompt, output) => `tokens: ${prompt} in, ${output} out`,
  money: (amount) => `price: ${amount}`,
  unbounded: "no bound",
  elsewhere: "This is not an address of this machine: others may use it, and it may cost money.",
  trustGood: (lag) => `The client's own lag is ${lag} (p99): its times can be trusted to that.`,
  trustAdds: (lag) => `The client adds up to ${lag} (p99 of its own lag) to every time.`,
  trustLimited: "These times may be the client's own rather than the server's",
  trustLate: "The load was not sent as planned; its times count from the real send",
  trustUnknown: "How far the times can be trusted was not measured",
  reasons: {
    lag: ({ lag }) => `its thread woke up ${lag} late`,
    lag_high: ({ lag }) => `its thread woke up ${lag} late (p99)`,
    first_coalesced: ({ firstCoalesced }) =>
      `${firstCoalesced} of the first tokens were read together with the second, and have its time`,
    coalesced: ({ coalesced }) => `${coalesced} of the token chunks were read together with the one before`,
    late_sends: ({ lateness }) => `requests were sent ${lateness} late (p99)`,
    fetch_streams: () => "fetch delivers late above 50 streams",
    virtual_time: () => "the clock is virtual",
    too_short: () => "the run was too short",
    no_times: () => "no time was measured: no request was answered",
  },
  stopped: {
    cancelled: "Stopped before its end; what was done until then is here.",
    tokenBudget: (tokens) =>
      `Stopped at the token budget, with ${counted(tokens, "token")} used or promised.`,
    time: (seconds) => `The search ended at its time, ${seconds}: with more it may come closer.`,
    serverLost: (rate, requests, silent) =>
      `The search ended because the server was lost at ${rate}/s: ${
        silent === undefined
          ? `it gave no good answer in that run, and ${
            counted(requests, "request")
          } failed or waited in vain.`
          : `its last good sign was ${silent} before the end of that run, and ${
            counted(requests, "request")
          } failed or waited in vain after that.`
      }`,
    failures: (count, error) => `Stopped after ${counted(count, "failure")} in a row, the last one: ${error}`,
    thread: (error, lost) =>
      `Stopped because one of the load's threads failed: ${error}. ${
        counted(lost, "request")
      } that it had begun ${plural(lost, "has", "have")} no row.`,
  },
  takeEpoll:
    'Do this: take the engine epoll, whose times are the kernel\'s own and do not depend on this thread: deno run -A src/cli/main.ts load --engine epoll …, or engine: "epoll" in a notebook.',
  fewerThreads: (count, reason) => `The load had ${counted(count, "thread")}: ${reason}.`,
  threadLimits: {
    conversation: "conversations draw all their words from one source",
    users: "more would have had nothing to do",
    own_thread: "with a proxy, or with a fetch or clock of one's own, it runs in the caller's thread",
  },
  goodput: (good, all, ratio, lower, upper, rate) =>
    `${good} of ${
      counted(all, "request")
    } met the objectives: ${ratio} (95%: ${lower} to ${upper}), ${rate} a second.`,
  noGoodput: "No request counts towards the objectives.",
  leftOut: (count) => `${counted(count, "cut request")} ${plural(count, "is", "are")} left out.`,
  probe: (rate, share, runs, seconds, verdict) =>
    `${rate}/s: ${share} met the objectives in ${counted(runs, "run")} of ${seconds} in all, ${verdict}`,
  between: (lower, upper) => ` (${lower} to ${upper})`,
  searchEstimate: (rate) =>
    `Best estimate of the limit itself: ${rate}/s, where the share crosses the target.`,
  verdicts: {
    holds: "holds",
    fails: "fails",
    undecided: "too close to decide, not promised",
    client_limited: "the client is the limit, says nothing of the server",
  },
  searchFound: (best, failed) => `Highest rate that meets the objectives: ${best}/s; ${failed}/s does not.`,
  searchClient: (best, failed) =>
    `The objectives hold up to ${best}/s. At ${failed}/s this client was the limit: what the server can do may lie above.`,
  searchClientNone: (failed) =>
    `Nothing can be said of the server: this client was the limit from ${failed}/s on, the lowest rate that was tried.`,
  searchUndecided: (best, undecided) =>
    `Highest rate that meets the objectives: ${best}/s; at ${undecided}/s it cannot be decided (longer runs, --seconds, can).`,
  searchAbove: (best) => `The objectives hold up to ${best}/s, the highest rate that was tried.`,
  searchUndecidedNone: (lowest) =>
    `Nothing can be said: down to ${lowest}/s too few requests ended for a verdict (longer runs, --seconds, can).`,
  searchUntilLost: (best) =>
    best === undefined
      ? "No rate had been shown to meet the objectives by then: what the server can do is not known."
      : `Until then the objectives held up to ${best}/s, the highest rate that was tried before.`,
  searchNone: (lowest) => `The objectives do not hold at any rate down to ${lowest}/s.`,
  lostServer: (requests, silent) =>
    silent === undefined
      ? `The server gave no good answer at all: ${counted(requests, "request")} failed or waited in vain.`
      : `The server was lost before the end: its last good sign was ${silent} before it, and ${
        counted(requests, "request")
      } failed or waited in vain after that.`,
  silentServer: (requests, silent) =>
    `No token came in the last ${silent}, though ${
      counted(requests, "request")
    } waited: the server hangs, is gone, or works for others' requests (deno task monitor tells which).`,
  counts: (planned, parts) => `Requests: ${planned} = ${parts.join(" + ")}.`,
  checkKey: "check the key: LAB_API_KEY in the environment",
  failed: "failed",
  cutByDrain: (count) =>
    `${count} of the requests ${plural(count, "was", "were")} cut because ${
      plural(count, "it", "they")
    } ran on after the end: the longest answers are missing in these times (a longer drain, --drain or drainSeconds, waits for them).`,
  keptPrefixes: "Prompts are not salted: the server's cache may know them from an earlier run.",
};
