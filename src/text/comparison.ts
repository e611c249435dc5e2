/**
 * Words of a comparison of runs.
 *
 * @module
 */
import type { ConditionCheck, RunComparison } from "../analyzer/compare.ts";
import type { ComparedFigure, RunKind } from "../analyzer/run_figures.ts";
import { COMPARISON_EN } from "./comparison_en.ts";
import { COMPARISON_ZH_TW } from "./comparison_zh_tw.ts";
import type { Language } from "./language.ts";

/** Headings, columns and sentences; numbers arrive as finished text. */
export interface ComparisonText {
  readonly title: string;
  readonly verdicts: Readonly<
    Record<Exclude<RunComparison["verdict"], "fail" | "not_comparable">, (threshold: string) => string>
  >;
  /** By the conditions that differ: what the figures' own verdicts are worth then. */
  readonly notComparable: (conditions: readonly string[]) => string;
  /** The verdict where percentiles, which are named, prove nothing and all else passes. */
  readonly passBut: (threshold: string, figures: readonly string[]) => string;
  /** By what the figures failed that are named. */
  readonly fails: Readonly<
    Record<"measured" | "surely" | "gross", (threshold: string, figures: readonly string[]) => string>
  >;
  readonly short: Readonly<Record<"pass" | "fail" | "inconclusive", string>>;
  readonly figures: Readonly<Record<ComparedFigure, string>>;
  readonly conditions: Readonly<Record<ConditionCheck["condition"], string>>;
  readonly same: Readonly<Record<ConditionCheck["same"], string>>;
  readonly columns: {
    readonly figure: string;
    readonly before: string;
    readonly after: string;
    readonly change: string;
    readonly interval: string;
    readonly noticed: string;
    readonly verdict: string;
    readonly condition: string;
    readonly same: string;
  };
  readonly conditionsHeading: string;
  /** What the column of that name says. */
  readonly noticedFrom: string;
  /** From where on the keenest and the dullest figure would have failed: change and name of each. */
  readonly noticed: (first: string, last: string) => string;
  /** Two sentences, one after the other. */
  readonly joined: (first: string, second: string) => string;
  /** Percentiles that are not proven to be as before. */
  readonly tails: (figures: readonly string[]) => string;
  /** Figures that failed without an interval, and by what factor equal runs would have to differ. */
  readonly gross: (figures: readonly string[], factor: string) => string;
  readonly basis: Readonly<Record<"runs" | "batches" | "none", string>>;
  readonly runs: (before: string, after: string) => string;
  /** What a run was read from. */
  readonly kinds: Readonly<Record<RunKind, string>>;
  /** That the sides were read from different kinds, each kind in words. */
  readonly kindsDiffer: (before: readonly string[], after: readonly string[]) => string;
  readonly missing: string;
  /** A figure that some kinds of file do not hold. */
  readonly notIn: (figure: string, kinds: readonly string[]) => string;
  /** What measured durations. */
  readonly seenBy: Readonly<Record<"clients" | "server", string>>;
  /** Figures without an interval, and how many runs a side would give one. */
  readonly unbounded: (figures: readonly string[], runs: string) => string;
  /** Percentiles from a server's buckets. */
  readonly bounded: (figures: readonly string[]) => string;
  /** Shares of requests that the ends of runs cut. */
  readonly cut: (before: string, after: string) => string;
  /** What it means that more were cut after. */
  readonly moreCutAfter: string;
  /** The verdict where no figure has an interval. */
  readonly oneRun: (threshold: string, runs: string) => string;
  /** The verdict where no figure is known of both sides. */
  readonly nothingShared: string;
}

const TEXTS: Readonly<Record<Language, ComparisonText>> = { en: COMPARISON_EN, "zh-TW": COMPARISON_ZH_TW };

/** The comparison's words in a language. */
export function comparisonText(language: Language): ComparisonText {
  return TEXTS[language];
}
