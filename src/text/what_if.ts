/**
 * Words of what the engine model foretells.
 *
 * @module
 */
import type { Language } from "./language.ts";
import { WHAT_IF_EN } from "./what_if_en.ts";
import { WHAT_IF_ZH_TW } from "./what_if_zh_tw.ts";

/** Heading, columns, rows and judgements. */
export interface WhatIfText {
  /** Which of several servers was looked at. */
  readonly chosen: (server: string, engine: string) => string;
  readonly load: (
    load: {
      readonly rate: string;
      readonly prompt: string;
      readonly shared: string;
      readonly output: string;
    },
  ) => string;
  /** Where several engines share the load. */
  readonly engines: (count: string) => string;
  /** A percentile from buckets; without an upper end where none is known. */
  readonly between: (lower: string, upper: string | undefined) => string;
  readonly figure: string;
  readonly measured: string;
  readonly asItIs: string;
  /** Above what the model says of other settings. */
  readonly changed: (settings: string) => string;
  readonly rows: {
    readonly ttft: string;
    readonly ttftP99: string;
    readonly itl: string;
    readonly itlP99: string;
    readonly tokens: string;
    readonly running: string;
    readonly waiting: string;
    readonly kv: string;
    readonly preemptions: string;
  };
  readonly model: string;
  /** What the model was given in place of settings that are not known. */
  readonly assumed: (settings: string) => string;
  readonly near: (error: string) => string;
  readonly far: (error: string) => string;
  readonly overloaded: string;
  /** In place of `restart` where TTFT as it is was far from what was measured. */
  readonly ttftFar: (factor: string) => string;
  readonly restart: string;
}

const TEXTS: Readonly<Record<Language, WhatIfText>> = { en: WHAT_IF_EN, "zh-TW": WHAT_IF_ZH_TW };

/** The words in a language. */
export function whatIfText(language: Language): WhatIfText {
  return TEXTS[language];
}
