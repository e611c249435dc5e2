/**
 * Where runs are kept: one folder each under `data/runs`, named by the time they began.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RECORDING_FILE } from "../notebook/lab.ts";
import { openRecording } from "../recording/recording.ts";
import { CliError } from "./terminal.ts";

/** All runs of this checkout. */
export const RUNS_DIRECTORY = fileURLToPath(new URL("../../data/runs/", import.meta.url));

/**
 * A folder for a run that begins now; it is made.
 *
 * @throws CliError (exit 2) when it cannot be made or holds a run already: two runs in one folder could not be told apart
 */
export async function makeRunDirectory(
  timeSeconds: number,
  wanted?: string,
  parent: string = RUNS_DIRECTORY,
): Promise<string> {
  const name = new Date(timeSeconds * 1000).toISOString().replace(/\.\d+Z$/, "Z").replaceAll(":", "-");
  let path = wanted ?? join(parent, name);
  try {
    if (wanted === undefined) return path = await makeNewFolder(parent, name);
    await Deno.mkdir(path, { recursive: true });
    for await (const entry of Deno.readDir(path)) {
      if (entry.name === RECORDING_FILE || entry.name.endsWith("_index.json")) {
        throw new CliError(`Cannot write to ${path}: it holds a run already, wanted a new folder`);
      }
    }
  } catch (error) {
    if (error instanceof CliError || !(error instanceof Error)) throw error;
    throw new CliError(
      `Cannot write to ${path}: ${error.message.replace(/ \(os error \d+\).*$/, "")}, wanted a folder`,
    );
  }
  return path;
}

/** Two runs may begin in one second: only one of them can make a folder of a name, and the other takes the next. */
async function makeNewFolder(parent: string, name: string): Promise<string> {
  await Deno.mkdir(parent, { recursive: true });
  for (let number = 1;; number++) {
    const path = join(parent, number === 1 ? name : `${name}-${number}`);
    try {
      await Deno.mkdir(path);
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** Whether a recording is there and has anything in it. */
export async function holdsData(path: string): Promise<boolean> {
  if (!await exists(path)) return false;
  try {
    using recording = openRecording(path);
    return await recording.span() !== undefined;
  } catch (error) {
    // One that cannot be opened may hold something all the same.
    if (error instanceof Error) return true;
    throw error;
  }
}

/** A recording and what SQLite may have beside it. */
const RECORDING_FILES = [RECORDING_FILE, `${RECORDING_FILE}-wal`, `${RECORDING_FILE}-shm`];

/**
 * Takes away a run that collected nothing: its recording, and its folder where nothing else is in it.
 *
 * @param others names of files that it made besides
 */
export async function removeEmptyRun(directory: string, others: readonly string[] = []): Promise<void> {
  for (const name of [...RECORDING_FILES, ...others]) {
    try {
      await Deno.remove(join(directory, name));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  await removeEmptyDirectory(directory);
}

/** Takes a run's folder away again where nothing came of the run. A folder with anything in it stays. */
export async function removeEmptyDirectory(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    // Not empty, or gone: then there is nothing to take away.
    if (!(error instanceof Error)) throw error;
  }
}

/** The newest run that left a recording; undefined when there is none. Names sort by time. */
export async function newestRecording(directory: string = RUNS_DIRECTORY): Promise<string | undefined> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) if (entry.isDirectory) names.push(entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  for (const name of names.sort().reverse()) {
    const path = join(directory, name, RECORDING_FILE);
    if (await exists(path)) return path;
  }
  return undefined;
}

/** Of a run's folder its recording; any other path as it is. */
export async function recordingIn(path: string): Promise<string> {
  const inside = join(path, RECORDING_FILE);
  return await exists(inside) ? inside : path;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
