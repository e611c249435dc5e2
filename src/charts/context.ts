/**
 * What every chart of a source asks first: the span, who is watched, where scrapes failed and servers restarted.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { formatSeconds } from "../base/format.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { MetricMeta } from "../parser/types.ts";
import type { Grid, LabEvent, MetricSource, TargetFacts, TimeSpan } from "../series/types.ts";
import { type ChartsText, chartsText } from "../text/charts.ts";
import { phaseName } from "../text/phases.ts";
import type { Language } from "../text/language.ts";
import type { PictureOptions } from "./picture.ts";
import { localTimeZone, shortSpanName, spanName } from "./time_axis.ts";
import type { Limit, TimeMark } from "./time_panel.ts";

/** What every chart of a source can be told. */
export interface ChartOptions extends PictureOptions {
  /** Of every word; default English. */
  readonly language?: Language;
  /** IANA name, such as `Asia/Taipei`. Default: the process's own zone. */
  readonly timeZone?: string;
  /** Default: all that the source holds. */
  readonly span?: TimeSpan;
  /**
   * What rates and quantiles look back over. Default: a tenth of the span between 10 and 30 s, and at least four scrapes and
   * one step of the picture.
   */
  readonly rangeSeconds?: number;
  /** Only this target; default all. */
  readonly target?: string;
  /** Levels that are drawn and named on the panels of their latencies. */
  readonly objectives?: LatencyObjectives;
}

/**
 * What latencies should stay below, as in the objectives of a load. A panel of ITL shows single gaps between chunks, an
 * objective judges a request's mean gap: there the line is a level to look at, no verdict.
 */
export interface LatencyObjectives {
  /** From send to first token. */
  readonly ttftSeconds?: number;
  /** Between two token chunks. */
  readonly itlSeconds?: number;
  /** Per token behind the first. */
  readonly tpotSeconds?: number;
  /** From send to last token. */
  readonly e2eSeconds?: number;
}

/** Answers that all panels of one picture share. */
export interface ChartContext {
  /** Where the numbers come from. */
  readonly source: MetricSource;
  /** Words in the language. */
  readonly text: ChartsText;
  /** Of the words. */
  readonly language: Language;
  /** IANA name. */
  readonly timeZone: string;
  /** Undefined while the source is empty. */
  readonly span: TimeSpan | undefined;
  /** All that the source holds, also before the span. */
  readonly held: TimeSpan | undefined;
  /** What is known of every target. */
  readonly facts: readonly TargetFacts[];
  /** Families that are there. */
  readonly metas: readonly MetricMeta[];
  /** Of the span, ascending. */
  readonly events: readonly LabEvent[];
  /** What rates and quantiles look back over. */
  readonly rangeSeconds: number;
  /** Evaluation times, the last at the span's end. */
  readonly grid: Grid;
  /** Most points of a line: of rates and quantiles, and of readings that are too many to be told apart. */
  readonly mostPoints: number;
  /** The one target that is shown; undefined for all. */
  readonly target: string | undefined;
  /** Of the latencies. */
  readonly objectives: LatencyObjectives;
  /** Present where panels are told piece by piece, and each piece must fit those before. */
  readonly live?: LiveShape;
}

/** What a page was told before. */
export interface LiveShape {
  /** Most series that each quantity ever had: a panel keeps its form while some of them are silent. */
  readonly counts: Map<QuantityName, number>;
}

/** How many series a quantity has; on a live page also those that are silent now. */
export function countSeries(context: ChartContext, quantity: QuantityName, now: number): number {
  const counts = context.live?.counts;
  const count = Math.max(now, counts?.get(quantity) ?? 0);
  counts?.set(quantity, count);
  return count;
}

/** Which of the watched things a panel is about. */
export type Side = "server" | "host" | "gpu" | "workload";

/** Most evaluation times of a chart. */
const MOST_POINTS = 240;
/** Of a panel among others, which is as wide as a third of a page: one for about two pixels. */
export const SMALL_PANEL_POINTS = 120;

/** Asks the source once for what all panels need. */
export async function readContext(
  source: MetricSource,
  options: ChartOptions & { readonly mostPoints?: number } = {},
): Promise<ChartContext> {
  const language = options.language ?? "en";
  const [held, facts, metas] = await Promise.all([source.span(), source.facts(), source.describe()]);
  const span = options.span ?? held;
  const events = span === undefined ? [] : await source.events(span);
  const { mostPoints = MOST_POINTS, rangeSeconds } = options;
  const grid = gridOver(span ?? { startSeconds: 0, endSeconds: 0 }, {
    intervalSeconds: serverInterval(facts),
    mostPoints,
    rangeSeconds,
  });
  return {
    source,
    text: chartsText(language),
    language,
    timeZone: options.timeZone ?? localTimeZone(),
    span,
    held,
    facts,
    metas,
    events,
    rangeSeconds: grid.rangeSeconds,
    grid,
    mostPoints,
    target: options.target,
    objectives: options.objectives ?? {},
  };
}

/** The level of a latency's objective as a named limit; none where none was given. */
export function objectiveLimits(
  context: ChartContext,
  quantity: QuantityName,
  ownSeconds?: number,
): readonly Limit[] {
  const { objectives } = context;
  const given: Partial<Record<QuantityName, number | undefined>> = {
    ttft: objectives.ttftSeconds,
    itl: objectives.itlSeconds,
    tpot: objectives.tpotSeconds,
    e2e: objectives.e2eSeconds,
  };
  const value = ownSeconds ?? given[quantity];
  if (value === undefined) return [];
  return [{ value, label: context.text.throughputLatency.objective(formatSeconds(value)) }];
}

/** Seconds between scrapes: the slowest server's, 2 when nobody says. */
function serverInterval(facts: readonly TargetFacts[]): number {
  const known = facts.filter((each) => sideOf(each) === "server").map((each) => each.intervalSeconds ?? 0);
  return Math.max(...known, 0) || 2;
}

/** Steps are whole scrape intervals, so that frames of a live picture fall on the same times. */
function gridOver(
  span: TimeSpan,
  how: { intervalSeconds: number; mostPoints: number; rangeSeconds: number | undefined },
): Grid {
  const { intervalSeconds, mostPoints, rangeSeconds } = how;
  const length = Math.max(0, span.endSeconds - span.startSeconds);
  const stepSeconds = Math.max(1, Math.ceil(length / mostPoints / intervalSeconds)) * intervalSeconds;
  const count = Math.floor(length / stepSeconds + 1e-9) + 1;
  return {
    startSeconds: span.endSeconds - (count - 1) * stepSeconds,
    stepSeconds,
    count,
    rangeSeconds: rangeSeconds ?? Math.max(tenthOf(length), 4 * intervalSeconds, stepSeconds),
  };
}

/** A tenth of a span in steps of five seconds, 10 to 30 s: short runs keep their shape, long ones their calm. */
function tenthOf(lengthSeconds: number): number {
  return Math.min(30, Math.max(10, Math.round(lengthSeconds / 50) * 5));
}

/** Whether a target is a server, the machine, its GPUs or the workload. */
export function sideOf(facts: TargetFacts): Side {
  return facts.kind === "host" || facts.kind === "gpu" || facts.kind === "workload" ? facts.kind : "server";
}

/** Facts of one side, or of the one target that was asked for. */
export function factsOf(context: ChartContext, side: Side): readonly TargetFacts[] {
  return context.facts.filter((facts) => {
    return sideOf(facts) === side && (context.target === undefined || facts.target === context.target);
  });
}

/** Restarts of the side's targets, lost GPUs, incidents and notes; `phases` adds the workload's. */
export function marksOf(
  context: ChartContext,
  side: Side,
  options: { phases?: boolean } = {},
): readonly TimeMark[] {
  const targets = new Set(factsOf(context, side).map((facts) => facts.target));
  const marks: TimeMark[] = [];
  for (const event of context.events) {
    const mark = markOf(event, { context, targets, phases: options.phases === true });
    if (mark !== undefined) marks.push(mark);
  }
  return marks;
}

function markOf(
  event: LabEvent,
  view: { context: ChartContext; targets: ReadonlySet<string>; phases: boolean },
): TimeMark | undefined {
  const { text } = view.context;
  const { timeSeconds } = event;
  switch (event.kind) {
    case "counter_reset": {
      if (!view.targets.has(event.target)) return undefined;
      const what = event.reason === "process_start_changed" ? text.restart : text.counterReset;
      return { timeSeconds, label: view.targets.size > 1 ? `${event.target}: ${what}` : what, bad: true };
    }
    case "gpu_lost":
      return view.targets.has(event.target)
        ? { timeSeconds, label: text.gpuName(event.gpu), bad: true }
        : undefined;
    case "incident":
      return event.state === "begin" ? { timeSeconds, label: event.name, bad: true } : undefined;
    case "note":
      return { timeSeconds, label: event.text, bad: false };
    case "workload":
      return view.phases && event.state === "begin"
        ? { timeSeconds, label: phaseName(event.phase, view.context.language), bad: false }
        : undefined;
    default:
      return undefined;
  }
}

/** `{ tag: "simulated" }` for titles of what is not of a real machine, else nothing. */
export function simulatedTag(context: ChartContext, side: Side): { readonly tag?: string } {
  const facts = factsOf(context, side);
  return facts.length > 0 && facts.every((each) => each.simulated) ? { tag: context.text.simulated } : {};
}

/** Joins the parts of a subtitle that say something. */
export function subtitleOf(parts: readonly (string | undefined)[]): string {
  return parts.filter((part): part is string => part !== undefined && part !== "").join(" · ");
}

/** The span in words, for a chart alone (with its date) or in a dashboard. */
export function spanText(context: ChartContext, style: "long" | "short" = "long"): string {
  if (context.span === undefined) return "";
  return style === "long"
    ? spanName(context.span, context.timeZone)
    : shortSpanName(context.span, context.timeZone);
}

/** Why the whole of a side is absent, when its sampler says so. */
export function absentCause(context: ChartContext, name: string): Cause | undefined {
  for (const facts of context.facts) {
    const cause = facts.absent?.[name];
    if (cause !== undefined) return cause;
  }
  return undefined;
}
