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
  oneOf,
  shape,
} from "../base/arguments.ts";
import { SOURCE } from "../series/arguments.ts";
import type { CompareOptions } from "./compare.ts";
import { COMPARED_FIGURES } from "./run_figures.ts";

const RUN: Check = either("a run", SOURCE, shape("", ["records"]));

const RUN_OR_RUNS = either("a run, a recording or shipped data, or a list of them", RUN, listOf(RUN, ""));

/** By less than nothing no run is worse: a run would fail against itself. */
const NOT_NEGATIVE: Check = {
  type: "number",
  wanted: "a number from 0 on",
  accepts: (value) => typeof value === "number" && value >= 0,
};

/** An interval that surely holds the truth is everything, one that surely misses it nothing. */
const INSIDE: Check = {
  type: "number",
  wanted: "a number between 0 and 1",
  accepts: (value) => typeof value === "number" && value > 0 && value < 1,
};

const CHECKS: Checks<CompareOptions> = {
  threshold: NOT_NEGATIVE,
  confidence: INSIDE,
  beyond: oneOf(["measured", "surely"]),
  figures: listOf(oneOf(COMPARED_FIGURES), `a list of ${COMPARED_FIGURES.join(", ")}`),
  loadTolerance: NOT_NEGATIVE,
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
