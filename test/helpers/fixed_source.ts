/** A `MetricSource` over series written in a test: what selection, events and requests need, without a store. */
import type { MetricMeta, MetricType } from "../../src/parser/types.ts";
import type {
  LabEvent,
  MetricSource,
  RequestRecord,
  Series,
  TargetFacts,
  TimeSpan,
} from "../../src/series/types.ts";

/** Series from pairs of time and value. */
export function seriesOf(
  name: string,
  points: readonly (readonly [number, number])[],
  options: { labels?: Record<string, string>; type?: MetricType; staleSeconds?: readonly number[] } = {},
): Series {
  return {
    name,
    labels: options.labels ?? {},
    type: options.type ?? "gauge",
    timesSeconds: Float64Array.from(points, ([time]) => time),
    values: Float64Array.from(points, ([, value]) => value),
    staleSeconds: Float64Array.from(options.staleSeconds ?? []),
  };
}

/** What the source holds. */
export interface FixedContent {
  readonly families: readonly MetricMeta[];
  readonly series: readonly Series[];
  readonly facts?: readonly TargetFacts[];
  readonly events?: readonly LabEvent[];
  readonly requests?: readonly RequestRecord[];
  /** Selecting more seconds than this throws the RangeError of a source with a limit. */
  readonly longestSelectSeconds?: number;
}

/** Selection by name only; `evaluate` is not there and says so. */
export function fixedSource(content: FixedContent): MetricSource {
  const times = content.series.flatMap((series) => Array.from(series.timesSeconds));
  const within = (time: number, span: TimeSpan) => time >= span.startSeconds && time <= span.endSeconds;
  return {
    span: () =>
      Promise.resolve(
        times.length === 0 ? undefined : { startSeconds: Math.min(...times), endSeconds: Math.max(...times) },
      ),
    describe: () => Promise.resolve(content.families),
    facts: () => Promise.resolve(content.facts ?? []),
    select(selector, span) {
      if (!("name" in selector)) {
        return Promise.reject(new TypeError("Cannot select by quantity: fixed source"));
      }
      if (span.endSeconds - span.startSeconds > (content.longestSelectSeconds ?? Infinity)) {
        return Promise.reject(new RangeError("Cannot select: too many points, wanted fewer, see evaluate()"));
      }
      return Promise.resolve(
        content.series.filter((series) => series.name === selector.name).map((series) => cut(series, span)),
      );
    },
    evaluate: () => Promise.reject(new TypeError("Cannot evaluate: fixed source, wanted a store")),
    requests: (span) =>
      Promise.resolve((content.requests ?? []).filter((request) => within(request.dueSeconds, span))),
    events: (span) =>
      Promise.resolve((content.events ?? []).filter((event) => within(event.timeSeconds, span))),
  };
}

function cut(series: Series, span: TimeSpan): Series {
  const inside = (time: number) => time >= span.startSeconds && time <= span.endSeconds;
  const keep = Array.from(series.timesSeconds.keys()).filter((i) => inside(series.timesSeconds[i]!));
  return {
    ...series,
    timesSeconds: Float64Array.from(keep, (i) => series.timesSeconds[i]!),
    values: Float64Array.from(keep, (i) => series.values[i]!),
    staleSeconds: series.staleSeconds.filter(inside),
  };
}
