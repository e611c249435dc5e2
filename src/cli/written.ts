/**
 * What a command has written, for its last lines.
 *
 * @module
 */
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";

/** One file on the line itself, several below it. */
export function writtenLines(paths: readonly string[], language: Language): string {
  const head = cliText(language).written + punctuation(language).colon;
  return paths.length === 1
    ? head + paths[0]
    : [head.trimEnd(), ...paths.map((path) => `  ${path}`)].join("\n");
}
