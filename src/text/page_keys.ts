/**
 * What keys do on the pages in the browser. Not with the words of pictures: no font of theirs has arrows.
 *
 * @module
 */
import type { Language } from "./language.ts";
import { PAGE_KEYS_EN } from "./page_keys_en.ts";
import { PAGE_KEYS_ZH_TW } from "./page_keys_zh_tw.ts";

/** A list of keys under a title. */
export interface PageKeysText {
  readonly title: string;
  /** Keys, and what each does. */
  readonly keys: readonly (readonly [string, string])[];
}

const TEXTS: Readonly<Record<Language, PageKeysText>> = { en: PAGE_KEYS_EN, "zh-TW": PAGE_KEYS_ZH_TW };

/** The words of a language. */
export function pageKeysText(language: Language): PageKeysText {
  return TEXTS[language];
}
