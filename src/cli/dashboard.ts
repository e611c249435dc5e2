/**
 * `deno task dashboard`: one interactive page in a file, that opens without a network.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { RealTimeDashboard } from "../dashboard/dashboard.ts";
import { writeText } from "../export/files.ts";
import { parseOptions } from "./options.ts";
import { RUNS_DIRECTORY } from "./runs.ts";
import { openSource } from "./source.ts";
import { type SourceOptions, withSourceOptions } from "./span_options.ts";
import { EXIT, print } from "./terminal.ts";
import { writtenLines } from "./written.ts";

interface DashboardCommandOptions extends SourceOptions {
  readonly out?: string;
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions<DashboardCommandOptions>(
    args,
    (command) =>
      withSourceOptions(command.name("dashboard"))
        .description(
          "An interactive page in one file, with zoom and exact values. Default: the newest run, else the shipped data.",
        )
        .option("--out <file>", "default dashboard.html beside the recording"),
  );
  using opened = await openSource({ path: rest[0], options }, options.lang);
  const directory = opened.path === undefined ? RUNS_DIRECTORY : dirname(opened.path);
  const path = options.out ?? join(directory, "dashboard.html");
  const { page } = await new RealTimeDashboard(opened.source, { language: options.lang }).interactive();
  await Deno.mkdir(dirname(path), { recursive: true });
  await writeText(path, page);
  if (options.json) print(JSON.stringify({ source: opened.name, path }));
  else print(writtenLines([path], options.lang));
  return EXIT.ok;
}
