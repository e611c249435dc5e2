/**
 * Reads the lab's CSV of requests (RFC 4180), as a load writes it or the export of a recording.
 *
 * @module
 */
import type { RequestRecord } from "../series/types.ts";
import { compact } from "../simulator/workload/compact.ts";
import type { BenchmarkRun } from "./benchmark_run.ts";
import { named } from "./figures.ts";
import { meanGapOf, outcomeCounts, outcomeNamed } from "./outcomes.ts";

/** Columns as a load writes them, and as the export of a recording calls them. */
const COLUMNS = {
  due: ["due_unix_seconds", "due_time_seconds"],
  sent: ["sent_unix_seconds", "sent_seconds"],
  end: ["end_unix_seconds", "end_seconds"],
  chunks: ["token_chunks", "chunk_count"],
} as const;

/** Without these a table is another one. */
const NEEDED = [["outcome"], COLUMNS.due, COLUMNS.sent, COLUMNS.chunks];

/** Characters of a first line; of JSON it may be the whole file. */
const LONGEST_HEAD = 4096;

/** Whether a text begins with the columns of such a table. */
export function isRequestsCsv(text: string): boolean {
  const end = text.indexOf("\n");
  const head = text.slice(0, end < 0 ? LONGEST_HEAD : Math.min(end, LONGEST_HEAD)).trim();
  // The names of columns are plain.
  const names = head.replaceAll('"', "").split(",");
  return NEEDED.every((either) => either.some((name) => names.includes(name)));
}

/**
 * Reads such a table. It holds the first and the last token's time of each request, and how many chunks came: the mean of
 * all gaps is known, a percentile of them is not.
 *
 * @throws SyntaxError for a row that is no request: a table without it would be another run
 */
export function fromRequestsCsv(text: string): BenchmarkRun {
  const [names = [], ...lines] = rowsOf(text);
  const rows = lines.map((cells, i) => {
    const record = cells.length === names.length ? recordOf(cellsOf(names, cells)) : undefined;
    if (record !== undefined) return record;
    throw new SyntaxError(
      `Cannot read the table of requests: row ${
        i + 1
      } of ${lines.length} is cut or no request, wanted a whole file`,
    );
  });
  const records = rows.map(({ record }) => record);
  const models = [...new Set(records.map(({ model }) => model))].filter((model) => model !== "");
  return {
    format: "csv",
    ...named("model", models.length === 0 ? undefined : models.join(", ")),
    ...outcomeCounts(records),
    ...meanGapOf(rows),
    records,
    endsOnly: true,
  };
}

type Cells = ReadonlyMap<string, string>;

function cellsOf(names: readonly string[], cells: readonly string[]): Cells {
  return new Map(names.map((name, i) => [name, cells[i]!]));
}

/** Under the first of these names that there is. */
function numberAt(cells: Cells, ...names: readonly string[]): number | undefined {
  const name = names.find((one) => cells.has(one));
  const text = name === undefined ? "" : cells.get(name)!.trim();
  const value = Number(text);
  return text === "" || !Number.isFinite(value) ? undefined : value;
}

function textAt(cells: Cells, name: string): string | undefined {
  const text = cells.get(name) ?? "";
  return text === "" ? undefined : text;
}

/** Undefined for a row that is no request. */
function recordOf(
  cells: Cells,
): { readonly record: RequestRecord; readonly chunks: number | undefined } | undefined {
  const outcome = outcomeNamed(cells.get("outcome"));
  const dueSeconds = numberAt(cells, ...COLUMNS.due);
  if (outcome === undefined || dueSeconds === undefined) return undefined;
  const sentSeconds = numberAt(cells, ...COLUMNS.sent);
  const record = compact({
    id: textAt(cells, "id") ?? "",
    target: "file",
    model: textAt(cells, "model") ?? "",
    endpoint: cells.get("endpoint") === "chat" ? "chat" as const : "completions" as const,
    phase: textAt(cells, "phase") ?? "",
    outcome,
    dueSeconds,
    sentSeconds,
    chunkTimesSeconds: endsOf(cells, sentSeconds),
    endSeconds: numberAt(cells, ...COLUMNS.end),
    status: numberAt(cells, "status"),
    finishReason: textAt(cells, "finish_reason"),
    promptTokens: numberAt(cells, "prompt_tokens"),
    cachedTokens: numberAt(cells, "cached_tokens"),
    outputTokens: numberAt(cells, "output_tokens"),
    maxTokens: numberAt(cells, "max_tokens"),
    error: textAt(cells, "error"),
    engine: textAt(cells, "engine") ?? "",
    trust: "not_measured" as const,
  });
  return { record, chunks: numberAt(cells, ...COLUMNS.chunks) };
}

/** The first and the last token chunk; one where only one came, none where none did. */
function endsOf(cells: Cells, sentSeconds: number | undefined): Float64Array {
  const first = numberAt(cells, "ttft_seconds");
  const last = numberAt(cells, "e2e_seconds");
  if (sentSeconds === undefined || first === undefined) return new Float64Array(0);
  const several = (numberAt(cells, ...COLUMNS.chunks) ?? 0) > 1 && last !== undefined && last >= first;
  return Float64Array.from(several ? [sentSeconds + first, sentSeconds + last] : [sentSeconds + first]);
}

/**
 * Rows of cells; a cell in quotes may hold commas, quotes and line ends. An empty line is no row.
 *
 * @throws SyntaxError at a cell that begins or ends in the midst of quotes: what comes after it would be lost
 */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A cell and what ends it: a comma, a line end, the end of the text.
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  pattern.lastIndex = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let start = pattern.lastIndex;; start = pattern.lastIndex) {
    const match = pattern.exec(text);
    if (match === null) throw brokenCell(text, start);
    const [, quoted, plain = "", end] = match;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    if (end === "") return rows;
  }
}

function brokenCell(text: string, start: number): SyntaxError {
  const line = text.slice(0, start).split("\n").length;
  return new SyntaxError(`Cannot read the table of requests: line ${line}: a quote out of place, wanted CSV`);
}
