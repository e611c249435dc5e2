/**
 * What a command works on: a recording that was named, the newest run, else the shipped data.
 *
 * @module
 */
import { openShippedData } from "../collector/shipped_data.ts";
import { prometheusSource } from "../remote/prometheus_source.ts";
import { escapeTerminal } from "../base/escape.ts";
import { openRecording, type Recording } from "../recording/recording.ts";
import type { MetricSource } from "../series/types.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { newestRecording, RUNS_DIRECTORY } from "./runs.ts";
import { CliError, note } from "./terminal.ts";

/** An opened source; dispose it when the command is over. */
export interface OpenedSource extends Disposable {
  readonly source: MetricSource;
  /** As a person would name it: a path or the name of shipped data. */
  readonly name: string;
  /** Of the file; absent for shipped data. */
  readonly path?: string;
}

/** Name of the shipped run that stands in where nobody has run anything yet. */
const SHIPPED = "vllm-0.32.0-cpu";

/** Which source: a recording's path, a remote server's address, or neither. */
export interface WantedSource {
  readonly path?: string | undefined;
  readonly prometheus?: string | undefined;
}

/**
 * Opens a source and says which one, on standard error. With neither path nor address: the newest run, else the shipped data.
 *
 * @throws CliError (exit 2) when the file cannot be read, or when both a file and a server are named
 */
export async function openSource(wanted: WantedSource, language: Language): Promise<OpenedSource> {
  const text = cliText(language);
  if (wanted.prometheus !== undefined) {
    if (wanted.path !== undefined) {
      throw new CliError("Cannot read a recording and --prometheus at once: wanted one of them");
    }
    return openRemote(wanted.prometheus, language);
  }
  const recording = wanted.path ?? await newestRecording();
  if (recording !== undefined) {
    const source = open(recording, language);
    note(text.reading(recording));
    return { source, name: recording, path: recording, [Symbol.dispose]: () => source[Symbol.dispose]() };
  }
  note(text.noRun(RUNS_DIRECTORY));
  return { source: await openShippedData(SHIPPED), name: SHIPPED, [Symbol.dispose]() {} };
}

/** A token for the server comes from the environment only. */
async function openRemote(address: string, language: Language): Promise<OpenedSource> {
  const token = Deno.env.get("LAB_REMOTE_TOKEN") ?? "";
  const source = prometheusSource(address, token === "" ? {} : { bearerToken: token });
  const name = shownAddress(address);
  try {
    if (await source.span() === undefined) throw new CliError(cliText(language).nothingThere(name));
  } catch (error) {
    if (error instanceof CliError || !(error instanceof Error)) throw error;
    throw new CliError(escapeTerminal(error.message));
  }
  note(cliText(language).reading(name));
  return { source, name, [Symbol.dispose]() {} };
}

/** Without credentials and parameters. */
function shownAddress(address: string): string {
  const { origin, pathname } = new URL(address);
  return origin + pathname.replace(/\/$/, "");
}

function open(path: string, language: Language): Recording {
  try {
    return openRecording(path);
  } catch (error) {
    if (error instanceof Error) throw new CliError(cliText(language).cannotOpen(path, error.message));
    throw error;
  }
}
