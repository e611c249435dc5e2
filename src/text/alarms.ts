/**
 * Words about limits and objectives that a watch holds a server against.
 *
 * @module
 */
import type { ObjectiveVerdict } from "../analyzer/objectives.ts";
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
  /** Follows on one that held: at some looks it could not be told; `between` as {@link between} and its like have it. */
  readonly unsure: (looks: number, between: string) => string;
  /** Follows on one that held: at so many looks there was nothing to hold against it, and why at most of them. */
  readonly silent: (looks: number, of: number, cause: string) => string;
  /** It could be told at no look; with the borders of the bucket, "" where it has none. */
  readonly neverSure: (limit: string, between: string, borders: readonly string[]) => string;
  /** Said once, at the first look that cannot tell. */
  readonly cannotTell: (limit: string, between: string, borders: readonly string[]) => string;
  /** What a percentile surely lies between; a value stands before the unit of both. */
  readonly between: (lower: string, upper: string) => string;
  readonly atLeast: (lower: string) => string;
  readonly atMost: (upper: string) => string;
  /** How often; `where` is "" or the servers that were. */
  readonly broken: (limit: string, episodes: number, worst: string, where: string) => string;
  /** A server that could not be read any more when the watch ended, and for how long by then. */
  readonly unread: (target: string, duration: string) => string;
  readonly neverJudged: (limit: string, cause: string) => string;
  /** A number of times the rate that spends the budget exactly in its period. */
  readonly burn: (factor: string) => string;
  readonly webhookFails: (host: string, cause: string) => string;
  readonly webhookWorks: (host: string, failed: number) => string;
  readonly webhookLost: (host: string, lost: number) => string;
  /** In front of what was asked for: whether it was kept. */
  readonly kept: (isKept: boolean, line: string) => string;
  readonly objective: (
    one: {
      readonly objective: string;
      readonly share: string;
      readonly met: string;
      readonly total: string;
      readonly wanted: string;
      readonly verdict: ObjectiveVerdict;
      /** True where not requests were counted but single gaps between tokens. */
      readonly gaps: boolean;
    },
  ) => string;
  /** Follows on an objective. */
  readonly budget: (left: string, burn: string) => string;
  /** No request that counts. */
  readonly noRequests: (objective: string, cause: string) => string;
  /** What was alarmed about while it was watched, where no stretch of it is told. */
  readonly alarmed: (episodes: number, worst: string) => string;
  /** Where an objective is that of all servers together. */
  readonly together: (servers: number) => string;
  /** The border of the histogram's buckets that stood in for the limit. */
  readonly boundary: (limit: string, border: string) => string;
  /** How an ITL objective was held against a server. */
  readonly countedBy: Readonly<Record<"request_means" | "gaps", string>>;
  /** Requests among the missed that have not ended. */
  readonly stillWaiting: (count: number) => string;
  /** Requests at least that are in no share, and the share if they missed. */
  readonly cut: (count: number, worst: string) => string;
  readonly burnAlert: (factor: string, long: string, short: string, span: string, peak: string) => string;
}

const TEXTS: Readonly<Record<Language, AlarmText>> = { en: ALARMS_EN, "zh-TW": ALARMS_ZH_TW };

/** The words in a language. */
export function alarmText(language: Language): AlarmText {
  return TEXTS[language];
}
