/**
 * From a source to files that other tools read.
 *
 * @module
 */
import {
  ANY_TEXT,
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  FUNCTION,
  needed,
  oneOf,
  TEXT,
} from "../base/arguments.ts";
import { SOURCE, SPAN } from "../series/arguments.ts";
import type { Clock } from "../base/clock.ts";
import { realClock } from "../collector/clock.ts";
import type { LabEvent, MetricSource, TimeSpan } from "../series/types.ts";
import { fileStamp } from "./cells.ts";
import { eventsCsv, longCsv, requestsCsv, wideCsv } from "./csv.ts";
import { fileNamePart, makeAtomically, prepareDirectory, writeAtomically } from "./files.ts";
import { type AxisGroup, type Inventory, takeInventory } from "./inventory.ts";
import { type ExportMetadata, exportMetadata, jsonDocument } from "./json.ts";
import { openMetricsText } from "./openmetrics.ts";
import { writeParquet } from "./parquet.ts";

/**
 * What {@link exportMonitoringData} can write. "csv" is one wide file per target and sampler plus requests and events;
 * "csv_long" and "parquet" are one table with a row per point; "openmetrics" is text that Prometheus can be filled with.
 */
export const EXPORT_FORMATS = ["json", "csv", "csv_long", "parquet", "openmetrics"] as const;

/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** Where and what to export. */
export interface ExportOptions {
  /** Made when it is not there. */
  readonly directory: string;
  /** Default JSON and CSV. */
  readonly formats?: readonly ExportFormat[];
  /** Default everything that the source holds. */
  readonly span?: TimeSpan;
  /** Begins every file name; default "monitoring". */
  readonly prefix?: string;
  /** Gives the time in the file names; default the machine's. */
  readonly clock?: Clock;
  /** Called after each file. */
  readonly onFile?: (path: string) => void;
}

const FORMAT = oneOf(EXPORT_FORMATS);

const FORMATS: Check = {
  wanted: `a list of one or several of ${EXPORT_FORMATS.join(", ")}`,
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(FORMAT.accepts),
};

const CHECKS: Checks<ExportOptions> = {
  directory: needed(TEXT),
  formats: FORMATS,
  span: SPAN,
  prefix: ANY_TEXT,
  clock: CLOCK,
  onFile: FUNCTION,
};

/** A file of an export, as its index lists it. */
interface WrittenFile {
  readonly file: string;
  readonly content: "everything" | "wide" | "long" | "requests" | "events" | "exposition";
  readonly bytes: number;
  readonly target?: string;
  readonly seriesCount?: number;
}

/**
 * Writes every series, request and event of a source, and an index of the files.
 *
 * Names: `<prefix>_<UTC time>[_<what>].<ending>`. Each file is written beside its place and renamed when whole.
 * A failed read is an empty cell (CSV) or no point (JSON), never 0. Texts in CSV that a spreadsheet would run as a
 * formula get an apostrophe in front.
 *
 * @returns the paths in the order written, the index last
 * @throws Error when the directory cannot be written
 *
 * @example
 * ```ts
 * import { exportMonitoringData, openShippedData } from "#lab";
 *
 * const real = await openShippedData("vllm-0.32.0-restart");
 * const files = await exportMonitoringData(real, { directory: "data/runs/mine", formats: ["csv"] });
 * console.log(files);
 * ```
 */
export async function exportMonitoringData(
  source: MetricSource,
  options: ExportOptions,
): Promise<readonly string[]> {
  const call = 'exportMonitoringData(collector, { directory: "out", formats: ["json", "csv"] })';
  checkArgument(call, { source }, SOURCE);
  checkOptions<ExportOptions>(call, options, CHECKS, {
    instead: {
      dir: "directory",
      path: "directory",
      out: "directory",
      format: "formats",
      outputDirectory: "directory",
    },
  });
  await prepareDirectory(options.directory);
  const span = options.span ?? await source.span();
  const timeSeconds = (options.clock ?? realClock()).nowSeconds();
  const inventory = span === undefined ? { names: [], groups: [] } : await takeInventory(source, span);
  const metadata = exportMetadata(inventory, { span, facts: await source.facts(), timeSeconds });
  const writer = new ExportWriter(options, timeSeconds);
  for (const format of new Set<ExportFormat>(options.formats ?? ["json", "csv"])) {
    await writeFormat(format, { source, span, inventory, metadata, writer });
  }
  return await writer.finish(metadata);
}

interface ExportWork {
  readonly source: MetricSource;
  readonly span: TimeSpan | undefined;
  readonly inventory: Inventory;
  readonly metadata: ExportMetadata;
  readonly writer: ExportWriter;
}

async function writeFormat(format: ExportFormat, work: ExportWork): Promise<void> {
  switch (format) {
    case "json":
      return await writeJson(work);
    case "csv":
      return await writeCsv(work);
    case "csv_long":
      return await writeLongCsv(work);
    case "parquet":
      return await writeParquetFile(work);
    case "openmetrics":
      return await writeOpenMetrics(work);
  }
}

async function writeJson({ source, span, inventory, metadata, writer }: ExportWork): Promise<void> {
  const content = {
    metadata,
    inventory,
    families: await source.describe(),
    events: span === undefined ? [] : await source.events(span),
    requests: span === undefined ? [] : await source.requests(span),
  };
  const about = { content: "everything", seriesCount: metadata.seriesCount } as const;
  await writer.write({ ending: "json", ...about }, jsonDocument(source, content));
}

async function writeCsv({ source, span, inventory, metadata, writer }: ExportWork): Promise<void> {
  if (span === undefined) return;
  const events = await source.events(span);
  const names = groupNames(inventory.groups, metadata);
  for (const [position, group] of inventory.groups.entries()) {
    const failedTimesSeconds = failedReads(events, group, metadata);
    const about = { content: "wide", target: group.target, seriesCount: group.series.length } as const;
    const rows = wideCsv(source, group, { span, failedTimesSeconds });
    await writer.write({ part: names[position]!, ending: "csv", ...about }, rows);
  }
  const requests = await source.requests(span);
  await writer.write(
    { part: "requests", ending: "csv", content: "requests" },
    chunked(requestsCsv(requests)),
  );
  await writer.write({ part: "events", ending: "csv", content: "events" }, chunked(eventsCsv(events)));
}

async function writeLongCsv({ source, span, inventory, writer }: ExportWork): Promise<void> {
  if (span === undefined) return;
  await writer.write(
    { part: "long", ending: "csv", content: "long" },
    longCsv(source, inventory.names, span),
  );
}

async function writeParquetFile({ source, span, inventory, writer }: ExportWork): Promise<void> {
  if (span === undefined) return;
  const about = { part: "long", ending: "parquet", content: "long" } as const;
  await writer.writeBy(about, (path) => writeParquet(source, span, { path, names: inventory.names }));
}

async function writeOpenMetrics({ source, span, metadata, writer }: ExportWork): Promise<void> {
  if (span === undefined) return;
  const text = await openMetricsText(source, span, metadata);
  await writer.write({ ending: "openmetrics.txt", content: "exposition" }, chunked([text]));
}

async function* chunked(lines: Iterable<string>): AsyncGenerator<string> {
  yield* lines;
}

/** Times at which a whole read of the group's target failed; a source with one target sets no target label. */
function failedReads(events: readonly LabEvent[], group: AxisGroup, metadata: ExportMetadata): number[] {
  const target = group.target === "" ? soleTarget(metadata) : group.target;
  return events.flatMap((event) =>
    event.kind === "scrape_failed" && event.target === target ? [event.timeSeconds] : []
  );
}

function soleTarget(metadata: ExportMetadata): string | undefined {
  return metadata.facts.length === 1 ? metadata.facts[0]!.target : undefined;
}

/** A name per group that tells them apart: the target, else the commonest beginning of its metrics' names. */
function groupNames(groups: readonly AxisGroup[], metadata: ExportMetadata): string[] {
  const used = new Map<string, number>();
  return groups.map((group) => {
    const base = fileNamePart(group.target || soleTarget(metadata) || commonPrefix(group));
    const times = (used.get(base) ?? 0) + 1;
    used.set(base, times);
    return times === 1 ? base : `${base}-${times}`;
  });
}

function commonPrefix(group: AxisGroup): string {
  const counts = new Map<string, number>();
  for (const { name } of group.series) {
    const prefix = name.split(/[:_]/, 1)[0]!;
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "metrics";
}

/** Owns the names of one export and the list for its index. */
class ExportWriter {
  readonly #files: WrittenFile[] = [];
  readonly #paths: string[] = [];
  readonly #options: ExportOptions;
  readonly #stem: string;

  constructor(options: ExportOptions, timeSeconds: number) {
    this.#options = options;
    this.#stem = `${fileNamePart(options.prefix ?? "monitoring")}_${fileStamp(timeSeconds)}`;
  }

  async write(
    what: Omit<WrittenFile, "file" | "bytes"> & { part?: string; ending: string },
    chunks: AsyncIterable<string | Uint8Array>,
  ): Promise<void> {
    const { part, ending, ...about } = what;
    const file = `${this.#stem}${part === undefined ? "" : `_${part}`}.${ending}`;
    const bytes = await writeAtomically(`${this.#options.directory}/${file}`, chunks);
    this.#files.push({ file, bytes, ...about });
    this.#done(file);
  }

  /** As {@link write}, by something that writes to a path itself. */
  async writeBy(
    what: Omit<WrittenFile, "file" | "bytes"> & { part: string; ending: string },
    make: (path: string) => Promise<void>,
  ): Promise<void> {
    const { part, ending, ...about } = what;
    const file = `${this.#stem}_${part}.${ending}`;
    const bytes = await makeAtomically(`${this.#options.directory}/${file}`, make);
    this.#files.push({ file, bytes, ...about });
    this.#done(file);
  }

  async finish(metadata: ExportMetadata): Promise<readonly string[]> {
    const file = `${this.#stem}_index.json`;
    const index = {
      metadata,
      files: this.#files,
      csv: { missing: "", notANumber: "NaN", infinite: ["inf", "-inf"], formulaGuard: "'", lineEnd: "\r\n" },
    };
    await writeAtomically(
      `${this.#options.directory}/${file}`,
      chunked([JSON.stringify(index, null, 2) + "\n"]),
    );
    this.#done(file);
    return this.#paths;
  }

  #done(file: string): void {
    const path = `${this.#options.directory}/${file}`;
    this.#paths.push(path);
    this.#options.onFile?.(path);
  }
}
