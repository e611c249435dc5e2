/**
 * The correlation matrix as cells with numbers.
 *
 * @module
 */
import { checkArgument, type Checks, oneOf, shape } from "../base/arguments.ts";
import { checkView, PICTURE_CHECKS } from "./chart_checks.ts";
import type { CorrelationMatrix, CorrelationPair } from "../analyzer/correlation.ts";
import { formatCount, formatSeconds } from "../base/format.ts";
import { isQuantityName } from "../catalog/quantities.ts";
import { causeSentence } from "../text/causes.ts";
import { type ChartsText, chartsText } from "../text/charts.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { shortQuantityTitle } from "../text/quantities.ts";
import { subtitleOf } from "./context.ts";
import { type Box, type Panel, svgText, tenth } from "./panel.ts";
import { panelPicture, type Picture, type PictureOptions } from "./picture.ts";
import { tellingLabels } from "./series_name.ts";
import { fitMiddle, textWidth, wrap } from "./text_width.ts";
import { COLOR, SIGNED } from "./theme.ts";

/** How the matrix is drawn. */
export interface CorrelationChartOptions extends PictureOptions {
  /** Default English. */
  readonly language?: Language;
  /** Default Spearman's, which asks only whether two rise together. */
  readonly coefficient?: "spearman" | "pearson";
}

const CHECKS: Checks<CorrelationChartOptions> = {
  ...PICTURE_CHECKS,
  language: LANGUAGE,
  coefficient: oneOf(["spearman", "pearson"]),
};

const MATRIX = shape("what analyzer.analyzeCorrelation() gives", ["signals", "pairs"]);

/**
 * Draws which quantities moved together, from -1 to +1, each pair once; a pair without a number has a dash, and one that
 * may be chance a thin frame only.
 */
export function correlationChart(
  matrix: CorrelationMatrix,
  options: CorrelationChartOptions = {},
): Promise<Picture> {
  const call = "correlationChart(await analyzer.analyzeCorrelation())";
  checkArgument(call, { matrix }, MATRIX);
  checkView<CorrelationChartOptions>(call, options, CHECKS);
  const { language = "en", coefficient = "spearman" } = options;
  const height = options.height ?? Math.min(640, 70 + Math.max(2, matrix.signals.length) * 38);
  const panel = correlationPanel(matrix, { text: chartsText(language), language, coefficient });
  return panelPicture(panel, { ...options, height });
}

/** The panel of {@link correlationChart}. */
export function correlationPanel(
  matrix: CorrelationMatrix,
  options: { text: ChartsText; language: Language; coefficient: "spearman" | "pearson" },
): Panel {
  const { text, coefficient } = options;
  const counts = matrix.pairs.flatMap((pair) => "result" in pair ? [pair.result.count] : []);
  const few = Math.min(...counts);
  const many = Math.max(...counts);
  const n = counts.length === 0
    ? "0"
    : few === many
    ? formatCount(few)
    : `${formatCount(few)}–${formatCount(many)}`;
  const subtitle = subtitleOf([
    text.correlation.method(
      text.correlation.names[coefficient],
      n,
      matrix.stepSeconds > 0 ? formatSeconds(matrix.stepSeconds) : "",
    ),
    matrix.detrend === "difference" ? text.correlation.ofChanges : "",
    text.correlation.faint,
  ]);
  const absent = matrix.signals.length < 2
    ? text.correlation.needsTwo
    : counts.length === 0
    ? commonReason(matrix, options.language)
    : undefined;
  const names = matrix.signals.map((signal) => signalName(signal, matrix.signals, text));
  const shortNames = matrix.signals.map((signal) => signalName(signal, matrix.signals, text, "short"));
  return {
    title: text.correlation.title,
    subtitle,
    legend: [],
    description: `${text.correlation.title}; ${subtitle}; ${names.join(", ")}`,
    ...(absent === undefined ? {} : { absent }),
    draw: (_kit, box, fontSize) =>
      drawMatrix(matrix, { box, fontSize, names, shortNames, coefficient, text }),
  };
}

/** Why no pair has a number, when it is the same for all of them: dashes alone would not say it. */
function commonReason(matrix: CorrelationMatrix, language: Language): string | undefined {
  const reasons = new Set(
    matrix.pairs.map((pair) => "absent" in pair ? causeSentence(pair.absent, language) : ""),
  );
  const [reason] = reasons;
  return reasons.size === 1 ? reason : undefined;
}

/** The quantity, or its abbreviation where it has one, and labels only where another signal has the same name. */
function signalName(
  signal: CorrelationMatrix["signals"][number],
  among: CorrelationMatrix["signals"],
  text: ChartsText,
  style: "whole" | "short" = "whole",
): string {
  const base = isQuantityName(signal.name) ? text.quantities[signal.name] : signal.name;
  const alike = among.filter((other) => other.name === signal.name).map((other) => other.labels);
  const name = style === "short" ? shortQuantityTitle(base) : base;
  return [name, ...tellingLabels(signal.labels, alike, text)].join(" ");
}

interface MatrixView {
  readonly box: Box;
  readonly fontSize: number;
  readonly names: readonly string[];
  /** With abbreviations, for where a name is too long. */
  readonly shortNames: readonly string[];
  readonly coefficient: "spearman" | "pearson";
  readonly text: ChartsText;
}

/** Width of `+0.83` in the font's size 1. */
const NUMBER_EM = textWidth("+0.83", 1);
/** A number smaller than this says nothing: the colour alone does. */
const SMALLEST_NUMBER = 7.5;

/** Rows are named at the left; columns on the diagonal, where the empty half leaves room for whole names. */
function drawMatrix(matrix: CorrelationMatrix, view: MatrixView): string {
  const { box, fontSize, names } = view;
  const size = names.length;
  const widest = Math.max(...names.map((name) => textWidth(name, fontSize)));
  const labelRoom = Math.min(box.width * 0.34, widest + 10);
  const left = box.x + labelRoom;
  const top = box.y + 4;
  const room = box.width - labelRoom;
  // The last column's name needs room too, but numbers go before names: a name can be cut.
  const roomy = (room - Math.min(widest, 120)) / (size - 1);
  const narrow = Math.min(NUMBER_EM * (fontSize + 1) + 6, (room - 48) / (size - 1));
  const cell = {
    width: Math.min(90, Math.max(roomy, narrow)),
    height: Math.min(38, (box.height - 4) / size),
  };
  const labels = names.map((name, index) => {
    const fit = (width: number) => nameLines(name, view.shortNames[index] ?? name, { width, cell, fontSize });
    const at = { middle: top + (index + 0.5) * cell.height, size: fontSize };
    const x = left + index * cell.width + 6;
    const row = { ...at, x: left - 8, color: COLOR.text, anchor: "end" as const };
    return (index === 0 ? "" : drawName(fit(labelRoom - 10), row)) +
      (index === size - 1 ? "" : drawName(fit(box.x + box.width - x), { ...at, x }));
  });
  const cells = matrix.pairs.map((pair) =>
    drawPair(pair, { x: left + pair.first * cell.width, y: top + pair.second * cell.height, ...cell }, view)
  );
  return [...labels, ...cells].join("");
}

/** Between the lines of a name, in font sizes. */
const NAME_LINE = 1.15;

/** The whole name, in two lines where a cell is high enough, by its abbreviation, or cut in its middle. */
function nameLines(
  name: string,
  short: string,
  room: { readonly width: number; readonly cell: { readonly height: number }; readonly fontSize: number },
): readonly string[] {
  const { width, cell, fontSize } = room;
  const fits = (line: string) => textWidth(line, fontSize) <= width;
  if (fits(name)) return [name];
  const lines = wrap(name, { width, fontSize, maxLines: 2 });
  const isWhole = lines.length === 2 && !lines.some((line) => line.includes("…"));
  if (isWhole && cell.height >= 2 * NAME_LINE * fontSize) return lines;
  return [fits(short) ? short : fitMiddle(short, width, fontSize)];
}

function drawName(
  lines: readonly string[],
  at: { x: number; middle: number; size: number; color?: string; anchor?: "end" },
): string {
  const { middle, ...style } = at;
  const first = middle + at.size * (0.35 - ((lines.length - 1) * NAME_LINE) / 2);
  return lines.map((line, index) => svgText(line, { ...style, y: first + index * NAME_LINE * at.size })).join(
    "",
  );
}

function drawPair(pair: CorrelationPair, cell: Box, view: MatrixView): string {
  const inner = { x: cell.x + 1, y: cell.y + 1, width: cell.width - 2, height: cell.height - 2 };
  const value = "result" in pair ? pair.result[view.coefficient].value : NaN;
  const chance = "result" in pair && pair.result.adjustedPValue > 0.05;
  const step = Math.round(((Number.isNaN(value) ? 0 : value) + 1) / 2 * (SIGNED.length - 1));
  const known = !Number.isNaN(value) && !chance;
  const fill = known ? SIGNED[step] ?? COLOR.card : "none";
  const label = Number.isNaN(value) ? view.text.correlation.undefinedCell : signed(value);
  const strong = known && (step <= 1 || step >= SIGNED.length - 2);
  const size = Math.min(view.fontSize + 1, cell.height * 0.6, (cell.width - 5) / NUMBER_EM);
  return `<rect x="${tenth(inner.x)}" y="${tenth(inner.y)}" width="${tenth(inner.width)}" height="${
    tenth(inner.height)
  }" rx="3" fill="${fill}" stroke="${COLOR.grid}"/>` +
    (size < SMALLEST_NUMBER ? "" : svgText(label, {
      x: cell.x + cell.width / 2,
      y: cell.y + cell.height / 2 + size * 0.35,
      size: Math.round(size * 10) / 10,
      color: strong ? COLOR.onStrong : known ? COLOR.onWeak : COLOR.muted,
      anchor: "middle",
    }));
}

/** Two decimals with the sign that matters: `+0.83`, `-0.10`, `0.00`. */
function signed(value: number): string {
  const digits = value.toFixed(2);
  return value > 0 && digits !== "0.00" ? `+${digits}` : digits === "-0.00" ? "0.00" : digits;
}
