/**
 * `deno task compare BEFORE AFTER`: is the second run slower, surely? Exit code 1 when it is.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { compareRuns, type RunComparison } from "../analyzer/compare.ts";
import { renderComparison } from "../report/comparison.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { readSide } from "./compare_runs.ts";
import { openStretches, stretchesOf } from "./compare_stretches.ts";
import { parseOptions, positiveNumber } from "./options.ts";
import { checkLocal } from "./source.ts";
import { type ServerOptions, withServerOptions } from "./span_options.ts";
import { CliError, EXIT, print } from "./terminal.ts";

interface CompareCommandOptions extends ServerOptions {
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  readonly threshold: number;
  readonly beyond: "measured" | "surely";
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions<CompareCommandOptions>(
    args,
    (command) =>
      withServerOptions(command.name("compare"))
        .description(
          "Compares runs: recordings, result files of this lab, vllm bench serve, AIPerf, GuideLLM, or folders of them. Several " +
            "runs of a side give an honest interval. Exit code 1 when a figure is surely worse and measured beyond the threshold, 2 when they are not comparable.",
        )
        .argument("[before]", "a run: a file or its folder; several separated by commas, or a folder of runs")
        .argument("[after]", "the same of the other side")
        .allowExcessArguments(true)
        .option(
          "--before <runs...>",
          "the runs of that side one after the other, as a shell gives them for runs/a*; or stretches FROM..TO of one source",
        )
        .option("--after <runs...>", "the same of the other side")
        .option("--threshold <share>", "by how much a figure may be worse", positiveNumber, 0.05)
        .option(
          "--beyond <how>",
          "what fails: measured (surely worse, and measured beyond the threshold) or surely (surely beyond it)",
          beyondOption,
          "measured" as const,
        ),
  );
  const comparison = await compared(options, rest);
  if (options.json) print(JSON.stringify(comparison, null, 2));
  else print(renderComparison(comparison, { language: options.lang, format: "text" }));
  // A gate must not pass on runs that cannot be compared.
  if (comparison.verdict === "not_comparable") return EXIT.usage;
  return comparison.verdict === "fail" ? EXIT.failed : EXIT.ok;
}

async function compared(
  options: CompareCommandOptions & { readonly lang: Language },
  rest: readonly string[],
): Promise<RunComparison> {
  const { threshold, beyond, lang } = options;
  const stretches = stretchesOf(options, rest);
  if (stretches !== undefined) {
    const { before, after, opened } = await openStretches(stretches, options, lang);
    using _opened = opened;
    return await compareRuns(before, after, { threshold, beyond });
  }
  if (options.prometheus !== undefined) {
    throw new CliError(
      "Cannot compare runs of a server: wanted --prometheus URL --before FROM..TO --after FROM..TO",
    );
  }
  checkLocal(options);
  const sides = sidesOf(options, rest, cliText(lang).whichSides);
  return await compareRuns(await readSide(sides.before, lang), await readSide(sides.after, lang), {
    threshold,
    beyond,
  });
}

/** For option values. */
function beyondOption(value: string): "measured" | "surely" {
  if (value === "measured" || value === "surely") return value;
  throw new InvalidArgumentError("wanted measured or surely.");
}

/** Two positional arguments, or both options. @throws CliError where it is not clear which run is on which side */
function sidesOf(
  { before, after }: CompareCommandOptions,
  rest: readonly string[],
  refusal: string,
): { readonly before: readonly string[]; readonly after: readonly string[] } {
  if (before !== undefined && after !== undefined && rest.length === 0) return { before, after };
  const [first, second, ...more] = rest;
  const options = before !== undefined || after !== undefined;
  if (options || first === undefined || second === undefined || more.length > 0) throw new CliError(refusal);
  return { before: [first], after: [second] };
}
