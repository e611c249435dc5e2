/**
 * The ground for charts whose axes are both values: axes, grid, and where a point lies.
 *
 * @module
 */
import type { Markish } from "@observablehq/plot";
import type { ChartsText } from "../text/charts.ts";
import type { Box } from "./panel.ts";
import type { PlotKit } from "./plot_kit.ts";
import { textWidth } from "./text_width.ts";
import { COLOR } from "./theme.ts";
import type { ValueAxis } from "./ticks.ts";
import { type DisplayUnit, formatTick } from "./units.ts";

/** An axis with its unit. */
export interface UnitAxis extends ValueAxis {
  readonly unit: DisplayUnit;
}

/** What is drawn on: two axes and marks between them. */
export interface XyBody {
  readonly x: UnitAxis;
  readonly y: UnitAxis;
  readonly marks: readonly Markish[];
  /** Room right of the plot for labels that hang over. Default 12. */
  readonly marginRight?: number;
}

/** Draws axes and marks; `place` gives the picture's coordinates of a point, for labels. */
export function drawXyBody(
  body: XyBody,
  options: { kit: PlotKit; box: Box; fontSize: number; text: ChartsText },
): { svg: string; place: (x: number, y: number) => { x: number; y: number } } {
  const { kit, box, fontSize, text } = options;
  const { plot } = kit;
  const yLabels = body.y.ticks.map((tick) => formatTick(tick, body.y.unit, text));
  const left = Math.max(...yLabels.map((label) => textWidth(label, fontSize)), 10) + 8;
  const margins = { left, right: body.marginRight ?? 12, top: 8, bottom: fontSize + 9 };
  const xTicks = ticksThatFit(body.x, { width: box.width - margins.left - margins.right, fontSize, text });
  const svg = kit.render({
    width: box.width,
    height: box.height,
    marginLeft: margins.left,
    marginRight: margins.right,
    marginTop: margins.top,
    marginBottom: margins.bottom,
    x: { type: body.x.scale, domain: [...body.x.domain], axis: null, label: null },
    y: { type: body.y.scale, domain: [...body.y.domain], axis: null, label: null },
    marks: [
      plot.gridY([...body.y.ticks], { stroke: COLOR.grid, strokeOpacity: 1 }),
      plot.gridX([...xTicks], { stroke: COLOR.grid, strokeOpacity: 1 }),
      plot.axisY([...body.y.ticks], {
        tickSize: 0,
        tickPadding: 6,
        label: null,
        text: (value: number) => formatTick(value, body.y.unit, text),
      }),
      plot.axisX([...xTicks], {
        tickSize: 3,
        tickPadding: 3,
        label: null,
        text: (value: number) => formatTick(value, body.x.unit, text),
      }),
      ...body.marks,
    ],
  }, box);
  return {
    svg,
    place: (x, y) => ({
      x: box.x + margins.left + shareOf(body.x, x) * (box.width - margins.left - margins.right),
      y: box.y + margins.top + (1 - shareOf(body.y, y)) * (box.height - margins.top - margins.bottom),
    }),
  };
}

/** Where a value lies on its axis, 0 to 1. */
export function shareOf(axis: ValueAxis, value: number): number {
  const [low, high] = axis.domain;
  return axis.scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/** Every n-th tick, so that labels do not touch; one whose label would hang over the left or right edge is kept: there is a margin. */
function ticksThatFit(
  axis: UnitAxis,
  options: { width: number; fontSize: number; text: ChartsText },
): readonly number[] {
  const { width, fontSize, text } = options;
  const widest = Math.max(
    ...axis.ticks.map((tick) => textWidth(formatTick(tick, axis.unit, text), fontSize)),
  );
  const room = Math.max(1, Math.floor(width / (widest + fontSize)));
  const every = Math.max(1, Math.ceil(axis.ticks.length / room));
  return axis.ticks.filter((_, index) => index % every === 0);
}
