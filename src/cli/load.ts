/**
 * `deno task load`: users for a server, and how far the figures can be trusted.
 *
 * @module
 */
import { escapeTerminal } from "../base/escape.ts";
import { formatRate, formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import { realClock } from "../collector/clock.ts";
import { isUnreachable } from "../collector/connection_cause.ts";
import { datasetLoad, readDataset } from "../formats/datasets.ts";
import {
  LoadRefusedError,
  runLoad,
  type RunLoadHooks,
  type RunLoadOptions,
} from "../simulator/workload/load.ts";
import { lostServer } from "../simulator/workload/lost_server.ts";
import { DEFAULT_TIMEOUTS } from "../simulator/workload/plan.ts";
import { WORKLOAD_PROFILES } from "../simulator/workload/profiles.ts";
import type { WorkloadProgress } from "../simulator/workload/progress.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import type { TokenPrices } from "../simulator/workload/safety.ts";
import { isThreadCount, MOST_THREADS, type Threads } from "../simulator/workload/threads.ts";
import type { VllmWorkloadSimulator } from "../simulator/workload/simulator.ts";
import { reasonTeller } from "../report/load_trouble.ts";
import { WorkloadError } from "../simulator/workload/simulator_options.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { runSummaryText } from "../text/run_summary.ts";
import { forecastLines, probeLine, searchRunLine, workloadText } from "../text/workload.ts";
import { checkLoadOptions, type LoadKindOptions } from "./load_checks.ts";
import { objectivesOf, readObjective, type WantedObjective } from "./load_objectives.ts";
import { OutsideReader } from "./load_outside.ts";
import { meetsObjectives, reportLoad } from "./load_report.ts";
import { InvalidArgumentError, Option } from "commander";
import {
  type CommonOptions,
  countingNumber,
  httpAddress,
  numberFromZero,
  parseOptions,
  percent,
  positiveNumber,
  wholeNumber,
} from "./options.ts";
import { readPackedText } from "./packed_text.ts";
import { makeRunDirectory, removeEmptyDirectory } from "./runs.ts";
import { openFailure } from "./source.ts";
import { keyHeaders, loadFailure, shownAddress } from "./target_check.ts";
import { CliError, EXIT, interruptSignal, note } from "./terminal.ts";

interface LoadCommandOptions extends CommonOptions, LoadKindOptions {
  readonly url: string;
  readonly model?: string;
  readonly chat: boolean;
  readonly drain?: number;
  readonly requests?: number;
  readonly seconds?: number;
  readonly maxTokens?: number;
  readonly tokenBudget?: number;
  readonly price?: TokenPrices;
  readonly seed: number;
  readonly keepPrefixes: boolean;
  readonly prompts?: string;
  readonly engine?: string;
  readonly threads?: Threads;
  readonly ca?: string;
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
      .option(
        "--concurrency <users>",
        "closed loop: each user sends when its last answer came",
        countingNumber,
      )
      .option("--profile <name>", `a ready load: ${WORKLOAD_PROFILES.join(", ")}`)
      .option(
        "--objective <limits>",
        "what a good request keeps, for example ttft=500ms,e2e=5s (of ttft, tpot, e2e, and itl: its mean gap between " +
          "chunks); with @95% the share of requests that must; default @99%; may be repeated",
        (value, before: readonly WantedObjective[] = []) => [...before, readObjective(value)],
      )
      .addOption(new Option("--goal <limits>", "as --objective").argParser(readObjective).hideHelp())
      .option("--share <percent>", "as @95% in --objective; default 99, of --find-max 90", percent)
      .option(
        "--find-max",
        "searches the highest rate at which --share of the requests keep --objective; takes some 20 times --seconds",
        false,
      )
      .option(
        "--within <seconds>",
        "of --find-max: begins no run that would send beyond so long",
        positiveNumber,
      )
      .option("--requests <number>", "ends after so many requests", countingNumber)
      .option("--seconds <number>", "ends after so long; default 30", positiveNumber)
      .option(
        "--drain <seconds>",
        "how long answers may still take after --seconds, then they are cut; default 10",
        numberFromZero,
      )
      .option("--max-tokens <number>", "of every answer; default 50 to 150", countingNumber)
      .option("--token-budget <number>", "ends when so many tokens were asked for", wholeNumber)
      .option(
        "--price <in,out>",
        "of a million tokens of prompt and of answer, such as 0.15,0.6: the plan and the result say what it costs",
        readPrices,
      )
      .option("--seed <number>", "repeats schedule, prompts and lengths; it is not sent", wholeNumber, 1)
      .option("--keep-prefixes", "does not salt prompts, so that the server's cache may know them", false)
      .option("--think <seconds>", "closed loop: each user's pause between two requests", positiveNumber)
      .option(
        "--burstiness <number>",
        "open loop: gamma arrivals; 1 is Poisson, less is burstier",
        positiveNumber,
      )
      .option(
        "--prompts <file>",
        "ShareGPT JSON, JSON lines, a prompt a line, or a BurstGPT, Azure or Mooncake trace; also as .gz",
      )
      .option("--engine <name>", "raw sockets, or epoll with the kernel's receive times (Linux, --allow-ffi)")
      .option(
        "--threads <number>",
        "that share the load out, or auto: one for each 100 users or requests a second, as far as there are processors; default auto",
        readThreads,
      )
      .option("--ca <file>", "certificates (PEM) to trust besides the system's: of a self-signed https")
      .option("--out <folder>", "where the result files go; default data/runs/<time>")
      .option("--yes", "sends to a server that is not this machine", false)
      .addHelpText("after", EXIT_CODES));
  const { lang } = options;
  checkLoadOptions(options);
  // What cannot be meant is said before a folder is made.
  const wanted = { ...loadOptions(options), ...await promptsOf(options), ...await certificatesOf(options) };
  using interrupt = interruptSignal();
  // Before the load, not after it: results must have a place to go.
  const directory = await makeRunDirectory(realClock().nowSeconds(), options.out);
  await using outside = new OutsideReader(options.url, wanted);
  const tellReasons = reasonTeller(lang);
  const hooks: RunLoadHooks = {
    signal: interrupt.signal,
    onForecast: (forecast) => forecastLines(forecast, lang).forEach((line) => note(escapeTerminal(line))),
    onProgress: (progress) => {
      tellReasons(progress.failures).forEach((line) => note(escapeTerminal(line)));
      note(progressLine(progress, lang));
    },
    onRun: (ratePerSecond, seconds, elapsedSeconds) =>
      note(searchRunLine({ ratePerSecond, seconds, elapsedSeconds }, lang)),
    onProbe: (probe) => note(probeLine(probe, lang)),
    onSimulator: async (simulator) => {
      await checkConnection(simulator, interrupt.signal);
      if (!options.findMax) await outside.read();
    },
  };
  const result = await send(wanted, lang, hooks).catch(async (error) => {
    await removeEmptyDirectory(directory);
    if (!interrupt.signal.aborted) throw error;
  });
  if (result === undefined || interrupt.signal.aborted && result.records.length === 0) {
    await removeEmptyDirectory(directory);
    note(cliText(lang).nothingCollected);
    return EXIT.interrupted;
  }
  if (!options.findMax) await outside.read();
  const figures = await outside.figures(result);
  const outsideLine = outside.line(figures, lang);
  const whole = figures === undefined ? result : { ...result, outside: figures };
  await reportLoad(whole, directory, { ...options, ...shareOf(wanted), outsideLine });
  if (interrupt.signal.aborted) return EXIT.interrupted;
  return isGood(result, wanted.targetRatio) ? EXIT.ok : EXIT.failed;
}

/** For a pipeline that must fail when the server does. */
const EXIT_CODES = `
Exit code:
  0    the load ran, and --objective was kept as far as was measured, where one was given
  1    --objective was missed or could not be judged, no request ended well, the load was ended by failures in a row, or
       the server was lost before its end (it crashed or hung, or gave no token any more)
  2    wrong use, or a server that cannot be loaded
  130  stopped by Ctrl-C; the results until then are written`;

function shareOf({ targetRatio }: RunLoadOptions): { readonly share?: number } {
  return targetRatio === undefined ? {} : { share: targetRatio };
}

function isGood(result: WorkloadResult, share: number | undefined): boolean {
  const ended = result.stopped?.code;
  if (ended === "failures_in_a_row" || ended === "thread_failed" || ended === "server_lost") return false;
  if (result.records.length > 0 && result.summary.byOutcome.ok === 0) return false;
  if (
    result.search === undefined && result.stopped === undefined && lostServer(result.records) !== undefined
  ) {
    return false;
  }
  // A search has found its rate or not; its result is that of one rate.
  return result.search === undefined
    ? meetsObjectives(result, share)
    : result.search.bestPerSecond !== undefined;
}

/**
 * Where the model is named nothing has been asked yet: a wrong address is told here, not by a run of failures. A server that
 * answers anything may still take completions.
 */
async function checkConnection(simulator: VllmWorkloadSimulator, signal: AbortSignal): Promise<void> {
  const found = await simulator.checkAvailability({ signal });
  if (!found.available && isUnreachable(found.cause)) throw new WorkloadError(found.cause);
}

async function send(options: RunLoadOptions, lang: Language, hooks: RunLoadHooks): Promise<WorkloadResult> {
  try {
    return await runLoad(options, hooks);
  } catch (error) {
    if (error instanceof LoadRefusedError) {
      throw new CliError(cliText(lang).needsYes(escapeTerminal(new URL(options.url).host)));
    }
    if (error instanceof WorkloadError) {
      throw new CliError(loadFailure(shownAddress(options.url), error.reason, lang));
    }
    throw error;
  }
}

function loadOptions(options: LoadCommandOptions): RunLoadOptions {
  const {
    url,
    model,
    chat,
    rate,
    concurrency,
    profile,
    drain,
    requests,
    seconds,
    maxTokens,
    tokenBudget,
  } = options;
  const { seed, keepPrefixes, findMax, yes, arrivals, objective = [], goal } = options;
  return {
    url,
    endpoint: chat ? "chat" : "completions",
    arrivals: arrivals === "constant" ? "constant" : "poisson",
    seed,
    keepPrefixes,
    findMax,
    yes,
    ...keyHeaders(),
    ...(model === undefined ? {} : { model }),
    ...(rate === undefined ? {} : { ratePerSecond: rate }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(profile === undefined ? {} : { profile }),
    ...objectivesOf(goal === undefined ? objective : [...objective, goal], options.share),
    ...(drain === undefined ? {} : { drainSeconds: drain }),
    ...(requests === undefined ? {} : { requests }),
    ...(seconds === undefined ? {} : { durationSeconds: seconds }),
    ...(options.within === undefined ? {} : { withinSeconds: options.within }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(tokenBudget === undefined ? {} : { tokenBudget }),
    ...(options.price === undefined ? {} : { prices: options.price }),
    ...(options.think === undefined ? {} : { thinkSeconds: options.think }),
    ...(options.burstiness === undefined ? {} : { burstiness: options.burstiness }),
    ...engineOf(options.engine),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  };
}

function engineOf(name: string | undefined): Pick<RunLoadOptions, "engine"> {
  if (name === undefined) return {};
  if (name !== "raw" && name !== "epoll") {
    throw new CliError(`Cannot load with the engine "${name}": wanted raw or epoll`);
  }
  if (name === "epoll" && Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    throw new CliError(
      'Cannot load with the engine "epoll": FFI is not allowed, wanted --allow-ffi, as in ' +
        "deno run -A src/cli/main.ts load --engine epoll …",
    );
  }
  return { engine: name };
}

function readPrices(value: string): TokenPrices {
  const [promptPerMillion = NaN, outputPerMillion = NaN, ...more] = value.split(",").map((text) =>
    text.trim() === "" ? NaN : Number(text)
  );
  if (more.length === 0 && promptPerMillion >= 0 && outputPerMillion >= 0) {
    return { promptPerMillion, outputPerMillion };
  }
  throw new InvalidArgumentError("wanted two prices of a million tokens, such as 0.15,0.6.");
}

function readThreads(value: string): Threads {
  if (value === "auto") return value;
  const threads = Number(value);
  if (value.trim() !== "" && isThreadCount(threads)) return threads;
  throw new InvalidArgumentError(`wanted a whole number, 1 to ${MOST_THREADS}, or auto.`);
}

async function readFile(path: string, language: Language): Promise<string> {
  try {
    return await readPackedText(path);
  } catch (error) {
    if (error instanceof Error) throw new CliError(openFailure(path, error, language));
    throw error;
  }
}

async function certificatesOf(
  { ca, lang }: LoadCommandOptions,
): Promise<Pick<RunLoadOptions, "caCertificates">> {
  if (ca === undefined) return {};
  const pem = await readFile(ca, lang);
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) {
    throw new CliError(`Cannot trust ${ca}: no certificate in it, wanted PEM`);
  }
  return { caCertificates: [pem] };
}

/** Prompts from a file; a trace brings its schedule too, unless a load of another kind is asked for. */
async function promptsOf(options: LoadCommandOptions): Promise<Partial<RunLoadOptions>> {
  if (options.prompts === undefined) return {};
  const text = await readFile(options.prompts, options.lang);
  const dataset = readDataset(text);
  const { prompts, arrivals } = datasetLoad(dataset);
  const scheduled = options.rate === undefined && options.concurrency === undefined &&
    options.profile === undefined;
  if (arrivals === undefined || !scheduled) return { prompts };
  // A trace is over with its last request, unless the reader bounds it.
  const lastSeconds = Math.max(...arrivals.timesSeconds.slice(-1), 0);
  return {
    prompts,
    arrivals,
    ...(options.seconds === undefined ? { durationSeconds: lastSeconds + 0.001 } : {}),
    // Its end is no bound that anybody set: what it sent last may take its time.
    ...(options.seconds === undefined && options.drain === undefined
      ? { drainSeconds: DEFAULT_TIMEOUTS.totalSeconds }
      : {}),
  };
}

function progressLine(progress: WorkloadProgress, language: Language): string {
  const { elapsedSeconds, ended, planned, inFlight, outputTokens, recentTtftSeconds, recentTpotSeconds } =
    progress;
  const { error, connection_error: broken, timeout } = progress.byOutcome;
  const failed = error + broken + timeout;
  const words = runSummaryText(language);
  const known = (value: number | undefined) => value === undefined ? NOT_AVAILABLE : formatSeconds(value);
  return [
    formatSeconds(elapsedSeconds).padStart(7),
    `${words.requests} ${ended}${planned === undefined ? "" : ` / ${planned}`}`,
    ...(failed === 0 ? [] : [`${workloadText(language).failed} ${failed}`]),
    `${words.running} ${inFlight}`,
    formatRate(elapsedSeconds > 0 ? outputTokens / elapsedSeconds : 0, "tok/s"),
    `TTFT p50 ${known(recentTtftSeconds)}`,
    `TPOT p50 ${known(recentTpotSeconds)}`,
  ].join("  ");
}
