/**
 * `deno task fit`: step times of a server from a recording, as coefficients and as a profile for the simulated server.
 *
 * @module
 */
import { formatCount, formatRatio, formatSeconds } from "../base/format.ts";
import { fitSource, type SourceFit } from "../simulator/server/fit_source.ts";
import { writeText } from "../export/files.ts";
import { parseOptions } from "./options.ts";
import { openSource } from "./source.ts";
import { CliError, EXIT, print } from "./terminal.ts";
import { writtenLines } from "./written.ts";

interface FitCommandOptions {
  readonly engine?: string;
  readonly out?: string;
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions<FitCommandOptions>(args, (command) =>
    command.name("fit")
      .description(
        "Step times of a vLLM, fitted from its metrics. Default: the newest run, else the shipped data.",
      )
      .argument("[recording]", "a recording file")
      .option("--engine <label>", "which engine; default the first that worked")
      .option("--out <file>", "writes the profile there, for `serve --profile FILE`"));
  using opened = await openSource({ path: rest[0] }, options.lang);
  const fit = await fitOrFail(opened.source, options.engine);
  if (options.out !== undefined) {
    await writeText(options.out, JSON.stringify(fit.profile, null, 2) + "\n");
  }
  if (options.json) print(JSON.stringify(fit, null, 2));
  else for (const line of fitLines(fit)) print(line);
  if (options.out !== undefined) print(writtenLines([options.out], options.lang));
  return EXIT.ok;
}

async function fitOrFail(
  source: Parameters<typeof fitSource>[0],
  engine: string | undefined,
): Promise<SourceFit> {
  try {
    return await fitSource(source, engine === undefined ? {} : { engine });
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
