/**
 * What is known to be wrong with a figure, in words.
 *
 * @module
 */
import type { BiasCode } from "../catalog/entry.ts";
import { BIASES_EN } from "./biases_en.ts";
import { BIASES_ZH_TW } from "./biases_zh_tw.ts";
import type { Language } from "./language.ts";

/** One sentence a code; a code without one does not compile. */
export type BiasSentences = Readonly<Record<BiasCode, string>>;

const SENTENCES: Readonly<Record<Language, BiasSentences>> = { en: BIASES_EN, "zh-TW": BIASES_ZH_TW };

/** A phrase without a full stop that follows the figures' names and a colon. */
export function biasSentence(code: BiasCode, language: Language): string {
  return SENTENCES[language][code];
}
