/**
 * Backslashes in quoted texts; and names that are not `[a-zA-Z_:][a-zA-Z0-9_:]*` for readers that know no quoted names.
 *
 * Source of the schemes: https://github.com/prometheus/docs/blob/main/docs/instrumenting/escaping_schemes.md
 *
 * @module
 */
import { BACKSLASH, decodeUtf8, NEWLINE, QUOTE } from "./bytes.ts";
import type { EscapingScheme } from "./grammar.ts";

const LETTER_N = 0x6e;

const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * The text in `bytes[start, end)` with its escapes undone: `\\`, `\n` and, where `quotes` says so, `\"`. Any other one
 * stays as it stands, backslash included (as Prometheus and its Python client read it). Undefined when it is not UTF-8.
 */
export function decodeEscaped(
  bytes: Uint8Array,
  start: number,
  end: number,
  quotes = true,
): string | undefined {
  const unescaped = new Uint8Array(end - start);
  let length = 0;
  for (let at = start; at < end; at++) {
    let byte = bytes[at]!;
    if (byte === BACKSLASH && at + 1 < end) {
      const next = bytes[at + 1]!;
      if (next === BACKSLASH || next === LETTER_N || (quotes && next === QUOTE)) {
        byte = next === LETTER_N ? NEWLINE : next;
        at++;
      }
    }
    unescaped[length++] = byte;
  }
  return decodeUtf8(unescaped, 0, length);
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
