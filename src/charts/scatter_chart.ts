/**
 * One quantity against another, a dot for each time at which both are known.
 *
 * @module
 */
import { ANY_TEXT, checkOptions, type Checks, COLUMN, needed, OBJECT } from "../base/arguments.ts";
import { checkView, DISPLAY_UNIT, PICTURE_CHECKS } from "./chart_checks.ts";
import { largest, smallest } from "../base/extent.ts";
import { formatCount } from "../base/format.ts";
import { type ChartsText, chartsText } from "../text/charts.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { subtitleOf } from "./context.ts";
import type { Panel } from "./panel.ts";
import { panelPicture, type Picture, type PictureOptions } from "./picture.ts";
import { seriesColor } from "./theme.ts";
import { linearAxis } from "./ticks.ts";
import type { DisplayUnit } from "./units.ts";
import { drawXyBody } from "./xy_body.ts";

/** One axis of a scatter: values in the order of the other's. NaN leaves the pair out. */
export interface ScatterSide {
  /** What it is called. */
  readonly label: string;
  /** Of the values. */
  readonly unit: DisplayUnit;
  /** One for each pair. */
  readonly values: ArrayLike<number>;
}

/** Two columns of the same length. */
export interface ScatterData {
  /** Across. */
  readonly x: ScatterSide;
  /** Upwards. */
  readonly y: ScatterSide;
  /** Said in the subtitle: a method, a coefficient, a window. */
  readonly note?: string;
}

const CHECKS: Checks<PictureOptions & { readonly language?: Language }> = {
  ...PICTURE_CHECKS,
  language: LANGUAGE,
};

const DATA: Checks<ScatterData> = { x: needed(OBJECT), y: needed(OBJECT), note: ANY_TEXT };

const SIDE: Checks<ScatterSide> = {
  label: needed(ANY_TEXT),
  unit: needed(DISPLAY_UNIT),
  values: needed(COLUMN),
};

/** More dots than this are drawn as every n-th: a cloud has no spikes to lose, and its outermost dots are kept. */
const MOST_DOTS = 500;

/** Draws pairs of values as dots, one quantity against another. No line is fitted: the coefficient, where known, belongs in `note`. */
export function scatterChart(
  data: ScatterData,
  options: PictureOptions & { readonly language?: Language } = {},
): Promise<Picture> {
  const call = "scatterChart({ x: { label, unit, values }, y: { label, unit, values } })";
  checkOptions<ScatterData>(call, data, DATA);
  checkOptions<ScatterSide>(call, data.x, SIDE);
  checkOptions<ScatterSide>(call, data.y, SIDE);
  checkView<PictureOptions & { readonly language?: Language }>(call, options, CHECKS);
  return panelPicture(scatterPanel(data, chartsText(options.language ?? "en")), options);
}

/** The panel of {@link scatterChart}. */
export function scatterPanel(data: ScatterData, text: ChartsText): Panel {
  const points = pairsOf(data);
  const title = text.scatter(data.x.label, data.y.label);
  const subtitle = subtitleOf([
    `x: ${data.x.label} (${text.axis[data.x.unit]}), y: ${data.y.label} (${text.axis[data.y.unit]})`,
    `n = ${formatCount(points.length)}`,
    data.note,
  ]);
  return {
    title,
    subtitle,
    legend: [],
    description: `${title}; ${subtitle}`,
    ...(points.length === 0 ? { absent: text.scatterEmpty } : {}),
    draw(kit, box, fontSize) {
      const axis = (unit: DisplayUnit, values: readonly number[]) => ({
        ...linearAxis({ unit, minimum: smallest(values), maximum: largest(values), steps: 5 }),
        unit,
      });
      return drawXyBody({
        x: axis(data.x.unit, points.map((point) => point.x)),
        y: axis(data.y.unit, points.map((point) => point.y)),
        marks: [
          kit.plot.dot(thinned(points), { x: "x", y: "y", r: 2.5, fill: seriesColor(0), fillOpacity: 0.5 }),
        ],
        marginRight: 24,
      }, { kit, box, fontSize, text }).svg;
    },
  };
}

interface Pair {
  readonly x: number;
  readonly y: number;
}

function pairsOf(data: ScatterData): readonly Pair[] {
  const count = Math.min(data.x.values.length, data.y.values.length);
  const pairs = Array.from(
    { length: count },
    (_, i) => ({ x: data.x.values[i] ?? NaN, y: data.y.values[i] ?? NaN }),
  );
  return pairs.filter((pair) => Number.isFinite(pair.x) && Number.isFinite(pair.y));
}

function thinned(points: readonly Pair[]): readonly Pair[] {
  if (points.length <= MOST_DOTS) return points;
  const every = Math.ceil(points.length / MOST_DOTS);
  const outermost = new Set<Pair>();
  for (const side of ["x", "y"] as const) {
    outermost.add(points.reduce((a, b) => b[side] < a[side] ? b : a));
    outermost.add(points.reduce((a, b) => b[side] > a[side] ? b : a));
  }
  return points.filter((point, index) => index % every === 0 || outermost.has(point));
}
