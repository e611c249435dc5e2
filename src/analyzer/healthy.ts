/**
 * Findings that nothing is wrong: a server that did nothing, one that worked well, and what they leave open.
 *
 * @module
 */
import { busyWindows, type CalmContext, calmFields, LEAST_WINDOWS, overallEvidence } from "./calm.ts";
import { EVIDENCE } from "./evidence.ts";
import type { Evidence, Finding } from "./findings.ts";
import type { JudgedMoment } from "./moments.ts";
import type { EndDoubt } from "./run_end.ts";
import type { Unwatched } from "./unwatched.ts";

/** Says that the server did nothing. */
export function idleFinding(
  judged: readonly JudgedMoment[],
  context: CalmContext,
  unwatched?: Unwatched,
): Finding {
  return {
    ...calmFields(context),
    code: "idle",
    severity: "info",
    confidence: unwatched === undefined ? "high" : "medium",
    evidence: [
      ...overallEvidence(judged, context, ["running_max", "steps", "generation_rate"]),
      ...gapEvidence(unwatched),
    ],
    falsifiedBy: ["source_incomplete"],
    advice: [{ code: "send_load" }],
    next: "longer_run",
    params: {},
  };
}

/** Says that nothing was found in windows in which requests ran; undefined where too few of them did. */
export function healthyFinding(
  judged: readonly JudgedMoment[],
  context: CalmContext,
  leftOpen: { readonly unwatched?: Unwatched | undefined; readonly atEnd?: EndDoubt | undefined } = {},
): Finding | undefined {
  const busy = busyWindows(judged);
  if (busy.length < LEAST_WINDOWS) return undefined;
  const { unwatched, atEnd } = leftOpen;
  const isDisturbed = unwatched !== undefined || busy.some(({ moment }) => moment.disturbed);
  const doubt = doubtOf(busy, { sinceSeconds: context.workedSinceSeconds, atEnd });
  return {
    ...calmFields(context),
    code: "healthy",
    severity: "info",
    confidence: isDisturbed || doubt !== undefined ? "medium" : "high",
    evidence: [
      ...overallEvidence(busy, context, [
        "waiting_median",
        "kv_cache_usage_max",
        "ttft_mean",
        "itl_mean",
        "preemptions",
        "generation_rate",
      ]),
      ...gapEvidence(unwatched),
    ],
    falsifiedBy: ["objective_missed", "peaks_inside_window"],
    advice: [],
    next: "capacity_by_ramp",
    params: { windows: busy.length, ...(doubt === undefined ? {} : { doubt }) },
  };
}

/** What a healthy run leaves open, the gravest first. */
export type Doubt = "cache_full" | "waited_once" | EndDoubt | "figures_missing" | "nothing_before";

/** Usage from which on the next request may find no place. */
const CACHE_FULL = 0.95;
/** Of a shorter time that nothing was before nobody knows whether it was as usual. */
const KNOWN_SECONDS = 180;
/** Without these nobody knows whether requests wait, and how long users do. */
const NEEDED = ["waiting_median", "ttft_mean", "itl_mean"] as const;

function doubtOf(
  busy: readonly JudgedMoment[],
  { sinceSeconds = Infinity, atEnd }: {
    readonly sinceSeconds: number | undefined;
    readonly atEnd: EndDoubt | undefined;
  },
): Doubt | undefined {
  const last = busy.at(-1)!.moment;
  if ((last.numbers.kv_cache_usage_max ?? 0) >= CACHE_FULL) return "cache_full";
  // In two windows it would have been a finding.
  if (busy.some(({ moment }) => (moment.numbers.waiting_median ?? 0) > 0)) return "waited_once";
  if (atEnd !== undefined) return atEnd;
  if (NEEDED.some((name) => busy.every(({ moment }) => moment.numbers[name] === undefined))) {
    return "figures_missing";
  }
  const since = Math.min(sinceSeconds, busy[0]!.moment.frame.window.startSeconds);
  const isKnown = last.baseline !== undefined && last.frame.window.endSeconds - since >= KNOWN_SECONDS;
  return isKnown ? undefined : "nothing_before";
}

/** Of a time that nobody watched nothing is known. */
function gapEvidence(unwatched: Unwatched | undefined): Evidence[] {
  if (unwatched === undefined) return [];
  const { seconds, stretches, longest } = unwatched;
  return [{
    quantity: "gap_duration",
    window: longest,
    value: seconds,
    ...EVIDENCE.gap_duration,
    count: stretches,
  }];
}
