/**
 * Words of the command lines.
 *
 * @module
 */
import { CLI_EN } from "./cli_en.ts";
import { CLI_ZH_TW } from "./cli_zh_tw.ts";
import type { Language } from "./language.ts";

/** One sentence per field; what is put in comes escaped and formatted. */
export interface CliText {
  readonly cannotWatch: (address: string, cause: string) => string;
  readonly answersAgain: (target: string) => string;
  readonly serving: (url: string) => string;
  readonly lostPace: (late: string) => string;
  readonly portTaken: (port: number) => string;
  readonly cell: (number: number, count: number, heading: string) => string;
  readonly cellDone: (duration: string) => string;
  readonly cellFailed: (number: number, reason: string) => string;
  readonly interrupted: string;
  readonly nothingCollected: string;
  readonly written: string;
  readonly findings: string;
  readonly nothingThere: (address: string) => string;
  readonly sent: (samples: string) => string;
  readonly page: (url: string, tunnel: string) => string;
  readonly noRun: (folder: string) => string;
  readonly cannotOpen: (path: string, reason: string) => string;
  readonly reading: (name: string) => string;
  /** Where a Prometheus scrapes the lab. */
  readonly exporter: (url: string) => string;
  /** Which stretch of it. */
  readonly stretch: (span: string) => string;
  readonly outside: (held: string) => string;
  readonly monitoring: (targets: string, interval: string) => string;
  readonly noServerFound: (tried: string) => string;
  readonly found: (address: string) => string;
  readonly needsYes: (address: string) => string;
  readonly cannotLoad: (address: string, cause: string) => string;
}

/** The words in a language. */
export function cliText(language: Language): CliText {
  return { en: CLI_EN, "zh-TW": CLI_ZH_TW }[language];
}
