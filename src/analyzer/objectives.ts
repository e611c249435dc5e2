/**
 * Service-level objectives: how often they were met, and what is left of the budget for missing them.
 *
 * @module
 */
import { type Check, type Checks, listOf, NUMBER, OBJECT, SHARE, TEXT } from "../base/arguments.ts";
import type { RequestRecord } from "../series/types.ts";
import { judgeRequest } from "../simulator/workload/goodput.ts";
import { normalQuantile } from "./statistics.ts";

/** What a request has to reach. All of those that are given, as in goodput. */
export interface Objective {
  /** From send to first token, at most. */
  readonly ttftSeconds?: number;
  /** Mean time per output token after the first. */
  readonly tpotSeconds?: number;
  /** Mean gap between the request's token chunks, at most; not its single gaps. */
  readonly itlSeconds?: number;
  /** From send to last token, at most. */
  readonly e2eSeconds?: number;
  /** Share of requests that must reach it; default 0.99. */
  readonly share?: number;
}

/** Of an objective. */
export const OBJECTIVE_CHECKS: Checks<Objective> = {
  ttftSeconds: NUMBER,
  tpotSeconds: NUMBER,
  itlSeconds: NUMBER,
  e2eSeconds: NUMBER,
  share: SHARE,
};

/** Objectives, each with the text that it goes by. */
export const NAMED_OBJECTIVES: Check = listOf(
  {
    wanted: "",
    accepts: (value) =>
      isRecord(value) && TEXT.accepts(value["text"]) && isRecord(value["objective"]) &&
      Object.entries(value["objective"]).every(([name, number]) =>
        number === undefined ||
        Object.hasOwn(OBJECTIVE_CHECKS, name) && OBJECTIVE_CHECKS[name as keyof Objective].accepts(number)
      ),
  },
  'a list such as [{ text: "ttft=2s@95%", objective: { ttftSeconds: 2, share: 0.95 } }]',
);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return OBJECT.accepts(value);
}

/** A share of requests held against the share that was asked for. */
export interface ShareVerdict {
  /** That met the objective. */
  readonly met: number;
  /**
   * Requests that count. Missed are failed and timed-out ones, those that never found a place, and those that the end of the run
   * cut when they had missed already; the other cut ones and those given up on purpose are not counted.
   */
  readonly total: number;
  /** met / total. */
  readonly share: number;
  /** Wilson's interval of the share. */
  readonly lower: number;
  /** Its upper end. */
  readonly upper: number;
  /** Share that was asked for. */
  readonly wanted: number;
  /** "met" or "missed" only when the whole interval lies on one side. */
  readonly verdict: "met" | "missed" | "open";
  /** Share of the error budget (1 - wanted) that is left; below 0 when it is overspent. */
  readonly budgetLeft: number;
}

/**
 * Holds a share against what was asked for.
 *
 * @param confidence probability that the interval holds the true share
 * @throws RangeError for a total of 0, which has no share
 */
export function judgeShare(
  { met, total }: { readonly met: number; readonly total: number },
  wanted: number,
  confidence = 0.95,
): ShareVerdict {
  if (!(total > 0)) throw new RangeError(`Cannot judge a share: of ${total} requests, wanted one or more`);
  const interval = wilsonInterval(met, total, confidence);
  return {
    met,
    total,
    share: met / total,
    ...interval,
    wanted,
    verdict: interval.lower >= wanted ? "met" : interval.upper < wanted ? "missed" : "open",
    budgetLeft: wanted >= 1 ? (met === total ? 1 : -Infinity) : 1 - (1 - met / total) / (1 - wanted),
  };
}

/**
 * What a share comes down to. "met" and "missed" are sure: the whole interval lies on that side. "… so far" is on that side
 * with too few requests to be sure.
 */
export type ObjectiveVerdict = "met" | "missed" | "met_so_far" | "missed_so_far";

/** The one rule by which every command judges objectives. */
export function objectiveVerdict({ share, wanted, verdict }: ShareVerdict): ObjectiveVerdict {
  if (verdict !== "open") return verdict;
  // No interval reaches 1, and no further request can better a share of 1.
  if (wanted >= 1 && share >= 1) return "met";
  return share >= wanted ? "met_so_far" : "missed_so_far";
}

/** Whether a share is what was asked for: an exit code follows what was measured, its sentence says how sure that is. */
export function isKept(verdict: ObjectiveVerdict): boolean {
  return verdict === "met" || verdict === "met_so_far";
}

/**
 * Whether a request met an objective, by the rule of goodput; undefined where it does not count (given up on purpose, cut by
 * the end of the run before it had missed for certain).
 */
export function meets(request: RequestRecord, objective: Objective): boolean | undefined {
  return judgeRequest(request, objective);
}

/** Requests that count, each dated at its end. */
export function judgedRequests(
  requests: readonly RequestRecord[],
  objective: Objective,
): readonly { readonly timeSeconds: number; readonly met: boolean }[] {
  return requests.flatMap((request) => {
    const met = meets(request, objective);
    return met === undefined ? [] : [{ timeSeconds: request.endSeconds ?? request.dueSeconds, met }];
  });
}

/** Interval of a share (Wilson 1927): sensible for few trials and for shares near 0 and 1. */
export function wilsonInterval(
  successes: number,
  trials: number,
  confidence: number,
): { readonly lower: number; readonly upper: number } {
  const z = normalQuantile(0.5 + confidence / 2);
  const share = successes / trials;
  const scale = 1 + z * z / trials;
  const centre = (share + z * z / (2 * trials)) / scale;
  const half = z * Math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / scale;
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}
