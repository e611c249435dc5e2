/**
 * What can go wrong: each incident changes the model, so that all metrics move together as they would.
 *
 * @module
 */
import { HEALTHY, type StepConditions } from "./step_time.ts";

/** Every incident. */
export const INCIDENT_NAMES = [
  "arrival-surge",
  "batch-limit",
  "kv-exhausted",
  "huge-prompts",
  "cold-cache",
  "front-end-starved",
  "slow-network",
  "abort-storm",
  "crash",
  "hang",
  "one-engine-stuck",
  "gpu-throttled",
  "gpu-lost",
  "noisy-neighbour",
  "upgrade",
  "admission-limit",
  "memory-taken",
] as const;

/** One of {@link INCIDENT_NAMES}. */
export type IncidentName = typeof INCIDENT_NAMES[number];

/** An incident's parameters by name. */
export type IncidentParameters = Readonly<Record<string, number | string>>;

/** What an incident is made of. */
export interface IncidentDefinition {
  readonly name: IncidentName;
  /** Parameters with their defaults; the unit is in the name. */
  readonly parameters: IncidentParameters;
  /** Time from the start to full strength, by default. */
  readonly rampSeconds: number;
  /** Engines that it needs. */
  readonly engines: number;
  /** How the server's processes are affected: nothing, or they go down when it starts. */
  readonly takesDown: boolean;
}

function define(
  name: IncidentName,
  parameters: IncidentParameters,
  more: { readonly rampSeconds?: number; readonly engines?: number; readonly takesDown?: boolean } = {},
): IncidentDefinition {
  const { rampSeconds = 0, engines = 1, takesDown = false } = more;
  return { name, parameters, rampSeconds, engines, takesDown };
}

/** All definitions by name. */
export const INCIDENTS: Readonly<Record<IncidentName, IncidentDefinition>> = {
  // Other users come: as many as `factor` makes of the present ones, or at a rate of one's own.
  "arrival-surge": define("arrival-surge", { factor: 3, requestsPerSecond: 0 }, { rampSeconds: 5 }),
  "batch-limit": define("batch-limit", { limitRatio: 0.25, maxNumSequences: 0 }),
  // Other users whose answers are this many times longer.
  "kv-exhausted": define("kv-exhausted", { outputFactor: 15, rateFactor: 0.5, requestsPerSecond: 0 }, {
    rampSeconds: 5,
  }),
  "huge-prompts": define("huge-prompts", { promptTokens: 30_000, perMinute: 4, outputTokens: 20 }),
  "cold-cache": define("cold-cache", {}),
  "front-end-starved": define("front-end-starved", { delaySeconds: 0.3 }, { rampSeconds: 5 }),
  "slow-network": define("slow-network", { delaySeconds: 0.1, burstSeconds: 0.4 }),
  "abort-storm": define("abort-storm", { share: 0.6, afterTokens: 20, rateFactor: 2, requestsPerSecond: 0 }),
  "crash": define("crash", { loadSeconds: -1 }, { takesDown: true }),
  "hang": define("hang", {}),
  "one-engine-stuck": define("one-engine-stuck", { engine: 1 }, { engines: 2 }),
  "gpu-throttled": define("gpu-throttled", { clockRatio: 0.6, bandwidthRatio: 0.8 }, { rampSeconds: 10 }),
  "gpu-lost": define("gpu-lost", { exitSeconds: 5 }, { takesDown: true }),
  "noisy-neighbour": define("noisy-neighbour", { delaySeconds: 0.018 }, { rampSeconds: 5 }),
  "upgrade": define("upgrade", { version: "0.25.1", model: "", loadSeconds: -1 }, { takesDown: true }),
  "admission-limit": define("admission-limit", { limitRatio: 1, maxQueuedRequests: 0 }),
  "memory-taken": define("memory-taken", { blockRatio: 0.6, loadSeconds: -1 }, { takesDown: true }),
};

/** An incident under way, at its present strength. */
export interface ActiveIncident {
  readonly name: IncidentName;
  readonly parameters: IncidentParameters;
  /** 0 to 1. */
  readonly strength: number;
}

/** Users beside those that really call. Rates of 0 mean: in proportion to those. */
export interface ExtraTraffic {
  readonly requestsPerSecond: number;
  /** Requests for each real one. */
  readonly perRealRequest: number;
  readonly outputFactor: number;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly cutShare: number;
  readonly cutAfterTokens: number;
}

/** What all active incidents together do to the model. */
export interface IncidentEffects {
  readonly conditions: StepConditions;
  readonly frontEndDelaySeconds: number;
  readonly networkDelaySeconds: number;
  readonly networkBurstSeconds: number;
  readonly coldPrompts: boolean;
  /** Absent: as configured. */
  readonly maxNumSequences?: number;
  readonly maxQueuedRequests?: number;
  readonly hungEngines: "all" | readonly number[];
  readonly traffic: readonly ExtraTraffic[];
}

/** The effects of several incidents at once: factors multiply, delays add, the tightest limit holds. */
export function effectsOf(
  active: readonly ActiveIncident[],
  base: { readonly maxNumSequences: number },
): IncidentEffects {
  let conditions = HEALTHY;
  const effects = {
    frontEndDelaySeconds: 0,
    networkDelaySeconds: 0,
    networkBurstSeconds: 0,
    coldPrompts: false,
    maxNumSequences: Infinity,
    maxQueuedRequests: Infinity,
    hungEngines: [] as number[] | "all",
    traffic: [] as ExtraTraffic[],
  };
  for (const { name, parameters, strength } of active) {
    const get = (key: string) => Number(parameters[key] ?? INCIDENTS[name].parameters[key]);
    switch (name) {
      case "batch-limit":
        effects.maxNumSequences = Math.min(
          effects.maxNumSequences,
          get("maxNumSequences") || Math.max(1, Math.floor(base.maxNumSequences * get("limitRatio"))),
        );
        break;
      case "admission-limit":
        effects.maxQueuedRequests = Math.min(
          effects.maxQueuedRequests,
          get("maxQueuedRequests") || Math.max(1, Math.floor(base.maxNumSequences * get("limitRatio"))),
        );
        break;
      case "cold-cache":
        effects.coldPrompts = true;
        break;
      case "front-end-starved":
        effects.frontEndDelaySeconds += get("delaySeconds") * strength;
        break;
      case "slow-network":
        effects.networkDelaySeconds += get("delaySeconds") * strength;
        effects.networkBurstSeconds = Math.max(effects.networkBurstSeconds, get("burstSeconds") * strength);
        break;
      case "hang":
        effects.hungEngines = "all";
        break;
      case "one-engine-stuck":
        if (effects.hungEngines !== "all") effects.hungEngines.push(get("engine"));
        break;
      case "gpu-throttled":
        conditions = worse(conditions, {
          arithmeticRatio: towards(get("clockRatio"), strength),
          bandwidthRatio: towards(get("bandwidthRatio"), strength),
          overheadFactor: 1,
        });
        break;
      case "noisy-neighbour":
        conditions = worse(conditions, {
          ...HEALTHY,
          hostDelaySeconds: get("delaySeconds") * strength,
        });
        break;
      case "arrival-surge":
      case "kv-exhausted":
      case "huge-prompts":
      case "abort-storm":
        effects.traffic.push(trafficOf(name, get, strength));
        break;
      case "crash":
      case "gpu-lost":
      case "upgrade":
      case "memory-taken":
        // They act on the processes when they start, not on the model.
        break;
    }
  }
  const { maxNumSequences, maxQueuedRequests, ...rest } = effects;
  return {
    conditions,
    ...rest,
    ...(maxNumSequences === Infinity ? {} : { maxNumSequences }),
    ...(maxQueuedRequests === Infinity ? {} : { maxQueuedRequests }),
  };
}

function trafficOf(
  name: "arrival-surge" | "kv-exhausted" | "huge-prompts" | "abort-storm",
  get: (key: string) => number,
  strength: number,
): ExtraTraffic {
  const plain = { perRealRequest: 0, outputFactor: 1, cutShare: 0, cutAfterTokens: 0 };
  if (name === "huge-prompts") {
    return {
      ...plain,
      requestsPerSecond: get("perMinute") / 60 * strength,
      promptTokens: get("promptTokens"),
      outputTokens: get("outputTokens"),
    };
  }
  const own = get("requestsPerSecond") * strength;
  const perReal = name === "arrival-surge" ? get("factor") - 1 : get("rateFactor");
  return {
    ...plain,
    requestsPerSecond: own,
    perRealRequest: own > 0 ? 0 : perReal * strength,
    outputFactor: name === "kv-exhausted" ? get("outputFactor") : 1,
    ...(name === "abort-storm" ? { cutShare: get("share"), cutAfterTokens: get("afterTokens") } : {}),
  };
}

function worse(a: StepConditions, b: StepConditions): StepConditions {
  return {
    arithmeticRatio: a.arithmeticRatio * b.arithmeticRatio,
    bandwidthRatio: a.bandwidthRatio * b.bandwidthRatio,
    overheadFactor: a.overheadFactor * b.overheadFactor,
    hostDelaySeconds: (a.hostDelaySeconds ?? 0) + (b.hostDelaySeconds ?? 0),
  };
}

function towards(full: number, strength: number): number {
  return 1 + (full - 1) * strength;
}

/**
 * Checks a name and parameters.
 *
 * @throws RangeError for an unknown incident or parameter, listing those that exist
 */
export function checkIncident(name: string, parameters: IncidentParameters = {}): IncidentDefinition {
  const known = INCIDENT_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new RangeError(
      `Cannot start incident ${JSON.stringify(name)}: unknown, wanted one of ${INCIDENT_NAMES.join(", ")}`,
    );
  }
  const definition = INCIDENTS[known];
  for (const key of Object.keys(parameters)) {
    if (key in definition.parameters) continue;
    const wanted = Object.keys(definition.parameters).join(", ") || "none";
    throw new RangeError(
      `Cannot start incident ${known}: parameter ${JSON.stringify(key)} unknown, wanted ${wanted}`,
    );
  }
  return definition;
}

/**
 * Reads an incident of a command line: `NAME@60s`, `NAME@60s+30s` (for 30 s), with `,key=value` behind it.
 *
 * @throws RangeError for a text of another form, an unknown name or parameter
 */
export function parseIncident(text: string): ScheduledIncident {
  const [head = "", ...pairs] = text.split(",");
  const match = /^([A-Za-z0-9_-]+)(?:@(\d+(?:\.\d+)?)s?(?:\+(\d+(?:\.\d+)?)s?)?)?$/.exec(head.trim());
  if (match === null) {
    throw new RangeError(
      `Cannot read incident ${
        JSON.stringify(text)
      }: wanted NAME@STARTs, NAME@STARTs+DURATIONs, then ,key=value`,
    );
  }
  const [, name, at = "0", duration] = match;
  const parameters = Object.fromEntries(pairs.map((pair) => {
    const [key = "", value = ""] = pair.split("=");
    const number = Number(value);
    return [key.trim(), value.trim() === "" || Number.isNaN(number) ? value.trim() : number];
  }));
  const definition = checkIncident(name!, parameters);
  return {
    name: definition.name,
    atSeconds: Number(at),
    ...(duration === undefined ? {} : { durationSeconds: Number(duration) }),
    parameters,
  };
}

/** An incident that is planned, in seconds after the server's start. */
export interface ScheduledIncident {
  /** Which one. */
  readonly name: IncidentName;
  /** 0 is the start of the schedule. */
  readonly atSeconds: number;
  /** Absent: until it is ended. */
  readonly durationSeconds?: number;
  /** From the start to full strength; default the incident's own. */
  readonly rampSeconds?: number;
  /** Those that are not given keep the incident's defaults. */
  readonly parameters?: IncidentParameters;
}
