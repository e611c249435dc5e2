/**
 * `deno task push`: a recording to Prometheus or VictoriaMetrics, by remote write.
 *
 * @module
 */
import { escapeTerminal } from "../base/escape.ts";
import { formatCount } from "../base/format.ts";
import { pushSource, type PushSummary } from "../remote/remote_write.ts";
import { cliText } from "../text/cli.ts";
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
      onProgress: (progress) => note(text.sent(formatCount(progress.sentSamples))),
      ...(options.job === undefined ? {} : { job: options.job }),
      ...(token === "" ? {} : { bearerToken: token }),
    });
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted;
    if (error instanceof Error) throw new CliError(escapeTerminal(error.message));
    throw error;
  }
  if (options.json) print(JSON.stringify(summary));
  else {
    print(text.sent(formatCount(summary.sentSamples)));
    for (const refusal of summary.refusals) print(escapeTerminal(JSON.stringify(refusal)));
  }
  return summary.refusals.length === 0 ? EXIT.ok : EXIT.failed;
}
