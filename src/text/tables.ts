/**
 * Headings of the tables in notebooks.
 *
 * @module
 */
import type { Language } from "./language.ts";
import { TABLES_EN } from "./tables_en.ts";
import { TABLES_ZH_TW } from "./tables_zh_tw.ts";

/** One heading per field. */
export interface TablesText {
  readonly sample: string;
  readonly labels: string;
  readonly value: string;
  readonly request: string;
  readonly outcome: string;
  readonly promptTokens: string;
  readonly outputTokens: string;
  readonly more: (count: number) => string;
}

/** The headings in a language. */
export function tablesText(language: Language): TablesText {
  return { en: TABLES_EN, "zh-TW": TABLES_ZH_TW }[language];
}
