/**
 * The correlation matrix as cells with numbers.
 *
 * @module
 */
import type { CorrelationMatrix, CorrelationPair } from "../analyzer/correlation.ts";
import { formatCount, formatSeconds } from "../base/format.ts";
import { isQuantityName } from "../catalog/quantities.ts";
import { type ChartsText, chartsText } from "../text/charts.ts";
import type { Language } from "../text/language.ts";
import { subtitleOf } from "./context.ts";
import { type Box, type Panel, svgText, tenth } from "./panel.ts";
import { panelPicture, type Picture, type PictureOptions } from "./picture.ts";
import { fitMiddle, textWidth } from "./text_width.ts";
import { COLOR, SIGNED } from "./theme.ts";

/** How the matrix is drawn. */
export interface CorrelationChartOptions extends PictureOptions {
  readonly language?: Language;
  /** Default Spearman's, which asks only whether two rise together. */
  readonly coefficient?: "spearman" | "pearson";
}

/** Lower triangle, each pair once; a pair without a number has a dash, and one that may be chance a thin frame only. */
export function correlationChart(
  matrix: CorrelationMatrix,
  options: CorrelationChartOptions = {},
): Promise<Picture> {
  const text = chartsText(options.language ?? "en");
  const rows = Math.max(1, matrix.signals.length - 1);
  const height = options.height ?? Math.min(640, 110 + rows * 46);
  return panelPicture(correlationPanel(matrix, { text, coefficient: options.coefficient ?? "spearman" }), {
    ...options,
    height,
  });
}

/** The panel of {@link correlationChart}. */
export function correlationPanel(
  matrix: CorrelationMatrix,
  options: { text: ChartsText; coefficient: "spearman" | "pearson" },
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
  const names = matrix.signals.map((signal) => signalName(signal, text));
  return {
    title: text.correlation.title,
    subtitle,
    legend: [],
    description: `${text.correlation.title}; ${subtitle}; ${names.join(", ")}`,
    ...(matrix.signals.length < 2 ? { absent: text.correlation.needsTwo } : {}),
    draw: (_kit, box, fontSize) => drawMatrix(matrix, { box, fontSize, names, coefficient, text }),
  };
}

function signalName(signal: CorrelationMatrix["signals"][number], text: ChartsText): string {
  const base = isQuantityName(signal.name) ? text.quantities[signal.name] : signal.name;
  const { target: _, model_name: __, ...labels } = signal.labels;
  const details = Object.values(labels).join(" ");
  return details === "" ? base : `${base} ${details}`;
}

interface MatrixView {
  readonly box: Box;
  readonly fontSize: number;
  readonly names: readonly string[];
  readonly coefficient: "spearman" | "pearson";
  readonly text: ChartsText;
}

function drawMatrix(matrix: CorrelationMatrix, view: MatrixView): string {
  const { box, fontSize, names } = view;
  const size = names.length - 1;
  const labelRoom = Math.min(
    box.width * 0.34,
    Math.max(...names.map((name) => textWidth(name, fontSize))) + 10,
  );
  const bottom = fontSize * 2.6;
  const cell = {
    width: Math.min(110, (box.width - labelRoom) / size),
    height: Math.min(44, (box.height - bottom - 6) / size),
  };
  const left = box.x + labelRoom;
  const parts: string[] = [];
  for (let row = 1; row < names.length; row++) {
    const y = box.y + 6 + (row - 1) * cell.height;
    parts.push(svgText(fitMiddle(names[row] ?? "", labelRoom - 10, fontSize), {
      x: left - 8,
      y: y + cell.height / 2 + fontSize * 0.35,
      size: fontSize,
      color: COLOR.text,
      anchor: "end",
    }));
  }
  for (const pair of matrix.pairs) {
    const x = left + pair.first * cell.width;
    const y = box.y + 6 + (pair.second - 1) * cell.height;
    parts.push(drawPair(pair, { x, y, ...cell }, view));
  }
  for (let column = 0; column < size; column++) {
    // Two lines at two heights, so that long names of neighbours do not touch.
    const level = column % 2;
    const room = cell.width * (size > 1 ? 1.9 : 1);
    const name = fitMiddle(names[column] ?? "", room, fontSize);
    const half = textWidth(name, fontSize) / 2;
    parts.push(svgText(name, {
      x: Math.min(left + (column + 0.5) * cell.width, box.x + box.width - half),
      y: box.y + 6 + size * cell.height + fontSize * (1.2 + level * 1.15),
      size: fontSize,
      color: COLOR.text,
      anchor: "middle",
    }));
  }
  return parts.join("");
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
  return `<rect x="${tenth(inner.x)}" y="${tenth(inner.y)}" width="${tenth(inner.width)}" height="${
    tenth(inner.height)
  }" rx="3" fill="${fill}" stroke="${COLOR.grid}"/>` +
    svgText(label, {
      x: cell.x + cell.width / 2,
      y: cell.y + cell.height / 2 + view.fontSize * 0.4,
      size: Math.min(view.fontSize + 1, cell.height * 0.6),
      color: strong ? COLOR.onStrong : known ? COLOR.onWeak : COLOR.muted,
      anchor: "middle",
    });
}

/** Two decimals with the sign that matters: `+0.83`, `-0.10`, `0.00`. */
function signed(value: number): string {
  const digits = value.toFixed(2);
  return value > 0 && digits !== "0.00" ? `+${digits}` : digits === "-0.00" ? "0.00" : digits;
}
