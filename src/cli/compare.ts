/**
 * `deno task compare BEFORE AFTER`: is the second run slower, surely? Exit code 1 when it is.
 *
 * @module
 */
import { type ComparableRun, compareRuns } from "../analyzer/compare.ts";
import { readBenchmark } from "../formats/benchmark_file.ts";
import { escapeTerminal } from "../base/escape.ts";
import { type FileKind, fileKind, fileKindName } from "../recording/file_kind.ts";
import { renderComparison } from "../report/comparison.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { parseOptions, positiveNumber } from "./options.ts";
import { openFailure, openSource } from "./source.ts";
import { CliError, EXIT, print } from "./terminal.ts";

interface CompareCommandOptions {
  readonly threshold: number;
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions<CompareCommandOptions>(args, (command) =>
    command.name("compare")
      .description(
        "Compares runs: recordings, or result files of this lab, vllm bench serve, AIPerf, GuideLLM. Several of a side, " +
          "separated by commas, give an honest interval. Exit code 1 when a figure is surely worse by more than the threshold, 2 when they are not comparable.",
      )
      .argument("<before>", "file, or files separated by commas")
      .argument("<after>", "file, or files separated by commas")
      .option("--threshold <share>", "by how much a figure may be worse", positiveNumber, 0.05));
  const [before, after] = [await readSide(rest[0]!, options.lang), await readSide(rest[1]!, options.lang)];
  const comparison = await compareRuns(before, after, { threshold: options.threshold });
  if (options.json) print(JSON.stringify(comparison, null, 2));
  else print(renderComparison(comparison, { language: options.lang, format: "text" }));
  // A gate must not pass on runs that cannot be compared.
  if (comparison.verdict === "not_comparable") return EXIT.usage;
  return comparison.verdict === "fail" ? EXIT.failed : EXIT.ok;
}

async function readSide(paths: string, language: Language): Promise<readonly ComparableRun[]> {
  const runs: ComparableRun[] = [];
  for (const path of paths.split(",")) runs.push(...await readRuns(path, language));
  return runs;
}

/** By what a file holds, not by its name: JSON is a result file, everything else a recording or the name of shipped data. */
async function readRuns(path: string, language: Language): Promise<readonly ComparableRun[]> {
  const kind = kindOf(path);
  const name = kind === undefined ? undefined : fileKindName(kind);
  if (kind === "json") {
    try {
      return readBenchmark(await Deno.readTextFile(path));
    } catch (error) {
      if (error instanceof Error) throw new CliError(openFailure(path, error, language));
      throw error;
    }
  }
  if (name !== undefined) throw new CliError(escapeTerminal(cliText(language).notARun(path, name)));
  return [(await openSource({ path }, language)).source];
}

/** Undefined where there is no such file, or it is a folder: whoever opens it says so. */
function kindOf(path: string): FileKind | undefined {
  try {
    return Deno.statSync(path).isFile ? fileKind(path) : undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
