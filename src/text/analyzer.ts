/**
 * What the diagnosis says, in words.
 *
 * @module
 */
import type {
  AdviceCode,
  Confidence,
  EvidenceQuantity,
  EvidenceUnit,
  FalsifierCode,
  FindingCode,
  NextMeasurement,
  Severity,
} from "../analyzer/findings.ts";
import type { Doubt } from "../analyzer/healthy.ts";
import type { ThrottleReason } from "../analyzer/evidence.ts";
import { ANALYZER_EN } from "./analyzer_en.ts";
import { ANALYZER_ZH_TW } from "./analyzer_zh_tw.ts";
import type { Language } from "./language.ts";

/** A parameter or a piece of evidence as finished text; "n/a" where there is none. */
export type VerdictNumber = (name: string) => string;

/** Every sentence of the diagnosis; a code without one does not compile. */
export interface AnalyzerText {
  /** A few words, for headings and tables. */
  readonly titles: Readonly<Record<FindingCode, string>>;
  /** One sentence with its numbers. */
  readonly verdicts: Readonly<Record<FindingCode, (n: VerdictNumber) => string>>;
  readonly evidence: Readonly<Record<EvidenceQuantity, string>>;
  /** Would be wrong if: a clause. */
  readonly falsifiers: Readonly<Record<FalsifierCode, string>>;
  readonly advice: Readonly<Record<AdviceCode, string>>;
  readonly next: Readonly<Record<NextMeasurement, string>>;
  /** Why a GPU's clock is held down. */
  readonly throttleReasons: Readonly<Record<ThrottleReason | "unknown", string>>;
  /** What `engine_slow` blames, as a sentence. */
  readonly slowCauses: Readonly<Record<"host" | "unknown" | "not_measured", string>>;
  /** A verdict with its server, its engine, or both before it. */
  readonly at: (where: string, sentence: string) => string;
  /** Before a verdict that still holds, and before one that is over; the times are clock times. */
  readonly since: (start: string) => string;
  readonly between: (start: string, end: string) => string;
  /** A clock time that is the earliest possible, and for how long after it the beginning may be. */
  readonly orLater: (start: string, within: string) => string;
  /** After a verdict that one window at the end of the data supports, and no other. */
  readonly lastWindowOnly: string;
  /** After a verdict about requests that wait, where the queue time that is known is of others. */
  readonly pending: string;
  /** After the verdict that nothing is wrong: what it leaves open. */
  readonly doubts: Readonly<Record<Doubt, string>>;
  /** After a verdict that cannot be given: the title of the one that it looks like. */
  readonly looksLike: (title: string) => string;
  /** The first advice, after a sentence; `option` is "" where none is to be changed. */
  readonly tryFirst: (advice: string, option: string) => string;
  readonly severities: Readonly<Record<Severity, string>>;
  readonly confidences: Readonly<Record<Confidence, string>>;
  /** What follows a number in these units; "" where the number says it all. */
  readonly units: Readonly<Record<EvidenceUnit, string>>;
}

const TEXTS: Readonly<Record<Language, AnalyzerText>> = { en: ANALYZER_EN, "zh-TW": ANALYZER_ZH_TW };

/** The diagnosis' words in a language. */
export function analyzerText(language: Language): AnalyzerText {
  return TEXTS[language];
}
