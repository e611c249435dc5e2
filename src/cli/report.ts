/**
 * `deno task report`: one page, verdict first, of a recording, the newest run, or the shipped data.
 *
 * @module
 */
import { AdvancedMetricsAnalyzer } from "../analyzer/analyzer.ts";
import { renderReport } from "../report/render.ts";
import { reportCharts } from "../report/report_charts.ts";
import { withObjectiveOption, type WrittenObjective } from "./alarms.ts";
import { writeText } from "../export/files.ts";
import { parseOptions, positiveNumber } from "./options.ts";
import { openSource } from "./source.ts";
import { type SourceOptions, withSourceOptions } from "./span_options.ts";
import { CliError, EXIT, print } from "./terminal.ts";
import { writtenLines } from "./written.ts";

interface ReportCommandOptions extends SourceOptions {
  readonly format: string;
  readonly gpuHourPrice?: number;
  readonly gpus?: number;
  readonly objective: readonly WrittenObjective[];
  readonly out?: string;
}

/** Formats by name. */
const FORMATS = ["text", "markdown", "html"] as const;

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions<ReportCommandOptions>(
    args,
    (command) =>
      withObjectiveOption(withSourceOptions(command.name("report")))
        .description(
          "What held the server back, with its evidence. Default: the newest run, else the shipped data.",
        )
        .option("--format <name>", FORMATS.join(", "), "text")
        .option(
          "--gpu-hour-price <money>",
          "what a GPU costs an hour: gives the price of a million tokens",
          positiveNumber,
        )
        .option("--gpus <number>", "GPUs that are paid for; default those that were sampled", positiveNumber)
        .option("--out <file>", "writes the page there instead of printing it"),
  );
  const format = FORMATS.find((candidate) => candidate === options.format);
  if (format === undefined) {
    throw new CliError(`Cannot write a report as "${options.format}": wanted ${FORMATS.join(", ")}`);
  }
  using opened = await openSource({ path: rest[0], options }, options.lang);
  const report = await new AdvancedMetricsAnalyzer(opened.source).generatePerformanceReport({
    objectives: options.objective,
    ...(options.gpuHourPrice === undefined ? {} : { pricePerGpuHour: options.gpuHourPrice }),
    ...(options.gpus === undefined ? {} : { gpuCount: options.gpus }),
  });
  const page = options.json ? JSON.stringify(report, null, 2) : renderReport(report, {
    format,
    language: options.lang,
    // The report's times are UTC: so are the charts'.
    ...(format === "html"
      ? { charts: await reportCharts(opened.source, { language: options.lang, timeZone: "UTC" }) }
      : {}),
  });
  if (options.out === undefined) {
    print(page);
    return EXIT.ok;
  }
  await writeText(options.out, page);
  print(writtenLines([options.out], options.lang));
  return EXIT.ok;
}
