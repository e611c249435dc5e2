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

/** Whether a text begins with the columns of such a table. */
export function isRequestsCsv(text: string): boolean {
  const end = text.indexOf("\n");
  const names = rowsOf(text.slice(0, end < 0 ? undefined : end).trimEnd())[0] ?? [];
  return NEEDED.every((either) => either.some((name) => names.includes(name)));
}

/**
 * Reads such a table. It holds the first and the last token's time of each request, and how many chunks came: the mean of
 * all gaps is known, a percentile of them is not.
 */
export function fromRequestsCsv(text: string): BenchmarkRun {
  const [names = [], ...lines] = rowsOf(text);
  const rows = lines.flatMap((cells) => {
    const at = new Map(names.map((name, i) => [name, cells[i] ?? ""]));
    const record = recordOf(at);
    return record === undefined ? [] : [{ record, chunks: numberAt(at, ...COLUMNS.chunks) }];
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
function recordOf(cells: Cells): RequestRecord | undefined {
  const outcome = outcomeNamed(cells.get("outcome"));
  const dueSeconds = numberAt(cells, ...COLUMNS.due);
  if (outcome === undefined || dueSeconds === undefined) return undefined;
  const sentSeconds = numberAt(cells, ...COLUMNS.sent);
  return compact({
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
}

/** The first and the last token chunk; one where only one came, none where none did. */
function endsOf(cells: Cells, sentSeconds: number | undefined): Float64Array {
  const first = numberAt(cells, "ttft_seconds");
  const last = numberAt(cells, "e2e_seconds");
  if (sentSeconds === undefined || first === undefined) return new Float64Array(0);
  const several = (numberAt(cells, ...COLUMNS.chunks) ?? 0) > 1 && last !== undefined && last >= first;
  return Float64Array.from(several ? [sentSeconds + first, sentSeconds + last] : [sentSeconds + first]);
}

/** Rows of cells; a cell in quotes may hold commas, quotes and line ends. An empty line is no row. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A cell and what ends it: a comma, a line end, the end of the text.
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  pattern.lastIndex = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, quoted, plain = "", end] = match;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}
