/**
 * The languages of the lab.
 *
 * @module
 */

import { type Check, oneOf } from "../base/arguments.ts";

/** BCP 47 tags of the languages in which every sentence exists. */
export type Language = "en" | "zh-TW";

/** All languages, English first. */
export const LANGUAGES: readonly Language[] = ["en", "zh-TW"];

/** A language, as an argument or an option. */
export const LANGUAGE: Check = oneOf(LANGUAGES);
