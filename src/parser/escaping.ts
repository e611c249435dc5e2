/**
 * Backslashes in quoted texts; and names that are not `[a-zA-Z_:][a-zA-Z0-9_:]*` for readers that know no quoted names.
 *
 * Source of the schemes: https://github.com/prometheus/docs/blob/main/docs/instrumenting/escaping_schemes.md
 *
 * @module
 */
import type { EscapingScheme } from "./grammar.ts";

const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** `\\`, `\"` and `\n`; any other escape stays as it stands, backslash included (as Prometheus and its Python client read it). */
export function unescapeQuoted(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, escaped: string) => escaped === "n" ? "\n" : escaped);
}

/** As {@link unescapeQuoted}; in Prometheus text a HELP has no `\"`. */
export function unescapeHelp(text: string, openMetrics: boolean): string {
  if (!text.includes("\\")) return text;
  if (openMetrics) return unescapeQuoted(text);
  return text.replace(/\\([\\n])/g, (_, escaped: string) => escaped === "n" ? "\n" : escaped);
}

/** A HELP of Prometheus text. */
export function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** What stands between quotes, and a HELP of OpenMetrics. */
export function escapeQuoted(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}

/** Whether a metric name needs no quotes. */
export function isLegacyName(name: string): boolean {
  return LEGACY_NAME.test(name);
}

/** Whether a label name needs no quotes. */
export function isLegacyLabel(name: string): boolean {
  return LEGACY_LABEL.test(name);
}

/**
 * The name under a scheme: "underscores" cannot be undone; "dots" and "values" can, by {@link unescapeName}.
 * An empty name stays empty.
 */
export function escapeName(name: string, scheme: EscapingScheme): string {
  if (name === "") return name;
  switch (scheme) {
    case "allow-utf-8":
      return name;
    case "underscores":
      return isLegacyName(name) ? name : mapCharacters(name, (character, legal) => legal ? character : "_");
    case "dots":
      return mapCharacters(name, (character, legal) => {
        if (character === "_") return "__";
        if (character === ".") return "_dot_";
        return legal ? character : "__";
      });
    case "values":
      if (isLegacyName(name) && !name.startsWith("U__")) return name;
      return "U__" + mapCharacters(name, (character, legal) => {
        if (character === "_") return "__";
        return legal ? character : `_${character.codePointAt(0)!.toString(16)}_`;
      });
  }
}

/**
 * The name that an escaped one stands for. What does not follow the scheme is returned as it is: a server may send
 * names that were never escaped.
 */
export function unescapeName(name: string, scheme: EscapingScheme): string {
  if (scheme === "dots") {
    return name.replace(/_dot_|__/g, (escape) => escape === "__" ? "_" : ".");
  }
  if (scheme !== "values" || !name.startsWith("U__")) return name;
  let valid = true;
  const text = name.slice(3).replace(/_(_|[0-9a-f]{1,6}_)|_/g, (escape, body: string | undefined) => {
    if (body === "_") return "_";
    const code = body === undefined ? NaN : parseInt(body, 16);
    // Surrogates are no characters.
    if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) valid = false;
    return valid ? String.fromCodePoint(code) : escape;
  });
  return valid ? text : name;
}

function mapCharacters(name: string, map: (character: string, legal: boolean) => string): string {
  let mapped = "";
  for (const character of name) {
    const legal = mapped === "" ? /[a-zA-Z_:]/.test(character) : /[a-zA-Z0-9_:]/.test(character);
    mapped += map(character, legal);
  }
  return mapped;
}
