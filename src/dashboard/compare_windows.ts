/**
 * Two parts of the time beside each other: each panel's figures of both, and the difference in words.
 *
 * @module
 */
import { formatNumber, formatRatio, NOT_AVAILABLE } from "../base/format.ts";
import { QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import { type ChartContext, type ChartOptions, factsOf, readContext, subtitleOf } from "../charts/context.ts";
import { isFloor, matchersOf, summedGauge } from "../charts/lines.ts";
import { togetherText } from "../charts/server_latency_lines.ts";
import { type DisplayUnit, formatDisplay, rateUnit } from "../charts/units.ts";
import { spanName } from "../charts/time_axis.ts";
import type { Labels } from "../parser/types.ts";
import type { MetricSource, TimeSpan, WindowFunction } from "../series/types.ts";
import { wholeSpan } from "../series/whole_span.ts";
import { type ComparedKind, type PageCompareText, pageCompareText } from "../text/page_compare.ts";
import { shortQuantityTitle } from "../text/quantities.ts";

/** One figure of both times, in words. */
export interface ComparedRow {
  readonly figure: string;
  readonly a: string;
  readonly b: string;
  readonly difference: string;
}

/** What a page shows of two times. */
export interface ComparedWindows {
  readonly title: string;
  /** Heads of the four columns. */
  readonly columns: readonly [string, string, string, string];
  /** Rows by the panel that they belong to; a panel without any is left out. */
  readonly groups: readonly {
    readonly panel: string;
    readonly title: string;
    readonly rows: readonly ComparedRow[];
  }[];
  readonly note: string;
}

/** A figure over one time. Bounds are those of a quantile's bucket. */
interface Figure {
  readonly key: string;
  readonly name: string;
  readonly unit: DisplayUnit;
  readonly value: number;
  readonly lower?: number;
  readonly upper?: number;
}

/** Panels and what is asked of each. */
const LATENCIES: readonly (readonly [string, QuantityName])[] = [
  ["ttft", "ttft"],
  ["itl", "itl"],
  ["e2e", "e2e"],
];
const RATES: readonly (readonly [string, QuantityName])[] = [
  ["requests", "request_success"],
  ["throughput", "generation_tokens"],
  ["throughput", "prompt_tokens"],
];
/** How series become one: requests add up, shares do not. */
const GAUGES: readonly (readonly [string, QuantityName, "sum" | "avg"])[] = [
  ["requests", "running", "sum"],
  ["requests", "waiting", "sum"],
  ["kv", "kv_cache_usage", "avg"],
  ["cpu", "cpu_usage", "avg"],
  ["memory", "memory_usage", "avg"],
  ["gpu_utilization", "gpu_utilization", "avg"],
  ["gpu_memory", "gpu_memory_usage", "avg"],
];
/** In the order of the panels. */
const PANELS = [
  "ttft",
  "itl",
  "e2e",
  "requests",
  "throughput",
  "kv",
  "cpu",
  "memory",
  "gpu_utilization",
  "gpu_memory",
];
/** More servers than that have no figure each. */
const MOST_SERVERS = 4;

/** Reads both times; what was not held is `n/a`. */
export async function compareWindows(
  source: MetricSource,
  { a, b }: { readonly a: TimeSpan; readonly b: TimeSpan },
  options: ChartOptions = {},
): Promise<ComparedWindows> {
  const context = await readContext(source, { ...options, span: a });
  const [before, after] = await Promise.all([
    figuresOf(context),
    figuresOf(await readContext(source, { ...options, span: b })),
  ]);
  const { language = "en" } = options;
  const { text, timeZone } = context;
  const words = pageCompareText(language);
  const groups = PANELS.flatMap((panel) => {
    const [ofA, ofB] = [before.get(panel) ?? [], after.get(panel) ?? []];
    const keys = [...new Map([...ofA, ...ofB].map((figure) => [figure.key, figure])).values()];
    if (keys.length === 0) return [];
    const rows = keys.map(({ key, name, unit }) => {
      const [one, other] = [ofA, ofB].map((figures) => figures.find((figure) => figure.key === key));
      const show = (figure: Figure | undefined) =>
        figure === undefined ? NOT_AVAILABLE : floorSign(figure) +
          formatDisplay(figure.value, unit, text);
      return { figure: name, a: show(one), b: show(other), difference: differenceOf(one, other, words) };
    });
    return [{ panel, title: titleOf(panel, context), rows }];
  });
  return {
    title: words.title,
    columns: [words.figure, `A ${spanName(a, timeZone)}`, `B ${spanName(b, timeZone)}`, words.difference],
    groups,
    note: groups.length === 0 ? words.nothing : words.note,
  };
}

function titleOf(panel: string, context: ChartContext): string {
  const { text } = context;
  if (panel === "requests") return text.requestStates;
  if (panel === "throughput") return text.throughput;
  const quantity = [...LATENCIES, ...GAUGES].find(([id]) => id === panel)?.[1] ?? "running";
  const isLatency = LATENCIES.some(([id]) => id === panel);
  return subtitleOf([shortQuantityTitle(text.quantities[quantity]), isLatency ? togetherText(context) : ""]);
}

async function figuresOf(context: ChartContext): Promise<ReadonlyMap<string, readonly Figure[]>> {
  const found = new Map<string, Figure[]>();
  const add = (panel: string, figures: readonly Figure[]) => {
    found.set(panel, [...found.get(panel) ?? [], ...figures]);
  };
  for (const [panel, quantity] of LATENCIES) add(panel, await latencyFigures(context, quantity));
  for (const [panel, quantity, combine] of GAUGES) {
    add(panel, await gaugeFigures(context, quantity, combine));
  }
  for (const [panel, quantity] of RATES) add(panel, await rateFigures(context, quantity));
  return found;
}

/** A function over the whole time, one value for each series that is kept apart. */
async function over(
  context: ChartContext,
  quantity: QuantityName,
  how: { fn: WindowFunction; combine?: "sum" | "avg" | "max"; by?: readonly string[] },
) {
  const { startSeconds, endSeconds } = context.span ?? { startSeconds: 0, endSeconds: 1 };
  const firstSeconds = context.held?.startSeconds ?? -Infinity;
  // A page asks in whole milliseconds: from the first read of all on, it must be in the window.
  const grid = startSeconds <= firstSeconds + 0.002
    ? wholeSpan({ startSeconds: Math.min(startSeconds, firstSeconds), endSeconds })
    : { startSeconds: endSeconds, stepSeconds: 1, count: 1, rangeSeconds: endSeconds - startSeconds };
  const series = await context.source.evaluate(
    { selector: { quantity, matchers: matchersOf(context) }, whileStale: "as_prometheus", ...how },
    grid,
  );
  return series.filter(({ values }) => values.length > 0 && !Number.isNaN(values[0] ?? NaN));
}

/** Median, p95 and mean of all servers together; of two to four also the p95 of each. */
async function latencyFigures(context: ChartContext, quantity: QuantityName): Promise<Figure[]> {
  const kinds: readonly (readonly [ComparedKind, WindowFunction])[] = [
    ["p50", { kind: "histogram_bounded_quantile", quantile: 0.5 }],
    ["p95", { kind: "histogram_bounded_quantile", quantile: 0.95 }],
    ["mean", { kind: "histogram_mean" }],
  ];
  const { kinds: names } = pageCompareText(context.language);
  const count = factsOf(context, "server").length;
  const figures: Figure[] = [];
  for (const [kind, fn] of kinds) {
    const [all] = await over(context, quantity, { fn });
    if (all === undefined) continue;
    figures.push(figureOf(all, { key: kind, name: names[kind], unit: "seconds" }));
    if (kind !== "p95" || count < 2 || count > MOST_SERVERS) continue;
    for (const each of await over(context, quantity, { fn, by: ["target"] })) {
      const target = each.labels.target ?? "";
      figures.push(figureOf(each, { key: `p95 ${target}`, name: `p95 · ${target}`, unit: "seconds" }));
    }
  }
  return figures;
}

function figureOf(
  series: { values: ArrayLike<number>; lower?: ArrayLike<number>; upper?: ArrayLike<number> },
  figure: Pick<Figure, "key" | "name" | "unit">,
): Figure {
  const [lower, upper] = [series.lower?.[0], series.upper?.[0]];
  return {
    ...figure,
    value: series.values[0] ?? NaN,
    ...(lower === undefined ? {} : { lower }),
    ...(upper === undefined ? {} : { upper }),
  };
}

async function gaugeFigures(
  context: ChartContext,
  quantity: QuantityName,
  combine: "sum" | "avg",
): Promise<Figure[]> {
  // Of the sum at one time: its highest is not the sum of what each reached at its own, and of two servers of which one
  // followed the other its mean is not the sum of theirs.
  const [together] = combine === "sum" ? await summedGauge(context, quantity) : [];
  const mean = await meanLevel(context, quantity, together?.values);
  if (mean === undefined) return [];
  const { kinds } = pageCompareText(context.language);
  const { unit } = QUANTITIES[quantity];
  const highest = combine === "avg"
    ? (await over(context, quantity, { fn: { kind: "max" }, combine: "max" }))[0]?.values[0]
    : highestOf(together?.values ?? []);
  const title = context.text.quantities[quantity];
  const name = (kind: ComparedKind) => combine === "sum" ? `${title} · ${kinds[kind]}` : kinds[kind];
  return [
    { key: `${quantity} mean`, name: name("mean"), unit, value: mean },
    ...(highest === undefined || Number.isNaN(highest)
      ? []
      : [{ key: `${quantity} highest`, name: name("highest"), unit, value: highest }]),
  ];
}

/** One series' mean; of several that of their sum, or of all their readings, each for as long as it stands. */
async function meanLevel(
  context: ChartContext,
  quantity: QuantityName,
  sum: ArrayLike<number> | undefined,
): Promise<number | undefined> {
  const means = await over(context, quantity, { fn: { kind: "avg" } });
  if (means.length <= 1) return means[0]?.values[0];
  if (sum !== undefined) {
    const known = Array.from(sum).filter((value) => !Number.isNaN(value));
    return known.length === 0 ? undefined : known.reduce((all, value) => all + value, 0) / known.length;
  }
  const keyOf = (labels: Labels) => JSON.stringify(Object.entries(labels).sort());
  const counts = new Map(
    (await over(context, quantity, { fn: { kind: "count" } })).map((
      { labels, values },
    ) => [keyOf(labels), values[0]!]),
  );
  const weights = means.map(({ labels }) => {
    const { intervalSeconds = 1 } = context.facts.find(({ target }) => target === labels.target) ?? {};
    return (counts.get(keyOf(labels)) ?? 1) * intervalSeconds;
  });
  const all = weights.reduce((total, weight) => total + weight, 0);
  return means.reduce((total, { values }, i) => total + values[0]! * weights[i]!, 0) / all;
}

function highestOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => value > most || Number.isNaN(most) ? value : most, NaN);
}

async function rateFigures(context: ChartContext, quantity: QuantityName): Promise<Figure[]> {
  const [rate] = await over(context, quantity, { fn: { kind: "rate" }, combine: "sum" });
  if (rate === undefined) return [];
  const name = `${context.text.quantities[quantity]} · ${pageCompareText(context.language).kinds.rate}`;
  return [figureOf(rate, { key: quantity, name, unit: rateUnit(QUANTITIES[quantity].unit) })];
}

function floorSign({ value, lower, upper }: Figure): string {
  return isFloor(value, lower, upper) ? ">" : "";
}

/** From so many times on a factor says more than a share. */
const FACTOR = 3;

/** What is different in B, in words: of shares in points, of everything else as a share of A. */
function differenceOf(a: Figure | undefined, b: Figure | undefined, words: PageCompareText): string {
  if (a === undefined) return words.onlyIn("B");
  if (b === undefined) return words.onlyIn("A");
  if (a.lower !== undefined && b.lower !== undefined && a.upper !== undefined && b.upper !== undefined) {
    if (a.lower < b.upper && b.lower < a.upper) return words.notTold;
  }
  if (a.value === b.value) return words.same;
  if (a.unit === "ratio") {
    const points = (b.value - a.value) * 100;
    const shown = formatNumber(Math.abs(Math.abs(points) < 0.05 ? 0 : Number(points.toFixed(1))));
    return shown === "0" ? words.same : words.points(shown, points > 0);
  }
  if (a.value === 0) return words.fromZero;
  const ratio = b.value / a.value;
  // Beyond the last bucket only a least value is known, and so a least difference.
  const least = floorSign(a) || floorSign(b);
  if (ratio >= FACTOR) return words.times(least + formatNumber(ratio));
  const shown = formatRatio(Number(Math.abs(ratio - 1).toFixed(3)));
  if (shown === "0%") return words.same;
  const share = least + shown;
  return ratio > 1 ? words.higher(share) : words.lower(share);
}
