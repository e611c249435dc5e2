/**
 * Checks of what a recording's writer is given, for cells that no compiler has seen.
 *
 * @module
 */
import {
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  FUNCTION,
  POSITIVE,
  TEXT,
} from "../base/arguments.ts";
import { checkTick, EVENT, FACTS, RECORD } from "../series/arguments.ts";
import type { Clock } from "../base/clock.ts";
import type { LabEvent } from "../series/types.ts";

/** How a recording is made. */
export interface RecordingOptions {
  /** Points, events and requests older than this are deleted as new ones come. Default: all are kept. */
  readonly retentionSeconds?: number;
  /** Told once when writing begins to fail (a full disk) and once when it works again. */
  readonly onEvent?: (event: LabEvent) => void;
  /** Ticks of a target that are kept in memory while writing fails; default 20,000. Older ones are lost, and counted. */
  readonly maxBufferedTicks?: number;
  /** How often what was written is forced to the disk, so that a power cut cannot take it; default 1 s. */
  readonly durableSeconds?: number;
  /** Largest size of the file, its write-ahead log apart; at it, it is as if the disk were full. Default: no bound. */
  readonly maxFileBytes?: number;
  /** Tells when to force to the disk and when to try again; default the machine's. */
  readonly clock?: Clock;
}

const CHECKS: Checks<RecordingOptions> = {
  retentionSeconds: POSITIVE,
  onEvent: FUNCTION,
  maxBufferedTicks: POSITIVE,
  durableSeconds: POSITIVE,
  maxFileBytes: POSITIVE,
  clock: CLOCK,
};

const SCRAPE: Check = {
  wanted: "{ body }, with the bytes as they came",
  accepts: (value) =>
    typeof value === "object" && value !== null && "body" in value && value.body instanceof Uint8Array,
};

/** A tick and what came with it. */
interface Tick {
  readonly samplerId: unknown;
  readonly timeSeconds: unknown;
}

/** Refuses a path or options that are none. */
export function checkRecording(path: unknown, options: unknown): void {
  const call = 'createRecording("run.sqlite")';
  checkArgument(call, { path }, TEXT);
  checkOptions<RecordingOptions>(call, options, CHECKS);
}

/** Refuses a failed tick that is none. */
export function checkFail({ event, ...tick }: Tick & { readonly event: unknown }): void {
  checkTick("writer.fail(id, timeSeconds, event)", tick);
  checkArgument("writer.fail(id, timeSeconds, event)", { event }, EVENT);
}

/** Refuses an event that is none. */
export function checkEvent(event: unknown): void {
  checkArgument('writer.addEvent({ kind: "note", timeSeconds, text })', { event }, EVENT);
}

/** Refuses a row that is none. */
export function checkRequest(request: unknown): void {
  checkArgument("writer.addRequest(record)", { request }, RECORD);
}

/** Refuses facts that are none. */
export function checkFacts(facts: unknown): void {
  checkArgument("writer.addFacts({ target, simulated })", { facts }, FACTS);
}

/** Refuses a body that is none. */
export function checkScrape({ scrape, ...tick }: Tick & { readonly scrape: unknown }): void {
  checkTick("writer.addScrape(id, timeSeconds, { body })", tick);
  checkArgument("writer.addScrape(id, timeSeconds, { body })", { scrape }, SCRAPE);
}

/** Refuses a listener that cannot be called. */
export function checkListener(listener: unknown): void {
  checkArgument("writer.listen((event) => {})", { listener }, FUNCTION);
}
