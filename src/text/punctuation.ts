/**
 * Marks between parts that are put together outside of sentences: Chinese has its own, as wide as its characters.
 *
 * @module
 */
import type { Language } from "./language.ts";

/** Marks of a language. */
export interface Punctuation {
  /** Between a name and what is said of it. */
  readonly colon: string;
  /** Between the things of a list. */
  readonly list: string;
  /** Between clauses. */
  readonly comma: string;
  /** Between longer clauses. */
  readonly semicolon: string;
  /** Between sentences. */
  readonly space: string;
  /** What belongs to the words before it: with the blank that English wants. */
  readonly bracket: (text: string) => string;
}

const MARKS: Readonly<Record<Language, Punctuation>> = {
  en: { colon: ": ", list: ", ", comma: ", ", semicolon: "; ", space: " ", bracket: (text) => ` (${text})` },
  "zh-TW": {
    colon: "：",
    list: "、",
    comma: "，",
    semicolon: "；",
    space: "",
    bracket: (text) => `（${text}）`,
  },
};

/** The marks of a language. */
export function punctuation(language: Language): Punctuation {
  return MARKS[language];
}
