/**
 * A recording to read: a source like any other.
 *
 * @module
 */
import { checkArgument, checkOptions, POSITIVE, TEXT } from "../base/arguments.ts";
import { checkEvaluate, checkSelect, SPAN } from "../series/arguments.ts";
import type { DatabaseSync } from "node:sqlite";
import { damageOf } from "./damage.ts";
import type { Labels, MetricMeta } from "../parser/types.ts";
import { evaluateSeries, partsFor } from "../series/evaluate.ts";
import { compileMatchers } from "../series/matchers.ts";
import {
  inOneName,
  type Life,
  type LifeRequest,
  livesOf,
  type LivingSelection,
  livingSelections,
} from "../series/lives.ts";
import { ReadMemory } from "../series/read_memory.ts";
import { familiesOf, finished, type Selection, selectionsOf } from "../series/selection.ts";
import { targetedLabels } from "../series/store_entry.ts";
import type {
  Grid,
  LabEvent,
  Matcher,
  MetricSource,
  RequestRecord,
  Selector,
  Series,
  SeriesDefinition,
  TargetFacts,
  TimeSpan,
  WindowQuery,
} from "../series/types.ts";
import { Catalog, type CatalogSeries } from "./catalog.ts";
import { LooseTicks } from "./loose_ticks.ts";
import { type OpenFile, openFile } from "./open_file.ts";
import { PointReader, type RecordedPoints } from "./point_reader.ts";
import { readEvents, readFacts, readRequests } from "./records.ts";
import { readPragma } from "./schema.ts";

/** How a recording is read. */
export interface OpenRecordingOptions {
  /** Most points that one `select` gives; default 10 million. */
  readonly maxSelectPoints?: number;
}

const DEFAULT_SELECT_POINTS = 10_000_000;

/**
 * Opens a recording to read; as many readers as one likes, also while it is being written. Close it when done.
 *
 * @throws Error when there is no such file
 * @throws RangeError when it is something else, of a newer version, or damaged
 *
 * @example
 * ```ts
 * import { openRecording } from "#lab";
 *
 * using recording = openRecording("data/runs/2026-11-25/recording.sqlite");
 * console.log(await recording.span());
 * ```
 */
export function openRecording(path: string, options: OpenRecordingOptions = {}): Recording {
  const call = 'openRecording("run.sqlite")';
  checkArgument(call, { path }, TEXT);
  checkOptions<OpenRecordingOptions>(call, options, { maxSelectPoints: POSITIVE });
  const file = openFile(path);
  try {
    return new Recording(path, file, options);
  } catch (error) {
    file.close();
    throw damageOf("open", path, error);
  }
}

const ALWAYS: TimeSpan = { startSeconds: -Infinity, endSeconds: Infinity };

interface ReadRequest {
  readonly span: TimeSpan;
  readonly includeBefore: boolean;
  readonly withTarget: boolean;
}

/** By what series are found. */
interface FoundBy {
  readonly samplerId?: string | undefined;
  readonly names: readonly string[];
  readonly matchers: readonly Matcher[];
}

/** A series of one target with its points, as they were recorded. */
export interface TargetPoints extends RecordedPoints {
  /** Its id is that in the file. */
  readonly definition: SeriesDefinition;
}

/** What a recording holds and whether all of it could be read. */
export class Recording implements MetricSource {
  /** The file. */
  readonly path: string;
  readonly #file: OpenFile;
  readonly #db: DatabaseSync;
  readonly #catalog: Catalog;
  readonly #maxSelectPoints: number;
  #loose: LooseTicks;
  #points: PointReader;
  readonly #lives = new Map<string, readonly Life[]>();
  /** Several functions of one histogram are asked for one after the other, and what is packed takes long to read. */
  readonly #reads = new ReadMemory();
  /** States of the file that were read: one, unless a writer adds to it. */
  #states = 0;
  #dataVersion = -1;
  #lastBlock = -1;

  /** Use {@link openRecording}. */
  constructor(path: string, file: OpenFile, options: OpenRecordingOptions) {
    this.path = path;
    this.#file = file;
    this.#db = file.db;
    this.#maxSelectPoints = options.maxSelectPoints ?? DEFAULT_SELECT_POINTS;
    this.#catalog = new Catalog(this.#db);
    this.#loose = new LooseTicks(this.#db);
    this.#points = new PointReader(this.#db, this.#catalog, this.#loose);
    if (!file.live) this.#loose.load();
  }

  /** True while a writer may be adding to the file. */
  get live(): boolean {
    return this.#file.live;
  }

  /** Pieces that were found damaged so far and left out; `repairRecording` says which. */
  get damagedPieces(): number {
    return this.#points.damaged + this.#loose.damaged + this.#catalog.damaged;
  }

  /** Names of the targets (samplers), in order of arrival. */
  targets(): Promise<readonly string[]> {
    return this.#reading(() => [...this.#catalog.targets.values()].map(({ name }) => name));
  }

  span(): Promise<TimeSpan | undefined> {
    return this.#reading(() => {
      let startSeconds = Infinity;
      let endSeconds = -Infinity;
      for (const { id, blocks } of this.#catalog.targets.values()) {
        const loose = this.#loose.span(id);
        startSeconds = Math.min(startSeconds, blocks[0]?.firstSeconds ?? loose?.firstSeconds ?? Infinity);
        endSeconds = Math.max(endSeconds, loose?.lastSeconds ?? blocks.at(-1)?.lastSeconds ?? -Infinity);
      }
      if (startSeconds <= endSeconds) return { startSeconds, endSeconds };
      const row = this.#db.prepare("SELECT min(time) AS first, max(time) AS last FROM event").get()!;
      return row.first === null
        ? undefined
        : { startSeconds: Number(row.first), endSeconds: Number(row.last) };
    });
  }

  describe(): Promise<readonly MetricMeta[]> {
    return this.#reading(() =>
      familiesOf(
        [...this.#catalog.targets.values()].flatMap(({ series }) => series.map((one) => one.definition)),
      )
    );
  }

  facts(): Promise<readonly TargetFacts[]> {
    return this.#reading(() => readFacts(this.#db));
  }

  /**
   * Raw points, both ends of the span included. The times of several series may be one array: it must not be written to.
   *
   * @throws RangeError above `maxSelectPoints` points
   * @throws SyntaxError for a matcher's regular expression that cannot be read
   */
  async select(selector: Selector, span: TimeSpan): Promise<readonly Series[]> {
    checkSelect('recording.select({ quantity: "running" }, await recording.span())', selector, span);
    compileMatchers(selector.matchers); // An expression that cannot be read is the caller's, not the file's damage.
    return await this.#reading(() => {
      const selections = selectionsOf(selector, this.#catalog.knownSamplers());
      const chosen = selections.map((selection) => this.#living(selection, { span }));
      const count = chosen.flat().reduce(
        (sum, { selection }) => sum + this.#countPoints(this.#find(selection), span),
        0,
      );
      if (count > this.#maxSelectPoints) {
        throw new RangeError(
          `Cannot select ${count} points: more than ${this.#maxSelectPoints}, use evaluate() or a shorter span`,
        );
      }
      const wanted = { span, includeBefore: false, withTarget: false };
      return chosen.flatMap((living) => this.#readLiving(living, wanted));
    });
  }

  async evaluate(query: WindowQuery, grid: Grid): Promise<readonly Series[]> {
    checkEvaluate("recording.evaluate({ selector, fn }, grid)", query, grid);
    compileMatchers(query.selector.matchers);
    return await this.#reading(() => {
      const span = {
        startSeconds: grid.startSeconds - grid.rangeSeconds - 0.001,
        endSeconds: grid.startSeconds + Math.max(0, grid.count - 1) * grid.stepSeconds + 0.001,
      };
      const wanted = { span, includeBefore: true, withTarget: (query.by ?? []).includes("target") };
      const key = JSON.stringify([query.selector, partsFor(query.fn), wanted]);
      const { series, histograms } = this.#reads.get(
        this.#states,
        key,
        () =>
          selectionsOf(query.selector, this.#catalog.knownSamplers(), query.fn).flatMap((selection) =>
            this.#readLiving(this.#living(selection, wanted), wanted)
          ),
      );
      return evaluateSeries(query, grid, series, histograms);
    });
  }

  /** All series of one target in a span, in the order in which they were first seen. */
  readTarget(name: string, span: TimeSpan): Promise<readonly TargetPoints[]> {
    return this.#reading(() => {
      checkArgument('recording.readTarget("vllm", await recording.span())', { name }, TEXT);
      checkArgument('recording.readTarget("vllm", await recording.span())', { span }, SPAN);
      const target = [...this.#catalog.targets.values()].find((each) => each.name === name);
      return (target?.series ?? []).flatMap((series) => {
        const points = this.#points.read(series, span, false);
        return points === undefined ? [] : [{ definition: series.definition, ...points }];
      });
    });
  }

  requests(span: TimeSpan): Promise<readonly RequestRecord[]> {
    return this.#reading(() => {
      checkArgument("recording.requests(await recording.span())", { span }, SPAN);
      return readRequests(this.#db, span.startSeconds, span.endSeconds);
    });
  }

  events(span: TimeSpan): Promise<readonly LabEvent[]> {
    return this.#reading(() => {
      checkArgument("recording.events(await recording.span())", { span }, SPAN);
      return readEvents(this.#db, span.startSeconds, span.endSeconds);
    });
  }

  /** Closes the file. Nothing can be read afterwards. */
  close(): void {
    this.#file.close();
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

  /** Runs a read on one state of the file, brought up to date first where it may have changed. */
  // deno-lint-ignore require-await -- a throw becomes a rejection
  async #reading<T>(read: () => T): Promise<T> {
    try {
      return this.#file.live ? this.#readingLive(read) : read();
    } catch (error) {
      throw damageOf("read", this.path, error);
    }
  }

  #readingLive<T>(read: () => T): T {
    this.#db.exec("BEGIN");
    try {
      this.#refresh();
      return read();
    } finally {
      this.#db.exec("COMMIT");
    }
  }

  #refresh(): void {
    // Reading anything first makes the transaction see one state; the version then tells whether that is a new one.
    const block = Number(this.#db.prepare("SELECT coalesce(max(id), 0) AS id FROM block").get()!.id);
    const version = readPragma(this.#db, "data_version");
    if (version === this.#dataVersion && block === this.#lastBlock) return;
    this.#catalog.load();
    this.#states++;
    this.#lives.clear();
    if (block !== this.#lastBlock) {
      // Loose ticks went into the block.
      this.#loose = new LooseTicks(this.#db);
      this.#points = new PointReader(this.#db, this.#catalog, this.#loose);
    }
    this.#loose.load();
    this.#dataVersion = version;
    this.#lastBlock = block;
  }

  #find({ samplerId, names, matchers }: FoundBy): CatalogSeries[] {
    const test = compileMatchers(matchers);
    return names.flatMap((name) => this.#catalog.byName.get(name) ?? []).filter((series) =>
      (samplerId === undefined || series.target.name === samplerId) &&
      (matchers.length === 0 || test(labelsOf(series, true)))
    );
  }

  #readLiving(living: readonly LivingSelection[], wanted: ReadRequest): Series[] {
    return inOneName(
      living,
      (selection) =>
        finished(this.#find(selection).flatMap((one) => this.#read(one, wanted) ?? []), selection),
    );
  }

  #living(selection: Selection, request: LifeRequest): LivingSelection[] {
    return livingSelections(selection, (one) => this.#livesOf(one), request);
  }

  /** Whatever was asked for: a condition on labels does not tell whether the name was there. */
  #livesOf({ samplerId, names, lifeName }: Selection): readonly Life[] {
    const found = { samplerId, names: lifeName === undefined ? names : [lifeName], matchers: [] };
    const key = JSON.stringify([samplerId, found.names]);
    let lives = this.#lives.get(key);
    if (lives === undefined) {
      lives = this.#find(found).flatMap((series) => {
        const points = this.#points.read(series, ALWAYS, false);
        return points === undefined ? [] : livesOf(points.timesSeconds, points.staleSeconds);
      });
      this.#lives.set(key, lives);
    }
    return lives;
  }

  #countPoints(series: readonly CatalogSeries[], span: TimeSpan): number {
    let count = 0;
    for (const { target } of series) {
      for (const { firstSeconds, lastSeconds, ticks } of target.blocks) {
        if (lastSeconds < span.startSeconds || firstSeconds > span.endSeconds) continue;
        const shared = Math.min(lastSeconds, span.endSeconds) - Math.max(firstSeconds, span.startSeconds);
        count += lastSeconds > firstSeconds
          ? Math.ceil(ticks * shared / (lastSeconds - firstSeconds))
          : ticks;
      }
      count += this.#loose.axis(target.id).length;
    }
    return count;
  }

  #read(
    series: CatalogSeries,
    options: ReadRequest,
  ): Series | undefined {
    const points = this.#points.read(series, options.span, options.includeBefore);
    if (points === undefined) return undefined;
    const { name, type, unit } = series.definition;
    const { resetSeconds, hasOwnTimes: _, ...rest } = points;
    return {
      name,
      type,
      sampler: series.target.name,
      labels: labelsOf(series, options.withTarget || this.#catalog.sharedNames),
      ...rest,
      ...(unit === undefined ? {} : { unit }),
      ...(resetSeconds.length === 0 ? {} : { resetSeconds }),
    };
  }
}

function labelsOf(series: CatalogSeries, withTarget: boolean): Labels {
  const { labels } = series.definition;
  return withTarget ? targetedLabels(labels, series.target.name) : labels;
}
