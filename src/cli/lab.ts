/**
 * `deno task lab`: the whole lab in one command. A server (simulated, or yours), the collector, the load, the notebook
 * with its outputs, one page, a recording and data files; then a summary.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AdvancedMetricsAnalyzer } from "../analyzer/analyzer.ts";
import { escapeTerminal } from "../base/escape.ts";
import { formatInstant, formatSeconds } from "../base/format.ts";
import { realClock } from "../collector/clock.ts";
import { notebookPage } from "../export/html.ts";
import { parseNotebook } from "../formats/notebook.ts";
import { RECORDING_FILE } from "../notebook/lab.ts";
import { openRecording } from "../recording/recording.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { type CellProgress, type NotebookRun, runNotebook } from "../../tools/run_notebook.ts";
import { type StopSignals, stopSignals } from "../../tools/stop_signals.ts";
import { resultLines, writeData, writeReports } from "./finish.ts";
import { httpAddress, parseOptions } from "./options.ts";
import { holdsData, makeRunDirectory, removeEmptyDirectory, removeEmptyRun } from "./runs.ts";
import { checkApi, checkTarget, keyHeaders } from "./target_check.ts";
import { CliError, EXIT, note, print } from "./terminal.ts";
import { writtenLines } from "./written.ts";

interface LabCommandOptions {
  readonly url?: string;
  readonly metricsUrl?: string;
  readonly out?: string;
}

/** The same cells, with prose in the language. */
const NOTEBOOKS: Readonly<Record<Language, string>> = { en: "lab.ipynb", "zh-TW": "zh-TW/lab.ipynb" };

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options } = parseOptions<LabCommandOptions>(args, (command) =>
    command.name("lab")
      .description("The whole lab: a simulated vLLM or yours, collected, loaded, drawn, analysed, exported.")
      .option(
        "--url <address>",
        "your server instead of the simulated one; it gets about 190 short requests",
        httpAddress,
      )
      .option("--metrics-url <address>", "where its metrics are, when not at URL/metrics", httpAddress)
      .option("--out <folder>", "where everything goes; default data/runs/<time>"));
  const { lang, json } = options;
  if (options.metricsUrl !== undefined && options.url === undefined) {
    throw new CliError("--metrics-url says where metrics are; give the API's address with --url");
  }
  using stop = stopSignals();
  if (options.url !== undefined) {
    await checkTarget({ url: options.url, ...metricsOf(options), ...keyHeaders() }, lang);
    await checkApi(options.url, lang);
  }
  const clock = realClock();
  const startSeconds = clock.nowSeconds();
  const directory = await makeRunDirectory(startSeconds, options.out);
  const notebook = await runLab(options, { directory, language: lang, stop });
  if (notebook === undefined || stop.signal.aborted && !await holdsData(join(directory, RECORDING_FILE))) {
    await removeEmptyRun(directory, ["lab.ipynb"]);
    note(cliText(lang).nothingCollected);
    return EXIT.interrupted;
  }
  await writePage(notebook.path, { directory, startSeconds, language: lang });
  const interrupted = stop.signal.aborted;
  if (!interrupted && notebook.failure !== undefined) tellFailure(notebook, lang);
  await conclude({ directory, language: lang, json, interrupted });
  return interrupted ? EXIT.interrupted : notebook.failure === undefined ? EXIT.ok : EXIT.failed;
}

/** Undefined when it was stopped before there was a kernel. */
async function runLab(
  options: LabCommandOptions,
  context: { readonly directory: string; readonly language: Language; readonly stop: StopSignals },
): Promise<NotebookRun | undefined> {
  const { directory, language, stop } = context;
  const path = fileURLToPath(new URL(`../../notebooks/${NOTEBOOKS[language]}`, import.meta.url));
  try {
    return await runNotebook(path, {
      out: join(directory, "lab.ipynb"),
      env: environment(options, directory, language),
      onCell: (progress) => tellCell(progress, language),
      signal: stop.signal,
      killSignal: stop.killSignal,
    });
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return undefined;
    await removeEmptyDirectory(directory);
    throw error;
  }
}

function metricsOf(options: LabCommandOptions): { readonly metricsUrl?: string } {
  return options.metricsUrl === undefined ? {} : { metricsUrl: options.metricsUrl };
}

/** For the kernel. The key is inherited from this process's environment and written nowhere. */
function environment(
  options: LabCommandOptions,
  directory: string,
  language: Language,
): Record<string, string> {
  return {
    LAB_MODE: "",
    LAB_URL: options.url ?? "",
    LAB_METRICS_URL: options.metricsUrl ?? "",
    LAB_OUTPUT: directory,
    LAB_LANG: language,
  };
}

function tellCell(progress: CellProgress, language: Language): void {
  const { state, number, count, heading, durationSeconds } = progress;
  if (state === "begin") return;
  const text = cliText(language);
  note(text.cell(number, count, heading) + text.cellDone(formatSeconds(durationSeconds ?? 0)));
}

function tellFailure({ failure }: NotebookRun, language: Language): void {
  if (failure === undefined) return;
  note(
    cliText(language).cellFailed(failure.cellNumber, escapeTerminal(`${failure.name}: ${failure.message}`)),
  );
}

/** One page beside the notebook, for people without Jupyter. */
async function writePage(
  notebookPath: string,
  options: { readonly directory: string; readonly startSeconds: number; readonly language: Language },
): Promise<void> {
  const path = join(options.directory, "lab.html");
  const notebook = parseNotebook(await Deno.readTextFile(notebookPath));
  const page = await notebookPage(notebook, {
    language: options.language,
    note: formatInstant(options.startSeconds),
  });
  await Deno.writeTextFile(path, page);
}

/** Summary, findings, paths: read from the recording, which also a run that was cut short has. */
async function conclude(
  options: {
    readonly directory: string;
    readonly language: Language;
    readonly json: boolean;
    readonly interrupted: boolean;
  },
): Promise<void> {
  const { directory, language, json, interrupted } = options;
  const text = cliText(language);
  const recordingPath = join(directory, RECORDING_FILE);
  if (!(await filesIn(directory)).includes(RECORDING_FILE)) {
    note(text.nothingCollected);
    return;
  }
  if (interrupted) note(text.interrupted);
  using recording = openRecording(recordingPath);
  const report = await new AdvancedMetricsAnalyzer(recording).generatePerformanceReport();
  const lines = await resultLines(recording, { language, report });
  const written = { directory, language, clock: realClock() };
  // The notebook exports in a cell of its own. A run that was cut before it is exported from its recording; one that was
  // stopped once more, because only the recording has what ended with the stop.
  if (interrupted) await removeExports(directory);
  if (!(await filesIn(directory)).some((name) => name.endsWith("_index.json"))) {
    await writeData(recording, written);
  }
  await writeReports(recording, { directory, language, report });
  const files = (await filesIn(directory)).map((name) => join(directory, name));
  if (json) return print(JSON.stringify({ summary: lines, files }));
  for (const line of lines) print(line);
  print(writtenLines(files, language));
}

/** The files that exports of this run made: they begin with their time, as their index does. */
async function removeExports(directory: string): Promise<void> {
  const names = await filesIn(directory);
  const exports = names.filter((name) => name.endsWith("_index.json"))
    .map((name) => name.slice(0, -"_index.json".length));
  for (const name of names) {
    if (exports.some((one) => name.startsWith(one))) await Deno.remove(join(directory, name));
  }
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(directory)) if (entry.isFile) names.push(entry.name);
  return names.sort();
}
