/**
 * A finding on one line, for a terminal: when, the verdict with its numbers, the option to change.
 *
 * @module
 */
import type { Finding } from "../analyzer/findings.ts";
import { clockTime } from "../charts/time_axis.ts";
import { analyzerText } from "../text/analyzer.ts";
import type { Language } from "../text/language.ts";
import { beginningText, placed, verdictSentence } from "./findings_blocks.ts";

/** How {@link findingLine} writes. */
export interface FindingLineOptions {
  readonly language: Language;
  /** IANA name. */
  readonly timeZone: string;
  /** Until when there is data: what holds until about then goes on. Default: every finding has ended. */
  readonly endSeconds?: number;
  /** Whether the source holds several servers: then the line says which one it is about. Default not. */
  readonly several?: boolean;
}

/** What lasted until so many seconds before the end goes on: two windows. */
const STILL_SECONDS = 60;

/** Plain text. What says that nothing is wrong, or that nothing can be said, has no time and no advice. */
export function findingLine(finding: Finding, options: FindingLineOptions): string {
  const { language, several = false } = options;
  const sentence = verdictSentence(finding, language);
  const calm = finding.severity === "info" || !Number.isFinite(finding.span.startSeconds);
  const line = calm ? sentence : `${whenOf(finding, options)}${sentence}${adviceOf(finding, language)}`;
  return placed(line, finding, { language, several });
}

function whenOf(finding: Finding, { language, timeZone, endSeconds = Infinity }: FindingLineOptions): string {
  const text = analyzerText(language);
  const start = beginningText(finding, clockTime(finding.span.startSeconds, timeZone), language);
  const goesOn = finding.span.endSeconds >= endSeconds - STILL_SECONDS;
  return goesOn ? text.since(start) : text.between(start, clockTime(finding.span.endSeconds, timeZone));
}

/** The first one; "" where nothing needs to be done. */
function adviceOf({ advice: [first] }: Finding, language: Language): string {
  if (first === undefined) return "";
  const text = analyzerText(language);
  const option = first.flag === undefined ? "" : [first.flag, first.value].join(" ").trim();
  return text.tryFirst(text.advice[first.code], option);
}
