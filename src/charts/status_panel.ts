/**
 * Bars of how full things are now.
 *
 * @module
 */
import { formatRatio } from "../base/format.ts";
import type { QuantityName } from "../catalog/types.ts";
import { type ChartContext, factsOf, type Side, simulatedTag, subtitleOf } from "./context.ts";
import { gaugeLines, type LineValues } from "./lines.ts";
import { type Box, type Panel, svgText, tenth } from "./panel.ts";
import { absentReason, gpuName } from "./system_panels.ts";
import { clockTime, zoneOffsetName } from "./time_axis.ts";
import { BOLD_WIDTH, fitEnd, fitMiddle, textWidth } from "./text_width.ts";
import { COLOR, seriesColor } from "./theme.ts";

/** One bar; without a ratio its reason stands there instead. */
export interface StatusBar {
  readonly label: string;
  /** 0–1; absent when there is no current value. */
  readonly ratio?: number;
  /** What stands right of the bar: the value, or a short reason. */
  readonly value: string;
  readonly color: number;
}

/** A panel that also hands out its bars. */
export interface StatusPanel extends Panel {
  readonly bars: readonly StatusBar[];
}

/** Current use of processor, memory, GPU memory and GPU; of several GPUs the fullest, named. */
export async function statusPanel(context: ChartContext): Promise<StatusPanel> {
  const { text } = context;
  const wanted: readonly (readonly [QuantityName, string, number, Side])[] = [
    ["cpu_usage", text.cpu, 0, "host"],
    ["memory_usage", text.memory, 2, "host"],
    ["gpu_memory_usage", text.gpuMemory, 4, "gpu"],
    ["gpu_utilization", text.gpu, 4, "gpu"],
  ];
  const bars = await Promise.all(wanted.map(async ([quantity, label, color, side]) => {
    return barOf(context, { quantity, label, color, side, lines: await gaugeLines(context, quantity) });
  }));
  const end = context.span?.endSeconds;
  const when = end === undefined
    ? ""
    : `${clockTime(end, context.timeZone)} ${zoneOffsetName(end, context.timeZone)}`;
  return {
    title: text.statusNow,
    ...simulatedTag(context, factsOf(context, "host").length > 0 ? "host" : "server"),
    subtitle: subtitleOf([text.axis.ratio, when]),
    legend: [],
    description: bars.map((bar) => `${bar.label} ${bar.value}`).join(", "),
    ...(context.span === undefined ? { absent: text.nothingYet } : {}),
    bars,
    draw: (_kit, box, fontSize) => drawBars(bars, box, fontSize),
  };
}

function barOf(
  context: ChartContext,
  parts: { quantity: QuantityName; label: string; color: number; side: Side; lines: readonly LineValues[] },
): StatusBar {
  const { quantity, label, color, side, lines } = parts;
  const current = lines.filter((line) => line.current !== undefined);
  const fullest = current.reduce<LineValues | undefined>(
    (a, b) => a === undefined || (b.current ?? 0) > (a.current ?? 0) ? b : a,
    undefined,
  );
  if (fullest?.current === undefined) {
    return { label, color, value: shortReason(context, { quantity, side, hasLines: lines.length > 0 }) };
  }
  const which = current.length > 1 ? ` ${gpuName(context, fullest)}` : "";
  return { label, color, ratio: fullest.current, value: formatRatio(fullest.current) + which };
}

/** Room is short beside a bar; the panel of the quantity has the whole reason. */
function shortReason(
  context: ChartContext,
  about: { quantity: QuantityName; side: Side; hasLines: boolean },
): string {
  const { text } = context;
  if (about.hasLines) return text.notNow;
  if (factsOf(context, about.side).length === 0) return text.notWatched;
  return about.side === "gpu" ? text.noGpu : absentReason(context, about.quantity, about.side);
}

function drawBars(bars: readonly StatusBar[], box: Box, fontSize: number): string {
  const rowHeight = box.height / Math.max(1, bars.length);
  const labelWidth =
    Math.min(box.width * 0.35, Math.max(...bars.map((bar) => textWidth(bar.label, fontSize)))) + 8;
  const valueWidth = Math.min(
    box.width * 0.4,
    Math.max(64, ...bars.map((bar) => textWidth(bar.value, fontSize) * BOLD_WIDTH)),
  );
  const track = Math.max(10, box.width - labelWidth - valueWidth - 8);
  const height = Math.min(18, rowHeight * 0.55);
  return bars.map((bar, index) => {
    const middle = box.y + (index + 0.5) * rowHeight;
    const x = box.x + labelWidth;
    const rect = (width: number, fill: string) =>
      `<rect x="${tenth(x)}" y="${tenth(middle - height / 2)}" width="${tenth(width)}" height="${
        tenth(height)
      }" rx="3"` +
      ` fill="${fill}"/>`;
    const filled = bar.ratio === undefined
      ? ""
      : rect(track * Math.max(0, Math.min(1, bar.ratio)), seriesColor(bar.color));
    const baseline = middle + fontSize * 0.35;
    return svgText(fitMiddle(bar.label, labelWidth - 8, fontSize), {
      x: x - 8,
      y: baseline,
      size: fontSize,
      color: COLOR.text,
      anchor: "end",
    }) + rect(track, COLOR.grid) + filled +
      svgText(fitEnd(bar.value, valueWidth, fontSize * BOLD_WIDTH), {
        x: x + track + 8,
        y: baseline,
        size: fontSize,
        color: bar.ratio === undefined ? COLOR.muted : COLOR.text,
        bold: bar.ratio !== undefined,
      });
  }).join("");
}
