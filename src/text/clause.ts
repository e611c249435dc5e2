/**
 * Parts of sentences that are left out where their numbers are missing.
 *
 * @module
 */
import type { VerdictNumber } from "./analyzer.ts";
import type { Language } from "./language.ts";

/** A clause whose numbers are all there; else nothing. A sentence with "n/a" in it says less than a shorter one. */
export function clause(
  n: VerdictNumber,
  names: readonly string[],
  text: (n: VerdictNumber) => string,
): string {
  return names.some((name) => n(name) === "n/a") ? "" : text(n);
}

/** What a server is after a restart that it was not before, in parentheses; nothing where it is as it was. */
export function newLife(n: VerdictNumber, language: Language): string {
  const isEnglish = language === "en";
  const parts = [
    clause(
      n,
      ["versionBefore", "version"],
      () =>
        isEnglish
          ? `version was ${n("versionBefore")}, is ${n("version")}`
          : `版本原為 ${n("versionBefore")}，現為 ${n("version")}`,
    ),
    clause(
      n,
      ["modelBefore", "model"],
      () =>
        isEnglish
          ? `model was ${n("modelBefore")}, is ${n("model")}`
          : `模型原為 ${n("modelBefore")}，現為 ${n("model")}`,
    ),
  ].filter((part) => part !== "");
  if (parts.length === 0) return "";
  return isEnglish ? ` (${parts.join("; ")})` : `（${parts.join("；")}）`;
}
