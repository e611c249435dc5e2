/**
 * `deno task monitor`: watches servers until Ctrl-C, then sums up and writes files.
 *
 * @module
 */
import { AdvancedMetricsAnalyzer } from "../analyzer/analyzer.ts";
import { escapeTerminal } from "../base/escape.ts";
import { formatSeconds } from "../base/format.ts";
import { type Clock, sleep } from "../base/clock.ts";
import { localTimeZone } from "../charts/time_axis.ts";
import { realClock } from "../collector/clock.ts";
import type { RealTimeMetricsCollector } from "../collector/collector.ts";
import type { TargetOptions } from "../collector/targets.ts";
import { openRecording } from "../recording/recording.ts";
import type { RecordingWriter } from "../recording/writer.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { causeSentence } from "../text/causes.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { type AlarmOptions, Alarms, type WantedLimit, withAlarmOptions } from "./alarms.ts";
import { writeSomewhere } from "./elsewhere.ts";
import { resultLines, writeData, writeReports } from "./finish.ts";
import { listLimits } from "./limit_list.ts";
import { monitorHeading, monitorLine } from "./monitor_line.ts";
import { openMonitor, type OpenOptions } from "./monitor_open.ts";
import {
  collectAddresses,
  type CommonOptions,
  countingNumber,
  httpAddress,
  parseOptions,
  portNumber,
  positiveNumber,
} from "./options.ts";
import { makeRunDirectory } from "./runs.ts";
import { MAX_NUM_SEQS } from "./span_options.ts";
import { STANDSTILL_SECONDS, StandstillWatch } from "./standstill.ts";
import { checkTarget, distinctTargets, keyHeaders } from "./target_check.ts";
import { CliError, EXIT, interruptSignal, note, print, readerGone } from "./terminal.ts";
import { unreadAtEnd } from "./unread_at_end.ts";
import { writtenLines } from "./written.ts";

interface MonitorOptions extends OpenOptions, Omit<AlarmOptions, "failOn"> {
  readonly failOn: readonly WantedLimit[];
  readonly url: readonly string[];
  readonly metricsUrl?: string;
  readonly seconds?: number;
  readonly maxNumSeqs?: number;
  readonly out?: string;
}

/** For a pipeline that must fail when a server does. */
const EXIT_CODES = `
Exit code, also after Ctrl-C:
  0    every --fail-on limit held and every --objective was kept, where any were given
  1    one was not, or could not be judged; or a server could not be read any more when the watch ended (without
       limits: none of them could), 3 reads in a row; a limit such as 'unreachable>10s' says otherwise how long it may be away
  2    wrong use, or nothing that can be watched`;

/** Where a vLLM on this machine is looked for, most usual first. */
const USUAL_PORTS = [8000, 8001, 8080, 30000];

/** Lines between two headings. */
const LINES_PER_HEADING = 20;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options } = parseOptions<MonitorOptions>(
    args,
    (command) =>
      withAlarmOptions(command.name("monitor"))
        .description(
          "Watches vLLM servers, this machine and its GPUs until Ctrl-C; then a summary, findings and files.",
        )
        .option(
          "--url <address>",
          "a server; may be repeated. Default: one on this machine",
          collectAddresses,
          [],
        )
        .option(
          "--metrics-url <address>",
          "where metrics are, when not at URL/metrics (one server only)",
          httpAddress,
        )
        .option("--interval <seconds>", "between two reads", positiveNumber, 1)
        .option("--seconds <number>", "ends by itself after so long", positiveNumber)
        .option("--max-num-seqs <number>", MAX_NUM_SEQS, countingNumber)
        .option("--page", "serves a live page on this machine, for a browser", false)
        .option("--page-port <number>", "its port; default a free one", portNumber)
        .option(
          "--exporter-port <number>",
          "serves what the lab measures itself (machine, GPUs) to a Prometheus at /metrics there",
          portNumber,
        )
        .option("--exporter-host <address>", "0.0.0.0 lets other machines scrape it", "127.0.0.1")
        .option(
          "--record <file>",
          "where the recording goes; default recording.sqlite in the folder of the files",
        )
        .option("--out <folder>", "where files go; default data/runs/<time>")
        .addHelpText("after", EXIT_CODES),
  );
  if (options.failOn.includes("list")) return listLimits(options);
  using interrupt = interruptSignal();
  const clock = realClock();
  const alarms = openAlarms(options, clock);
  const targets = await resolve(options, options.lang);
  const directory = await makeRunDirectory(clock.nowSeconds(), options.out);
  using whole = await watched(options, { targets, directory, clock, alarms, interrupt: interrupt.signal });
  const report = await new AdvancedMetricsAnalyzer(whole.source).generatePerformanceReport();
  const result = { language: options.lang, report };
  for (const line of await resultLines(whole.source, result)) print(line);
  const files = await writeSomewhere(directory, options.lang, async (folder) => [
    ...await writeData(whole.source, { directory: folder, language: options.lang, clock }),
    ...await writeReports(whole.source, { directory: folder, ...result }),
  ]);
  print(writtenLines([...files, whole.recordingPath], options.lang));
  const { lines, held } = await alarms.result(whole.source);
  const unread = await unreadAtEnd(whole.source, {
    failOn: wantedLimits(options),
    objective: options.objective,
    intervalSeconds: options.interval,
    language: options.lang,
  });
  for (const line of [...unread, ...lines]) print(line);
  return held && unread.length === 0 ? EXIT.ok : EXIT.failed;
}

/** What was watched, when that has ended. */
interface WholeRun extends Disposable {
  readonly source: MetricSource;
  readonly recordingPath: string;
}

/**
 * Watches until the signal, the end of the time or of whoever reads the lines. What memory held is let go with it where the
 * recording has it all: the files of a long watch are made without a second copy beside.
 */
async function watched(options: MonitorOptions, run: {
  readonly targets: readonly TargetOptions[];
  readonly directory: string;
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly interrupt: AbortSignal;
}): Promise<WholeRun> {
  const { targets, alarms, interrupt } = run;
  const { recording, collector, exporter, page } = await openMonitor(options, run);
  for (const line of [exporter?.line, page?.line]) if (line !== undefined) note(line);
  const names = targets.map(nameOf).join(", ");
  note(cliText(options.lang).monitoring(names, formatSeconds(options.interval)));
  collector.start();
  const signal = AbortSignal.any([
    interrupt,
    readerGone,
    ...(options.seconds === undefined ? [] : [AbortSignal.timeout(options.seconds * 1000)]),
  ]);
  const { interval: intervalSeconds, lang: language } = options;
  await follow(collector, { intervalSeconds, signal, language, alarms });
  await page?.served.stop();
  await exporter?.served.stop();
  await collector.stop();
  await alarms.close();
  closeRecording(recording);
  return { ...await wholeRun(recording.path, collector), recordingPath: recording.path };
}

/** A recording that cannot be completed costs neither the report nor the files: memory has what it has not. */
function closeRecording(recording: RecordingWriter): void {
  try {
    recording.close();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    note(escapeTerminal(error.message));
  }
}

/** The webhook's address may come from the environment: it is often a secret, and command lines are not. */
function wantedLimits({ failOn }: MonitorOptions): AlarmOptions["failOn"] {
  return failOn.filter((limit) => limit !== "list");
}

function openAlarms(options: MonitorOptions & CommonOptions, clock: Clock): Alarms {
  const fromEnvironment = Deno.env.get("LAB_WEBHOOK") ?? "";
  const webhook = options.webhook ?? (fromEnvironment === "" ? undefined : fromEnvironment);
  const { objective } = options;
  const failOn = wantedLimits(options);
  if (webhook !== undefined && failOn.length === 0 && objective.length === 0) {
    throw new CliError("Cannot call a webhook: nothing to tell, wanted --fail-on or --objective beside it");
  }
  try {
    return new Alarms(
      { failOn, objective, ...(webhook === undefined ? {} : { webhook }) },
      { clock, language: options.lang, say: note },
    );
  } catch (error) {
    if (error instanceof TypeError) {
      throw new CliError(error.message.replace(/^Cannot use the address/, "Cannot call the webhook"));
    }
    throw error;
  }
}

/** The recording, which forgets nothing; what is in memory where that reaches further (a disk that was full). */
async function wholeRun(
  path: string,
  collector: RealTimeMetricsCollector,
): Promise<Disposable & { readonly source: MetricSource }> {
  const held = lengthOf(await collector.span());
  try {
    using unlessTaken = new DisposableStack();
    const recording = unlessTaken.use(openRecording(path));
    if (lengthOf(await recording.span()) >= held - 1) {
      const taken = unlessTaken.move();
      return { source: recording, [Symbol.dispose]: () => taken.dispose() };
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    note(escapeTerminal(error.message));
  }
  return { source: collector, [Symbol.dispose]() {} };
}

function lengthOf(span: TimeSpan | undefined): number {
  return span === undefined ? -1 : span.endSeconds - span.startSeconds;
}

function nameOf(target: TargetOptions): string {
  const url = new URL(target.metricsUrl ?? target.url ?? "");
  return escapeTerminal(url.origin + url.pathname.replace(/\/$/, ""));
}

/** The targets that were named, each checked; or the first one that is found on this machine. */
async function resolve(options: MonitorOptions, language: Language): Promise<readonly TargetOptions[]> {
  const { url, metricsUrl, maxNumSeqs } = options;
  const known = maxNumSeqs === undefined ? {} : { maxNumSequences: maxNumSeqs };
  if (metricsUrl !== undefined && url.length > 1) {
    throw new CliError("--metrics-url belongs to one server; give one --url with it");
  }
  const named = url.length === 0 && metricsUrl !== undefined ? [metricsUrl] : url;
  const given = named.map((address) => ({
    url: address,
    ...(metricsUrl === undefined ? {} : { metricsUrl }),
    ...keyHeaders(),
    ...known,
  }));
  const targets = distinctTargets(given, language);
  if (targets.length === 0) return [{ ...await find(language), ...known }];
  await checkTargets(targets, language);
  return targets;
}

/** One that answers is enough: the others are told, and watched until they come. */
async function checkTargets(targets: readonly TargetOptions[], language: Language): Promise<void> {
  const failures: CliError[] = [];
  for (const target of targets) {
    try {
      await checkTarget(target, language);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first !== undefined && failures.length === targets.length) throw first;
  for (const failure of failures) note(failure.message);
}

async function find(language: Language): Promise<TargetOptions> {
  const addresses = USUAL_PORTS.map((port) => `http://127.0.0.1:${port}`);
  for (const url of addresses) {
    try {
      await checkTarget({ url }, language);
    } catch (error) {
      if (error instanceof CliError) continue;
      throw error;
    }
    note(cliText(language).found(url));
    return { url, ...keyHeaders() };
  }
  throw new CliError(cliText(language).noServerFound(addresses.join(", ")));
}

/** Prints a line a tick until the signal; a failing server is told once when it begins. */
async function follow(
  collector: RealTimeMetricsCollector,
  options: {
    readonly intervalSeconds: number;
    readonly signal: AbortSignal;
    readonly language: Language;
    readonly alarms: Alarms;
  },
): Promise<void> {
  const clock = realClock();
  const timeZone = localTimeZone();
  const failing = new Set<string>();
  const standstills = new StandstillWatch(options.intervalSeconds);
  for (let line = 0; !options.signal.aborted; line++) {
    try {
      await sleep(clock, Math.max(1, options.intervalSeconds), options.signal);
    } catch (error) {
      if (options.signal.aborted) return;
      throw error;
    }
    if (line % LINES_PER_HEADING === 0) print(monitorHeading());
    print(await monitorLine(collector, { timeZone }));
    await options.alarms.look(collector);
    await tellStandstills(standstills, collector, options.language);
    for (const { id, state, lastError } of collector.health) {
      if (state !== "failing") {
        if (failing.delete(id)) note(cliText(options.language).answersAgain(escapeTerminal(id)));
      } else if (!failing.has(id) && lastError !== undefined) {
        failing.add(id);
        note(
          cliText(options.language).cannotWatch(
            escapeTerminal(id),
            escapeTerminal(causeSentence(lastError.cause, options.language)),
          ),
        );
      }
    }
  }
}

/** Latencies tell of a standstill only when it is over: it is told while it lasts. */
async function tellStandstills(
  watch: StandstillWatch,
  collector: RealTimeMetricsCollector,
  language: Language,
): Promise<void> {
  const { standsStill, goesOn } = cliText(language);
  for (const { target, engine, running } of await watch.look(collector, realClock().nowSeconds())) {
    const [server, number] = [escapeTerminal(target), escapeTerminal(engine)];
    note(
      running === 0
        ? goesOn(server, number)
        : standsStill(server, number, formatSeconds(STANDSTILL_SECONDS), running),
    );
  }
}
