/**
 * `deno task serve`: the simulated vLLM on a port, until Ctrl-C.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { SHAPE_VERSIONS } from "../simulator/server/shape.ts";
import { serveSimulated } from "../simulator/server/serve.ts";
import { INCIDENTS, parseIncident, type ScheduledIncident } from "../simulator/engine/incidents.ts";
import { profileFigures } from "../simulator/engine/profile_figures.ts";
import { PROFILES } from "../simulator/engine/profiles.ts";
import type { EngineLimits } from "../simulator/engine/types.ts";
import { formatCount, formatSeconds } from "../base/format.ts";
import { type CliText, cliText } from "../text/cli.ts";
import { incidentTexts } from "../text/incidents.ts";
import { type CommonOptions, parseOptions, portNumber, positiveNumber, wholeNumber } from "./options.ts";
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
  const { options } = parseOptions<ServeOptions>(args, (command) =>
    command.name("serve")
      .description(
        "A simulated vLLM: OpenAI API and /metrics, with vLLM's scheduler behind them. Ctrl-C ends it.",
      )
      .option("--host <address>", "address to listen on", "127.0.0.1")
      .option("--port <number>", "port to listen on", portNumber, 8000)
      .option("--profile <name>", "hardware and model that are simulated; `list` prints them")
      .option("--model <name>", "name of the model that it serves")
      .option("--seed <number>", "repeats its answers", wholeNumber, 1)
      .option("--load-seconds <number>", "how long a restart takes", positiveNumber)
      .option("--vllm-version <version>", "version whose metrics it shows; `list` prints them")
      .option("--engines <number>", "data parallel engines", positiveNumber)
      .option("--api-servers <number>", "processes in front of the engines", positiveNumber)
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
  if (options.profile === "list") return listProfiles(options);
  if (options.vllmVersion === "list") return listVersions(options.json);
  if (options.incident.includes("list")) return listIncidents(options);
  const text = cliText(options.lang);
  using interrupt = interruptSignal();
  const { lang: _lang, json: _json, incident, log, speculative, ...rest } = options;
  try {
    const incidents = incident.map(parseIncident);
    await serveSimulated({
      ...rest,
      incidents,
      ...(speculative === undefined ? {} : { limits: { speculation: speculative } }),
      ...(log ? { log: { write: note } } : {}),
      onListen: (url) => {
        print(text.serving(url));
        print(text.servingTry(url));
        for (const planned of incidents) print(announcement(planned, options));
      },
      onLostPace: paceNotes(text),
    }, interrupt.signal);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw new CliError(text.portTaken(options.port));
    if (error instanceof RangeError) throw new CliError(error.message);
    throw error;
  }
  return EXIT.ok;
}

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

function listProfiles({ json, lang }: CommonOptions): number {
  if (json) {
    const profiles = PROFILES.map((profile) => ({ ...profile, figures: profileFigures(profile) }));
    print(JSON.stringify(profiles, null, 2));
    return EXIT.ok;
  }
  const { profileHeads: heads, profileNote } = cliText(lang);
  const rows = PROFILES.map((profile) => {
    const figures = profileFigures(profile);
    return [
      profile.name,
      formatSeconds(figures.aloneSeconds),
      formatSeconds(figures.busySeconds),
      formatCount(Math.round(figures.prefillTokensPerSecond)),
      formatCount(figures.cacheTokens),
      profile.title,
    ];
  });
  const table = [[heads.name, heads.alone, heads.busy, heads.prefill, heads.cache, heads.what], ...rows];
  for (const line of aligned(table)) print(line);
  print(`\n${profileNote}`);
  return EXIT.ok;
}

/** Columns of equal width: the first and the last to the left, figures to the right. */
function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => cells(row[column]!))));
  return table.map((row) =>
    row.map((text, column) => {
      const space = " ".repeat(widths[column]! - cells(text));
      if (column === row.length - 1) return text;
      return column === 0 ? text + space : space + text;
    }).join("  ")
  );
}

/** Cells of a terminal that a text takes: Chinese characters take two. */
function cells(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + (/[\u1100-\uffe6]/.test(character) ? 2 : 1), 0);
}

function listVersions(json: boolean): number {
  const versions = Object.keys(SHAPE_VERSIONS);
  print(json ? JSON.stringify(versions) : versions.join("\n"));
  return EXIT.ok;
}

function listIncidents({ json, lang }: CommonOptions): number {
  const texts = incidentTexts(lang);
  if (json) {
    const incidents = Object.values(INCIDENTS).map((incident) => ({ ...incident, ...texts[incident.name] }));
    print(JSON.stringify(incidents, null, 2));
    return EXIT.ok;
  }
  const { incidentHeads: heads } = cliText(lang);
  const width = Math.max(...Object.values(heads).map(cells));
  for (const { name, parameters } of Object.values(INCIDENTS)) {
    const { title, cause, notice, tell } = texts[name];
    const known = Object.entries(parameters).map(([key, value]) => `${key}=${value}`).join(", ");
    print(`${name}: ${title}`);
    const told = [[heads.cause, cause], [heads.notice, notice], [heads.tell, tell], [
      heads.parameters,
      known,
    ]] as const;
    for (const [head, words] of told) {
      if (words !== "") print(`    ${head}${" ".repeat(width - cells(head))}  ${words}`);
    }
  }
  return EXIT.ok;
}
