/**
 * Words of the run summary.
 *
 * @module
 */
import type { RequestOutcome } from "../series/types.ts";
import type { Language } from "./language.ts";
import { RUN_SUMMARY_EN } from "./run_summary_en.ts";
import { RUN_SUMMARY_ZH_TW } from "./run_summary_zh_tw.ts";

/** One sentence or label per field; figures come formatted. */
export interface RunSummaryText {
  readonly nothing: string;
  readonly simulated: string;
  readonly targets: string;
  readonly span: (from: string, to: string, duration: string) => string;
  readonly requests: string;
  readonly outcomes: Readonly<Record<RequestOutcome, string>>;
  /** Planned and never begun. */
  readonly notSent: (count: string) => string;
  readonly rate: (rate: string, duration: string) => string;
  readonly noClient: string;
  readonly tokens: (prompt: string, output: string, rate: string) => string;
  readonly clientSide: string;
  readonly serverSide: string;
  readonly mean: string;
  readonly count: string;
  readonly bucket: (lower: string, upper: string) => string;
  readonly peaks: string;
  readonly running: string;
  readonly waiting: string;
  readonly kvCache: string;
  readonly cpu: string;
  readonly memory: string;
  readonly preemptions: string;
  readonly failedScrapes: (count: number) => string;
  readonly resets: (count: number) => string;
  /** How often the clock jumped, and by how much at most, formatted. */
  readonly clockJumps: (count: number, longest: string) => string;
  /** Requests that the row of TTFT lacks, out of it and them, and the least that the true percentiles are. */
  readonly cutBeforeToken: (cut: number, of: number, p50: string, p99: string) => string;
  /** In the place of the server's name: several of them. */
  readonly together: (servers: number) => string;
  readonly failure: (count: number, what: string, reason: string) => string;
}

/** The words in a language. */
export function runSummaryText(language: Language): RunSummaryText {
  return { en: RUN_SUMMARY_EN, "zh-TW": RUN_SUMMARY_ZH_TW }[language];
}
