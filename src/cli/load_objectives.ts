/**
 * `load --objective`: what a good request keeps, and which share of the requests must be good.
 *
 * @module
 */
import { type Objectives, parseObjectives } from "../simulator/workload/goodput.ts";
import { percent } from "./options.ts";
import { CliError } from "./terminal.ts";

/** An objective as it was written. */
export interface WantedObjective {
  /** As in `ttft=500ms,e2e=5s`. */
  readonly limits: string;
  /** 0 to 1; absent where it says none. */
  readonly share?: number;
}

/**
 * Reads `ttft=500ms,e2e=5s@95%`, as `monitor` does.
 *
 * @throws SyntaxError for limits that are none, InvalidArgumentError for a share that is none
 */
export function readObjective(text: string): WantedObjective {
  const [limits = "", ...shares] = text.split("@");
  parseObjectives(limits);
  return shares.length === 0 ? { limits } : { limits, share: percent(shares.join("@")) };
}

/**
 * All limits of every objective together, and the one share that they have; neither where there are no objectives.
 *
 * @throws CliError (exit 2) when their shares differ: one request is good or it is not
 */
export function objectivesOf(
  wanted: readonly WantedObjective[],
  share?: number,
): { readonly objectives?: Objectives; readonly targetRatio?: number } {
  const shares = new Set([share, ...wanted.map((one) => one.share)].filter((one) => one !== undefined));
  if (shares.size > 1) {
    throw new CliError("Cannot keep objectives of different shares in one load: wanted the same for all");
  }
  if (wanted.length === 0) return {};
  const [targetRatio] = shares;
  const objectives = parseObjectives(wanted.map(({ limits }) => limits).join(","));
  return targetRatio === undefined ? { objectives } : { objectives, targetRatio };
}
