/**
 * `deno task fit`: step times of a server from a recording, as coefficients and as a profile for the simulated server.
 *
 * @module
 */
import { formatCount, formatRatio, formatSeconds } from "../base/format.ts";
import { foretell, type Foretold } from "../analyzer/foretold.ts";
import { writeText } from "../export/files.ts";
import type { MetricSource } from "../series/types.ts";
import { fitSource, type SourceFit } from "../simulator/server/fit_source.ts";
import { causeSentence } from "../text/causes.ts";
import type { Language } from "../text/language.ts";
import { quantityTitle } from "../text/quantities.ts";
import { whatIfText } from "../text/what_if.ts";
import { countingNumber, parseOptions } from "./options.ts";
import { openSource, wantedSpan } from "./source.ts";
import { duration, MAX_NUM_SEQS, type SourceOptions, time } from "./span_options.ts";
import { CliError, EXIT, note, print } from "./terminal.ts";
import { whatIfLines, whatIfRate, type WhatIfSettings, whatIfSettings } from "./what_if.ts";
import { writtenLines } from "./written.ts";

interface FitCommandOptions extends Pick<SourceOptions, "from" | "to" | "last" | "maxNumSeqs"> {
  readonly engine?: string;
  readonly target?: string;
  readonly out?: string;
  readonly whatIf?: WhatIfSettings;
  readonly rate?: number;
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions<FitCommandOptions>(args, (command) =>
    command.name("fit")
      .description(
        "Step times of a vLLM, fitted from its metrics; with --what-if what the engine model says of other settings. Default: the newest run, else the shipped data.",
      )
      .argument("[recording]", "a recording file")
      .option("--engine <label>", "which engine; default the first that worked")
      .option("--target <server>", "which of several servers, such as 127.0.0.1:8000; default likewise")
      .option(
        "--what-if <settings>",
        "asks the model: max-num-seqs=256, max-num-batched-tokens=8192, num-gpu-blocks-override=…",
        whatIfSettings,
      )
      .option(
        "--rate <requests>",
        "with --what-if: so many requests a second, not those seen",
        whatIfRate,
      )
      .option(
        "--from <time>",
        "only from then on: 2026-11-25T14:00 (your zone), …Z, now-30m, or Unix seconds",
        time,
      )
      .option("--to <time>", "only up to then", time)
      .option("--last <duration>", "only the last 90s, 30m, 2h or 1d", duration)
      .option("--max-num-seqs <number>", MAX_NUM_SEQS, countingNumber)
      .option("--out <file>", "writes the profile there, for `serve --profile FILE`"));
  if (options.rate !== undefined && options.whatIf === undefined) {
    throw new CliError("Cannot use --rate: wanted --what-if beside it");
  }
  const { maxNumSeqs } = options;
  const known = maxNumSeqs === undefined ? {} : { maxNumSeqs };
  using opened = await openSource({ path: rest[0], options: known }, options.lang);
  const fit = await fitOrFail(opened.source, options);
  if (fit.target !== undefined) {
    note(whatIfText(options.lang).chosen(fit.target, fit.engine ?? "0"));
  }
  if (options.out !== undefined) {
    await writeText(options.out, JSON.stringify(fit.profile, null, 2) + "\n");
  }
  const { whatIf } = options;
  const told = whatIf && await foretold(opened.source, fit, { ...options, whatIf });
  if (options.json) print(JSON.stringify(told === undefined ? fit : { fit, whatIf: told }, null, 2));
  else for (const line of fitLines(fit)) print(line);
  if (told !== undefined && !options.json) {
    for (
      const line of ["", ...whatIfLines(told, { fit, settings: whatIf!.written, language: options.lang })]
    ) {
      print(line);
    }
  }
  if (options.out !== undefined) print(writtenLines([options.out], options.lang));
  return EXIT.ok;
}

/** Of the stretch's load; the step times are of the whole source. */
async function foretold(
  source: MetricSource,
  { profile, engine, target }: SourceFit,
  options: FitCommandOptions & { readonly whatIf: WhatIfSettings; readonly lang: Language },
): Promise<Foretold> {
  const { lang, whatIf, rate } = options;
  const span = await wantedSpan(source, options, lang);
  const told = await foretell(source, {
    profile,
    limits: whatIf.limits,
    seed: 1,
    ...(span === undefined ? {} : { span }),
    ...(engine === undefined ? {} : { engine }),
    ...(target === undefined ? {} : { target }),
    ...(rate === undefined ? {} : { requestsPerSecond: rate }),
  });
  if (!("absent" in told)) return told;
  const what = told.quantity === undefined ? "" : ` (${quantityTitle(told.quantity, lang)})`;
  throw new CliError(`Cannot ask the model: ${causeSentence(told.absent, lang)}${what}`);
}

async function fitOrFail(
  source: MetricSource,
  { engine, target }: Pick<FitCommandOptions, "engine" | "target">,
): Promise<SourceFit> {
  try {
    return await fitSource(source, {
      ...(engine === undefined ? {} : { engine }),
      ...(target === undefined ? {} : { target }),
    });
  } catch (error) {
    if (error instanceof RangeError) throw new CliError(error.message);
    throw error;
  }
}

function fitLines({ stepTime, intervals, medianError }: SourceFit): readonly string[] {
  const coefficients = Object.entries(stepTime).flatMap(([name, value]) =>
    typeof value === "number" ? [`${name.padEnd(28)} ${formatSeconds(value)}`] : []
  );
  return [
    ...coefficients,
    `${"intervals".padEnd(28)} ${formatCount(intervals)}`,
    `${"median error".padEnd(28)} ${formatRatio(medianError)}`,
  ];
}
