/**
 * What went otherwise than planned in a load, in words.
 *
 * @module
 */
import { formatCount, formatSeconds } from "../base/format.ts";
import { firstTokens } from "../simulator/workload/first_tokens.ts";
import { lostServer } from "../simulator/workload/lost_server.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import type { FailureReason } from "../simulator/workload/summary.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { runSummaryText } from "../text/run_summary.ts";
import { countsSentence, stopSentence, workloadText } from "../text/workload.ts";

/**
 * Why it ended early or that the server was lost, why requests failed, and how many were cut; empty where all went well. A reason is in the server's
 * own words: escape it.
 */
export function troubleLines(result: WorkloadResult, language: Language): readonly string[] {
  const words = runSummaryText(language);
  const { failures, byOutcome } = result.summary;
  const lines = failures.filter(isToldByReason).map((failure) =>
    words.failure(failure.count, words.outcomes[failure.outcome], reasonOf(failure, language))
  );
  const cut = cutLines(result, language);
  if (result.stopped !== undefined) return [stopSentence(result.stopped, language), ...lines, ...cut];
  const lost = lostLines(result, language);
  // What a server that was lost left open are no long answers, and no drain would have brought them.
  if (byOutcome.unfinished > 0 && lost.length === 0) {
    lines.push(workloadText(language).cutByDrain(formatCount(byOutcome.unfinished)));
  }
  return [...lost, ...lines, ...cut];
}

/** A load that was stopped on purpose, or by failures in a row, has its sentence already. */
function lostLines({ records, stopped }: WorkloadResult, language: Language): readonly string[] {
  const lost = stopped === undefined ? lostServer(records) : undefined;
  if (lost === undefined) return [];
  const { requests, silentSeconds, onlyWaited } = lost;
  const text = workloadText(language);
  if (onlyWaited === true && silentSeconds !== undefined) {
    return [text.silentServer(formatCount(requests), formatSeconds(silentSeconds))];
  }
  const silent = silentSeconds === undefined ? [] : [formatSeconds(silentSeconds)] as const;
  return [text.lostServer(formatCount(requests), ...silent)];
}

/** Percentiles of TTFT lack those that waited and never got a token: the longest, as a rule. */
function cutLines({ records }: WorkloadResult, language: Language): readonly string[] {
  const { cut, atLeast, ttft } = firstTokens(records);
  if (atLeast === undefined) return [];
  const [p50, p99] = [formatSeconds(atLeast.p50), formatSeconds(atLeast.p99)];
  return [runSummaryText(language).cutBeforeToken(cut, cut + (ttft?.count ?? 0), p50, p99)];
}

/** What became of all planned requests, and {@link troubleLines}; empty where each of them ended well. */
export function shortfallLines(result: WorkloadResult, language: Language): readonly string[] {
  const notSent = result.phases.some((phase) => (phase.notSent ?? 0) > 0);
  const { ok } = result.summary.byOutcome;
  if (!notSent && ok === result.summary.requests && result.stopped === undefined) return [];
  return [countsSentence(result, language), ...troubleLines(result, language)].filter((line) => line !== "");
}

/** Those that were cut have a line of their own. */
function isToldByReason({ outcome }: FailureReason): boolean {
  return outcome !== "unfinished";
}

/** While a load runs each reason is told when it comes up first: escape it. More than these are no news. */
export function reasonTeller(language: Language, most = 5): (failures: readonly FailureReason[]) => string[] {
  const words = runSummaryText(language);
  const told = new Set<string>();
  return (failures) =>
    failures.filter((one) => isToldByReason(one) && one.outcome !== "aborted").flatMap((one) => {
      const line = words.outcomes[one.outcome] + punctuation(language).colon + reasonOf(one, language);
      if (told.has(line) || told.size >= most) return [];
      told.add(line);
      return [line];
    });
}

/** With the status of the answer, where the server's own words do not say it, and what to do about a refused key. */
function reasonOf({ reason, status }: FailureReason, language: Language): string {
  if (status === undefined || status === 200) return reason;
  const said = reason.includes(String(status)) ? reason : `HTTP ${status}: ${reason}`;
  return said + keyHint(status, language);
}

/** Behind the reason of a refusal: the key may be missing, wrong, or no longer good. "" for any other status. */
export function keyHint(status: number | undefined, language: Language): string {
  return status === 401 || status === 403
    ? punctuation(language).bracket(workloadText(language).checkKey)
    : "";
}
