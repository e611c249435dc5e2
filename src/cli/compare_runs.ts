/**
 * Which runs `deno task compare` is given: recordings, result files, folders of a run, folders of several runs.
 *
 * @module
 */
import { join } from "node:path";
import { type ComparableRun } from "../analyzer/compare.ts";
import { escapeTerminal } from "../base/escape.ts";
import { BENCHMARK_FILES, readBenchmark } from "../formats/benchmark_file.ts";
import { isRequestsCsv } from "../formats/requests_csv_reader.ts";
import { RECORDING_FILE } from "../notebook/lab.ts";
import { type FileKind, fileKind, fileKindName } from "../recording/file_kind.ts";
import type { MetricSource } from "../series/types.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { readPackedText } from "./packed_text.ts";
import { openFailure, openSource } from "./source.ts";
import { CliError, note } from "./terminal.ts";

/** A side's runs: paths, each also several separated by commas. @throws CliError (exit 2) where one is no run */
export async function readSide(
  paths: readonly string[],
  language: Language,
): Promise<readonly ComparableRun[]> {
  const runs: ComparableRun[] = [];
  for (const path of paths.flatMap(named)) runs.push(...await readPath(path, language));
  return runs;
}

/** A comma separates paths, except in a name that there is. */
function named(path: string): readonly string[] {
  return statOf(path) === undefined ? path.split(",").filter((one) => one !== "") : [path];
}

async function readPath(path: string, language: Language): Promise<readonly ComparableRun[]> {
  if (statOf(path)?.isDirectory !== true) return await readFile(path, language);
  const own = await readFolder(path, language);
  if (own !== undefined) return own;
  const runs: ComparableRun[] = [];
  for (const name of foldersIn(path)) runs.push(...await readFolder(join(path, name), language) ?? []);
  if (runs.length === 0) throw new CliError(escapeTerminal(cliText(language).noRunIn(path, wantedFiles())));
  return runs;
}

/** By what a file holds, not by its name; what is no file may be the name of shipped data. */
async function readFile(path: string, language: Language): Promise<readonly ComparableRun[]> {
  const kind = kindOf(path);
  const name = kind === undefined ? undefined : fileKindName(kind);
  // What is packed is looked at when it is unpacked.
  if (
    kind !== "json" && kind !== "gzip" && name !== undefined &&
    !(kind === "csv" && isRequestsCsv(headOf(path)))
  ) {
    throw new CliError(escapeTerminal(cliText(language).notARun(path, name)));
  }
  if (name === undefined) return [(await openSource({ path }, language)).source];
  const runs = await readResult(path, language);
  tell(path, runs.length, language);
  return runs;
}

async function readResult(path: string, language: Language): Promise<readonly ComparableRun[]> {
  try {
    return readBenchmark(await readPackedText(path));
  } catch (error) {
    if (error instanceof Error) throw new CliError(openFailure(path, error, language));
    throw error;
  }
}

/**
 * The one run of a folder. All files of a load tell of the same run, so one of them is read: a recording with the requests
 * in it, which knows the server too; else the result file that holds most; else the recording as the server tells it.
 * Undefined where the folder itself holds no run.
 */
async function readFolder(path: string, language: Language): Promise<readonly ComparableRun[] | undefined> {
  const recorded = statOf(join(path, RECORDING_FILE))?.isFile === true ||
    statOf(join(path, "manifest.json"))?.isFile === true;
  const result = RESULT_FILES.map((name) => join(path, name)).find((one) => statOf(one)?.isFile === true);
  if (result === undefined) {
    return recorded ? [(await openSource({ path }, language)).source] : undefined;
  }
  if (recorded) {
    const opened = await openSource({ path }, language);
    if (await holdsRequests(opened.source)) return [opened.source];
    opened[Symbol.dispose]();
  }
  return await readFile(result, language);
}

/** Those with the requests in them first. */
const RESULT_FILES = (["lab", "vllm_bench", "guidellm", "aiperf_jsonl", "aiperf", "csv"] as const)
  .map((format) => BENCHMARK_FILES[format]);

function wantedFiles(): string {
  return [RECORDING_FILE, ...RESULT_FILES].join(", ");
}

async function holdsRequests(source: MetricSource): Promise<boolean> {
  const span = await source.span();
  return span !== undefined && (await source.requests(span)).length > 0;
}

function tell(path: string, runs: number, language: Language): void {
  const text = cliText(language);
  note(escapeTerminal(runs === 1 ? text.reading(path) : text.readingRuns(path, runs)));
}

/** Names sort by time. */
function foldersIn(path: string): readonly string[] {
  return [...Deno.readDirSync(path)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
}

function headOf(path: string): string {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(4096);
  return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
}

/** Undefined where there is no such file, or it is a folder: whoever opens it says so. */
function kindOf(path: string): FileKind | undefined {
  return statOf(path)?.isFile === true ? fileKind(path) : undefined;
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
