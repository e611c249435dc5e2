/**
 * Two parts of the time beside each other on the live page. Not with the words of pictures: they are drawn by the browser.
 *
 * @module
 */
import type { Language } from "./language.ts";
import { PAGE_COMPARE_EN } from "./page_compare_en.ts";
import { PAGE_COMPARE_ZH_TW } from "./page_compare_zh_tw.ts";

/** Which figure of a quantity: of what was told, over the whole part of the time. */
export type ComparedKind = "mean" | "highest" | "p50" | "p95" | "rate";

/** Words of a comparison. */
export interface PageCompareText {
  /** On buttons: what is shown now becomes A, or B. */
  readonly keepA: string;
  readonly keepB: string;
  readonly end: string;
  /** Before both are chosen. */
  readonly hint: string;
  readonly title: string;
  readonly figure: string;
  readonly difference: string;
  readonly kinds: Readonly<Record<ComparedKind, string>>;
  /** What the figures are over. */
  readonly note: string;
  readonly failed: string;
  readonly same: string;
  /** B is that much higher or lower, as a share of A. */
  readonly higher: (share: string) => string;
  readonly lower: (share: string) => string;
  /** B is so many times A. */
  readonly times: (factor: string) => string;
  /** Of shares: so many percentage points. */
  readonly points: (points: string, isHigher: boolean) => string;
  /** From nothing to something. */
  readonly fromZero: string;
  /** The buckets hold both. */
  readonly notTold: string;
  /** No value on one side, or on neither. */
  readonly onlyIn: (letter: "A" | "B") => string;
  /** Nothing in the time of A or B is held. */
  readonly nothing: string;
}

const TEXTS: Readonly<Record<Language, PageCompareText>> = {
  en: PAGE_COMPARE_EN,
  "zh-TW": PAGE_COMPARE_ZH_TW,
};

/** The words of a language. */
export function pageCompareText(language: Language): PageCompareText {
  return TEXTS[language];
}
