/**
 * Words at the rules of events: as many as fit; the others as numbers with a key.
 *
 * @module
 */
import { singleLine } from "../base/escape.ts";
import { type Box, svgText } from "./panel.ts";
import { fitEnd, textWidth } from "./text_width.ts";
import { COLOR } from "./theme.ts";
import type { TimeData, TimeMark } from "./time_panel.ts";

/** A number for each word that does not fit, the same in all panels of a picture. */
export type MarkNumbers = ReadonlyMap<string, number>;

/** Where marks lie. */
export interface MarkPlace {
  /** Of the panel's inside; words may reach over the lines' own area. */
  readonly width: number;
  readonly fontSize: number;
  /** From the left of the inside. */
  readonly scaleX: (timeSeconds: number) => number;
}

interface PlacedLabel {
  readonly mark: TimeMark;
  readonly text: string;
  readonly fromRight: boolean;
}

/** Marks of the span, each word once at a time. */
export function marksInSpan(data: Pick<TimeData, "marks" | "span">): readonly TimeMark[] {
  const { startSeconds, endSeconds } = data.span;
  return distinctMarks(data.marks).filter(({ timeSeconds }) =>
    timeSeconds >= startSeconds && timeSeconds <= endSeconds
  );
}

/** Each word once at a time, to the second: several clients that begin together are one. */
export function distinctMarks(marks: readonly TimeMark[]): readonly TimeMark[] {
  const seen = new Set<string>();
  return marks.filter(({ timeSeconds, label, bad }) => {
    const key = `${Math.round(timeSeconds)} ${bad} ${label}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** What a mark is called on one line. */
function wordOf(mark: TimeMark): string {
  return singleLine(mark.label);
}

/** Words that find no place, by time. A number takes place too, so that one word less can leave no room for the next. */
export function unplacedWords(marks: readonly TimeMark[], place: MarkPlace): readonly string[] {
  let words: readonly string[] = [];
  while (true) {
    const numbers = numberWords(words);
    const placed = new Set(placeLabels(marks, place, numbers).map(({ mark }) => wordOf(mark)));
    const without = marks.map(wordOf).filter((word) => numbers.has(word) || !placed.has(word));
    const next = [...new Set(without)];
    if (next.length === words.length) return next;
    words = next;
  }
}

/** Numbers the words in their order, each once. */
export function numberWords(words: readonly string[]): MarkNumbers {
  return new Map([...new Set(words)].map((word, index) => [word, index + 1]));
}

/** `1) ramp · 2) steady`. */
export function markKey(numbers: MarkNumbers): string {
  return [...numbers].map(([word, number]) => `${number}) ${word}`).join(" · ");
}

/** Words and numbers as text elements. */
export function drawMarkLabels(
  marks: readonly TimeMark[],
  place: MarkPlace & { readonly box: Box; readonly numbers: MarkNumbers },
): string {
  const { box, fontSize, scaleX } = place;
  return placeLabels(marks, place, place.numbers).map(({ mark, text, fromRight }) => {
    const x = scaleX(mark.timeSeconds);
    return svgText(text, {
      x: box.x + (fromRight ? x - 4 : x + 4),
      y: box.y + fontSize - 1,
      size: fontSize,
      color: mark.bad ? COLOR.bad : COLOR.muted,
      ...(fromRight ? { anchor: "end" as const } : {}),
    });
  }).join("");
}

/**
 * Bad ones first, then numbers, then words by time. A word with a number is that number wherever it stands, so that it is
 * found in the key.
 */
function placeLabels(
  marks: readonly TimeMark[],
  { width, fontSize, scaleX }: MarkPlace,
  numbers: MarkNumbers,
): readonly PlacedLabel[] {
  const taken: { from: number; to: number }[] = [];
  const placed: PlacedLabel[] = [];
  const rank = (mark: TimeMark) => mark.bad ? 0 : numbers.has(wordOf(mark)) ? 1 : 2;
  const ordered = [...marks].sort((a, b) => rank(a) - rank(b) || a.timeSeconds - b.timeSeconds);
  for (const mark of ordered) {
    const word = wordOf(mark);
    const number = numbers.get(word);
    const text = number === undefined ? fitEnd(word, width * 0.4, fontSize) : String(number);
    const x = scaleX(mark.timeSeconds);
    const wide = textWidth(text, fontSize);
    const fromRight = x + 4 + wide > width;
    const from = fromRight ? x - 4 - wide : x + 4;
    const apart = number === undefined ? 4 : 1;
    if (from < 0 || taken.some((each) => from < each.to + apart && from + wide > each.from - apart)) continue;
    taken.push({ from, to: from + wide });
    placed.push({ mark, text, fromRight });
  }
  return placed;
}
