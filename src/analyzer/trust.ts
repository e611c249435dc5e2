/**
 * Findings about the data itself: scrapes that failed, restarts, silence at the end.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { AdviceCode, Evidence, Finding } from "./findings.ts";
import type { ServerFrames } from "./frames.ts";
import type { LabEvent, TimeSpan } from "../series/types.ts";
import { isServer } from "../series/facts.ts";
import { EVIDENCE } from "./evidence.ts";

function evidence(
  quantity: Evidence["quantity"],
  window: TimeSpan,
  value: number,
  extra: { limit?: number; count?: number } = {},
): Evidence {
  return { quantity, window, value, ...EVIDENCE[quantity], ...extra };
}

/** Restarts and failed scrapes of one server, from the events; a failure that ends in a restart is one finding. */
export function trustFindings(server: ServerFrames, events: readonly LabEvent[], span: TimeSpan): Finding[] {
  const own = events.filter((event) =>
    "target" in event &&
    (event.target === server.target || server.target === "" || event.target === server.facts?.target)
  );
  const endedSeconds = server.facts?.endedSeconds;
  const ended = endedSeconds !== undefined && span.endSeconds - endedSeconds > allowedSilence(server)
    ? endedSeconds
    : undefined;
  const outages = outagesOf(own, span, ended);
  const restarts = own.filter((event) => event.kind === "counter_reset");
  const found: Finding[] = restarts.map((restart) => {
    const outage = outages.find((one) =>
      one.endSeconds >= restart.previousTimeSeconds && one.startSeconds <= restart.timeSeconds
    );
    return restartFinding(server, restart, outage);
  });
  const unexplained = outages.filter((outage) =>
    !restarts.some((restart) =>
      outage.endSeconds >= restart.previousTimeSeconds && outage.startSeconds <= restart.timeSeconds
    )
  );
  for (const outage of together(unexplained)) found.push(outageFinding(server, outage));
  // An outage that goes on says why there is nothing new, and since when.
  const stale = outages.some(({ open }) => open) ? undefined : staleFinding(server, span, ended);
  return stale === undefined ? found : [...found, stale];
}

/** Failures that are over after this many tries are no outage. */
const BLIP_FAILURES = 2;
/** From so many of them on they are told together. */
const BLIPS_TOLD_APART = 3;

/** Single lost scrapes here and there are one finding and not dozens. */
function together(outages: readonly Outage[]): Outage[] {
  const isBlip = ({ failures, open }: Outage) => failures <= BLIP_FAILURES && !open;
  const blips = outages.filter(isBlip);
  if (blips.length < BLIPS_TOLD_APART) return [...outages];
  const sum = (of: (outage: Outage) => number) => blips.reduce((total, blip) => total + of(blip), 0);
  const all: Outage = {
    startSeconds: blips[0]!.startSeconds,
    endSeconds: blips.at(-1)!.endSeconds,
    failures: sum(({ failures }) => failures),
    gapSeconds: sum(({ gapSeconds }) => gapSeconds),
    cause: blips[0]!.cause,
    open: false,
    isScattered: true,
  };
  return [...outages.filter((outage) => !isBlip(outage)), all];
}

interface Outage extends TimeSpan {
  readonly failures: number;
  /** Single failures over a time in which most scrapes were good. */
  readonly isScattered?: boolean;
  /** Without data, all in all. */
  readonly gapSeconds: number;
  /** Of the first failure. */
  readonly cause: Cause;
  readonly open: boolean;
}

/** @param ended when the server was taken off the list of who is read: until then it may have failed */
function outagesOf(events: readonly LabEvent[], span: TimeSpan, ended?: number): Outage[] {
  const outages: Outage[] = [];
  let current: { startSeconds: number; endSeconds: number; failures: number; cause: Cause } | undefined;
  for (const event of events) {
    if (event.kind === "scrape_failed") {
      current ??= {
        startSeconds: event.timeSeconds,
        endSeconds: event.timeSeconds,
        failures: 0,
        cause: event.cause,
      };
      current.failures++;
      current.endSeconds = event.timeSeconds;
    } else if (event.kind === "scrape_recovered" && current !== undefined) {
      const { startSeconds } = current;
      const { timeSeconds: endSeconds } = event;
      outages.push({ ...current, endSeconds, gapSeconds: endSeconds - startSeconds, open: false });
      current = undefined;
    }
  }
  // A pod that ends no longer answers for a moment before it is off the list: that is its end, and no outage.
  if (current !== undefined && !(ended !== undefined && current.failures <= BLIP_FAILURES)) {
    const endSeconds = ended ?? span.endSeconds;
    const gapSeconds = endSeconds - current.startSeconds;
    outages.push({ ...current, endSeconds, gapSeconds, open: ended === undefined });
  }
  return outages;
}

function restartFinding(
  server: ServerFrames,
  restart: Extract<LabEvent, { kind: "counter_reset" }>,
  outage: Outage | undefined,
): Finding {
  const startSeconds = Math.min(outage?.startSeconds ?? Infinity, restart.previousTimeSeconds);
  const window = { startSeconds, endSeconds: restart.timeSeconds };
  const gap = restart.timeSeconds - restart.previousTimeSeconds;
  return {
    code: "server_restarted",
    severity: "critical",
    confidence: restart.reason === "value_fell" ? "medium" : "high",
    target: server.target,
    span: window,
    evidence: [
      evidence("counters_reset", window, restart.seriesCount, { limit: 0 }),
      evidence("gap_duration", window, gap),
      ...(outage === undefined ? [] : [evidence("failed_scrapes", window, outage.failures)]),
    ],
    falsifiedBy: ["two_servers_behind_one_address"],
    // Why it went comes before how to read what it left.
    advice: [{ code: "read_log_before_restart" }, { code: "split_window_at_restart" }],
    next: "steps_and_log",
    ...(outage === undefined ? {} : { missing: outage.cause }),
    params: { reason: restart.reason, gapSeconds: gap, failures: outage?.failures ?? 0 },
    consequences: outage === undefined ? [] : ["scrapes_failing"],
  };
}

function outageFinding(server: ServerFrames, outage: Outage): Finding {
  const window = { startSeconds: outage.startSeconds, endSeconds: outage.endSeconds };
  const gap = outage.gapSeconds;
  return {
    code: "scrapes_failing",
    severity: outage.open ? "critical" : "warning",
    confidence: outage.failures >= 2 ? "high" : "medium",
    target: server.target,
    span: window,
    evidence: [
      evidence("failed_scrapes", window, outage.failures, { limit: 0, count: outage.failures }),
      evidence("gap_duration", window, gap),
    ],
    falsifiedBy: ["network_between_only"],
    advice: adviceOn(outage).map((code) => ({ code })),
    next: "watch_scrapes",
    missing: outage.cause,
    params: {
      cause: outage.cause.code,
      failures: outage.failures,
      gapSeconds: gap,
      open: outage.open ? "yes" : "no",
      gone: isGone(server, outage) ? "yes" : "no",
      scattered: outage.isScattered === true ? "yes" : "no",
    },
    consequences: [],
  };
}

/** No answer at all: the server itself may be gone, or stand still. */
const NO_ANSWER: ReadonlySet<string> = new Set([
  "timeout",
  "connection_refused",
  "connection_failed",
  "answer_cut_short",
  "host_unreachable",
]);

/** It answered in this time, if only for a moment before its end, and now nobody listens there. */
function isGone({ engines, facts }: ServerFrames, { open, failures, cause }: Outage): boolean {
  const answered = engines.length > 0 ||
    facts !== undefined && isServer(facts) && facts.version !== undefined;
  return answered && open && failures > BLIP_FAILURES && GONE.has(cause.code);
}

/** Nobody listens. */
const GONE: ReadonlySet<string> = new Set(["connection_refused", "connection_failed", "host_unreachable"]);

/** A server that was silent for more than a moment may have been so to everybody; else it is only the scraping that fails. */
function adviceOn({ cause, failures, isScattered }: Outage): readonly AdviceCode[] {
  if (!NO_ANSWER.has(cause.code)) return ["repair_scraping", "read_server_log"];
  return failures <= BLIP_FAILURES || isScattered === true
    ? ["read_server_log", "repair_scraping"]
    : ["see_if_it_serves", "read_server_log", "repair_scraping"];
}

/** How long a server may be silent at the end. */
function allowedSilence({ intervalSeconds }: ServerFrames): number {
  return Math.max(3 * intervalSeconds, 10);
}

/**
 * Silence at the end of the span without a failed scrape: something stopped reading, or series went away. A server that was taken
 * off the list of who is read has ended, which is no trouble by itself.
 */
function staleFinding(server: ServerFrames, span: TimeSpan, ended?: number): Finding | undefined {
  const allowed = allowedSilence(server);
  const last = ended ?? server.lastPointSeconds;
  if (last === undefined || span.endSeconds - last <= allowed) return undefined;
  const window = { startSeconds: last, endSeconds: span.endSeconds };
  return {
    code: "data_stale",
    severity: ended === undefined ? "warning" : "info",
    confidence: "high",
    target: server.target,
    span: window,
    evidence: [evidence("last_sample_age", window, span.endSeconds - last, { limit: allowed })],
    falsifiedBy: ["series_move_again"],
    advice: [{ code: ended === undefined ? "repair_scraping" : "read_server_log" }],
    next: "watch_scrapes",
    params: {
      ageSeconds: span.endSeconds - last,
      allowedSeconds: allowed,
      ...(ended === undefined ? {} : { ended: "yes" }),
    },
    consequences: [],
  };
}
