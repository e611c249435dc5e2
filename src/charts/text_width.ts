/**
 * How wide text will be, without a browser to ask.
 *
 * @module
 */
import { singleLine } from "../base/escape.ts";

const NARROW = new Set("ilI.,:;'|!()[]{} jft");
const WIDE = new Set("mwMW@%—…<>=+~#^&");
/** How much wider bold text is than the estimate of {@link textWidth}: DejaVu Sans Bold, the widest again. */
export const BOLD_WIDTH = 1.12;

/**
 * Estimated width in the font's size 1. Widths are those of DejaVu Sans, the widest of the usual fonts, so that text
 * fits in all of them.
 */
export function textWidthEm(text: string): number {
  let width = 0;
  for (const character of text) width += characterEm(character);
  return width;
}

function characterEm(character: string): number {
  if (NARROW.has(character)) return 0.35;
  if (WIDE.has(character)) return 0.88;
  if (character >= "0" && character <= "9") return 0.64;
  if (character >= "A" && character <= "Z") return 0.68;
  if (character >= "a" && character <= "z") return 0.6;
  return (character.codePointAt(0) ?? 0) >= 0x2e80 ? 1 : 0.64;
}

/** Estimated width in pixels at a font size. */
export function textWidth(text: string, fontSize: number): number {
  return textWidthEm(text) * fontSize;
}

/** Room taken from and given back by arithmetic may differ in the last digit. */
const TOLERANCE = 1e-6;

/** One clean line that fits, cut in the middle where it must be: the ends of names tell them apart. */
export function fitMiddle(text: string, maxWidth: number, fontSize: number): string {
  const line = singleLine(text);
  if (textWidth(line, fontSize) <= maxWidth + TOLERANCE) return line;
  const characters = [...line];
  const room = maxWidth / fontSize - characterEm("…");
  let head = 0;
  let tail = 0;
  let used = 0;
  while (head + tail < characters.length) {
    const fromHead = head <= tail;
    const next = fromHead ? characters[head] : characters[characters.length - 1 - tail];
    used += characterEm(next ?? "");
    if (used > room) break;
    if (fromHead) head++;
    else tail++;
  }
  return characters.slice(0, head).join("") + "…" + (tail > 0 ? characters.slice(-tail).join("") : "");
}

/** One clean line that fits, cut at its end: for sentences. */
export function fitEnd(text: string, maxWidth: number, fontSize: number): string {
  const line = singleLine(text);
  if (textWidth(line, fontSize) <= maxWidth + TOLERANCE) return line;
  let used = characterEm("…") * fontSize;
  let kept = "";
  for (const character of line) {
    used += characterEm(character) * fontSize;
    if (used > maxWidth) break;
    kept += character;
  }
  return kept.trimEnd() + "…";
}

/** Between the parts of a subtitle and the entries of a key. */
const SEPARATOR = " · ";

/**
 * Breaks a sentence into at most `maxLines` lines that fit; what does not fit ends with "…". Chinese breaks anywhere, a number
 * not before its unit. Parts between middle dots stay whole where the lines suffice for it.
 */
export function wrap(text: string, options: { width: number; fontSize: number; maxLines: number }): string[] {
  return wrapParts(text, options) ?? wrapWords(text, options);
}

/** Lines of whole parts; undefined where a part is longer than a line, or the lines do not suffice. */
function wrapParts(
  text: string,
  options: { width: number; fontSize: number; maxLines: number },
): string[] | undefined {
  const { width, fontSize, maxLines } = options;
  const lines: string[] = [];
  for (const part of singleLine(text).trim().split(SEPARATOR)) {
    if (textWidth(part, fontSize) > width) return undefined;
    const longer = lines.length === 0 ? part : lines.at(-1) + SEPARATOR + part;
    if (lines.length === 0 || textWidth(longer, fontSize) > width) lines.push(part);
    else lines[lines.length - 1] = longer;
  }
  return lines.length > maxLines ? undefined : lines.filter((line) => line !== "");
}

/**
 * A Chinese character, a number with its unit, or a word; each with the spaces after it. No line begins with a mark that
 * closes, or ends with one that opens.
 */
const PIECES =
  /[「『（《〈【]*(?:[\u2e80-\uffef]|[^\s\d\u2e80-\uffef]*\d[\d.,]* (?:[mµn]?s|min|h|tok\/s|req\/s|[KMGT]i?B)(?![\w/])[^\s\u2e80-\uffef]*|[^\s\u2e80-\uffef]+)[，。、；：！？）」』》〉】]*\s*|\s+/g;

function wrapWords(text: string, options: { width: number; fontSize: number; maxLines: number }): string[] {
  const { width, fontSize, maxLines } = options;
  const pieces = singleLine(text).match(PIECES) ?? [];
  const lines: string[] = [];
  let line = "";
  pieces.forEach((piece, index) => {
    if (line !== "" && textWidth((line + piece).trimEnd(), fontSize) > width) {
      if (lines.length === maxLines - 1) {
        // The last line takes the rest; fitEnd below cuts it.
        line += piece;
        return;
      }
      lines.push(line.trim());
      line = "";
    }
    line += piece;
    if (index === pieces.length - 1 && line.length > 0) return;
  });
  if (line.trim() !== "") lines.push(line.trim());
  return lines.slice(0, maxLines).map((each) => fitEnd(each, width, fontSize));
}
