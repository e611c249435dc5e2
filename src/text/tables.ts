/**
 * Headings of the tables in notebooks.
 *
 * @module
 */
import type { TrustLevel } from "../series/types.ts";
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
  readonly target: string;
  readonly what: string;
  readonly details: string;
  readonly absent: string;
  readonly simulated: string;
  readonly sampler: string;
  readonly interval: string;
  readonly reads: string;
  readonly failures: string;
  readonly gaps: string;
  readonly resets: string;
  readonly lastError: string;
  readonly load: string;
  readonly okOfAll: string;
  readonly inFlight: string;
  readonly throughput: string;
  readonly trustTitle: string;
  /** No request was sent while the source was filled. */
  readonly witnessNoClient: string;
  /** The server shows no count. */
  readonly witnessNoServer: string;
  readonly witnessesAgree: (count: number) => string;
  readonly witnessesDiffer: (client: number, server: number) => string;
  readonly way: string;
  readonly remark: string;
  readonly lifetimeMean: string;
  readonly windowMean: (window: string) => string;
  readonly windowP95: (window: string) => string;
  readonly clientMean: (window: string) => string;
  readonly clientP95: (window: string) => string;
  readonly exact: string;
  /** A figure is of several servers. */
  readonly together: (servers: number) => string;
  /** A figure is n/a, because nothing came. */
  readonly noneEnded: string;
  readonly bucket: (lower: string, upper: string) => string;
  readonly ofRequests: (count: number) => string;
  readonly trust: Readonly<Record<TrustLevel, string>>;
}

/** The headings in a language. */
export function tablesText(language: Language): TablesText {
  return { en: TABLES_EN, "zh-TW": TABLES_ZH_TW }[language];
}
