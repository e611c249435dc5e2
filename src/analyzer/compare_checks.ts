/**
 * Checks of what a comparison is asked with, for cells that no compiler has seen.
 *
 * @module
 */
import {
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  either,
  listOf,
  NUMBER,
  oneOf,
  shape,
  SHARE,
} from "../base/arguments.ts";
import { SOURCE } from "../series/arguments.ts";
import type { CompareOptions } from "./compare.ts";
import { COMPARED_FIGURES } from "./run_figures.ts";

const RUN: Check = either("a run", SOURCE, shape("", ["records"]));

const RUN_OR_RUNS = either("a run, a recording or shipped data, or a list of them", RUN, listOf(RUN, ""));

const CHECKS: Checks<CompareOptions> = {
  threshold: NUMBER,
  confidence: SHARE,
  beyond: oneOf(["measured", "surely"]),
  figures: listOf(oneOf(COMPARED_FIGURES), `a list of ${COMPARED_FIGURES.join(", ")}`),
  loadTolerance: NUMBER,
};

/**
 * Refuses runs or options that are none.
 *
 * @throws TypeError, or RangeError for a figure that there is not
 */
export function checkCompare(before: unknown, after: unknown, options: unknown): void {
  const call = "compareRuns(openRecording(before), openRecording(after))";
  checkArgument(call, { before }, RUN_OR_RUNS);
  checkArgument(call, { after }, RUN_OR_RUNS);
  checkOptions<CompareOptions>(call, options, CHECKS);
}
