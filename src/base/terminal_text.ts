/**
 * Text in a terminal's columns.
 *
 * @module
 */
import { escapeTerminal } from "./escape.ts";

/** East Asian wide and full-width characters, which take two columns. Source: Unicode 16, EastAsianWidth.txt, classes W and F. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes in a terminal. */
export function terminalWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** Harmless text in exactly so many columns: cut at its end with "…", or padded. */
export function fitTerminal(text: string, columns: number, side: "left" | "right" = "left"): string {
  const line = escapeTerminal(text);
  const width = terminalWidth(line);
  if (width <= columns) {
    const padding = " ".repeat(columns - width);
    return side === "left" ? line + padding : padding + line;
  }
  let used = 0;
  let kept = "";
  for (const character of line) {
    const next = used + terminalWidth(character);
    if (next > columns - 1) break;
    kept += character;
    used = next;
  }
  return columns < 1 ? "" : kept + "…" + " ".repeat(columns - 1 - used);
}
