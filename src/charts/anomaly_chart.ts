/**
 * A series with its anomalies pointed out and the band in which values were expected.
 *
 * @module
 */
import type { AnomalyResult } from "../analyzer/anomalies.ts";
import type { Cause } from "../base/cause.ts";
import { formatNumber } from "../base/format.ts";
import type { Points } from "../series/types.ts";
import { causeSentence } from "../text/causes.ts";
import { chartsText } from "../text/charts.ts";
import type { Language } from "../text/language.ts";
import { subtitleOf } from "./context.ts";
import { panelPicture, type Picture, type PictureOptions } from "./picture.ts";
import { localTimeZone, spanName } from "./time_axis.ts";
import { makeTimePanel, type TimeBand, type TimePanel } from "./time_panel.ts";
import { type DisplayUnit, formatDisplay } from "./units.ts";

/** A series and what was found in it. */
export interface AnomalyChartData {
  /** What it is called in the title. */
  readonly label: string;
  /** Of the values. */
  readonly unit: DisplayUnit;
  /** The series. */
  readonly points: Points;
  /** What was found, or why nothing could be looked for. */
  readonly result: AnomalyResult | { readonly absent: Cause };
  /** Said behind the title: `simulated`. */
  readonly tag?: string;
}

/** Draws the series, the expected band and a diamond for each anomalous point; the rule is in the subtitle. */
export function anomalyChart(
  data: AnomalyChartData,
  options: PictureOptions & { readonly language?: Language; readonly timeZone?: string } = {},
): Promise<Picture> {
  return panelPicture(anomalyPanel(data, options), options);
}

/** The panel of {@link anomalyChart}. */
export function anomalyPanel(
  data: AnomalyChartData,
  options: { readonly language?: Language; readonly timeZone?: string } = {},
): TimePanel {
  const language = options.language ?? "en";
  const timeZone = options.timeZone ?? localTimeZone();
  const text = chartsText(language);
  const { points, result } = data;
  const count = points.timesSeconds.length;
  const span = { startSeconds: points.timesSeconds[0] ?? 0, endSeconds: points.timesSeconds[count - 1] ?? 0 };
  const found = "absent" in result ? undefined : result;
  const dots = (found?.episodes ?? []).flatMap((episode) => episode.points);
  const last = points.values[count - 1];
  return makeTimePanel({
    title: text.anomalies.title(data.label),
    ...(data.tag === undefined ? {} : { tag: data.tag }),
    subtitle: subtitleOf([
      text.axis[data.unit],
      "absent" in result ? causeSentence(result.absent, language) : ruleText(result, data, options),
      count > 0 ? spanName(span, timeZone) : "",
    ]),
    text,
  }, {
    span,
    timeZone,
    unit: data.unit,
    scale: "linear",
    lines: [{
      label: data.label,
      color: 0,
      curve: "linear",
      timesSeconds: points.timesSeconds,
      values: points.values,
      ...(last === undefined || Number.isNaN(last) ? {} : { current: last }),
    }],
    bands: found === undefined ? [] : expectedBand(found, text.anomalies.band),
    // Nothing was looked for where the result is absent: then there is no count of zero either.
    ...(found === undefined ? {} : { dots, dotLabel: text.anomalies.mark }),
    marks: [],
    gaps: [],
    limits: [],
  });
}

function ruleText(
  result: AnomalyResult,
  data: AnomalyChartData,
  options: { readonly language?: Language },
): string {
  const text = chartsText(options.language ?? "en");
  const median = formatDisplay(result.median, data.unit, text);
  if (result.method === "rare_change") return text.anomalies.rare(median, result.count);
  const threshold = formatNumber(result.threshold);
  return result.windowPoints === undefined && result.periodPoints === undefined
    ? text.anomalies.robust(threshold, median, result.count)
    : text.anomalies.moving(threshold, result);
}

/** The limits; a resting series has no band. An amount is never below zero, so neither is what is expected of it. */
function expectedBand({ expected, median }: AnomalyResult, label: string): TimeBand[] {
  if (expected === undefined) return [];
  const lower = median >= 0 ? expected.lower.map((limit) => Math.max(0, limit)) : expected.lower;
  return [{ label, color: 2, timesSeconds: expected.timesSeconds, lower, upper: expected.upper }];
}
