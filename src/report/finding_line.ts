/**
 * A finding on one line, for a terminal: when, the verdict with its numbers, the option to change.
 *
 * @module
 */
import type { Finding } from "../analyzer/findings.ts";
import { clockTime } from "../charts/time_axis.ts";
import { analyzerText } from "../text/analyzer.ts";
import type { Language } from "../text/language.ts";
import { beginningText, placedVerdict } from "./findings_blocks.ts";

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
  const { language, timeZone, endSeconds = Infinity, several = false } = options;
  const text = analyzerText(language);
  const sentence = placedVerdict(finding, { language, several });
  if (finding.severity === "info" || !Number.isFinite(finding.span.startSeconds)) return sentence;
  const start = beginningText(finding, clockTime(finding.span.startSeconds, timeZone), language);
  const goesOn = finding.span.endSeconds >= endSeconds - STILL_SECONDS;
  const when = goesOn ? text.since(start) : text.between(start, clockTime(finding.span.endSeconds, timeZone));
  const [first] = finding.advice;
  if (first === undefined) return `${when}${sentence}`;
  const option = first.flag === undefined ? "" : [first.flag, first.value].join(" ").trim();
  return `${when}${sentence}${text.tryFirst(text.advice[first.code], option)}`;
}
