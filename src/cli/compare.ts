/**
 * `deno task compare BEFORE AFTER`: is the second run slower, surely? Exit code 1 when it is.
 *
 * @module
 */
import { type ComparableRun, compareRuns } from "../analyzer/compare.ts";
import { readBenchmark } from "../formats/benchmark_file.ts";
import { openRecording } from "../recording/recording.ts";
import { renderComparison } from "../report/comparison.ts";
import type { Language } from "../text/language.ts";
import { parseOptions, positiveNumber } from "./options.ts";
import { openFailure } from "./source.ts";
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
  for (const path of paths.split(",")) {
    try {
      if (/\.(json|jsonl)$/.test(path)) runs.push(...readBenchmark(await Deno.readTextFile(path)));
      else runs.push(openRecording(path));
    } catch (error) {
      if (error instanceof Error) {
        throw new CliError(openFailure(path, error, language));
      }
      throw error;
    }
  }
  return runs;
}
