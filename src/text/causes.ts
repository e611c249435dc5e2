/**
 * Why a value is absent or something failed, in words.
 *
 * @module
 */
import { type Check, checkArgument, OBJECT } from "../base/arguments.ts";
import type { Cause, CauseCode } from "../base/cause.ts";
import { formatBytes } from "../base/format.ts";
import { CAUSES_EN } from "./causes_en.ts";
import { CAUSES_ZH_TW } from "./causes_zh_tw.ts";
import { isQuantityName } from "../catalog/quantities.ts";
import { LANGUAGE, type Language } from "./language.ts";
import { quantityTitleWithin } from "./quantities.ts";

/** Parameters of a cause while its sentence is made: what a sentence quotes is not repeated behind it. */
export interface CauseParams {
  /** The first of these parameters that is there, as text; else `fallback`. */
  (names: string | readonly string[], fallback?: string): string;
  /** `prefix` + the parameter + `suffix` when one of them is there, else nothing. */
  around(prefix: string, names: string | readonly string[], suffix?: string): string;
  /** A parameter in bytes in a unit that reads well (`64 MiB`), else `fallback`. */
  bytes(name: string, fallback: string): string;
}

/** One sentence a code; a code without one does not compile. */
export type CauseSentences = Readonly<Record<CauseCode, (params: CauseParams) => string>>;

const SENTENCES: Readonly<Record<Language, CauseSentences>> = { en: CAUSES_EN, "zh-TW": CAUSES_ZH_TW };

const CAUSE: Check = {
  wanted: "why something is absent, { code, params }",
  accepts: (value) =>
    typeof value === "object" && value !== null && "code" in value && typeof value.code === "string" &&
    (!("params" in value) || value.params === undefined || OBJECT.accepts(value.params)),
};

/**
 * A phrase without a full stop, such as `no GPU: libnvidia-ml.so.1 not found`. Parameters that the sentence does not
 * quote follow in brackets, so that nothing known is lost. A quantity stands by its title. The result is plain text: escape it for where it stands.
 */
export function causeSentence(cause: Cause, language: Language = "en"): string {
  const call = "causeSentence(reading.absent, lab.language)";
  checkArgument(call, { cause }, CAUSE);
  checkArgument(call, { language }, LANGUAGE);
  const params = cause.params ?? {};
  const quoted = new Set<string>();
  const find = (names: string | readonly string[]): string | undefined => {
    const name = (typeof names === "string" ? [names] : names).find((each) => params[each] !== undefined);
    if (name === undefined) return undefined;
    quoted.add(name);
    return name === "quantity" ? nameWithin(String(params[name]), language) : String(params[name]);
  };
  const read: CauseParams = Object.assign(
    (names: string | readonly string[], fallback = "") => find(names) ?? fallback,
    {
      around(prefix: string, names: string | readonly string[], suffix = "") {
        const value = find(names);
        return value === undefined ? "" : prefix + value + suffix;
      },
      bytes(name: string, fallback: string) {
        const value = find(name);
        return value === undefined ? fallback : formatBytes(Number(value));
      },
    },
  );
  const known = Object.hasOwn(SENTENCES[language], cause.code);
  // A recording of a newer lab may hold a code that this one has no sentence for.
  const spoken = known ? SENTENCES[language][cause.code](read) : String(cause.code).replaceAll("_", " ");
  const sentence = spoken.replace(/ ?(「[^」]*」) ?/g, "$1");
  const rest = Object.entries(params).filter(([name]) => !quoted.has(name))
    .map(([name, value]) => `${name} ${value}`);
  if (rest.length === 0) return sentence;
  return language === "en" ? `${sentence} (${rest.join(", ")})` : `${sentence}（${rest.join("、")}）`;
}

/** A quantity by its title; a name that the lab does not know stays as it is. */
function nameWithin(name: string, language: Language): string {
  if (!isQuantityName(name)) return name;
  const title = quantityTitleWithin(name, language);
  return language === "zh-TW" ? `「${title}」` : title;
}
