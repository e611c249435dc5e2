/**
 * The languages of the lab.
 *
 * @module
 */

/** BCP 47 tags of the languages in which every sentence exists. */
export type Language = "en" | "zh-TW";

/** All languages, English first. */
export const LANGUAGES: readonly Language[] = ["en", "zh-TW"];
