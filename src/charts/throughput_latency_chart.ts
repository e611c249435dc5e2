/**
 * What latency costs throughput: one point a load level.
 *
 * @module
 */
import { ANY_TEXT, checkOptions, type Checks, LIST, needed, NUMBER, POSITIVE } from "../base/arguments.ts";
import { checkView, DISPLAY_UNIT, PICTURE_CHECKS } from "./chart_checks.ts";
import { formatNumber, formatSeconds } from "../base/format.ts";
import { type ChartsText, chartsText } from "../text/charts.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { subtitleOf } from "./context.ts";
import { type Panel, svgText } from "./panel.ts";
import { panelPicture, type Picture, type PictureOptions } from "./picture.ts";
import { textWidth } from "./text_width.ts";
import { COLOR, seriesColor } from "./theme.ts";
import { linearAxis, logAxis } from "./ticks.ts";
import type { DisplayUnit } from "./units.ts";
import { drawXyBody } from "./xy_body.ts";

/** One load level. */
export interface LoadLevel {
  /** What the level is called: a concurrency, a rate. Plain text. */
  readonly label: string;
  /** In the sweep's unit. */
  readonly throughput: number;
  /** At this level. */
  readonly latencySeconds: number;
}

/** A sweep over load levels, in the order of load. */
export interface LoadSweep {
  /** One point each. */
  readonly levels: readonly LoadLevel[];
  /** Of every throughput. */
  readonly throughputUnit: DisplayUnit;
  /** What the latency is: `p95 TTFT`. */
  readonly latencyLabel: string;
  /** Latency that should be kept, in seconds. */
  readonly objectiveSeconds?: number;
  /** Said behind the title: `simulated`. */
  readonly tag?: string;
}

const CHECKS: Checks<PictureOptions & { readonly language?: Language }> = {
  ...PICTURE_CHECKS,
  language: LANGUAGE,
};

const SWEEP: Checks<LoadSweep> = {
  levels: needed(LIST),
  throughputUnit: needed(DISPLAY_UNIT),
  latencyLabel: needed(ANY_TEXT),
  objectiveSeconds: POSITIVE,
  tag: ANY_TEXT,
};

const LEVEL: Checks<LoadLevel> = {
  label: needed(ANY_TEXT),
  throughput: needed({ ...NUMBER, accepts: (value) => typeof value === "number" }),
  latencySeconds: needed({ ...NUMBER, accepts: (value) => typeof value === "number" }),
};

/** Throughput (x) against latency (y, logarithmic where it spans more than a decade), labelled by level. */
export function throughputLatencyChart(
  sweep: LoadSweep,
  options: PictureOptions & { readonly language?: Language } = {},
): Promise<Picture> {
  const call =
    "throughputLatencyChart({ levels: [{ label, throughput, latencySeconds }], throughputUnit, latencyLabel })";
  checkOptions<LoadSweep>(call, sweep, SWEEP);
  for (const level of sweep.levels) checkOptions<LoadLevel>(call, level, LEVEL);
  checkView<PictureOptions & { readonly language?: Language }>(call, options, CHECKS);
  return panelPicture(throughputLatencyPanel(sweep, chartsText(options.language ?? "en")), options);
}

/** The panel of {@link throughputLatencyChart}. */
export function throughputLatencyPanel(sweep: LoadSweep, text: ChartsText): Panel {
  const levels = sweep.levels.filter((level) =>
    Number.isFinite(level.throughput) && level.latencySeconds > 0
  );
  const subtitle = subtitleOf([
    `x: ${text.axis[sweep.throughputUnit]}`,
    `y: ${sweep.latencyLabel} (${text.axis.seconds})`,
    text.throughputLatency.eachPoint(formatNumber(levels.length)),
  ]);
  const objective = sweep.objectiveSeconds;
  return {
    title: text.throughputLatency.title,
    ...(sweep.tag === undefined ? {} : { tag: sweep.tag }),
    subtitle,
    legend: [{ label: sweep.latencyLabel, value: "", color: seriesColor(0), mark: "line" }],
    description: `${text.throughputLatency.title}; ${subtitle}`,
    ...(levels.length === 0 ? { absent: text.throughputLatency.none } : {}),
    draw(kit, box, fontSize) {
      const latencies = [
        ...levels.map((level) => level.latencySeconds),
        ...(objective === undefined ? [] : [objective]),
      ];
      const extent = {
        unit: "seconds" as const,
        minimum: Math.min(...latencies),
        maximum: Math.max(...latencies),
      };
      const log = extent.maximum > 10 * extent.minimum;
      const y = { ...(log ? logAxis(extent) : linearAxis(extent)), unit: "seconds" as const };
      const throughputs = levels.map((level) => level.throughput);
      const unit = sweep.throughputUnit;
      const x = { ...linearAxis({ unit, minimum: 0, maximum: Math.max(...throughputs), steps: 5 }), unit };
      const { plot } = kit;
      const shade = objective === undefined ? [] : [
        plot.rect([{}], {
          x1: x.domain[0],
          x2: x.domain[1],
          y1: objective,
          y2: y.domain[1],
          fill: COLOR.grid,
          fillOpacity: 0.4,
        }),
        plot.ruleY([objective], { stroke: COLOR.warn, strokeDasharray: "6,3", strokeWidth: 1.2 }),
      ];
      const body = drawXyBody({
        x,
        y,
        marks: [
          ...shade,
          plot.line(levels, {
            x: "throughput",
            y: "latencySeconds",
            stroke: seriesColor(0),
            strokeWidth: 1.6,
          }),
          plot.dot(levels, { x: "throughput", y: "latencySeconds", r: 3.5, fill: seriesColor(0) }),
        ],
        marginRight: 30,
      }, { kit, box, fontSize, text });
      const right = box.x + box.width;
      const ruleY = objective === undefined ? NaN : body.place(0, objective).y;
      // From the top of the letters to below them; nothing crosses a rule that is not there.
      const crossesRule = (baseline: number) => baseline - fontSize < ruleY && ruleY < baseline + 4;
      const taken: { x: number; y: number; width: number }[] = [];
      const labels = levels.map((level) => {
        const at = body.place(level.throughput, level.latencySeconds);
        const width = textWidth(level.label, fontSize);
        // The curve rises to the right, so below it on the right and above it on the left is free.
        const fromRight = at.x + 6 + width > right;
        const aboveLeft = fromRight ||
          crossesRule(at.y + fontSize + 2) && !crossesRule(at.y - 5) && at.x - 7 - width > box.x;
        const place = aboveLeft
          ? { x: at.x - 7 - width, y: at.y - 5, width }
          : { x: at.x + 6, y: at.y + fontSize + 2, width };
        const covered = taken.some((other) =>
          Math.abs(other.y - place.y) < fontSize && place.x < other.x + other.width &&
          place.x + width > other.x
        );
        if (covered) return "";
        taken.push(place);
        return svgText(level.label, { x: place.x, y: place.y, size: fontSize, color: COLOR.text });
      });
      const rule = objective === undefined
        ? ""
        : svgText(text.throughputLatency.objective(formatSeconds(objective)), {
          x: body.place(0, objective).x + 4,
          y: ruleY - box.y > fontSize + 4 ? ruleY - 4 : ruleY + fontSize + 2,
          size: fontSize,
          color: COLOR.warn,
        });
      return body.svg + rule + labels.join("");
    },
  };
}
