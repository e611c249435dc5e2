/**
 * `deno task serve`: the simulated vLLM on a port, until Ctrl-C.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { serveSimulated } from "../simulator/server/serve.ts";
import { parseIncident, type ScheduledIncident } from "../simulator/engine/incidents.ts";
import type { EngineLimits } from "../simulator/engine/types.ts";
import { formatCount, formatSeconds } from "../base/format.ts";
import { type CliText, cliText } from "../text/cli.ts";
import { incidentTexts } from "../text/incidents.ts";
import {
  type CommonOptions,
  countUpTo,
  parseOptions,
  portNumber,
  positiveNumber,
  systemReason,
  wholeNumber,
} from "./options.ts";
import { listAll, listIncidents, listProfiles, listVersions } from "./serve_lists.ts";
import { profileOf } from "./profile_file.ts";
import { CliError, EXIT, interruptSignal, note, print } from "./terminal.ts";

/** A usual share of accepted drafts. */
const USUAL_ACCEPTANCE = 0.7;
const PACE_NOTE_MS = 10_000;

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly profile?: string;
  readonly model?: string;
  readonly seed: number;
  readonly loadSeconds?: number;
  readonly vllmVersion?: string;
  readonly engines?: number;
  readonly apiServers?: number;
  readonly speculative?: Speculation;
  readonly log: boolean;
  readonly incident: readonly string[];
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options, rest: words } = parseOptions<ServeOptions>(args, (command) =>
    command.name("serve")
      .argument("[list]", "prints profiles, versions and incidents instead of serving")
      .description(
        "A simulated vLLM: OpenAI API and /metrics, with vLLM's scheduler behind them. Ctrl-C ends it.",
      )
      .option("--host <address>", "address to listen on", "127.0.0.1")
      .option("--port <number>", "port to listen on", portNumber, 8000)
      .option(
        "--profile <name>",
        "hardware and model that are simulated: `list` prints them; or a file of `fit --out`",
      )
      .option("--model <name>", "name of the model that it serves")
      .option("--seed <number>", "repeats its answers", wholeNumber, 1)
      .option("--load-seconds <number>", "how long a restart takes", positiveNumber)
      .option("--vllm-version <version>", "version whose metrics it shows; `list` prints them")
      .option("--engines <number>", "data parallel engines", countUpTo(MOST_PROCESSES))
      .option("--api-servers <number>", "processes in front of the engines", countUpTo(MOST_PROCESSES))
      .option(
        "--speculative <tokens@ratio>",
        "speculative decoding: draft tokens a step, and the chance of each to be accepted; `3@0.7`",
        speculation,
      )
      .option("--log", "writes a log like vLLM's own to standard error", false)
      .option(
        "--incident <NAME@60s+30s,key=value>",
        "lets something go wrong; may be repeated, `list` prints them",
        (value: string, earlier: readonly string[]) => [...earlier, value],
        [],
      ));
  if (words.length > 0) return listAll(words[0]!, options);
  if (options.profile === "list") return listProfiles(options);
  if (options.vllmVersion === "list") return listVersions(options.json);
  if (options.incident.includes("list")) return listIncidents(options);
  const text = cliText(options.lang);
  using interrupt = interruptSignal();
  const { lang: _lang, json: _json, incident, log, speculative, profile: named, ...rest } = options;
  const profile = named === undefined ? undefined : await profileOf(named);
  let listening = false;
  try {
    const incidents = incident.map(parseIncident);
    await serveSimulated({
      ...rest,
      ...(profile === undefined ? {} : { profile }),
      incidents,
      ...(speculative === undefined ? {} : { limits: { speculation: speculative } }),
      ...(log ? { log: { write: note } } : {}),
      onListen: (url) => {
        listening = true;
        print(text.serving(url));
        print(text.servingTry(url));
        for (const planned of incidents) print(announcement(planned, options));
      },
      onLostPace: paceNotes(text),
    }, interrupt.signal);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw new CliError(text.portTaken(options.port));
    if (error instanceof RangeError) throw new CliError(error.message);
    if (error instanceof Error && !listening) {
      throw new CliError(`Cannot listen on ${options.host}:${options.port}: ${systemReason(error)}`);
    }
    throw error;
  }
  return EXIT.ok;
}

/** More of them than any machine simulates in time. */
const MOST_PROCESSES = 256;

type Speculation = NonNullable<EngineLimits["speculation"]>;

/** For the option's value. */
function speculation(value: string): Speculation {
  const match = /^(\d+)(?:@(0?\.\d+|[01](?:\.0*)?))?$/.exec(value);
  const draftTokens = Number(match?.[1] ?? 0);
  if (match === null || draftTokens < 1) {
    throw new InvalidArgumentError("wanted a number of tokens and a ratio from 0 to 1, like 3@0.7.");
  }
  return { draftTokens, acceptanceRatio: Number(match[2] ?? USUAL_ACCEPTANCE) };
}

/** What an incident that is planned will look like. */
function announcement(
  { name, atSeconds, durationSeconds }: ScheduledIncident,
  { lang }: CommonOptions,
): string {
  const { title, notice } = incidentTexts(lang)[name];
  const duration = durationSeconds === undefined ? undefined : formatSeconds(durationSeconds);
  return cliText(lang).incidentPlanned(formatSeconds(atSeconds), duration, title, notice);
}

/** Told when pace is lost: once, and then at most every ten seconds while it lasts. */
function paceNotes(text: CliText): (lateSeconds: number) => void {
  let times = 0;
  let toldAt = -Infinity;
  return (lateSeconds) => {
    times++;
    if (performance.now() - toldAt < PACE_NOTE_MS) return;
    toldAt = performance.now();
    note(text.lostPace(formatSeconds(lateSeconds), formatCount(times)));
  };
}
