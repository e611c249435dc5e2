/**
 * Prompts and arrival times out of files that others made: ShareGPT, JSON lines, and the traces of BurstGPT, Azure and
 * Mooncake.
 *
 * @module
 */
import type { Arrivals } from "../simulator/workload/pacer.ts";
import type { PromptPlan, PromptRow } from "../simulator/workload/prompts.ts";
import { isJsonObject, type Json, type JsonObject, numberAt } from "./json.ts";

/** What a file holds. */
export interface Dataset {
  readonly format: "sharegpt" | "json_lines" | "mooncake" | "burstgpt" | "azure" | "texts";
  readonly rows: readonly PromptRow[];
  /** When each row came, seconds, in a trace; as many as rows. */
  readonly timesSeconds?: readonly number[];
  /** Rows that could not be used. */
  readonly skipped: number;
}

/** Prompt tokens per block of a Mooncake trace. */
const MOONCAKE_BLOCK_TOKENS = 512;

/**
 * Recognises and reads a file.
 *
 * ShareGPT: `[{"conversations":[{"from":"human","value"},{"from":"gpt","value"}]}]`, the first question of each.
 * JSON lines: `{"prompt"}` or `{"text"}` or `{"messages"}` (content as text or parts of text), with `output_tokens` or `max_tokens` if there.
 * Mooncake: `{"timestamp":ms,"input_length","output_length","hash_ids"}`. BurstGPT: CSV with `Timestamp`,
 * `Request tokens`, `Response tokens`. Azure: CSV with `TIMESTAMP`, `ContextTokens`, `GeneratedTokens`. Anything else
 * that is no JSON: a prompt per line.
 *
 * @throws SyntaxError when no row can be used
 */
export function readDataset(text: string): Dataset {
  const found = readJson(text) ?? readTrace(text) ?? readTexts(text);
  if (found.rows.length === 0) {
    throw new SyntaxError(
      `Cannot read data set: no row can be used (${found.skipped} skipped), wanted prompts or lengths`,
    );
  }
  return found;
}

/** A data set as a load takes it: its prompts, and its arrivals where it has times. */
export function datasetLoad(
  dataset: Dataset,
): { readonly prompts: PromptPlan; readonly arrivals?: Extract<Arrivals, { kind: "trace" }> } {
  const prompts: PromptPlan = { kind: "rows", rows: dataset.rows };
  const { timesSeconds } = dataset;
  return timesSeconds === undefined ? { prompts } : { prompts, arrivals: { kind: "trace", timesSeconds } };
}

function readJson(text: string): Dataset | undefined {
  const start = text.trimStart()[0];
  if (start !== "[" && start !== "{") return undefined;
  const whole = parse(text);
  if (Array.isArray(whole)) return readItems(whole);
  if (isJsonObject(whole)) return readItems([whole]);
  const lines = text.split("\n").filter((line) => line.trim() !== "").map(parse);
  return readItems(lines);
}

function readItems(items: readonly (Json | undefined)[]): Dataset {
  const objects = items.filter(isJsonObject);
  const first = objects[0] ?? {};
  if (Array.isArray(first["conversations"])) return collect("sharegpt", items, shareGptRow);
  if ("hash_ids" in first || ("input_length" in first && "timestamp" in first)) return readMooncake(items);
  return collect("json_lines", items, jsonLineRow);
}

function collect(
  format: Dataset["format"],
  items: readonly (Json | undefined)[],
  read: (item: JsonObject) => PromptRow | undefined,
): Dataset {
  const rows = items.map((item) => isJsonObject(item) ? read(item) : undefined).filter((row) =>
    row !== undefined
  );
  return { format, rows, skipped: items.length - rows.length };
}

function shareGptRow(item: JsonObject): PromptRow | undefined {
  const turns = Array.isArray(item["conversations"]) ? item["conversations"].filter(isJsonObject) : [];
  const asked = turns.find((turn) => turn["from"] === "human" || turn["from"] === "user");
  return textRow(asked?.["value"], item);
}

function jsonLineRow(item: JsonObject): PromptRow | undefined {
  const messages = Array.isArray(item["messages"]) ? item["messages"].filter(isJsonObject) : [];
  const asked = messages.find((message) => message["role"] === "user");
  return textRow(item["prompt"] ?? item["text"] ?? messageText(asked?.["content"]), item);
}

/** Text of a chat message's content: itself, or its parts of text in lines; none where a part is an image or anything else. */
function messageText(content: Json | undefined): Json | undefined {
  if (!Array.isArray(content)) return content;
  const texts = content.map((part) =>
    isJsonObject(part) && part["type"] === "text" && typeof part["text"] === "string"
      ? part["text"]
      : undefined
  );
  return texts.includes(undefined) ? undefined : texts.join("\n");
}

function textRow(text: Json | undefined, item: JsonObject): PromptRow | undefined {
  if (typeof text !== "string" || text.trim() === "") return undefined;
  const outputTokens = count(numberAt(item, "output_tokens") ?? numberAt(item, "max_tokens"));
  return { text, ...(outputTokens === undefined ? {} : { outputTokens }) };
}

function readMooncake(items: readonly (Json | undefined)[]): Dataset {
  const used = items.filter(isJsonObject).flatMap((item) => {
    const promptTokens = count(numberAt(item, "input_length"));
    const time = numberAt(item, "timestamp");
    if (promptTokens === undefined || time === null) return [];
    const hashes = item["hash_ids"];
    const blocks = Array.isArray(hashes) ? hashes.filter((id) => typeof id === "number") : undefined;
    const outputTokens = count(numberAt(item, "output_length"));
    return [{
      time: time / 1000,
      row: {
        promptTokens,
        ...(outputTokens === undefined ? {} : { outputTokens }),
        ...(blocks === undefined ? {} : { blocks, blockTokens: MOONCAKE_BLOCK_TOKENS }),
      },
    }];
  });
  return trace("mooncake", used, items.length);
}

/** Rows in the order of their times: a schedule ascends, and each time belongs to its row. */
function trace(
  format: Dataset["format"],
  used: readonly { readonly time: number; readonly row: PromptRow }[],
  total: number,
): Dataset {
  const ordered = [...used].sort((a, b) => a.time - b.time);
  return {
    format,
    rows: ordered.map(({ row }) => row),
    timesSeconds: ordered.map(({ time }) => time),
    skipped: total - used.length,
  };
}

function readTrace(text: string): Dataset | undefined {
  const [head = "", ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const columns = cellsOf(head.replace(/^\uFEFF/, "")).map((name) => name.toLowerCase());
  const at = (name: string) => columns.indexOf(name);
  const azure = at("contexttokens") >= 0;
  const places = azure
    ? { time: at("timestamp"), prompt: at("contexttokens"), output: at("generatedtokens") }
    : { time: at("timestamp"), prompt: at("request tokens"), output: at("response tokens") };
  if (places.time < 0 || places.prompt < 0) return undefined;
  const used = lines.flatMap((line) => {
    const cells = cellsOf(line);
    const time = azure ? dateSeconds(cells[places.time] ?? "") : Number(cells[places.time]);
    const promptTokens = count(Number(cells[places.prompt]));
    const outputTokens = count(Number(cells[places.output]));
    if (!Number.isFinite(time) || promptTokens === undefined) return [];
    return [{ time, row: { promptTokens, ...(outputTokens === undefined ? {} : { outputTokens }) } }];
  });
  return trace(azure ? "azure" : "burstgpt", used, lines.length);
}

/** Cells of a line of CSV (RFC 4180), without their quotes and outer blanks. */
function cellsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:\s*"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))/g)].map((
    [, quoted, plain = ""],
  ) => quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"').trim());
}

/** Seconds of `2023-11-16 18:15:46.6805900` counted from some day: only differences of them mean anything. */
function dateSeconds(text: string): number {
  const match = text.trim().match(/^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d(?:\.\d+)?)/);
  if (match === null) return NaN;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  return dayNumber(year!, month!, day!) * 86400 + hour! * 3600 + minute! * 60 + second!;
}

/** Days since 0000-03-01 in the Gregorian calendar, after H. Hinnant's days_from_civil (public domain). */
function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + ofYear;
}

function readTexts(text: string): Dataset {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return { format: "texts", rows: lines.map((line) => ({ text: line })), skipped: 0 };
}

/** A count of tokens; 0 and what is no whole number are none. */
function count(value: number | null): number | undefined {
  return value !== null && Number.isInteger(value) && value > 0 ? value : undefined;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a line that is no JSON is counted as skipped
  }
}
