/**
 * Parts of sentences that are left out where their numbers are missing.
 *
 * @module
 */
import type { VerdictNumber } from "./analyzer.ts";

/** A clause whose numbers are all there; else nothing. A sentence with "n/a" in it says less than a shorter one. */
export function clause(
  n: VerdictNumber,
  names: readonly string[],
  text: (n: VerdictNumber) => string,
): string {
  return names.some((name) => n(name) === "n/a") ? "" : text(n);
}
