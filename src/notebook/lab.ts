/**
 * The lab's surroundings: which server is watched and loaded, on which clock, and where files go. One notebook runs
 * against a real server, against the simulated one, and as a replay that gives the same outputs every time.
 *
 * @module
 */
import { checkOptions, type Checks, FUNCTION, NUMBER, TEXT } from "../base/arguments.ts";
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";
import type { Clock } from "../base/clock.ts";
import { formatCount, formatSeconds } from "../base/format.ts";
import { realClock, VirtualClock } from "../collector/clock.ts";
import type { CollectorOptions } from "../collector/collector.ts";
import type { VllmMetricsParserOptions } from "../collector/parser_facade.ts";
import { replaySystemSampler } from "../collector/replay_system.ts";
import { resolveTargets, type TargetOptions } from "../collector/targets.ts";
import type { Sampler } from "../series/types.ts";
import { SimulatedVllm } from "../simulator/server/simulated_vllm.ts";
import type { WorkloadSimulatorOptions } from "../simulator/workload/simulator_options.ts";
import { causeSentence } from "../text/causes.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { type LabMode, NOTEBOOK_TEXT } from "../text/notebook.ts";
import { inKernel } from "./frontend.ts";
import { type LabRecording, labRecording } from "./lab_recording.ts";
import { labHasClosed, languageFromEnvironment, setup, stopSignal, tellLater } from "./setup.ts";

export type { LabMode };

/** Reads a variable of the environment. */
export type Variables = (name: string) => string | undefined;

/** Options of {@link openLab}. Everything may be left out. */
export interface OpenLabOptions {
  /** Repeats the load and the simulated server; default 1. */
  readonly seed?: number;
  /** Profile of the simulated server; default its own. */
  readonly profile?: string;
  /** In which charts, tables and reports speak, unless `LAB_LANG` names another; default English. */
  readonly language?: Language;
  /** Default: this process's variables. */
  readonly variables?: Variables;
}

const CHECKS: Checks<OpenLabOptions> = {
  seed: NUMBER,
  profile: TEXT,
  language: LANGUAGE,
  variables: FUNCTION,
};

/** A server is named by the environment, so that no notebook holds an address or a key. */
const INSTEAD = {
  url: "the environment variable LAB_URL set before Jupyter starts",
  apiBase: "the environment variable LAB_URL set before Jupyter starts",
  target: "the environment variable LAB_URL set before Jupyter starts",
  metricsUrl: "the environment variable LAB_METRICS_URL set before Jupyter starts",
  apiKey: "the environment variable LAB_API_KEY set before Jupyter starts",
  mode: 'the environment variable LAB_MODE ("replay") set before Jupyter starts',
  lang: "language",
};

/** Everything that a lab notebook needs to know of its surroundings. */
export interface Lab extends AsyncDisposable {
  /** `server` when one is named, `replay` when it is asked for, else `simulated`. */
  readonly mode: LabMode;
  /** True unless a real server was named. */
  readonly simulated: boolean;
  /** Mode, address and whether it is simulated, as a line in the lab's language. */
  readonly summary: string;
  /** Where the OpenAI API is, ending in `/v1`. */
  readonly apiBase: string;
  /** For a collector's `targets`. */
  readonly target: TargetOptions;
  /** The machine's; of a replay a virtual one, which waits for nothing. */
  readonly clock: Clock;
  /** Reaches the server; set where it has no port. */
  readonly fetch?: typeof fetch;
  /** Of the load and of the simulated server. */
  readonly seed: number;
  /** For a collector's `system`: this machine, or a recorded one. */
  readonly system: Sampler | true;
  /** An absolute path; the folder is made by whoever writes first. */
  readonly outputDirectory: string;
  /** In which charts, tables and reports speak. */
  readonly language: Language;
  /** IANA name of the zone in which times are shown. */
  readonly timeZone: string;
  /** To be spread into a collector's options. */
  readonly collectorOptions: Pick<
    CollectorOptions,
    "targets" | "clock" | "fetch" | "system" | "gpu" | "recording"
  >;
  /**
   * To be spread into a workload's options. Since the last reading of `collectorOptions` each that is used has a name of its own
   * ("workload", "workload-2", …), so that the workload's cell may be run again for the same collector.
   */
  readonly workloadOptions: Pick<
    WorkloadSimulatorOptions,
    "apiBase" | "clock" | "fetch" | "seed" | "headers" | "simulated" | "stopSignal" | "target"
  >;
  /** For a `VllmMetricsParser`. */
  readonly parserOptions: VllmMetricsParserOptions;
  /** To be given to dashboards and charts: language, zone and clock. */
  readonly viewOptions: { readonly language: Language; readonly timeZone: string; readonly clock: Clock };
  /** The simulated server, to crash and restart it. */
  readonly server?: SimulatedVllm;
  /**
   * Ends what {@link openLab} started. A second call does nothing. Of a closed lab the options for a collector are refused,
   * and of one whose server ended with it those for a workload and a parser too.
   */
  close(): Promise<void>;
}

/** The recording's name within the output folder. */
export const RECORDING_FILE = "recording.sqlite";

/** The instant at which every replay begins. */
const REPLAY_START_SECONDS = Date.UTC(2026, 0, 5, 9) / 1000;

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

let opened: Lab | undefined;

/**
 * Opens the lab that the environment asks for:
 * - `LAB_MODE=replay`: simulated server, virtual clock, fixed seed, recorded machine: the same outputs every time;
 * - `LAB_URL` (`LAB_METRICS_URL`, `LAB_API_KEY`): a real server;
 * - otherwise a simulated server in a Worker.
 *
 * Running the cell again closes the lab that it had opened before. In a notebook it also calls {@link setup}, so that
 * one call is all that a first cell needs.
 *
 * @throws TypeError when an address is none, RangeError when `LAB_MODE` or `LAB_LANG` is unknown
 *
 * @example
 * ```ts
 * import { openLab, say } from "#lab";
 *
 * await using lab = await openLab({ language: "en" });
 * await say(`${lab.mode}: ${lab.apiBase}`);
 * ```
 */
export async function openLab(options: OpenLabOptions = {}): Promise<Lab> {
  checkOptions<OpenLabOptions>('openLab({ language: "en" })', options, CHECKS, { instead: INSTEAD });
  await opened?.close();
  const variables = options.variables ?? ((name) => Deno.env.get(name));
  const seed = options.seed ?? 1;
  const mode = modeOf(variables);
  const language = languageFromEnvironment(variables, options.language);
  if (inKernel()) setup({ language });
  const parts = await PARTS[mode]({ ...options, seed, language, variables });
  opened = assemble(parts, { mode, seed, language, variables });
  return opened;
}

function modeOf(variables: Variables): LabMode {
  const mode = variables("LAB_MODE") ?? "";
  if (mode === "replay") return "replay";
  if (mode !== "") throw new RangeError(`Cannot open lab: LAB_MODE is "${mode}", wanted "replay" or nothing`);
  return (variables("LAB_URL") ?? "") === "" ? "simulated" : "server";
}

/** What differs between the modes. */
interface LabParts {
  readonly target: TargetOptions & { readonly url: string };
  readonly clock: Clock;
  readonly fetch?: typeof fetch;
  readonly system: Sampler | true;
  readonly server?: SimulatedVllm;
}

interface PartsOptions {
  readonly seed: number;
  readonly language: Language;
  readonly profile?: string;
  readonly variables: Variables;
}

const PARTS: Readonly<Record<LabMode, (options: PartsOptions) => Promise<LabParts>>> = {
  server: ({ variables }) =>
    Promise.resolve({ target: realTarget(variables), clock: realClock(), system: true }),
  async simulated({ seed, profile, language }) {
    const server = await SimulatedVllm.start({
      seed,
      onLostPace: tellLostPace(language),
      ...(profile === undefined ? {} : { profile }),
    });
    return { target: { id: "vllm", url: server.url }, clock: realClock(), system: true, server };
  },
  async replay({ seed, profile }) {
    const clock = new VirtualClock(REPLAY_START_SECONDS);
    const server = SimulatedVllm.inProcess({ clock, seed, ...(profile === undefined ? {} : { profile }) });
    return {
      target: { id: "vllm", url: server.url },
      clock,
      fetch: server.fetch,
      system: await replaySystemSampler(),
      server,
    };
  },
};

/** Figures of a simulated server that has fallen behind are not its profile's: the reader is told under the next output. */
function tellLostPace(language: Language): (lateSeconds: number) => void {
  let times = 0;
  return (lateSeconds) => {
    times++;
    const sentence = NOTEBOOK_TEXT[language].lostPace(formatSeconds(lateSeconds), formatCount(times));
    tellLater("pace", sentence);
  };
}

/** Addresses without credentials: those have become headers. */
function realTarget(variables: Variables): TargetOptions & { readonly url: string } {
  const key = variables("LAB_API_KEY") ?? "";
  const metricsUrl = variables("LAB_METRICS_URL") ?? "";
  const [target] = resolveTargets([{
    id: "vllm",
    url: variables("LAB_URL") ?? "",
    ...(metricsUrl === "" ? {} : { metricsUrl }),
    ...(key === "" ? {} : { headers: { authorization: `Bearer ${key}` } }),
  }]);
  if (target === undefined) throw new TypeError("Cannot open lab: LAB_URL names no server");
  return { id: target.id, url: target.apiUrl, metricsUrl: target.metricsUrl, headers: target.headers };
}

/** What a lab is opened with, by options and environment. */
interface LabContext {
  readonly mode: LabMode;
  readonly seed: number;
  readonly language: Language;
  readonly variables: Variables;
}

function assemble(parts: LabParts, context: LabContext): Lab {
  const { target, clock, fetch, system, server } = parts;
  const { mode, seed, language, variables } = context;
  const simulated = mode !== "server";
  const output = outputDirectory(variables, clock);
  // A replay leaves nothing behind; it can be made again at any time.
  const recording = mode === "replay"
    ? undefined
    : labRecording(resolve(output, RECORDING_FILE), clock, (cause) => {
      tellLater("recording", causeSentence(cause, language));
    });
  let closed = false;
  const close = async () => {
    closed = true;
    if (opened === lab) labHasClosed();
    try {
      recording?.close();
    } finally {
      // A full disk under the recording leaves no server behind.
      await server?.stop();
    }
  };
  const timeZone = mode === "replay" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { collectorOptions, workloadOptions, parserOptions } = spreadOptions(parts, context, {
    recording,
    isClosed: () => closed,
  });
  // What has ended with the lab would be waited for in vain, or write into a recording that is complete.
  const open = <T>(options: T, ended = true): T => {
    if (closed && ended) {
      throw new Error("Cannot use the lab: it was closed, wanted a new one: lab = await openLab()");
    }
    return options;
  };
  let workloads = 0;
  const lab: Lab = {
    mode,
    simulated,
    summary: NOTEBOOK_TEXT[language].opened({ mode, apiBase: workloadOptions.apiBase, simulated }),
    apiBase: workloadOptions.apiBase,
    target,
    clock,
    ...(fetch === undefined ? {} : { fetch }),
    seed,
    system,
    outputDirectory: output,
    language,
    timeZone,
    get collectorOptions() {
      workloads = 0;
      return open(collectorOptions);
    },
    get workloadOptions() {
      let own: string | undefined;
      return {
        ...open(workloadOptions, simulated),
        // Not before it is used: whoever looks over a lab reads all of its fields.
        get target() {
          return own ??= workloads++ === 0 ? "workload" : `workload-${workloads}`;
        },
      };
    },
    get parserOptions() {
      return open(parserOptions, simulated);
    },
    viewOptions: { language, timeZone, clock },
    ...(server === undefined ? {} : { server }),
    close,
    [Symbol.asyncDispose]: close,
  };
  return withoutSecrets(lab);
}

/** What is spread into the options of a collector, a workload and a parser. */
function spreadOptions(
  { target, clock, fetch, system, server }: LabParts,
  { mode, seed, language }: LabContext,
  own: { readonly recording: LabRecording | undefined; readonly isClosed: () => boolean },
) {
  const simulated = mode !== "server";
  // The real clock is everybody's default, and the workload waits more precisely on its own.
  const virtual = mode === "replay" ? { clock } : {};
  const reached = fetch === undefined ? {} : { fetch };
  const headers = target.headers === undefined ? {} : { headers: target.headers };
  return {
    collectorOptions: {
      targets: [target],
      ...virtual,
      ...reached,
      system,
      // A simulated server has simulated GPUs; those of the machine that runs it have nothing to do with it.
      gpu: server?.gpus ?? true,
      ...(own.recording === undefined ? {} : { recording: own.recording }),
    },
    workloadOptions: {
      apiBase: `${target.url}/v1`,
      ...virtual,
      ...reached,
      seed,
      simulated,
      // Stop ends a load whether its cell thought of that or not: its open requests become rows.
      stopSignal() {
        if (own.isClosed() && simulated) tellLater("closed", NOTEBOOK_TEXT[language].labClosed);
        return stopSignal();
      },
      ...headers,
    },
    parserOptions: { url: target.metricsUrl ?? `${target.url}/metrics`, ...reached, ...headers },
  };
}

/** Shown by accident (as a cell's last expression, in a log), a lab must not show the key that its headers hold. */
function withoutSecrets(lab: Lab): Lab {
  const summary = () => `Lab { mode: "${lab.mode}", apiBase: "${lab.apiBase}" }`;
  return Object.defineProperties(lab, {
    [Symbol.for("Deno.customInspect")]: { value: summary, enumerable: false },
    toJSON: { value: () => ({ mode: lab.mode, apiBase: lab.apiBase }), enumerable: false },
  });
}

/** `LAB_OUTPUT` (relative to the project), else a folder named by the time. */
function outputDirectory(variables: Variables, clock: Clock): string {
  const wanted = variables("LAB_OUTPUT") ?? "";
  if (wanted !== "") return resolve(PROJECT, wanted);
  const time = new Date(Math.floor(clock.nowSeconds()) * 1000).toISOString();
  return resolve(PROJECT, "data/runs", time.replace(".000", "").replaceAll(":", "-"));
}
