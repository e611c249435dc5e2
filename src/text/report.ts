/**
 * Words of the report around what the diagnosis says.
 *
 * @module
 */
import type { Language } from "./language.ts";
import { REPORT_EN } from "./report_en.ts";
import { REPORT_ZH_TW } from "./report_zh_tw.ts";

/** Headings, columns and sentences; numbers arrive as finished text. */
export interface ReportText {
  readonly title: string;
  readonly simulated: string;
  readonly span: (from: string, to: string, duration: string) => string;
  readonly empty: string;
  /** `step`: from one window to the next, absent where they do not overlap; `servers`: where there are several. */
  readonly windows: (
    count: string,
    of: { readonly width: string; readonly step?: string; readonly servers?: string },
  ) => string;
  /** What wrote the recording was cut off at that time. */
  readonly cut: (at: string) => string;
  /** A simulated server whose machine was too slow: how often, how late at most. */
  readonly lostPace: (times: number, worst: string) => string;
  readonly verdict: string;
  /** Before the other grave findings' sentences. */
  readonly also: string;
  /** Before findings that held until the data ends. */
  readonly goesOn: string;
  /** The same, where the verdict itself goes on. */
  readonly besides: string;
  /** Before what weighs most on servers that are not named yet. */
  readonly otherServers: string;
  /** The verdict where every server of several is healthy. */
  readonly allHealthy: (servers: string) => string;
  readonly findings: string;
  readonly when: (from: string, to: string) => string;
  /** A time without length. */
  readonly moment: (at: string) => string;
  /** Of which window a finding's figures are. */
  readonly figuresOf: (duration: string, from: string) => string;
  readonly since: (from: string) => string;
  readonly engine: (name: string) => string;
  readonly evidence: string;
  readonly wrongIf: string;
  readonly tryThis: string;
  readonly measureNext: string;
  readonly follows: string;
  readonly more: (count: string) => string;
  /** Behind a sentence that held several times. */
  readonly again: (times: number, held: string) => string;
  /** Behind the time of the gravest episode of several. */
  readonly gravest: (times: number, held: string, span: readonly [string, string]) => string;
  readonly charts: string;
  readonly targets: string;
  readonly latencies: string;
  readonly client: string;
  readonly averages: string;
  readonly anomalies: string;
  readonly noAnomalies: string;
  readonly changes: string;
  readonly blind: string;
  /** Before the list of known faults. */
  readonly biases: string;
  /** Rates that stood at 0 all the time, and so have no row. */
  readonly alwaysZero: (names: readonly string[]) => string;
  /** Heading of how the findings came about. */
  readonly method: string;
  /** Figures and what is wrong with them. */
  readonly bias: (figures: readonly string[], fault: string) => string;
  readonly absent: string;
  readonly scrapes: (failed: string, restarts: string) => string;
  readonly stepModel: (
    model: { engine: string; step: string; decode: string; prompt: string; error: string },
  ) => string;
  readonly outcomes: (list: string) => string;
  /** Of the requests that were due in the span those that ended after it. */
  readonly endedLater: (count: number) => string;
  readonly estimated: string;
  /** Why a current value is not there. */
  readonly noneAtEnd: string;
  /** In the place of a server's name: the row is of all of them. */
  readonly together: (servers: number) => string;
  /** In the place of a server's name that answers unlike the others. */
  readonly apart: Readonly<Record<"slower" | "faster", (target: string) => string>>;
  /** One server that surely answers unlike all others; `how` is a list of {@link apartBy}. */
  readonly standsApart: (target: string, how: string) => string;
  /** The nearest of the others. */
  readonly apartBy: Readonly<
    Record<"slower" | "faster", (name: string, mean: string, others: string) => string>
  >;
  /** Estimates of parts above those of what they are part of. */
  readonly partAbove: (list: string) => string;
  /** Behind tables with scores. */
  readonly sigma: string;
  /** The same of changes of level. */
  readonly sigmaOfChanges: string;
  /** What the letters in formulas mean. */
  readonly formulas: string;
  /** Of a duration the mean of each window. */
  readonly meanOf: (name: string) => string;
  /** Requests that clients sent, with their number as text. */
  readonly sent: (count: string) => string;
  /** Requests that the servers finished. */
  readonly finished: (count: string) => string;
  /** Things that are not there for one cause. */
  readonly missing: (names: readonly string[], cause: string) => string;
  /** Names of a server's limits. */
  readonly details: {
    readonly maxNumSequences: string;
    readonly maxModelLength: string;
    readonly kvCacheTokens: string;
  };
  readonly columns: {
    readonly what: string;
    readonly value: string;
    readonly limit: string;
    readonly usual: string;
    readonly window: string;
    readonly formula: string;
    readonly count: string;
    readonly mean: string;
    readonly current: string;
    readonly minimum: string;
    readonly maximum: string;
    readonly p50: string;
    readonly p90: string;
    readonly p99: string;
    readonly series: string;
    readonly episodes: string;
    readonly worst: string;
    readonly at: string;
    readonly median: string;
    readonly confidence: string;
    readonly before: string;
    readonly after: string;
    readonly target: string;
    readonly kind: string;
    readonly version: string;
    readonly models: string;
    readonly interval: string;
    readonly address: string;
    readonly details: string;
  };
  readonly perSecond: (name: string) => string;
}

const TEXTS: Readonly<Record<Language, ReportText>> = { en: REPORT_EN, "zh-TW": REPORT_ZH_TW };

/** The report's words in a language. */
export function reportText(language: Language): ReportText {
  return TEXTS[language];
}
