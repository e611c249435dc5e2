import type { AlarmText } from "./alarms.ts";

const VERDICTS = { met: "met", missed: "missed", open: "open: too few requests to tell" } as const;

/** English words about limits and objectives. */
export const ALARMS_EN: AlarmText = {
  begins: (limit, value, where) => `ALARM ${limit}: now ${value}${where === "" ? "" : ` on ${where}`}`,
  ends: (limit, duration, worst, where) =>
    `over ${limit}: after ${duration}, worst ${worst}${where === "" ? "" : ` on ${where}`}`,
  goesOn: (limit, duration, worst, where) =>
    `watch ends, still beyond ${limit}: for ${duration}, worst ${worst}${where === "" ? "" : ` on ${where}`}`,
  held: (limit) => `OK ${limit}: held`,
  broken: (limit, episodes, worst) => `FAIL ${limit}: beyond it in ${episodes}, worst ${worst}`,
  neverJudged: (limit, cause) => `FAIL ${limit}: could never be judged, ${cause}`,
  burn: (factor) => `${factor} times the budget's pace`,
  webhookFails: (host, cause) => `Webhook at ${host} cannot be reached: ${cause}. Watching goes on.`,
  webhookWorks: (host, failed) => `Webhook at ${host} takes calls again; ${failed} did not arrive`,
  webhookLost: (host, lost) => `Webhook at ${host}: ${lost} calls did not arrive`,
  budget: (one) =>
    `Objective ${one.objective}: ${one.share} of ${one.total} (${one.met}), wanted ${one.wanted}: ${
      VERDICTS[one.verdict]
    }. Error budget left ${one.left}, burnt at ${one.burn} times its pace`,
  boundary: (limit, border) => `counted by the bucket border ${border}, the nearest not above ${limit}`,
  burnAlert: (factor, long, short, span, peak) =>
    `burnt at ${factor} times its pace or faster over ${long} and ${short}: ${span}, at most ${peak}`,
};
