/**
 * What each quantity is called in titles and tables.
 *
 * @module
 */
import { checkArgument } from "../base/arguments.ts";
import { QUANTITY } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import { LANGUAGE, type Language } from "./language.ts";
import { QUANTITIES_EN } from "./quantities_en.ts";
import { QUANTITIES_ZH_TW } from "./quantities_zh_tw.ts";

/** One title a quantity; a quantity without one does not compile. */
export type QuantityTitles = Readonly<Record<QuantityName, string>>;

const TITLES: Readonly<Record<Language, QuantityTitles>> = { en: QUANTITIES_EN, "zh-TW": QUANTITIES_ZH_TW };

/** The title of a quantity, in English unless another language is named: `Time to first token (TTFT)`. */
export function quantityTitle(quantity: QuantityName, language: Language = "en"): string {
  const call = 'quantityTitle("ttft", lab.language)';
  checkArgument(call, { quantity }, QUANTITY);
  checkArgument(call, { language }, LANGUAGE);
  return TITLES[language][quantity];
}

/** The title as it stands within a sentence: `requests running`, `KV cache usage`, `time to first token (TTFT)`. */
export function quantityTitleWithin(quantity: QuantityName, language: Language): string {
  const title = TITLES[language][quantity];
  return /^[A-Z][a-z]+(?=[\s,-]|$)/.test(title) ? title[0]!.toLowerCase() + title.slice(1) : title;
}

/** The title's abbreviation where it has one in brackets (`TTFT`), else the title: for headings that say more. */
export function shortQuantityTitle(title: string): string {
  return /[(（]([A-Z0-9]{2,6})[)）]$/.exec(title)?.[1] ?? title;
}
