/**
 * `deno task export`: data files of a recording, the newest run, or the shipped data.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { realClock } from "../collector/clock.ts";
import { EXPORT_FORMATS, type ExportFormat, exportMonitoringData } from "../export/export.ts";
import { parseOptions } from "./options.ts";
import { RUNS_DIRECTORY } from "./runs.ts";
import { openSource } from "./source.ts";
import { type SourceOptions, withSourceOptions } from "./span_options.ts";
import { CliError, EXIT, print } from "./terminal.ts";
import { writtenLines } from "./written.ts";

interface ExportCommandOptions extends SourceOptions {
  readonly formats: string;
  readonly out?: string;
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions<ExportCommandOptions>(
    args,
    (command) =>
      withSourceOptions(command.name("export"))
        .description(
          "Writes every series, request and event as files. Default: the newest run, else the shipped data.",
        )
        .option("--formats <list>", `comma-separated: ${EXPORT_FORMATS.join(", ")}`, "json,csv")
        .option("--out <folder>", "where the files go; default beside the recording, or data/runs/export"),
  );
  const formats = options.formats.split(",").map((name) => format(name.trim()));
  using opened = await openSource({ path: rest[0], options }, options.lang);
  const directory = options.out ??
    (opened.path === undefined ? join(RUNS_DIRECTORY, "export") : dirname(opened.path));
  const files = await exportMonitoringData(opened.source, { directory, formats, clock: realClock() });
  if (options.json) print(JSON.stringify({ source: opened.name, files }));
  else print(writtenLines(files, options.lang));
  return EXIT.ok;
}

function format(name: string): ExportFormat {
  const known = EXPORT_FORMATS.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new CliError(
      `Cannot export as "${name}": no such format, wanted some of ${EXPORT_FORMATS.join(", ")}`,
    );
  }
  return known;
}
