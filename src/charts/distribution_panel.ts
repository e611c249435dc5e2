/**
 * How the values of a histogram are spread over the whole span: a bar for each bucket.
 *
 * @module
 */
import type { Checks } from "../base/arguments.ts";
import { CHART_CHECKS, checkChart } from "./chart_checks.ts";
import { QUANTITY } from "../catalog/quantities.ts";
import { formatCount, formatRatio } from "../base/format.ts";
import { QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { MetricSource } from "../series/types.ts";
import { wholeSpan } from "../series/whole_span.ts";
import { shortQuantityTitle } from "../text/quantities.ts";
import {
  type ChartContext,
  type ChartOptions,
  readContext,
  simulatedTag,
  spanText,
  subtitleOf,
} from "./context.ts";
import { boundOf } from "./heat_panel.ts";
import { type Box, type Panel, svgText, tenth } from "./panel.ts";
import { panelPicture, type Picture } from "./picture.ts";
import { togetherText } from "./server_latency_lines.ts";
import { absentReason, type PanelOptions } from "./system_panels.ts";
import { textWidth } from "./text_width.ts";
import { COLOR, seriesColor } from "./theme.ts";
import { formatDisplay, formatTick } from "./units.ts";

/** One bucket: (lower, upper]. */
export interface DistributionBar {
  /** Not in the bucket. */
  readonly lower: number;
  /** In the bucket; Infinity for the last. */
  readonly upper: number;
  /** Values in it. */
  readonly count: number;
}

const CHECKS: Checks<ChartOptions & { readonly quantity?: QuantityName }> = {
  ...CHART_CHECKS,
  quantity: QUANTITY,
};

/** Spread of a histogram's values over the span; default: tokens per step of the engine. */
export async function distributionChart(
  source: MetricSource,
  options: ChartOptions & { readonly quantity?: QuantityName } = {},
): Promise<Picture> {
  checkChart('distributionChart(collector, { quantity: "iteration_tokens" })', source, options, CHECKS);
  const context = await readContext(source, options);
  return await panelPicture(await distributionPanel(context, options), options);
}

/** The panel of {@link distributionChart}. */
export async function distributionPanel(
  context: ChartContext,
  options: PanelOptions & { readonly quantity?: QuantityName } = {},
): Promise<Panel> {
  const quantity = options.quantity ?? "iteration_tokens";
  const { text } = context;
  const { bars, mean } = await readDistribution(context, quantity);
  const unit = QUANTITIES[quantity].unit;
  const total = bars.reduce((sum, bar) => sum + bar.count, 0);
  const title = text.distribution.title(shortQuantityTitle(text.quantities[quantity]));
  const subtitle = subtitleOf([
    text.axis[unit],
    total === 0 ? "" : text.distribution.share(formatCount(total), formatDisplay(mean, unit, text)),
    togetherText(context),
    options.withSpan ?? true ? spanText(context) : "",
  ]);
  return {
    title,
    ...simulatedTag(context, "server"),
    subtitle,
    legend: [],
    description: `${title}; ${subtitle}`,
    ...(total === 0 ? { absent: absentReason(context, quantity, "server") } : {}),
    draw: (_kit, box, fontSize) =>
      drawBars(bars, {
        box,
        fontSize,
        total,
        label: (bound) => bound === Infinity ? "+Inf" : formatTick(bound, unit, text),
      }),
  };
}

async function readDistribution(
  context: ChartContext,
  quantity: QuantityName,
): Promise<{ bars: DistributionBar[]; mean: number | undefined }> {
  if (context.span === undefined) return { bars: [], mean: undefined };
  const grid = wholeSpan(context.span);
  const selector = { quantity };
  const [buckets, means] = await Promise.all([
    context.source.evaluate({ selector, fn: { kind: "histogram_increase" } }, grid),
    context.source.evaluate({ selector, fn: { kind: "histogram_mean" } }, grid),
  ]);
  const sorted = buckets.map((each) => ({ upper: boundOf(each.labels.le), count: each.values[0] ?? 0 }))
    .sort((a, b) => a.upper - b.upper);
  const bars = sorted.map((each, index): DistributionBar => ({
    ...each,
    lower: sorted[index - 1]?.upper ?? 0,
  }));
  const from = bars.findIndex((bar) => bar.count > 0);
  const to = bars.findLastIndex((bar) => bar.count > 0);
  return { bars: from < 0 ? [] : bars.slice(from, to + 1), mean: means[0]?.values[0] };
}

function drawBars(
  bars: readonly DistributionBar[],
  view: { box: Box; fontSize: number; total: number; label: (bound: number) => string },
): string {
  const { box, fontSize, total } = view;
  const names = bars.map((bar) => `${view.label(bar.lower)}–${view.label(bar.upper)}`);
  const left = box.x + Math.max(...names.map((name) => textWidth(name, fontSize))) + 8;
  const valueRoom = textWidth("99.9% (99.9k)", fontSize) + 8;
  const width = Math.max(20, box.x + box.width - left - valueRoom);
  // Few bars fill the panel, as thick as looks like bars still.
  const rowHeight = Math.min(44, (box.height - 6) / bars.length);
  const most = Math.max(...bars.map((bar) => bar.count));
  const size = Math.min(fontSize, rowHeight * 0.9);
  return bars.map((bar, index) => {
    // The largest values on top, as on a value axis.
    const middle = box.y + 6 + (bars.length - index - 0.5) * rowHeight;
    const length = (bar.count / most) * width;
    const baseline = middle + size * 0.35;
    return svgText(names[index] ?? "", { x: left - 6, y: baseline, size, anchor: "end" }) +
      `<rect x="${tenth(left)}" y="${tenth(middle - rowHeight * 0.36)}" width="${tenth(length)}" height="${
        tenth(rowHeight * 0.72)
      }" fill="${seriesColor(0)}"/>` +
      svgText(bar.count === 0 ? "0" : `${formatRatio(bar.count / total)} (${formatCount(bar.count)})`, {
        x: left + length + 6,
        y: baseline,
        size,
        color: COLOR.text,
      });
  }).join("");
}
