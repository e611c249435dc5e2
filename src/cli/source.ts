/**
 * What a command works on: a recording that was named, the newest run, else the shipped data.
 *
 * @module
 */
import { openShippedData } from "../collector/shipped_data.ts";
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

/**
 * Opens a source and says which one, on standard error.
 *
 * @param path a recording; undefined for the newest run
 * @throws CliError (exit 2) when the file cannot be read
 */
export async function openSource(path: string | undefined, language: Language): Promise<OpenedSource> {
  const text = cliText(language);
  const recording = path ?? await newestRecording();
  if (recording !== undefined) {
    const source = open(recording, language);
    note(text.reading(recording));
    return { source, name: recording, path: recording, [Symbol.dispose]: () => source[Symbol.dispose]() };
  }
  note(text.noRun(RUNS_DIRECTORY));
  return { source: await openShippedData(SHIPPED), name: SHIPPED, [Symbol.dispose]() {} };
}

function open(path: string, language: Language): Recording {
  try {
    return openRecording(path);
  } catch (error) {
    if (error instanceof Error) throw new CliError(cliText(language).cannotOpen(path, error.message));
    throw error;
  }
}
