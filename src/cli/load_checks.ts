/**
 * `load`'s options held against each other: what cannot be meant together, or would be ignored, is refused before anything
 * is asked, planned or written.
 *
 * @module
 */
import type { WantedObjective } from "./load_objectives.ts";
import { DEFAULT_DURATION_SECONDS } from "../simulator/workload/load.ts";
import { CliError } from "./terminal.ts";

/** Those that say what kind of load it is, and those that belong to one kind. */
export interface LoadKindOptions {
  readonly rate?: number;
  readonly arrivals?: string;
  readonly concurrency?: number;
  readonly profile?: string;
  readonly findMax: boolean;
  readonly within?: number;
  readonly seconds?: number;
  readonly objective?: readonly WantedObjective[];
  readonly goal?: WantedObjective;
  readonly share?: number;
  readonly think?: number;
  readonly burstiness?: number;
}

/** @throws CliError (exit 2) that says which options contradict each other, and what is wanted */
export function checkLoadOptions(options: LoadKindOptions): void {
  for (const [isWrong, message] of RULES) if (isWrong(options)) throw new CliError(message);
  const { arrivals } = options;
  if (arrivals !== undefined && arrivals !== "poisson" && arrivals !== "constant") {
    throw new CliError(`Cannot load: arrivals "${arrivals}", wanted poisson or constant`);
  }
}

const RULES: readonly (readonly [(options: LoadKindOptions) => boolean, string])[] = [
  [
    ({ rate, concurrency, profile }) =>
      concurrency !== undefined && (rate !== undefined || profile !== undefined),
    "Cannot load in two ways at once: wanted one of --rate, --concurrency, --profile (with --rate its size)",
  ],
  [
    ({ findMax, rate, concurrency, profile }) => findMax && (rate ?? concurrency ?? profile) !== undefined,
    "Cannot search the highest rate at a given one: wanted --find-max without --rate, --concurrency and --profile",
  ],
  [
    ({ findMax, within }) => within !== undefined && !findMax,
    "Cannot end a search that is none: --within is for --find-max, wanted --seconds or --requests",
  ],
  [
    ({ within, seconds = DEFAULT_DURATION_SECONDS }) => within !== undefined && within < seconds,
    "Cannot search the highest rate: --within is shorter than one run, wanted at least --seconds (default 30)",
  ],
  [
    (options) => options.findMax && !hasObjective(options),
    "Cannot search the highest rate: nothing to hold it against, wanted --objective such as ttft=500ms",
  ],
  [
    (options) => options.share !== undefined && !hasObjective(options),
    "Cannot keep --share of nothing: wanted --objective beside it, such as ttft=500ms",
  ],
  [
    ({ think, rate, profile, findMax }) =>
      think !== undefined && (findMax || rate !== undefined || profile !== undefined),
    "Cannot let users think: --think is for users who wait for their answers, wanted --concurrency beside it",
  ],
  [
    ({ burstiness, rate, profile, findMax }) =>
      burstiness !== undefined && !findMax && (rate === undefined || profile !== undefined),
    "Cannot make arrivals bursty: --burstiness is for requests on schedule, wanted --rate beside it",
  ],
  [
    ({ arrivals, rate, profile, findMax }) =>
      arrivals === "constant" && !findMax && (rate === undefined || profile !== undefined),
    "Cannot make arrivals constant: --arrivals is for requests on schedule, wanted --rate beside it",
  ],
  [
    ({ arrivals, burstiness }) => arrivals === "constant" && burstiness !== undefined,
    "Cannot make arrivals constant and bursty: wanted --arrivals constant or --burstiness",
  ],
];

function hasObjective({ objective = [], goal }: LoadKindOptions): boolean {
  return objective.length > 0 || goal !== undefined;
}
