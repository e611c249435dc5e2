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
  /** Follows where something answers that is not a server's metrics. */
  readonly metricsElsewhere: string;
  readonly answersAgain: (target: string) => string;
  /** No token came for so long although requests ran; `engine` is "" where its server has one. */
  readonly standsStill: (target: string, engine: string, duration: string, running: number) => string;
  readonly goesOn: (target: string, engine: string) => string;
  /** The recording cannot be written, by its cause's sentence; and can again, less the ticks that memory could not hold. */
  readonly recordingFails: (cause: string) => string;
  readonly recordingWorks: (lostTicks: number) => string;
  /** Files could not be written where they were wanted: the line that says so, and where they go. */
  readonly writtenElsewhere: (line: string, folder: string) => string;
  readonly serving: (url: string) => string;
  /** What can be done with it now: commands, one a line. */
  readonly servingTry: (url: string) => string;
  /** An incident that is planned: when, for how long, its title, and what to watch. */
  readonly incidentPlanned: (
    at: string,
    duration: string | undefined,
    title: string,
    notice: string,
  ) => string;
  /** Heads of the table of profiles. */
  readonly profileHeads: {
    readonly name: string;
    readonly alone: string;
    readonly busy: string;
    readonly prefill: string;
    readonly cache: string;
    readonly what: string;
  };
  /** Under the table of profiles. */
  readonly profileNote: string;
  /** Words in front of what is said of an incident. */
  readonly incidentHeads: {
    readonly cause: string;
    readonly notice: string;
    readonly tell: string;
    readonly parameters: string;
  };
  /** Heads of the table of what a limit can be set on. */
  readonly limitHeads: {
    readonly name: string;
    /** What may be put behind the name. */
    readonly with: string;
    readonly units: string;
    readonly what: string;
    readonly example: string;
  };
  /** What the limit `unreachable` is about. */
  readonly unreachable: string;
  readonly lostPace: (late: string, times: string) => string;
  readonly portTaken: (port: number) => string;
  readonly cell: (number: number, count: number, heading: string) => string;
  readonly cellDone: (duration: string) => string;
  readonly cellFailed: (number: number, reason: string) => string;
  readonly interrupted: string;
  readonly nothingCollected: string;
  readonly written: string;
  readonly findings: string;
  /** @param asked whether conditions were given, and a time */
  readonly nothingThere: (
    address: string,
    asked: { readonly match: boolean; readonly time: boolean },
  ) => string;
  readonly sent: (samples: string) => string;
  /** What became of a push, in full. */
  readonly pushed: (samples: string, series: string, address: string) => string;
  /** At the first try that failed; `more` tries may follow. */
  readonly pushFails: (address: string, why: string, more: number) => string;
  readonly pushRetries: (retries: number) => string;
  readonly pushRefused: (status: number, why: string, requests: string, samples: string) => string;
  readonly page: (url: string, tunnel: string) => string;
  readonly noRun: (folder: string) => string;
  readonly cannotOpen: (path: string, reason: string) => string;
  /** A file of another kind where a run was wanted. */
  readonly notARun: (path: string, kind: string) => string;
  readonly reading: (name: string) => string;
  /** A file that holds several runs. */
  readonly readingRuns: (name: string, runs: number) => string;
  /** A folder to compare without a run in it, and the files that are looked for. */
  readonly noRunIn: (path: string, files: string) => string;
  /** A folder to read as a recording without one in it. */
  readonly noRecordingIn: (path: string, file: string) => string;
  /** How the sides of a comparison are told apart. */
  readonly whichSides: string;
  /** Where a Prometheus scrapes the lab. */
  readonly exporter: (url: string) => string;
  /** Which stretch of it. */
  readonly stretch: (span: string) => string;
  readonly outside: (held: string) => string;
  /** Which stretch is on a side of a comparison. */
  readonly sides: Readonly<Record<"before" | "after", (span: string) => string>>;
  readonly monitoring: (targets: string, interval: string) => string;
  readonly givenTwice: (address: string) => string;
  readonly noServerFound: (tried: string) => string;
  readonly found: (address: string) => string;
  /** What `repair` saved and lost. */
  readonly repaired: {
    readonly kept: string;
    readonly lost: string;
    readonly nothing: string;
    readonly all: string;
    readonly missing: (bytes: string) => string;
    readonly span: (target: string, from: string, to: string, series: string) => string;
    /** So many of a part. */
    readonly parts: Readonly<Record<RecordingPart, (count: number) => string>>;
    readonly kinds: Readonly<Record<RecordingPart, string>>;
    /** Of what more may be lost than could be counted. */
    readonly uncounted: (kinds: readonly string[]) => string;
  };
  readonly needsYes: (address: string) => string;
  readonly cannotLoad: (address: string, cause: string) => string;
}

/** What a recording consists of. */
export type RecordingPart =
  | "samples"
  | "chunks"
  | "blocks"
  | "ticks"
  | "events"
  | "requests"
  | "scrapes"
  | "series";

/** The words in a language. */
export function cliText(language: Language): CliText {
  return { en: CLI_EN, "zh-TW": CLI_ZH_TW }[language];
}
