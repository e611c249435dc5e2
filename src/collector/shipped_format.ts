/**
 * The files of a shipped run: a manifest, the scrapes' bodies in one compressed stream, the requests' rows.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { RequestOutcome } from "../series/types.ts";

/** `manifest.json` of a shipped run. Times are Unix seconds. */
export interface ShippedManifest {
  readonly title: string;
  readonly origin: string;
  readonly target: string;
  readonly address: string;
  readonly intervalSeconds: number;
  /** What the server answered at `/version` and `/v1/models`. */
  readonly version: unknown;
  readonly models: unknown;
  /** The server's command line and what it ran on. */
  readonly details: Readonly<Record<string, string | number>>;
  readonly contentType: string;
  /** One row a try, in order. Bodies follow each other in `scrapes.zst`, each `bytes` long. */
  readonly scrapes: readonly (ShippedScrape | ShippedFailure)[];
  readonly phases: readonly ShippedPhase[];
  readonly requests: readonly ShippedRequest[];
}

/** A scrape that was answered. */
export interface ShippedScrape {
  readonly timeSeconds: number;
  readonly durationSeconds: number;
  readonly bytes: number;
}

/** A try that failed. */
export interface ShippedFailure {
  readonly timeSeconds: number;
  readonly durationSeconds: number;
  readonly failed: Cause;
}

/** A part of the load with a number of users. */
export interface ShippedPhase {
  readonly name: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly users: number;
}

/** One request's row, times in microseconds after `sent`, where nothing is said to the contrary. */
export interface ShippedRequest {
  readonly id: string;
  readonly model: string;
  readonly endpoint: "completions" | "chat";
  readonly phase: string;
  readonly outcome: RequestOutcome;
  /** When it was sent, Unix seconds. */
  readonly sent: number;
  readonly headers?: number;
  /** The first chunk after `sent`, each other one after the chunk before it. */
  readonly chunks: readonly number[];
  readonly end: number;
  readonly status?: number;
  readonly finish?: string;
  readonly prompt?: number;
  readonly cached?: number;
  readonly output?: number;
  readonly max: number;
  /** Answers asked for at once, where more than one. */
  readonly n?: number;
  readonly error?: string;
}
