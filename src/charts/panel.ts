/**
 * A panel: card, title, subtitle, legend with current values, and a drawing; or the reason why there is nothing to draw.
 *
 * @module
 */
import { escapeXml, singleLine } from "../base/escape.ts";
import { markKey, type MarkNumbers, numberWords } from "./mark_labels.ts";
import type { PlotKit } from "./plot_kit.ts";
import { BOLD_WIDTH, fitMiddle, textWidth, wrap } from "./text_width.ts";
import { COLOR } from "./theme.ts";

/** Where something is drawn, in the picture's units. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How a line is broken: the second cue beside its colour, which not everyone sees. */
export type Dash = "dashed" | "dotted" | "dashdot";

/** Lengths of strokes and gaps. */
export const DASH_ARRAYS: Readonly<Record<Dash, string>> = {
  dashed: "4,2.5",
  dotted: "1.4,2",
  dashdot: "6,2,1.4,2",
};

/** The n-th line of a panel: the first is whole. */
export function dashOf(index: number): Dash | false {
  return index === 0 ? false : (["dashed", "dotted", "dashdot"] as const)[(index - 1) % 3] ?? "dashed";
}

/** One name in the legend. Text is plain: it is escaped and shortened when drawn. */
export interface LegendEntry {
  readonly label: string;
  /** The current value, with its unit; "" for none. */
  readonly value: string;
  /** A theme colour as `#rrggbb`. */
  readonly color: string;
  readonly mark: "line" | Dash | "area" | "gap" | "bar" | "dot" | "diamond" | "none";
}

/** What is the same for every chart. All text is plain. */
export interface Panel {
  readonly title: string;
  /** Stands in brackets behind the title and is never cut: `simulated`. */
  readonly tag?: string;
  /** Unit, window, span, source. */
  readonly subtitle: string;
  readonly legend: readonly LegendEntry[];
  /** One sentence for those who cannot see it. */
  readonly description: string;
  /** Why there is nothing to draw; the panel keeps its size. */
  readonly absent?: string;
  /** Words that have no place in a drawing so wide: they become numbers with a key. */
  wordsWithoutPlace?(width: number, fontSize: number): readonly string[];
  /** The drawing, as SVG elements inside the box. Not called when `absent`. */
  draw(kit: PlotKit, box: Box, fontSize: number, numbers?: MarkNumbers): string;
}

/** Font sizes of a panel. */
export interface PanelSizes {
  readonly title: number;
  readonly text: number;
}

/** Sizes for a panel among others, and for one that stands alone. */
export const SMALL_PANEL: PanelSizes = { title: 12.5, text: 10.5 };
export const LARGE_PANEL: PanelSizes = { title: 15, text: 11 };

const PADDING = 10;
/** Between two lines of a title, in font sizes. */
const TITLE_LINE = 1.2;
const MAX_LEGEND_ROWS = 5;

/** A text element. `text` is escaped here and nowhere else. */
export function svgText(
  text: string,
  at: {
    x: number;
    y: number;
    size: number;
    color?: string;
    anchor?: "start" | "middle" | "end";
    bold?: boolean;
    /** Stands on lines: with an edge in the card's colour, so that it can be read. */
    halo?: boolean;
  },
): string {
  const anchor = at.anchor === undefined || at.anchor === "start" ? "" : ` text-anchor="${at.anchor}"`;
  const weight = at.bold === true ? ' font-weight="700"' : "";
  const halo = at.halo === true
    ? ` stroke="${COLOR.card}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"`
    : "";
  return `<text x="${tenth(at.x)}" y="${tenth(at.y)}" font-size="${at.size}" fill="${
    at.color ?? COLOR.muted
  }"` +
    `${anchor}${weight}${halo}>${escapeXml(text)}</text>`;
}

/** To a tenth of a pixel, as short as it goes. */
export function tenth(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/**
 * Draws a panel into a box.
 *
 * @param options `headHeight`: at least so much is left for what stands above the drawing, so that neighbours' drawings
 *   begin at one height; `numbers`: of words in a key that stands elsewhere, else the panel has a key of its own
 */
export function drawPanel(
  panel: Panel,
  options: { kit: PlotKit; box: Box; sizes: PanelSizes; headHeight?: number; numbers?: MarkNumbers },
): string {
  const { kit, box, sizes } = options;
  const inner = box.width - 2 * PADDING;
  const left = box.x + PADDING;
  let y = box.y + PADDING + sizes.title * 0.85;
  const parts = [
    `<rect x="${tenth(box.x)}" y="${tenth(box.y)}" width="${tenth(box.width)}" height="${
      tenth(box.height)
    }" rx="6"` +
    ` fill="${COLOR.card}" stroke="${COLOR.grid}"/>`,
  ];
  titleLines(panel, inner, sizes.title * BOLD_WIDTH).forEach((line, index) => {
    if (index > 0) y += sizes.title * TITLE_LINE;
    parts.push(svgText(line, { x: left, y, size: sizes.title, color: COLOR.text, bold: true }));
  });
  for (const line of wrap(panel.subtitle, { width: inner, fontSize: sizes.text, maxLines: 2 })) {
    y += sizes.text * 1.4;
    parts.push(svgText(line, { x: left, y, size: sizes.text }));
  }
  const legend = drawLegend(panel.absent === undefined ? panel.legend : [], {
    left,
    top: y + sizes.text * 0.7,
    width: inner,
    fontSize: sizes.text,
  });
  parts.push(legend.svg);
  const numbers = options.numbers ?? panelNumbers(panel, inner, sizes);
  y = legend.bottom;
  if (options.numbers === undefined) {
    for (const line of wrap(markKey(numbers), { width: inner, fontSize: sizes.text, maxLines: 2 })) {
      y += sizes.text * 1.4;
      parts.push(svgText(line, { x: left, y: y - sizes.text * 0.3, size: sizes.text }));
    }
  }
  y = Math.max(y + 4, box.y + (options.headHeight ?? 0));
  const body = { x: left, y, width: inner, height: box.y + box.height - PADDING - y };
  parts.push(
    panel.absent === undefined
      ? panel.draw(kit, body, sizes.text, numbers)
      : drawAbsent(panel.absent, body, sizes.text),
  );
  return parts.join("");
}

/** Numbers for the words that have no place in this panel alone. */
function panelNumbers(panel: Panel, inner: number, sizes: PanelSizes): MarkNumbers {
  return numberWords(panel.absent === undefined ? panel.wordsWithoutPlace?.(inner, sizes.text) ?? [] : []);
}

/** Numbers for the words that have no place in one of the panels, which stand beside each other, each so wide. */
export function sharedNumbers(panels: readonly Panel[], width: number, sizes: PanelSizes): MarkNumbers {
  return numberWords(panels.flatMap((panel) => [...panelNumbers(panel, width - 2 * PADDING, sizes).keys()]));
}

/** What title, subtitle and legend take of a panel's height when it is drawn that wide. */
export function headHeight(panel: Panel, width: number, sizes: PanelSizes): number {
  const inner = width - 2 * PADDING;
  const lines = wrap(panel.subtitle, { width: inner, fontSize: sizes.text, maxLines: 2 }).length;
  const titles = titleLines(panel, inner, sizes.title * BOLD_WIDTH).length;
  const top = PADDING + sizes.title * (0.85 + (titles - 1) * TITLE_LINE) + (lines * 1.4 + 0.7) * sizes.text;
  const entries = panel.absent === undefined ? panel.legend : [];
  return drawLegend(entries, { left: 0, top, width: inner, fontSize: sizes.text }).bottom + 4;
}

/** Chinese has brackets as wide as its characters. */
function bracketed(tag: string): string {
  return /[\u4e00-\u9fff]/.test(tag) ? `（${tag}）` : ` (${tag})`;
}

/** The title with its tag, as it stands outside a drawing. */
export function fullTitle(panel: Pick<Panel, "title" | "tag">): string {
  return panel.tag === undefined ? panel.title : panel.title + bracketed(panel.tag);
}

/** A short name in brackets at the end of a long one: `(TTFT)`. */
const SHORT_NAME = /[(（]([^()（）]{1,8})[)）]$/;

/**
 * The title with its tag: whole, or by the short name in its brackets, or in two lines. Only what is too long for two lines
 * (a name that someone chose) is cut, in its middle.
 */
function titleLines(panel: Panel, width: number, fontSize: number): readonly string[] {
  const tag = panel.tag === undefined ? "" : bracketed(panel.tag);
  const title = singleLine(panel.title);
  const fits = (text: string) => textWidth(text, fontSize) <= width;
  if (fits(title + tag)) return [title + tag];
  const short = SHORT_NAME.exec(title)?.[1];
  if (short !== undefined && fits(short + tag)) return [short + tag];
  const [first = ""] = wrap(title, { width, fontSize, maxLines: 2 });
  const room = width - textWidth(tag, fontSize);
  // One word that is longer than a line has no place to break.
  if (!title.startsWith(first)) return [fitMiddle(title, room, fontSize) + tag];
  const rest = title.slice(first.length).trimStart();
  return [first, rest === "" ? tag.trimStart() : fitMiddle(rest, room, fontSize) + tag];
}

function drawAbsent(reason: string, box: Box, fontSize: number): string {
  const lines = wrap(reason, { width: box.width - 24, fontSize: fontSize + 1, maxLines: 3 });
  const lineHeight = (fontSize + 1) * 1.4;
  const top = box.y + box.height / 2 - ((lines.length - 1) * lineHeight) / 2 + fontSize * 0.35;
  const frame = `<rect x="${tenth(box.x)}" y="${tenth(box.y + 2)}" width="${tenth(box.width)}" height="${
    tenth(box.height - 2)
  }" rx="4" fill="none" stroke="${COLOR.muted}" stroke-dasharray="4,4"/>`;
  return frame + lines.map((line, index) =>
    svgText(line, {
      x: box.x + box.width / 2,
      y: top + index * lineHeight,
      size: fontSize + 1,
      color: COLOR.text,
      anchor: "middle",
    })
  ).join("");
}

interface LegendPlace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly fontSize: number;
}

const SWATCH = 16;
const GAP = 12;

/** Entries in rows; names give way (cut in the middle), values never do. */
function drawLegend(entries: readonly LegendEntry[], place: LegendPlace): { svg: string; bottom: number } {
  const { left, top, width, fontSize } = place;
  if (entries.length === 0) return { svg: "", bottom: top };
  const rowHeight = fontSize * 1.45;
  let x = left;
  let row = 0;
  const parts: string[] = [];
  for (const entry of entries) {
    const valueWidth = entry.value === "" ? 0 : textWidth(entry.value, fontSize) * BOLD_WIDTH + 5;
    const wanted = textWidth(entry.label, fontSize);
    const swatch = entry.mark === "none" ? 0 : SWATCH + 4;
    const label = fitMiddle(entry.label, Math.min(wanted, width - swatch - valueWidth), fontSize);
    const entryWidth = swatch + textWidth(label, fontSize) + valueWidth;
    if (x > left && x + entryWidth > left + width) {
      x = left;
      row++;
    }
    if (row >= MAX_LEGEND_ROWS) break;
    const y = top + (row + 0.75) * rowHeight;
    parts.push(
      drawSwatch(entry, { x, y: y - fontSize * 0.32 }),
      drawEntryText(label, entry.value, { x: x + swatch, y, fontSize }),
    );
    x += entryWidth + GAP;
  }
  return { svg: parts.join(""), bottom: top + Math.min(row + 1, MAX_LEGEND_ROWS) * rowHeight };
}

function drawEntryText(label: string, value: string, at: { x: number; y: number; fontSize: number }): string {
  const bold = value === ""
    ? ""
    : `<tspan dx="5" font-weight="700" fill="${COLOR.text}">${escapeXml(value)}</tspan>`;
  return `<text x="${tenth(at.x)}" y="${tenth(at.y)}" font-size="${at.fontSize}" fill="${COLOR.muted}">` +
    `${escapeXml(label)}${bold}</text>`;
}

function drawSwatch(entry: LegendEntry, at: { x: number; y: number }): string {
  const { x, y } = at;
  const middle = x + SWATCH / 2;
  switch (entry.mark) {
    case "none":
      return "";
    case "line":
    case "dashed":
    case "dotted":
    case "dashdot": {
      const dash = entry.mark === "line" ? "" : ` stroke-dasharray="${DASH_ARRAYS[entry.mark]}"`;
      return `<path d="M${tenth(x)},${tenth(y)}h${SWATCH}" stroke="${entry.color}" stroke-width="2"${dash}/>`;
    }
    case "bar":
      return `<rect x="${tenth(x)}" y="${tenth(y - 4)}" width="${SWATCH}" height="8" fill="${entry.color}"/>`;
    case "area":
      return `<rect x="${tenth(x)}" y="${tenth(y - 4)}" width="${SWATCH}" height="8" fill="${entry.color}"` +
        ` fill-opacity="0.3"/>`;
    case "gap":
      return `<rect x="${tenth(x)}" y="${tenth(y - 4)}" width="${SWATCH}" height="8" fill="${entry.color}"` +
        ` stroke="${COLOR.muted}" stroke-width="0.5"/>`;
    case "dot":
      return `<circle cx="${tenth(middle)}" cy="${tenth(y)}" r="3.5" fill="${entry.color}"/>`;
    case "diamond":
      return `<path d="M${tenth(middle)},${tenth(y - 5)}l5,5l-5,5l-5,-5z" fill="${entry.color}"/>`;
  }
}
