/**
 * Checks of what a simulated server is asked with, for cells that no compiler has seen.
 *
 * @module
 */
import {
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  COUNT,
  DURATION,
  either,
  FLAG,
  FUNCTION,
  needed,
  NUMBER,
  OBJECT,
  oneOf,
  shape,
  TEXT,
} from "../../base/arguments.ts";
import { INCIDENT_NAMES } from "../engine/incidents.ts";
import type { PlainSimulatorOptions } from "./control.ts";
import type { StartIncidentOptions } from "./incident_director.ts";
import type { SimulatedVllmOptions } from "./simulated_vllm.ts";
import type { SimulatorOptions } from "./simulated_server.ts";

/** The name of an incident. */
const INCIDENT = oneOf(INCIDENT_NAMES);

const SCHEDULE: Check = {
  wanted: "a list of { name, atSeconds }",
  accepts: (value) =>
    Array.isArray(value) &&
    value.every((each) =>
      typeof each === "object" && each !== null && INCIDENT.accepts(each.name) &&
      DURATION.accepts(each.atSeconds)
    ),
};

const PLAIN: Checks<PlainSimulatorOptions> = {
  profile: either("the name of a profile, or a profile", TEXT, shape("", ["name", "limits"])),
  seed: NUMBER,
  model: TEXT,
  vllmVersion: TEXT,
  engines: COUNT,
  apiServers: COUNT,
  limits: OBJECT,
  maxQueuedRequests: NUMBER,
  maxQueuedTokens: NUMBER,
  outputLength: OBJECT,
  loadSeconds: DURATION,
  targetInfo: FLAG,
};

const START: Checks<SimulatedVllmOptions> = {
  ...PLAIN,
  port: COUNT,
  host: TEXT,
  incidents: SCHEDULE,
  onLostPace: FUNCTION,
};

const IN_PROCESS: Checks<SimulatorOptions> = { ...PLAIN, clock: needed(CLOCK), events: OBJECT, log: OBJECT };

const INCIDENT_OPTIONS: Checks<StartIncidentOptions> = { rampSeconds: DURATION, durationSeconds: DURATION };

/** Names that vLLM's own command line has. */
const INSTEAD = {
  version: "vllmVersion",
  modelName: "model",
  dataParallelSize: "engines",
  maxNumSeqs: "limits",
  maxNumBatchedTokens: "limits",
};

/** Refuses options of a server behind a port that cannot be meant. */
export function checkStart(options: SimulatedVllmOptions): void {
  checkOptions<SimulatedVllmOptions>("SimulatedVllm.start({ seed: 1 })", options, START, {
    instead: INSTEAD,
  });
}

/** Refuses options of a server in this process that cannot be meant. */
export function checkInProcess(options: SimulatorOptions): void {
  const call = "SimulatedVllm.inProcess({ clock: new VirtualClock(0) })";
  checkOptions<SimulatorOptions>(call, options, IN_PROCESS, { instead: INSTEAD });
}

/** Refuses an incident that is none; its parameters are judged by the incident itself. */
export function checkIncidentCall(name: unknown, parameters: unknown, options: unknown): void {
  const call = 'incidents.start("crash")';
  checkArgument(call, { name }, INCIDENT);
  checkArgument(call, { parameters }, OBJECT);
  checkOptions<StartIncidentOptions>(call, options, INCIDENT_OPTIONS);
}

/** Refuses the name of an incident that is none. */
export function checkIncidentName(name: unknown): void {
  checkArgument('incidents.end("hang")', { name }, INCIDENT);
}

/** Refuses options of a restart that cannot be meant. */
export function checkRestart(options: unknown): void {
  checkOptions<{ readonly loadSeconds?: number }>("vllm.restart({ loadSeconds: 5 })", options, {
    loadSeconds: DURATION,
  });
}
