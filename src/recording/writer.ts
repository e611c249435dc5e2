/**
 * Writes a recording while it is made.
 *
 * @module
 */
import { checkAppend } from "../series/arguments.ts";
import * as checks from "./writer_checks.ts";
import type { RecordingOptions } from "./writer_checks.ts";
import type { Cause } from "../base/cause.ts";
import type { Clock } from "../base/clock.ts";
import { realClock } from "../collector/clock.ts";
import { mergeFacts } from "../series/facts.ts";
import type { LabEvent, RequestRecord, SampleBatch, SeriesDefinition, TargetFacts } from "../series/types.ts";
import type { BlockBuilder } from "./block_builder.ts";
import { type FileLock, lockHolder, tryLock } from "./lock.ts";
import { type LooseTick, RecordedTarget } from "./recorded_target.ts";
import { readFacts } from "./records.ts";
import { type Resumed, resumeTargets } from "./resume.ts";
import { RecordingFile } from "./recording_file.ts";
import { giveBackPages } from "./schema.ts";
import { damageOf } from "./damage.ts";
import { isFileError, unfinished } from "./closing.ts";
import { Layouts } from "./layouts.ts";
import { Statements } from "./statements.ts";
import { WaitingRows } from "./waiting_rows.ts";

export type { RecordingOptions };

/** Ticks in a block. */
const BLOCK_TICKS = 1024;
/** Series that are packed after each tick once a block is due: a few milliseconds of work. */
const SERIES_AT_ONCE = 40;
/** While writing fails it is tried again after so long. */
const RETRY_SECONDS = 5;
const DEFAULT_BUFFERED_TICKS = 20_000;

/** Events and requests that are kept at most while writing fails. */
const MOST_WAITING = 100_000;

/** A target's block, ready or nearly so. */
interface Built {
  readonly target: RecordedTarget;
  readonly builder: BlockBuilder;
}

/**
 * Begins a recording, or goes on with one that is there. Close it: what it holds is then one file that needs no other.
 *
 * @throws Error when another writer holds the file
 * @throws RangeError when the file is an SQLite file of another kind, or of a newer version
 */
export function createRecording(path: string, options: RecordingOptions = {}): RecordingWriter {
  checks.checkRecording(path, options);
  const lock = tryLock(path);
  if (lock === undefined) {
    const holder = lockHolder(path);
    const who = holder === undefined ? "another process" : `process ${holder}`;
    throw new Error(`Cannot record into ${path}: ${who} writes to it, wanted a file without a writer`);
  }
  try {
    return new RecordingWriter(path, lock, options);
  } catch (error) {
    lock.release();
    throw damageOf("record into", path, error);
  }
}

/**
 * Takes what a collector collects and writes it, one transaction a tick. What cannot be written (a full disk) stays in
 * memory and is written as soon as that works again: nothing is thrown for it, `onEvent` is told once.
 */
export class RecordingWriter {
  /** The file. */
  readonly path: string;
  readonly #file: RecordingFile;
  readonly #lock: FileLock;
  readonly #statements: Statements;
  readonly #options: RecordingOptions;
  readonly #clock: Clock;
  readonly #targets: Map<string, RecordedTarget>;
  readonly #nextIds: Resumed["nextIds"];
  readonly #waiting = new WaitingRows();
  readonly #facts = new Map<string, TargetFacts>();
  readonly #layouts: Layouts;
  #failing = false;
  #retryAtSeconds = -Infinity;
  #closed = false;
  #listener: ((event: LabEvent) => void) | undefined;

  /** Use {@link createRecording}. */
  constructor(path: string, lock: FileLock, options: RecordingOptions) {
    this.path = path;
    this.#lock = lock;
    this.#options = options;
    this.#clock = options.clock ?? realClock();
    this.#file = new RecordingFile(path, options);
    try {
      this.#statements = new Statements(this.#file.db);
      const { targets, nextIds } = resumeTargets(this.#file.db, this.#statements);
      this.#targets = targets;
      this.#nextIds = nextIds;
      this.#layouts = new Layouts(nextIds);
      for (const facts of readFacts(this.#file.db)) this.#facts.set(facts.target, facts);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /** True while what comes stays in memory since it cannot be written. */
  get failing(): boolean {
    return this.#failing;
  }

  /**
   * Adds one tick of a sampler with its events, facts and requests. A tick that is not later than the last is refused.
   *
   * @returns the counter reset or the clock's jump, where there was one
   * @throws TypeError when the batch has a value for an id that was never defined
   */
  append(
    samplerId: string,
    timeSeconds: number,
    batch: SampleBatch,
  ): { readonly events: readonly LabEvent[] } {
    checkAppend("writer.append(id, timeSeconds, batch)", { samplerId, timeSeconds, batch });
    const target = this.#target(samplerId);
    for (const definition of batch.defined) this.#define(target, definition);
    const { result, row } = target.append(timeSeconds, batch);
    this.#waiting.events.push(...batch.events, ...result.events);
    this.#waiting.requests.push(...(batch.requests ?? []));
    if (batch.facts !== undefined) this.#noteFacts(batch.facts);
    this.#write(row === undefined ? undefined : { target, row });
    return { events: result.events };
  }

  /** Notes a tick on which nothing could be read, with its event. */
  fail(samplerId: string, timeSeconds: number, event: LabEvent): void {
    checks.checkFail({ samplerId, timeSeconds, event });
    const target = this.#target(samplerId);
    const { result, row } = target.fail(timeSeconds);
    this.#waiting.events.push(event, ...result.events);
    this.#write(row === undefined ? undefined : { target, row });
  }

  /** Adds an event. */
  addEvent(event: LabEvent): void {
    checks.checkEvent(event);
    this.#waiting.events.push(event);
    this.#write(undefined);
  }

  /** Adds a request's row. */
  addRequest(request: RequestRecord): void {
    checks.checkRequest(request);
    this.#waiting.requests.push(request);
    this.#write(undefined);
  }

  /** Puts facts over earlier ones of the same target. */
  addFacts(facts: TargetFacts): void {
    checks.checkFacts(facts);
    this.#noteFacts(facts);
    this.#write(undefined);
  }

  /** Keeps a scrape's body as it came. Left out while writing fails. */
  addScrape(
    samplerId: string,
    timeSeconds: number,
    scrape: { readonly body: Uint8Array; readonly contentType?: string },
  ): void {
    checks.checkScrape({ samplerId, timeSeconds, scrape });
    if (this.#failing) return;
    const { body, contentType } = scrape;
    this.#attempt(() => this.#statements.scrape({ target: samplerId, timeSeconds, contentType, body }));
  }

  /** Tells a collector when writing begins to fail and when it works again, beside `onEvent`. */
  listen(listener: (event: LabEvent) => void): void {
    checks.checkListener(listener);
    this.#listener = listener;
  }

  /**
   * Packs what is left and closes the file, which is then complete without any other beside it. A file that was removed
   * meanwhile is put back.
   *
   * @throws Error when what is left cannot be written
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#flushAll();
      this.#file.complete();
    } catch (error) {
      throw isFileError(error) ? unfinished(this.path, error) : error;
    } finally {
      try {
        this.#file.close();
      } finally {
        this.#lock.release();
      }
    }
  }

  /** {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #target(name: string): RecordedTarget {
    let target = this.#targets.get(name);
    if (target === undefined) {
      const id = this.#nextIds.target++;
      this.#targets.set(name, target = new RecordedTarget(id, name));
      this.#waiting.targets.push({ id, name });
    }
    return target;
  }

  #define(target: RecordedTarget, definition: SeriesDefinition): void {
    const series = target.sampler.define(definition);
    if (series === undefined) return;
    const id = this.#nextIds.series++;
    target.fileIds.set(series, id);
    this.#waiting.series.push({ id, target: target.fileId, definition });
  }

  #noteFacts(facts: TargetFacts): void {
    this.#target(facts.target);
    this.#facts.set(facts.target, mergeFacts(this.#facts.get(facts.target), facts));
    this.#waiting.facts.set(this.#targets.get(facts.target)!.fileId, this.#facts.get(facts.target)!);
  }

  #write(tick: { readonly target: RecordedTarget; readonly row: LooseTick } | undefined): void {
    if (this.#closed) {
      throw new Error(`Cannot record into ${this.path}: it is closed, wanted an open recording`);
    }
    if (this.#failing) return this.#retry();
    const built = tick?.target.build({
      blockTicks: BLOCK_TICKS,
      seriesAtOnce: SERIES_AT_ONCE,
    });
    const written = this.#attempt(() => {
      this.#waiting.insert(this.#statements);
      if (tick === undefined) return;
      this.#insertTick(tick.target, tick.row);
      if (built !== undefined) this.#statements.block(tick.target.fileId, built.finish());
    });
    if (!written) return;
    this.#waiting.clear();
    if (tick !== undefined && built !== undefined) this.#blockWritten(tick.target, built);
  }

  /** Everything that memory holds, in blocks; loose ticks in the file are part of them. */
  #retry(): void {
    const now = this.#clock.nowSeconds();
    const { maxBufferedTicks = DEFAULT_BUFFERED_TICKS } = this.#options;
    for (const target of this.#targets.values()) target.loseBeyond(maxBufferedTicks);
    this.#waiting.dropBeyond(MOST_WAITING);
    if (now < this.#retryAtSeconds) return;
    this.#retryAtSeconds = now + RETRY_SECONDS;
    if (!this.#writeAll()) return;
    this.#failing = false;
    let lostTicks = 0;
    for (const target of this.#targets.values()) {
      lostTicks += target.lostTicks;
      target.lostTicks = 0;
    }
    this.#tell({ kind: "recording", timeSeconds: now, state: "recovered", lostTicks });
  }

  #writeAll(): boolean {
    const blocks = this.#buildAll();
    const written = this.#attempt(() => this.#insertAll(blocks));
    if (!written) return false;
    this.#waiting.clear();
    for (const { target, builder } of blocks) this.#blockWritten(target, builder);
    return true;
  }

  /** As {@link #writeAll}, but what fails is thrown, not told. */
  #flushAll(): void {
    const blocks = this.#buildAll();
    this.#transaction(() => this.#insertAll(blocks));
    this.#waiting.clear();
  }

  #buildAll(): Built[] {
    return [...this.#targets.values()].flatMap((target) => {
      const builder = target.buildAll();
      return builder === undefined ? [] : [{ target, builder }];
    });
  }

  #insertAll(blocks: readonly Built[]): void {
    this.#waiting.insert(this.#statements);
    for (const { target, builder } of blocks) this.#statements.block(target.fileId, builder.finish());
  }

  /** Runs a transaction; false, and writing stops, when the file does not take it. */
  #attempt(work: () => void): boolean {
    try {
      this.#transaction(work);
      return true;
    } catch (error) {
      if (!isFileError(error)) throw error;
      this.#layouts.forget();
      if (this.#failing) return false;
      this.#failing = true;
      const now = this.#clock.nowSeconds();
      this.#retryAtSeconds = now + RETRY_SECONDS;
      const cause: Cause = { code: "recording_failed", params: { path: this.path, error: error.message } };
      this.#tell({ kind: "recording", timeSeconds: now, state: "failed", cause });
      return false;
    }
  }

  #transaction(work: () => void): void {
    const now = this.#clock.nowSeconds();
    if (!this.#file.transaction(now, work).hasGone) return;
    const cause: Cause = { code: "recording_removed", params: { path: this.path } };
    this.#tell({ kind: "recording", timeSeconds: now, state: "failed", cause });
  }

  #insertTick(target: RecordedTarget, row: LooseTick): void {
    const layout = row.layout === undefined
      ? null
      : this.#layouts.idOf(target.fileId, row.layout, this.#statements);
    this.#statements.tick(target.fileId, layout, row);
  }

  #blockWritten(target: RecordedTarget, builder: BlockBuilder): void {
    target.written(builder);
    const { retentionSeconds } = this.#options;
    if (retentionSeconds === undefined) return;
    const limit = target.sampler.lastAttemptSeconds - retentionSeconds;
    if (this.#attempt(() => this.#statements.deleteBefore(limit))) giveBackPages(this.#file.db);
  }

  #tell(event: LabEvent): void {
    this.#waiting.events.push(event);
    this.#options.onEvent?.(event);
    this.#listener?.(event);
  }
}
