/**
 * Checks of what a parser's results are asked with, for cells that no compiler has seen.
 *
 * @module
 */
import { type Check, listOf, shape } from "../base/arguments.ts";

/** One family as a parser gives it. */
export const FAMILY: Check = shape("a family, such as parseExposition(text)[0]", ["name", "type", "samples"]);

/** Families as a parser gives them. */
export const FAMILIES: Check = listOf(FAMILY, "a list of families, such as parseExposition(text)");
