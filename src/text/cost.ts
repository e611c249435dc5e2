/**
 * Words of the report's objectives and costs.
 *
 * @module
 */
import { COST_EN } from "./cost_en.ts";
import { COST_ZH_TW } from "./cost_zh_tw.ts";
import type { Language } from "./language.ts";

/** Headings and rows. */
export interface CostText {
  readonly objectives: string;
  readonly cost: string;
  readonly what: string;
  readonly value: string;
  /** What the numbers include, and which of them are estimates. */
  readonly note: string;
  readonly rows: {
    readonly outputTokens: string;
    readonly energy: string;
    readonly energyPerMillion: string;
    readonly money: string;
    readonly moneyPerMillion: string;
    readonly recomputed: string;
    readonly aborted: string;
    readonly wasted: string;
  };
}

const TEXTS: Readonly<Record<Language, CostText>> = { en: COST_EN, "zh-TW": COST_ZH_TW };

/** The words in a language. */
export function costText(language: Language): CostText {
  return TEXTS[language];
}
