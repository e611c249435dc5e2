/**
 * One JSON document with everything, written series by series.
 *
 * @module
 */
import { sameColumn } from "../base/same.ts";
import type { MetricMeta } from "../parser/types.ts";
import type {
  LabEvent,
  MetricSource,
  RequestRecord,
  Series,
  TargetFacts,
  TimeSpan,
} from "../series/types.ts";
import { isoTime } from "./cells.ts";
import type { Inventory } from "./inventory.ts";
import { selectInSlices } from "./reading.ts";

/** Raised when a field changes its meaning or goes away. */
export const EXPORT_FORMAT_VERSION = 1;

/** What the document says about itself; `simulated` is true when any target is. */
export interface ExportMetadata {
  readonly format: "vllm-lab-export";
  readonly formatVersion: number;
  readonly exportedAt: string;
  readonly span: { readonly start: string; readonly end: string } & TimeSpan | null;
  readonly simulated: boolean;
  readonly facts: readonly TargetFacts[];
  readonly seriesCount: number;
  readonly pointCount: number;
}

/** What goes into the document besides the series. */
export interface JsonContent {
  readonly metadata: ExportMetadata;
  readonly families: readonly MetricMeta[];
  readonly inventory: Inventory;
  readonly events: readonly LabEvent[];
  readonly requests: readonly RequestRecord[];
}

/** Metadata of an export. */
export function exportMetadata(
  inventory: Inventory,
  about: { span: TimeSpan | undefined; facts: readonly TargetFacts[]; timeSeconds: number },
): ExportMetadata {
  const listed = inventory.groups.flatMap((group) => group.series);
  const { span } = about;
  return {
    format: "vllm-lab-export",
    formatVersion: EXPORT_FORMAT_VERSION,
    exportedAt: isoTime(about.timeSeconds),
    span: span === undefined
      ? null
      : { start: isoTime(span.startSeconds), end: isoTime(span.endSeconds), ...span },
    simulated: about.facts.some((facts) => facts.simulated),
    facts: about.facts,
    seriesCount: listed.length,
    pointCount: listed.reduce((sum, series) => sum + series.statistics.count, 0),
  };
}

/**
 * `{ metadata, families, events, requests, statistics, series }`. Values that JSON has no number for are the texts
 * "NaN", "+Inf", "-Inf", as in Prometheus' own answers. A series has no point where it was not read: nothing is padded.
 */
export async function* jsonDocument(source: MetricSource, content: JsonContent): AsyncGenerator<string> {
  yield `{\n"metadata": ${JSON.stringify(content.metadata)},\n"families": [`;
  yield* listed(content.families.map(({ name, type, help, unit }) => ({ name, type, help, unit })));
  yield `],\n"events": [`;
  yield* listed(content.events);
  yield `],\n"requests": [`;
  yield* listed(content.requests.map(requestObject));
  yield `],\n"statistics": [`;
  yield* listed(
    content.inventory.groups.flatMap((group) =>
      group.series.map(({ key, statistics }) => ({ series: key, ...withTexts(statistics) }))
    ),
  );
  yield `],\n"series": [`;
  const { span } = content.metadata;
  let separator = "\n";
  const times = new TimesText();
  for (const name of span === null ? [] : content.inventory.names) {
    for (const series of await selectInSlices(source, name, span!)) {
      if (series.values.length === 0) continue;
      yield separator;
      yield* seriesObject(series, times);
      separator = ",\n";
    }
  }
  yield "\n]\n}\n";
}

function* listed(items: readonly unknown[]): Generator<string> {
  let separator = "\n";
  for (const item of items) {
    yield separator + JSON.stringify(item);
    separator = ",\n";
  }
}

function requestObject(request: RequestRecord): Record<string, unknown> {
  return { ...request, chunkTimesSeconds: Array.from(request.chunkTimesSeconds) };
}

/** Numbers as JSON writes them, the others as texts. */
function jsonNumber(value: number): number | string {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function withTexts(fields: object): Record<string, unknown> {
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "number" ? jsonNumber(value) : value]),
  );
}

/** Points of one piece. */
const PIECE_POINTS = 4096;
/** Times whose text is kept: some 7 MB of it. */
const MOST_KEPT_TIMES = 400_000;

/** Series of a target come one after the other and have the same times: their text is made once. */
class TimesText {
  #times: Float64Array | undefined;
  #text: readonly string[] = [];

  of(times: Float64Array): Iterable<string> {
    if (times.length > MOST_KEPT_TIMES) return numberArray(times);
    if (this.#times === undefined || !sameColumn(this.#times, times)) {
      this.#times = times;
      this.#text = [...numberArray(times)];
    }
    return this.#text;
  }
}

function* seriesObject(series: Series, times: TimesText): Generator<string> {
  const { name, labels, type, unit } = series;
  yield `${JSON.stringify({ name, labels, type, unit }).slice(0, -1)},"timesSeconds":`;
  yield* times.of(series.timesSeconds);
  yield `,"values":`;
  yield* numberArray(series.values);
  yield `,"staleSeconds":`;
  yield* numberArray(series.staleSeconds);
  yield "}";
}

function* numberArray(values: Float64Array): Generator<string> {
  yield "[";
  for (let from = 0; from < values.length; from += PIECE_POINTS) {
    const piece = Array.from(values.subarray(from, from + PIECE_POINTS), jsonNumber);
    const text = JSON.stringify(piece).slice(1, -1);
    yield from === 0 ? text : `,${text}`;
  }
  yield "]";
}
