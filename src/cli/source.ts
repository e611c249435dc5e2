/**
 * What a command works on: a recording that was named, the newest run, else the shipped data.
 *
 * @module
 */
import { basename, join } from "node:path";
import { realClock } from "../collector/clock.ts";
import { openShippedData, type ShippedDataName, shippedDataNames } from "../collector/shipped_data.ts";
import { prometheusSource } from "../remote/prometheus_source.ts";
import { escapeTerminal } from "../base/escape.ts";
import { RECORDING_FILE } from "../notebook/lab.ts";
import { openRecording, type Recording } from "../recording/recording.ts";
import { checkStretch, stretchOf, withinSpan } from "../series/narrow.ts";
import { withStatedFacts } from "../series/stated_facts.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { newestRecording, recordingIn, RUNS_DIRECTORY } from "./runs.ts";
import { type SourceOptions, wantedStretch } from "./span_options.ts";
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

/** Which source: a recording's path, or a remote server's address among the options, or neither; and which stretch of it. */
export interface WantedSource {
  readonly path?: string | undefined;
  readonly options?: SourceOptions;
}

/**
 * Opens a source and says which one, on standard error. With neither path nor address: the newest run, else the shipped data.
 *
 * @throws CliError (exit 2) when the file cannot be read, or when both a file and a server are named
 */
export async function openSource(wanted: WantedSource, language: Language): Promise<OpenedSource> {
  const { path, options = {} } = wanted;
  checked(options);
  if (options.prometheus === undefined) {
    checkLocal(options);
    return narrowed(stated(await openLocal(path, language), options), options, language);
  }
  if (path !== undefined) {
    throw new CliError("Cannot read a recording and --prometheus at once: wanted one of them");
  }
  const opened = stated(await openRemote(options.prometheus, options, language), options);
  return narrowed(opened, options, language);
}

/** @throws CliError on what is asked of a server alone */
export function checkLocal({ match, timeout, allowPartial }: SourceOptions): void {
  const given = [
    ...(match === undefined ? [] : ["--match"]),
    ...(timeout === undefined ? [] : ["--timeout"]),
    ...(allowPartial === undefined ? [] : ["--allow-partial"]),
  ];
  if (given.length === 0) return;
  throw new CliError(`Cannot use ${given.join(" and ")} with a recording: wanted --prometheus beside it`);
}

/** @throws CliError where options contradict each other */
function checked(options: SourceOptions): void {
  try {
    checkStretch(wantedStretch(options) ?? {});
  } catch (error) {
    if (error instanceof RangeError) throw new CliError(error.message);
    throw error;
  }
}

/**
 * The stretch that was asked for, said on standard error; undefined: all of it.
 *
 * @throws CliError where the source has nothing of it, or options contradict each other
 */
export async function wantedSpan(
  source: MetricSource,
  options: SourceOptions,
  language: Language,
): Promise<TimeSpan | undefined> {
  checked(options);
  const wanted = wantedStretch(options);
  const held = wanted && await source.span();
  if (wanted === undefined || held === undefined) return undefined;
  const span = stretchOf(held, wanted);
  if (span === undefined) throw new CliError(cliText(language).outside(isoOf(held)));
  note(cliText(language).stretch(isoOf(span)));
  return span;
}

/** With what the person knows of its servers. */
function stated(opened: OpenedSource, { maxNumSeqs }: SourceOptions): OpenedSource {
  if (maxNumSeqs === undefined) return opened;
  return {
    ...opened,
    source: withStatedFacts(opened.source, { maxNumSequences: maxNumSeqs }),
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

async function narrowed(
  opened: OpenedSource,
  options: SourceOptions,
  language: Language,
): Promise<OpenedSource> {
  let span: TimeSpan | undefined;
  try {
    span = await wantedSpan(opened.source, options, language);
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
  if (span === undefined) return opened;
  return {
    ...opened,
    source: withinSpan(opened.source, span),
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}

/** Both ends, to the second. */
export function isoOf({ startSeconds, endSeconds }: TimeSpan): string {
  return [startSeconds, endSeconds].map((seconds) =>
    `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
  ).join(" … ");
}

async function openLocal(path: string | undefined, language: Language): Promise<OpenedSource> {
  const text = cliText(language);
  const shipped = path === undefined ? undefined : await shippedNameOf(path);
  if (shipped !== undefined) {
    note(text.reading(shipped));
    return { source: await openShippedData(shipped), name: shipped, [Symbol.dispose]() {} };
  }
  const recording = path === undefined ? await newestRecording() : await recordingIn(path);
  if (recording !== undefined && await isFolder(recording)) {
    throw new CliError(escapeTerminal(text.noRecordingIn(recording, RECORDING_FILE)));
  }
  if (recording !== undefined) {
    const source = open(recording, language);
    note(text.reading(recording));
    return { source, name: recording, path: recording, [Symbol.dispose]: () => source[Symbol.dispose]() };
  }
  note(text.noRun(RUNS_DIRECTORY));
  return { source: await openShippedData(SHIPPED), name: SHIPPED, [Symbol.dispose]() {} };
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

/** A shipped run may be named by its folder, `data/vllm-0.32.0-restart`, or by its name alone. */
async function shippedNameOf(path: string): Promise<ShippedDataName | undefined> {
  const name = shippedDataNames().find((one) => one === basename(path));
  if (name === undefined || path === name) return name;
  return await Deno.stat(join(path, "manifest.json")).then(() => name, () => undefined);
}

/** A command tells of one moment, however long it takes: what was found is not looked up again. */
const ONE_LOOK_SECONDS = 86_400;

/** A token for the server comes from the environment only. */
async function openRemote(
  address: string,
  { match, from, to, last, timeout, allowPartial }: SourceOptions,
  language: Language,
): Promise<OpenedSource> {
  const token = Deno.env.get("LAB_REMOTE_TOKEN") ?? "";
  const endSeconds = to ?? realClock().nowSeconds();
  const startSeconds = from ?? (to === undefined ? undefined : to - (last ?? 3600));
  const source = prometheusSource(address, {
    refreshSeconds: ONE_LOOK_SECONDS,
    askedBy: "command",
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
    ...(allowPartial === undefined ? {} : { allowPartial }),
    ...(token === "" ? {} : { bearerToken: token }),
    ...(match === undefined ? {} : { matchers: match }),
    ...(last === undefined ? {} : { lookBackSeconds: last }),
    ...(startSeconds === undefined ? {} : { span: { startSeconds, endSeconds } }),
  });
  const name = shownAddress(address);
  try {
    if (await source.span() === undefined) {
      const asked = { match: match !== undefined, time: startSeconds !== undefined };
      throw new CliError(cliText(language).nothingThere(name, asked));
    }
  } catch (error) {
    if (error instanceof CliError || !(error instanceof Error)) throw error;
    throw new CliError(escapeTerminal(error.message));
  }
  note(cliText(language).reading(name));
  return { source, name, [Symbol.dispose]() {} };
}

/** Why a file cannot be opened, as one line: an error that says so itself is not put into another one. */
export function openFailure(path: string, error: Error, language: Language): string {
  const message = error.message.replace(/ \(os error \d+\).*$/, "");
  if (message.startsWith("Cannot ") && message.includes(path)) return escapeTerminal(message);
  return escapeTerminal(cliText(language).cannotOpen(path, message.replace(/^Cannot [^:]+: /, "")));
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
    if (error instanceof Error) throw new CliError(openFailure(path, error, language));
    throw error;
  }
}
