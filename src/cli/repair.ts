/**
 * `deno task repair RECORDING TO`: what is whole of a truncated or damaged recording, in a new file.
 *
 * @module
 */
import { escapeTerminal } from "../base/escape.ts";
import { formatBytes, formatInstant } from "../base/format.ts";
import { repairRecording, type RepairReport } from "../recording/repair.ts";
import { cliText, type RecordingPart } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { parseOptions, systemReason } from "./options.ts";
import { openFailure } from "./source.ts";
import { CliError, EXIT, print } from "./terminal.ts";
import { writtenLines } from "./written.ts";

/** Runs the command. */
export function run(args: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions<object>(args, (command) =>
    command.name("repair")
      .description(
        "Saves what is whole of a truncated or damaged recording into a new file, and says what was lost. " +
          "The damaged file stays as it is.",
      )
      .argument("<recording>", "the damaged file")
      .argument("<to>", "the new file; it must not be there yet")
      .addHelpText("after", EXIT_CODES));
  const [path, toPath] = [rest[0]!, rest[1]!];
  const report = repair(path, toPath, options.lang);
  if (options.json) print(JSON.stringify({ path: toPath, ...report }));
  else for (const line of repairLines(report, toPath, options.lang)) print(line);
  return Promise.resolve(isWhole(report) ? EXIT.ok : EXIT.failed);
}

const EXIT_CODES = `
Exit code:
  0    everything was saved
  1    something is lost; what is whole was saved
  2    nothing could be read, or the new file is there already`;

function repair(path: string, toPath: string, language: Language): RepairReport {
  try {
    return repairRecording(path, toPath);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new CliError(`Cannot write to ${toPath}: there is a file already, wanted a new one`);
    }
    if (!(error instanceof Error)) throw error;
    if (error.message.startsWith("Cannot write ")) throw new CliError(error.message);
    if (error.message.includes(toPath)) {
      throw new CliError(`Cannot write to ${toPath}: ${systemReason(error)}, wanted a new file`);
    }
    throw new CliError(openFailure(path, error, language));
  }
}

/** In the order in which they are told. */
const PARTS: readonly RecordingPart[] = [
  "samples",
  "series",
  "blocks",
  "chunks",
  "ticks",
  "events",
  "requests",
  "scrapes",
];

function isWhole({ lost, uncounted, missingBytes }: RepairReport): boolean {
  return missingBytes === 0 && uncounted.length === 0 && Object.values(lost).every((count) => count === 0);
}

/** What was kept, what was lost, and when. */
function repairLines(report: RepairReport, toPath: string, language: Language): readonly string[] {
  const { repaired } = cliText(language);
  const { colon, list } = punctuation(language);
  const counts = (parts: Readonly<Partial<Record<RecordingPart, number>>>) =>
    PARTS.flatMap((name) => (parts[name] ?? 0) === 0 ? [] : [repaired.parts[name](parts[name] ?? 0)]);
  const missing = report.missingBytes === 0 ? [] : [repaired.missing(formatBytes(report.missingBytes))];
  const lost = [...counts(report.lost), ...missing];
  const uncounted = report.uncounted.map((name) => repaired.kinds[name]);
  return [
    repaired.kept + colon + (counts(report.kept).join(list) || "0"),
    repaired.lost + colon + (lost.join(list) || repaired.nothing),
    ...report.spans.map(({ target, startSeconds, endSeconds, lostSeries }) =>
      "  " + repaired.span(
        escapeTerminal(target),
        formatInstant(startSeconds),
        formatInstant(endSeconds),
        lostSeries === "all" ? repaired.all : repaired.parts.series(lostSeries),
      )
    ),
    ...(uncounted.length === 0 ? [] : [repaired.uncounted(uncounted)]),
    writtenLines([toPath], language),
  ];
}
