/**
 * Words about limits and objectives that a watch holds a server against.
 *
 * @module
 */
import { ALARMS_EN } from "./alarms_en.ts";
import { ALARMS_ZH_TW } from "./alarms_zh_tw.ts";
import type { Language } from "./language.ts";

/** What is put in comes escaped and formatted. */
export interface AlarmText {
  /** A stretch beyond a limit begins to count; `where` is "" or a server. */
  readonly begins: (limit: string, value: string, where: string) => string;
  readonly ends: (limit: string, duration: string, worst: string, where: string) => string;
  /** The watch ends while it is still beyond. */
  readonly goesOn: (limit: string, duration: string, worst: string, where: string) => string;
  readonly held: (limit: string) => string;
  readonly broken: (limit: string, episodes: string, worst: string) => string;
  readonly neverJudged: (limit: string, cause: string) => string;
  /** A number of times the rate that spends the budget exactly in its period. */
  readonly burn: (factor: string) => string;
  readonly webhookFails: (host: string, cause: string) => string;
  readonly webhookWorks: (host: string, failed: string) => string;
  readonly webhookLost: (host: string, lost: string) => string;
  readonly budget: (
    budget: {
      readonly objective: string;
      readonly share: string;
      readonly met: string;
      readonly total: string;
      readonly wanted: string;
      readonly left: string;
      readonly burn: string;
      readonly verdict: "met" | "missed" | "open";
    },
  ) => string;
  /** The border of the histogram's buckets that stood in for the limit. */
  readonly boundary: (limit: string, border: string) => string;
  readonly burnAlert: (factor: string, long: string, short: string, span: string, peak: string) => string;
}

const TEXTS: Readonly<Record<Language, AlarmText>> = { en: ALARMS_EN, "zh-TW": ALARMS_ZH_TW };

/** The words in a language. */
export function alarmText(language: Language): AlarmText {
  return TEXTS[language];
}
