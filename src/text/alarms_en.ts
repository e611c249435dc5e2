import type { AlarmText } from "./alarms.ts";
import { counted } from "./counted.ts";

const VERDICTS = {
  met: "met",
  missed: "missed",
  met_so_far: "met so far, too few requests to be sure",
  missed_so_far: "missed so far, too few requests to be sure",
} as const;

/** English words about limits and objectives. */
export const ALARMS_EN: AlarmText = {
  begins: (limit, value, where) => `ALARM ${limit}: now ${value}${where === "" ? "" : ` on ${where}`}`,
  ends: (limit, duration, worst, where) =>
    `over ${limit}: after ${duration}, worst ${worst}${where === "" ? "" : ` on ${where}`}`,
  goesOn: (limit, duration, worst, where) =>
    `watch ends, still beyond ${limit}: for ${duration}, worst ${worst}${where === "" ? "" : ` on ${where}`}`,
  held: (limit) => `OK ${limit}: held`,
  unsure: (looks, between) => `; at ${counted(looks, "look")} it could not be told, last ${between}`,
  silent: (looks, of, cause) => `; at ${looks} of ${of} looks there was nothing to judge: ${cause}`,
  neverSure: (limit, between, borders) =>
    `FAIL ${limit}: could never be judged, the server's buckets say no more than ${between}${
      borders.length === 0 ? "" : `; a limit of ${borders.join(" or ")} can be judged`
    }`,
  cannotTell: (limit, between, borders) =>
    `cannot tell ${limit}: the server's buckets say no more than ${between}${
      borders.length === 0 ? "" : `; a limit of ${borders.join(" or ")} can be judged`
    }`,
  between: (lower, upper) => `between ${lower} and ${upper}`,
  atLeast: (lower) => `at least ${lower}`,
  atMost: (upper) => `at most ${upper}`,
  broken: (limit, episodes, worst, where) =>
    `FAIL ${limit}: beyond it ${episodes === 1 ? "once" : `${episodes} times`}, worst ${worst}${
      where === "" ? "" : ` (${where})`
    }`,
  unread: (target, duration) =>
    `FAIL ${target}: could not be read when the watch ended, for ${duration} by then`,
  neverJudged: (limit, cause) => `FAIL ${limit}: could never be judged, ${cause}`,
  burn: (factor) => `${factor} times the budget's pace`,
  webhookFails: (host, cause) => `Webhook at ${host} cannot be reached: ${cause}. Watching goes on.`,
  webhookWorks: (host, failed) =>
    `Webhook at ${host} takes calls again; ${counted(failed, "call")} did not arrive`,
  webhookLost: (host, lost) => `Webhook at ${host}: ${counted(lost, "call")} did not arrive`,
  kept: (isKept, line) => `${isKept ? "OK" : "FAIL"} ${line}`,
  objective: (one) =>
    `Objective ${one.objective}: ${one.share} of ${
      counted(one.total, one.gaps ? "gap" : "request")
    } (${one.met}), wanted ${one.wanted}: ${VERDICTS[one.verdict]}.`,
  budget: (left, burn) =>
    left.startsWith("-")
      ? ` Error budget spent ${burn} times over`
      : ` Error budget left ${left}, burnt at ${burn} times its pace`,
  noRequests: (objective, cause) => `Objective ${objective}: could not be judged, ${cause}`,
  alarmed: (episodes, worst) => `${counted(episodes, "alarm")} while it was watched, worst ${worst}`,
  together: (servers) => `${servers} servers together`,
  boundary: (limit, border) => `counted by the bucket border ${border}, the nearest not above ${limit}`,
  countedBy: {
    request_means: "counted by each request's mean time per output token",
    gaps: "counted by single gaps between tokens, since this server keeps no mean of a request",
  },
  stillWaiting: (count) =>
    `${count} of the missed had not ended, after more than the limit, when the data ends`,
  cut: (count, worst) =>
    `${
      counted(count, "request")
    } at least ended before the server's histogram held them (${worst} if all of them missed)`,
  burnAlert: (factor, long, short, span, peak) =>
    `burnt at ${factor} times its pace or faster over ${long} and ${short}: ${span}, at most ${peak}`,
};
