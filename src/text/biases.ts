/**
 * What is known to be wrong with a figure, in words.
 *
 * @module
 */
import { checkArgument, oneOf } from "../base/arguments.ts";
import type { BiasCode } from "../catalog/entry.ts";
import { BIASES_EN } from "./biases_en.ts";
import { BIASES_ZH_TW } from "./biases_zh_tw.ts";
import { LANGUAGE, type Language } from "./language.ts";

/** One sentence a code; a code without one does not compile. */
export type BiasSentences = Readonly<Record<BiasCode, string>>;

const SENTENCES: Readonly<Record<Language, BiasSentences>> = { en: BIASES_EN, "zh-TW": BIASES_ZH_TW };

const CODE = oneOf(Object.keys(BIASES_EN));

/** A phrase without a full stop that follows the figures' names and a colon. */
export function biasSentence(code: BiasCode, language: Language = "en"): string {
  const call = "biasSentence(figureBiases(families, quantities)[0].code, lab.language)";
  checkArgument(call, { code }, CODE);
  checkArgument(call, { language }, LANGUAGE);
  return SENTENCES[language][code];
}
