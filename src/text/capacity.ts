/**
 * Words of the report's section on capacity.
 *
 * @module
 */
import type { FirstLimit } from "../analyzer/capacity_report.ts";
import { CAPACITY_EN } from "./capacity_en.ts";
import { CAPACITY_ZH_TW } from "./capacity_zh_tw.ts";
import type { Language } from "./language.ts";

/** Headings, rows and sentences; numbers arrive as finished text. */
export interface CapacityText {
  readonly capacity: string;
  readonly rows: {
    readonly little: string;
    readonly places: string;
    readonly cache: string;
    /** `shared`: the share of prompts that the prefix cache had; absent where it is not known. */
    readonly room: (prompt: string, output: string, shared?: string) => string;
    /** Of requests whose length is not known. */
    readonly roomUnknown: string;
    readonly first: string;
    readonly utilization: string;
  };
  readonly little: (
    of: { readonly inSystem: string; readonly rate: string; readonly e2e: string; readonly expected: string },
  ) => string;
  readonly together: (ratio: string) => string;
  /** More in the system than ended requests account for; `begun`: so many more began than ended, absent where none. */
  readonly moreInside: (ratio: string, begun?: string) => string;
  readonly fewerInside: (ratio: string) => string;
  readonly places: (mean: string, most: string) => string;
  readonly ofLimit: (limit: string, learnt: boolean) => string;
  readonly noLimit: (cause: string) => string;
  readonly cache: (tokens: string) => string;
  readonly usage: (mean: string, peak: string) => string;
  readonly room: (mean: string, atEnd: string) => string;
  readonly first: Readonly<Record<FirstLimit, (limit: string) => string>>;
  readonly utilization: (share: string, served: string, highest: string, width: string) => string;
  readonly servedOnly: (served: string, cause: string) => string;
  /** How the rows are to be read. */
  readonly note: string;
}

const TEXTS: Readonly<Record<Language, CapacityText>> = { en: CAPACITY_EN, "zh-TW": CAPACITY_ZH_TW };

/** The words in a language. */
export function capacityText(language: Language): CapacityText {
  return TEXTS[language];
}
