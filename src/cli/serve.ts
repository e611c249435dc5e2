/**
 * `deno task serve`: the simulated vLLM on a port, until Ctrl-C.
 *
 * @module
 */
import { SHAPE_VERSIONS } from "../simulator/server/shape.ts";
import { serveSimulated } from "../simulator/server/serve.ts";
import { INCIDENTS, parseIncident } from "../simulator/engine/incidents.ts";
import { PROFILES } from "../simulator/engine/profiles.ts";
import { formatSeconds } from "../base/format.ts";
import { cliText } from "../text/cli.ts";
import { incidentTexts } from "../text/incidents.ts";
import { type CommonOptions, parseOptions, positiveNumber, wholeNumber } from "./options.ts";
import { CliError, EXIT, interruptSignal, note, print } from "./terminal.ts";

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
  readonly log: boolean;
  readonly incident: readonly string[];
}

/** Runs the command. */
export async function run(args: readonly string[]): Promise<number> {
  const { options } = parseOptions<ServeOptions>(args, (command) =>
    command.name("serve")
      .description(
        "A simulated vLLM: OpenAI API and /metrics, with vLLM's scheduler behind them. Ctrl-C ends it.",
      )
      .option("--host <address>", "address to listen on", "127.0.0.1")
      .option("--port <number>", "port to listen on", wholeNumber, 8000)
      .option("--profile <name>", "hardware and model that are simulated; `list` prints them")
      .option("--model <name>", "name of the model that it serves")
      .option("--seed <number>", "repeats its answers", wholeNumber, 1)
      .option("--load-seconds <number>", "how long a restart takes", positiveNumber)
      .option("--vllm-version <version>", "version whose metrics it shows; `list` prints them")
      .option("--engines <number>", "data parallel engines", positiveNumber)
      .option("--api-servers <number>", "processes in front of the engines", positiveNumber)
      .option("--log", "writes a log like vLLM's own to standard error", false)
      .option(
        "--incident <NAME@60s+30s,key=value>",
        "lets something go wrong; may be repeated, `list` prints them",
        (value: string, earlier: readonly string[]) => [...earlier, value],
        [],
      ));
  if (options.profile === "list") return listProfiles(options.json);
  if (options.vllmVersion === "list") return listVersions(options.json);
  if (options.incident.includes("list")) return listIncidents(options);
  const text = cliText(options.lang);
  using interrupt = interruptSignal();
  const { lang: _lang, json: _json, incident, log, ...rest } = options;
  try {
    await serveSimulated({
      ...rest,
      incidents: incident.map(parseIncident),
      ...(log ? { log: { write: note } } : {}),
      onListen: (url) => print(text.serving(url)),
      onLostPace: (lateSeconds) => note(text.lostPace(formatSeconds(lateSeconds))),
    }, interrupt.signal);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw new CliError(text.portTaken(options.port));
    if (error instanceof RangeError) throw new CliError(error.message);
    throw error;
  }
  return EXIT.ok;
}

function listProfiles(json: boolean): number {
  if (json) print(JSON.stringify(PROFILES, null, 2));
  else for (const profile of PROFILES) print(`${profile.name.padEnd(28)} ${profile.title}`);
  return EXIT.ok;
}

function listVersions(json: boolean): number {
  const versions = Object.keys(SHAPE_VERSIONS);
  print(json ? JSON.stringify(versions) : versions.join("\n"));
  return EXIT.ok;
}

function listIncidents({ json, lang }: CommonOptions): number {
  if (json) print(JSON.stringify(INCIDENTS, null, 2));
  else {
    const texts = incidentTexts(lang);
    for (const { name, parameters } of Object.values(INCIDENTS)) {
      const known = Object.entries(parameters).map(([key, value]) => `${key}=${value}`).join(", ");
      print(`${name.padEnd(24)} ${texts[name].title}${known === "" ? "" : ` (${known})`}`);
    }
  }
  return EXIT.ok;
}
