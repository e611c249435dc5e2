/**
 * CSV: wide (a column per series), long (a row per point), requests, events.
 *
 * @module
 */
import type { LabEvent, MetricSource, RequestRecord, Series, TimeSpan } from "../series/types.ts";
import { csvLine, numberCell, textCell, timeCells } from "./cells.ts";
import type { AxisGroup } from "./inventory.ts";
import { selectInSlices, seriesKey, slicesOf } from "./reading.ts";
import { e2eSeconds } from "../simulator/workload/request_times.ts";

/** Rows are made for this much time at once, so that a day of a thousand series needs no gigabytes. */
const SLICE_SECONDS = 900;

/**
 * One row per tick of the group, one column per series. A cell is empty where the series has no point at that time:
 * its read failed, or it did not exist. A failed read of the whole target is a row of empty cells.
 */
export async function* wideCsv(
  source: MetricSource,
  group: AxisGroup,
  options: { readonly span: TimeSpan; readonly failedTimesSeconds: readonly number[] },
): AsyncGenerator<string> {
  const header = group.series.map((series) => textCell(series.key));
  yield csvLine(["time", "time_seconds", ...header]);
  const columns = new Map(group.series.map((series, column) => [series.key, column]));
  const names = [...new Set(group.series.map((series) => series.name))];
  const slices = slicesOf(options.span, SLICE_SECONDS);
  for (const [position, slice] of slices.entries()) {
    const inside = (time: number) => position === 0 || time > slice.startSeconds;
    const rows = new Map<number, string[]>();
    for (const time of options.failedTimesSeconds) {
      if (time >= slice.startSeconds && time <= slice.endSeconds && inside(time)) {
        rows.set(time, emptyRow(columns.size));
      }
    }
    for (const name of names) {
      for (const series of await selectInSlices(source, name, slice, group.matchers)) {
        const column = columns.get(seriesKey(series));
        if (column !== undefined) fillColumn(rows, series, { column, width: columns.size, inside });
      }
    }
    const times = [...rows.keys()].sort((a, b) => a - b);
    for (const time of times) yield csvLine([timeCells(time), ...rows.get(time)!]);
  }
}

function emptyRow(width: number): string[] {
  return new Array<string>(width).fill("");
}

function fillColumn(
  rows: Map<number, string[]>,
  series: Series,
  options: { column: number; width: number; inside: (time: number) => boolean },
): void {
  for (let i = 0; i < series.values.length; i++) {
    const time = series.timesSeconds[i]!;
    if (!options.inside(time)) continue;
    let row = rows.get(time);
    if (row === undefined) rows.set(time, row = emptyRow(options.width));
    row[options.column] = numberCell(series.values[i]!);
  }
}

/** One row per point, series after series. The labels are one JSON object, so that any label can be read back. */
export async function* longCsv(
  source: MetricSource,
  names: readonly string[],
  span: TimeSpan,
): AsyncGenerator<string> {
  yield csvLine(["time", "time_seconds", "name", "labels", "value"]);
  for (const name of names) {
    for (const series of await selectInSlices(source, name, span)) {
      const identity = [textCell(series.name), textCell(JSON.stringify(series.labels))];
      for (let i = 0; i < series.values.length; i++) {
        yield csvLine([timeCells(series.timesSeconds[i]!), ...identity, numberCell(series.values[i]!)]);
      }
    }
  }
}

const REQUEST_TEXTS = ["id", "target", "engine", "model", "endpoint", "phase", "outcome"] as const;
const REQUEST_NUMBERS = [
  "status",
  "promptTokens",
  "cachedTokens",
  "outputTokens",
  "maxTokens",
] as const;
const REQUEST_TIMES = [
  "dueSeconds",
  "sentSeconds",
  "connectedSeconds",
  "headersSeconds",
  "endSeconds",
] as const;

/** One row per request, in the order given. Arrival of each chunk is in the JSON file; here first, last and count. */
export function* requestsCsv(requests: readonly RequestRecord[]): Generator<string> {
  yield csvLine([
    "due_time",
    "due_time_seconds",
    ...REQUEST_TEXTS,
    ...REQUEST_TIMES.slice(1).map(snakeCase),
    "first_chunk_seconds",
    "last_chunk_seconds",
    "chunk_count",
    "ttft_seconds",
    "e2e_seconds",
    ...REQUEST_NUMBERS.map(snakeCase),
    "output_tokens_from",
    "finish_reason",
    "trust",
    "error",
  ]);
  for (const request of requests) yield csvLine(requestCells(request));
}

function requestCells(request: RequestRecord): string[] {
  const chunks = request.chunkTimesSeconds;
  const first = chunks[0];
  const last = chunks.at(-1);
  const since = (time: number | undefined) =>
    time === undefined || request.sentSeconds === undefined ? undefined : time - request.sentSeconds;
  return [
    timeCells(request.dueSeconds),
    ...REQUEST_TEXTS.map((field) => textCell(request[field])),
    ...REQUEST_TIMES.slice(1).map((field) => numberCell(request[field])),
    numberCell(first),
    numberCell(last),
    numberCell(chunks.length),
    numberCell(since(first)),
    numberCell(e2eSeconds(request)),
    ...REQUEST_NUMBERS.map((field) => numberCell(request[field])),
    textCell(request.outputTokensFrom ?? ""),
    textCell(request.finishReason ?? ""),
    textCell(request.trust),
    textCell(request.error ?? ""),
  ];
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** One row per event; what only its kind has is one JSON object. */
export function* eventsCsv(events: readonly LabEvent[]): Generator<string> {
  yield csvLine(["time", "time_seconds", "kind", "target", "details"]);
  for (const event of events) {
    const { kind, timeSeconds, ...rest } = event;
    const { target, ...details } = { target: "", ...rest };
    yield csvLine([timeCells(timeSeconds), kind, textCell(target), textCell(JSON.stringify(details))]);
  }
}
