/**
 * `deno task load`: users for a server, and how far the figures can be trusted.
 *
 * @module
 */
import { join } from "node:path";
import { escapeTerminal } from "../base/escape.ts";
import { formatRate, formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import { realClock } from "../collector/clock.ts";
import { BENCHMARK_FILES, type WritableFormat, writeBenchmark } from "../formats/benchmark_file.ts";
import { datasetLoad, readDataset } from "../formats/datasets.ts";
import { workloadTable } from "../report/lab_tables.ts";
import { parseObjectives } from "../simulator/workload/goodput.ts";
import {
  LoadRefusedError,
  runLoad,
  type RunLoadHooks,
  type RunLoadOptions,
} from "../simulator/workload/load.ts";
import { WORKLOAD_PROFILES } from "../simulator/workload/profiles.ts";
import type { WorkloadProgress } from "../simulator/workload/progress.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { WorkloadError } from "../simulator/workload/simulator_options.ts";
import { causeSentence } from "../text/causes.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { runSummaryText } from "../text/run_summary.ts";
import {
  forecastLines,
  goodputSentence,
  probeLine,
  searchSentence,
  stopSentence,
  trustSentence,
} from "../text/workload.ts";
import { type CommonOptions, httpAddress, parseOptions, positiveNumber, wholeNumber } from "./options.ts";
import { makeRunDirectory } from "./runs.ts";
import { keyHeaders } from "./target_check.ts";
import { CliError, EXIT, interruptSignal, note, print } from "./terminal.ts";

interface LoadCommandOptions extends CommonOptions {
  readonly url: string;
  readonly model?: string;
  readonly chat: boolean;
  readonly rate?: number;
  readonly arrivals?: string;
  readonly concurrency?: number;
  readonly profile?: string;
  readonly findMax: boolean;
  readonly goal?: string;
  readonly requests?: number;
  readonly seconds?: number;
  readonly maxTokens?: number;
  readonly tokenBudget?: number;
  readonly seed: number;
  readonly keepPrefixes: boolean;
  readonly think?: number;
  readonly burstiness?: number;
  readonly prompts?: string;
  readonly engine?: string;
  readonly out?: string;
  readonly yes: boolean;
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options } = parseOptions<LoadCommandOptions>(args, (command) =>
    command.name("load")
      .description(
        "Sends streaming requests and measures what users feel, with how far to trust it. Ctrl-C gives the results so far.",
      )
      .requiredOption("--url <address>", "the server's API", httpAddress)
      .option("--model <name>", "default: the first that the server lists")
      .option("--chat", "chat completions instead of completions", false)
      .option("--rate <per second>", "open loop: on schedule, whatever the server does", positiveNumber)
      .option("--arrivals <kind>", "of an open loop: poisson or constant", "poisson")
      .option("--concurrency <users>", "closed loop: each user sends when its last answer came", wholeNumber)
      .option("--profile <name>", `a ready load: ${WORKLOAD_PROFILES.join(", ")}`)
      .option("--find-max", "searches the highest rate at which --goal is met", false)
      .option("--goal <objectives>", "for example ttft=500ms,itl=50ms")
      .option("--requests <number>", "ends after so many requests", wholeNumber)
      .option("--seconds <number>", "ends after so long; default 30", positiveNumber)
      .option("--max-tokens <number>", "of every answer; default 50 to 150", wholeNumber)
      .option("--token-budget <number>", "ends when so many tokens were asked for", wholeNumber)
      .option("--seed <number>", "repeats schedule, prompts and lengths; it is not sent", wholeNumber, 1)
      .option("--keep-prefixes", "does not salt prompts, so that the server's cache may know them", false)
      .option("--think <seconds>", "closed loop: each user's pause between two requests", positiveNumber)
      .option(
        "--burstiness <number>",
        "open loop: gamma arrivals; 1 is Poisson, less is burstier",
        positiveNumber,
      )
      .option("--prompts <file>", "ShareGPT JSON, JSON lines, or a BurstGPT, Azure or Mooncake trace")
      .option("--engine <name>", "raw sockets, or epoll with the kernel's receive times (Linux, --allow-ffi)")
      .option("--out <folder>", "where the result files go; default data/runs/<time>")
      .option("--yes", "sends to a server that is not this machine", false));
  const { lang } = options;
  using interrupt = interruptSignal();
  // Before the load, not after it: results must have a place to go.
  const directory = await makeRunDirectory(realClock().nowSeconds(), options.out);
  const result = await send(options, {
    signal: interrupt.signal,
    onForecast: (forecast) => forecastLines(forecast, lang).forEach((line) => note(escapeTerminal(line))),
    onProgress: (progress) => note(progressLine(progress, lang)),
    onProbe: (probe) => note(probeLine(probe, lang)),
  });
  await report(result, directory, options);
  if (interrupt.signal.aborted) return EXIT.interrupted;
  return result.records.length > 0 && result.summary.byOutcome.ok === 0 ? EXIT.failed : EXIT.ok;
}

async function send(options: LoadCommandOptions, hooks: RunLoadHooks): Promise<WorkloadResult> {
  const { lang } = options;
  try {
    return await runLoad({ ...loadOptions(options), ...await promptsOf(options) }, hooks);
  } catch (error) {
    if (error instanceof LoadRefusedError) {
      throw new CliError(cliText(lang).needsYes(escapeTerminal(new URL(options.url).host)));
    }
    if (error instanceof WorkloadError) {
      const cause = escapeTerminal(causeSentence(error.reason, lang));
      throw new CliError(cliText(lang).cannotLoad(escapeTerminal(options.url), cause));
    }
    if (error instanceof RangeError || error instanceof SyntaxError) throw new CliError(error.message);
    throw error;
  }
}

function loadOptions(options: LoadCommandOptions): RunLoadOptions {
  const { url, model, chat, rate, concurrency, profile, goal, requests, seconds, maxTokens, tokenBudget } =
    options;
  const { seed, keepPrefixes, findMax, yes, arrivals } = options;
  if (arrivals !== "poisson" && arrivals !== "constant") {
    throw new CliError(`Cannot load: arrivals "${arrivals}", wanted poisson or constant`);
  }
  return {
    url,
    endpoint: chat ? "chat" : "completions",
    arrivals,
    seed,
    keepPrefixes,
    findMax,
    yes,
    ...keyHeaders(),
    ...(model === undefined ? {} : { model }),
    ...(rate === undefined ? {} : { ratePerSecond: rate }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(profile === undefined ? {} : { profile }),
    ...(goal === undefined ? {} : { objectives: parseObjectives(goal) }),
    ...(requests === undefined ? {} : { requests }),
    ...(seconds === undefined ? {} : { durationSeconds: seconds }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(tokenBudget === undefined ? {} : { tokenBudget }),
    ...(options.think === undefined ? {} : { thinkSeconds: options.think }),
    ...(options.burstiness === undefined ? {} : { burstiness: options.burstiness }),
    ...engineOf(options.engine),
  };
}

function engineOf(name: string | undefined): Pick<RunLoadOptions, "engine"> {
  if (name === undefined) return {};
  if (name !== "raw" && name !== "epoll") {
    throw new CliError(`Cannot load with the engine "${name}": wanted raw or epoll`);
  }
  return { engine: name };
}

/** Prompts from a file; a trace brings its schedule too, unless a load of another kind is asked for. */
async function promptsOf(options: LoadCommandOptions): Promise<Partial<RunLoadOptions>> {
  if (options.prompts === undefined) return {};
  let text: string;
  try {
    text = await Deno.readTextFile(options.prompts);
  } catch (error) {
    if (error instanceof Error) {
      throw new CliError(cliText(options.lang).cannotOpen(options.prompts, error.message));
    }
    throw error;
  }
  const { prompts, arrivals } = datasetLoad(readDataset(text));
  const scheduled = options.rate === undefined && options.concurrency === undefined &&
    options.profile === undefined;
  if (arrivals === undefined || !scheduled) return { prompts };
  // A trace is over with its last request, unless the reader bounds it.
  const lastSeconds = Math.max(...arrivals.timesSeconds.slice(-1), 0);
  return {
    prompts,
    arrivals,
    ...(options.seconds === undefined ? { durationSeconds: lastSeconds + 0.001 } : {}),
  };
}

function progressLine(progress: WorkloadProgress, language: Language): string {
  const { elapsedSeconds, ended, planned, inFlight, outputTokens, recentTtftSeconds, recentTpotSeconds } =
    progress;
  const words = runSummaryText(language);
  const known = (value: number | undefined) => value === undefined ? NOT_AVAILABLE : formatSeconds(value);
  return [
    formatSeconds(elapsedSeconds).padStart(7),
    `${words.requests} ${ended}${planned === undefined ? "" : ` / ${planned}`}`,
    `${words.running} ${inFlight}`,
    formatRate(elapsedSeconds > 0 ? outputTokens / elapsedSeconds : 0, "tok/s"),
    `TTFT p50 ${known(recentTtftSeconds)}`,
    `TPOT p50 ${known(recentTpotSeconds)}`,
  ].join("  ");
}

/** The table, how far to trust it, the reasons of failures, and the files. */
async function report(result: WorkloadResult, directory: string, options: LoadCommandOptions): Promise<void> {
  const { lang } = options;
  const files = await writeResults(result, directory);
  if (options.json) return print(writeBenchmark(result, "vllm_bench"));
  const words = runSummaryText(lang);
  print(workloadTable({ [result.name]: result }, { language: lang }).text);
  print(trustSentence(result.trust, lang));
  if (result.goodput !== undefined) print(goodputSentence(result.goodput, lang));
  if (result.search !== undefined) print(searchSentence(result.search, lang));
  if (result.stopped !== undefined) print(escapeTerminal(stopSentence(result.stopped, lang)));
  for (const { count, outcome, reason } of result.summary.failures) {
    print(words.failure(count, words.outcomes[outcome], escapeTerminal(reason)));
  }
  print(`${cliText(lang).written}:\n${files.map((file) => `  ${file}`).join("\n")}`);
}

/** Our own file and those of the tools that people compare with. */
async function writeResults(result: WorkloadResult, directory: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const [format, name] of Object.entries(BENCHMARK_FILES)) {
    const path = join(directory, name);
    // The keys of the table are the formats: Object.entries forgets it.
    await Deno.writeTextFile(path, writeBenchmark(result, format as WritableFormat));
    files.push(path);
  }
  return files;
}
