/**
 * Texts of PromQL that mean exactly what is asked for, whatever stands in names and values.
 *
 * @module
 */
import type { Matcher } from "../series/types.ts";

/** A string literal. Both servers read Go's double quotes: everything but these three may stand there as it is. */
export function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** A regular expression (RE2) that matches one of the texts and nothing else. */
export function oneOf(texts: readonly string[]): string {
  return texts.map((text) => text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&")).join("|");
}

/** A selector of series by names, further conditions and matchers. */
export function selectorOf(names: readonly string[], matchers: readonly Matcher[]): string {
  return `{${[nameCondition(names), ...matchers.map(condition)].filter((each) => each !== "").join(",")}}`;
}

function nameCondition(names: readonly string[]): string {
  if (names.length === 0) return "";
  return names.length === 1 ? `__name__=${quote(names[0]!)}` : `__name__=~${quote(oneOf(names))}`;
}

function condition({ label, operator, value }: Matcher): string {
  return `${label}${operator}${quote(value)}`;
}

/** Regular expressions that RE2 and JavaScript read alike: letters, digits, and the plainest signs. */
const ALIKE = /^(?!.*\(\?)[\w .*+?|():/@%,;=<>~!#&'"-]*$/;

/**
 * The matchers that a server applies just as the lab does. The others are left to the lab: `target` is its own label, and
 * regular expressions beyond the plainest might be read differently.
 */
export function sendable(matchers: readonly Matcher[]): Matcher[] {
  return matchers.filter(({ label, operator, value }) =>
    /^[a-zA-Z_]\w*$/.test(label) && label !== "target" && label !== "exported_target" &&
    (operator === "=" || operator === "!=" || ALIKE.test(value))
  );
}

/** An instant for the API: seconds with three decimals, exactly. */
export function instantOf(timeMs: number): string {
  const seconds = Math.floor(timeMs / 1000);
  return `${seconds}.${String(timeMs - seconds * 1000).padStart(3, "0")}`;
}
