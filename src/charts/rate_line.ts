/**
 * A counter's rate over time, added up over those of its targets that are there.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import type { Series } from "../series/types.ts";
import { type ChartContext, factsOf } from "./context.ts";
import { type Gap, restartsOf, targetGaps } from "./gaps.ts";
import { type LineValues, matchersOf, onGrid } from "./lines.ts";

/** A rate, and over what it was taken. */
export interface RateLine extends LineValues {
  /** Some windows were shorter than the chart's: those after a start or a gap. */
  readonly shortened: boolean;
  /** Times at which some of several targets gave nothing: the sum is that of the others. */
  readonly partial: readonly Gap[];
}

/** A window shorter than this many intervals may hold one point alone. */
const FEWEST_INTERVALS = 2.5;

/** A time that a rate may not reach into. */
interface Break {
  readonly from: number;
  readonly to: number;
}

/** One target's rates. */
interface Part {
  readonly line: LineValues;
  readonly shortened: boolean;
}

/**
 * The counter's rate at each time of the grid, the sum over targets that have one. What a gap, a restart or the beginning of
 * what is held cuts off, a window leaves out: it is halved until it begins behind that, and its rate is per second of its own
 * length. No rate where that leaves fewer than two and a half intervals. Undefined without any series.
 */
export async function rateLine(context: ChartContext, quantity: QuantityName): Promise<RateLine | undefined> {
  if (context.span === undefined) return undefined;
  const whole = await ratesOver(context, quantity, context.grid.rangeSeconds);
  if (whole.length === 0) return undefined;
  const shorter = new Map<number, Promise<readonly Series[]>>();
  const parts = await Promise.all(whole.map((series) =>
    partOf(context, series, (rangeSeconds) => {
      const asked = shorter.get(rangeSeconds) ?? ratesOver(context, quantity, rangeSeconds);
      shorter.set(rangeSeconds, asked);
      return asked;
    })
  ));
  return addUp(context, parts);
}

/** One series for each target; one in all from a source that does not tell them apart. */
async function ratesOver(
  context: ChartContext,
  quantity: QuantityName,
  rangeSeconds: number,
): Promise<readonly Series[]> {
  const series = await context.source.evaluate({
    selector: { quantity, matchers: matchersOf(context) },
    fn: { kind: "rate" },
    combine: "sum",
    by: ["target"],
  }, { ...context.grid, rangeSeconds });
  return series.filter((each) => each.timesSeconds.length > 0);
}

async function partOf(
  context: ChartContext,
  series: Series,
  over: (rangeSeconds: number) => Promise<readonly Series[]>,
): Promise<Part> {
  const { grid } = context;
  const { target } = series.labels;
  const all = factsOf(context, "server");
  const own = target === undefined ? all : all.filter((facts) => facts.target === target);
  const breaks = breaksOf(context, own);
  const intervalSeconds = Math.max(0, ...own.map((facts) => facts.intervalSeconds ?? 0)) || grid.stepSeconds;
  const whole = onGrid(series, grid, (end) => isSound(breaks, end, grid.rangeSeconds));
  const values = Float64Array.from(whole.values);
  let shortened = false;
  for (let range = grid.rangeSeconds / 2; range >= FEWEST_INTERVALS * intervalSeconds; range /= 2) {
    const open = whole.timesSeconds.some((end, k) =>
      Number.isNaN(values[k]) && isSound(breaks, end, range) && !isSound(breaks, end, range * 2)
    );
    if (!open) continue;
    const found = (await over(range)).find((each) => each.labels.target === target);
    if (found === undefined) continue;
    const line = onGrid(found, { ...grid, rangeSeconds: range }, (end) => isSound(breaks, end, range));
    line.values.forEach((value, k) => {
      if (!Number.isNaN(values[k]) || Number.isNaN(value)) return;
      values[k] = value;
      shortened = true;
    });
  }
  return { line: withValues(whole, values), shortened };
}

/** A window may hold a gap, since a counter counts on in it, but not begin in one: its rate would be too low. */
function isSound(
  breaks: readonly (Break & { readonly whole: boolean })[],
  end: number,
  range: number,
): boolean {
  const start = end - range;
  return !breaks.some(({ from, to, whole }) =>
    whole
      ? to > start + 1e-3 && from < end - 1e-3 && to <= end + 1e-3
      : start > from + 1e-3 && start < to - 1e-3
  );
}

/** `whole` ones may not lie in a window at all. */
function breaksOf(context: ChartContext, targets: ReturnType<typeof factsOf>) {
  const gaps = targets.flatMap((facts) => targetGaps(context, facts));
  const restarts = restartsOf(context, targets);
  const held = context.held?.startSeconds ?? -Infinity;
  return [
    { from: -Infinity, to: held, whole: false },
    ...gaps.map((gap) => ({ from: gap.startSeconds, to: gap.endSeconds, whole: false })),
    ...restarts.map((restart) => ({ ...restart, whole: true })),
  ];
}

function withValues(line: LineValues, values: Float64Array): LineValues {
  const { current: _current, ...rest } = line;
  const last = values.at(-1) ?? NaN;
  return { ...rest, values, ...(Number.isNaN(last) ? {} : { current: last }) };
}

function addUp(context: ChartContext, parts: readonly Part[]): RateLine | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const { timesSeconds } = first.line;
  const values = new Float64Array(timesSeconds.length).fill(NaN);
  const partial: Gap[] = [];
  const of = parts.length;
  const { stepSeconds } = context.grid;
  const isWanted = parts.map((part) => wantedOf(context, part));
  // Between the first and the last time at which any has a value: nobody is missed where there is nothing.
  for (let k = 0; k < values.length; k++) {
    const known = parts.map(({ line }) => line.values[k] ?? NaN).filter((value) => !Number.isNaN(value));
    if (known.length === 0) continue;
    values[k] = known.reduce((sum, value) => sum + value, 0);
    const endSeconds = timesSeconds[k] ?? NaN;
    const missed = parts.filter(({ line }, i) =>
      Number.isNaN(line.values[k] ?? NaN) && isWanted[i]!(endSeconds)
    );
    if (missed.length === 0) continue;
    partial.push({ startSeconds: endSeconds - stepSeconds, endSeconds, answering: of - missed.length, of });
  }
  return {
    ...withValues(first.line, values),
    labels: {},
    shortened: parts.some(({ shortened }) => shortened),
    partial,
  };
}

/** When a target is missed where it has no rate: not once it has ended. */
function wantedOf(context: ChartContext, { line: { labels } }: Part): (time: number) => boolean {
  const { endedSeconds = Infinity } =
    factsOf(context, "server").find(({ target }) => target === labels.target) ??
      {};
  return (time) => time <= endedSeconds;
}
