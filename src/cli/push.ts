/**
 * `deno task push`: a recording to Prometheus or VictoriaMetrics, by remote write.
 *
 * @module
 */
import { escapeTerminal } from "../base/escape.ts";
import { formatCount } from "../base/format.ts";
import { type PushProgress, type PushRetry, pushSource, type PushSummary } from "../remote/remote_write.ts";
import { type CliText, cliText } from "../text/cli.ts";
import { httpAddress, parseOptions } from "./options.ts";
import { openSource } from "./source.ts";
import { type SourceOptions, withSourceOptions } from "./span_options.ts";
import { CliError, EXIT, interruptSignal, note, print } from "./terminal.ts";

interface PushCommandOptions extends SourceOptions {
  readonly url: string;
  readonly job?: string;
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions<PushCommandOptions>(
    args,
    (command) =>
      withSourceOptions(command.name("push"))
        .description(
          "Sends every series of a recording by remote write. Default: the newest run, else the shipped data.",
        )
        .requiredOption("--url <address>", "the server, or its write endpoint", httpAddress)
        .option("--job <name>", "job label of what is sent; default lab"),
  );
  using opened = await openSource({ path: rest[0], options }, options.lang);
  using interrupt = interruptSignal();
  const text = cliText(options.lang);
  const token = Deno.env.get("LAB_REMOTE_TOKEN") ?? "";
  let summary: PushSummary;
  try {
    summary = await pushSource(opened.source, {
      url: options.url,
      signal: interrupt.signal,
      onProgress: progressNotes(text),
      onRetry: retryNotes(text),
      ...(options.job === undefined ? {} : { job: options.job }),
      ...(token === "" ? {} : { bearerToken: token }),
    });
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted;
    if (error instanceof Error) throw new CliError(escapeTerminal(error.message));
    throw error;
  }
  if (options.json) print(JSON.stringify(summary));
  else tell(summary, text);
  return summary.refusals.length === 0 ? EXIT.ok : EXIT.failed;
}

/** Each count when the next one comes: the last one is the result, which is printed. */
function progressNotes({ sent }: CliText): (progress: PushProgress) => void {
  let before: number | undefined;
  return ({ sentSamples }) => {
    if (before !== undefined) note(sent(formatCount(before)));
    before = sentSamples;
  };
}

/** The first failed try of each run of them at once; the others are counted in the result. */
function retryNotes({ pushFails }: CliText): (retry: PushRetry) => void {
  return ({ address, why, attempt, tries }) => {
    if (attempt === 1) note(escapeTerminal(pushFails(address, why, tries - attempt)));
  };
}

function tell(summary: PushSummary, text: CliText): void {
  const { address, sentSamples, series, retries, refusals } = summary;
  print(escapeTerminal(text.pushed(formatCount(sentSamples), formatCount(series), address)));
  if (retries > 0) print(text.pushRetries(retries));
  for (const { status, text: why, requests, samples } of refusals) {
    print(escapeTerminal(text.pushRefused(status, why, formatCount(requests), formatCount(samples))));
  }
}
