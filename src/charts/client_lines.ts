/**
 * Quantiles of what the clients saw, exact from the workload's own rows.
 *
 * @module
 */
import { quantile as exactQuantile } from "../analyzer/statistics.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { RequestRecord, TimeSpan } from "../series/types.ts";
import type { ChartContext } from "./context.ts";
import { type LineValues, windowLines } from "./lines.ts";

/** How long before the span a request may have been due and still matter. */
const LONGEST_REQUEST_SECONDS = 3600;

/** A duration and when it was over. */
interface Observation {
  readonly timeSeconds: number;
  readonly durationSeconds: number;
}

/** A request's observations; those that were over before `fromSeconds` may be left out. */
type Observe = (request: RequestRecord, fromSeconds: number) => readonly Observation[];

/** The client's side of a server's latency. */
const CLIENT_SIDE: Partial<Record<QuantityName, Observe>> = {
  ttft: firstToken,
  client_ttft: firstToken,
  itl: tokenGaps,
  client_itl: tokenGaps,
  tpot: timePerToken,
  client_tpot: timePerToken,
  e2e: wholeRequest,
  client_e2e: wholeRequest,
};

/** A client's durations that were over in (start, end]: those that the server counts in that time too. */
export function clientDurations(
  requests: readonly RequestRecord[],
  quantity: "ttft" | "itl" | "tpot" | "e2e",
  window: TimeSpan,
): Float64Array {
  const observe = CLIENT_SIDE[quantity];
  const { startSeconds, endSeconds } = window;
  return Float64Array.from(
    requests.flatMap((request) => observe?.(request, startSeconds) ?? [])
      .filter(({ timeSeconds }) => timeSeconds > startSeconds && timeSeconds <= endSeconds)
      .map(({ durationSeconds }) => durationSeconds),
  );
}

function firstToken({ sentSeconds, chunkTimesSeconds }: RequestRecord): readonly Observation[] {
  const first = chunkTimesSeconds[0];
  if (sentSeconds === undefined || first === undefined) return [];
  return [{ timeSeconds: first, durationSeconds: first - sentSeconds }];
}

function tokenGaps({ chunkTimesSeconds }: RequestRecord, fromSeconds: number): readonly Observation[] {
  const gaps: Observation[] = [];
  for (let index = chunkTimesSeconds.length - 1; index > 0; index--) {
    const time = chunkTimesSeconds[index] ?? NaN;
    if (time < fromSeconds) break;
    gaps.push({ timeSeconds: time, durationSeconds: time - (chunkTimesSeconds[index - 1] ?? time) });
  }
  return gaps;
}

/** (last token - first token) / (tokens - 1), of requests with two tokens and more that ended well, as the server counts. */
function timePerToken({ chunkTimesSeconds, outputTokens, outcome }: RequestRecord): readonly Observation[] {
  if (outcome !== "ok") return [];
  const first = chunkTimesSeconds[0];
  const last = chunkTimesSeconds.at(-1);
  if (first === undefined || last === undefined || outputTokens === undefined || outputTokens < 2) return [];
  return [{ timeSeconds: last, durationSeconds: (last - first) / (outputTokens - 1) }];
}

/** Last token minus send; of an answer that was not streamed, its end. */
function wholeRequest(
  { sentSeconds, endSeconds, chunkTimesSeconds, outcome }: RequestRecord,
): readonly Observation[] {
  const last = chunkTimesSeconds.at(-1) ?? endSeconds;
  if (sentSeconds === undefined || last === undefined || outcome !== "ok") return [];
  return [{ timeSeconds: last, durationSeconds: last - sentSeconds }];
}

/**
 * Exact quantile of the client's observations that ended in each window of the chart's grid, interpolated between the
 * two nearest (Hyndman and Fan's type 7, as numpy does). NaN where none ended; undefined when there are none at all.
 */
export async function clientQuantileLine(
  context: ChartContext,
  quantity: QuantityName,
  quantile: number,
): Promise<LineValues | undefined> {
  const observe = CLIENT_SIDE[quantity];
  if (observe === undefined || context.span === undefined) return undefined;
  const { grid } = context;
  // A request that was due before the span may have its first token in it.
  const rows = await context.source.requests({
    ...context.span,
    startSeconds: context.span.startSeconds - LONGEST_REQUEST_SECONDS,
  });
  if (!rows.some((row) => observe(row, -Infinity).length > 0)) return undefined;
  // A live page asks for one window at a time: what was over before it is left aside unsorted.
  const fromSeconds = grid.startSeconds - grid.rangeSeconds;
  const observations = rows.flatMap((row) => observe(row, fromSeconds))
    .filter(({ timeSeconds }) => timeSeconds > fromSeconds)
    .sort((a, b) => a.timeSeconds - b.timeSeconds);
  const timesSeconds = Float64Array.from(
    { length: grid.count },
    (_, k) => grid.startSeconds + k * grid.stepSeconds,
  );
  let from = 0;
  let to = 0;
  const values = timesSeconds.map((end) => {
    while (to < observations.length && (observations[to]?.timeSeconds ?? Infinity) <= end) to++;
    while (from < to && (observations[from]?.timeSeconds ?? Infinity) <= end - grid.rangeSeconds) from++;
    if (from === to) return NaN;
    return exactQuantile(observations.slice(from, to).map((each) => each.durationSeconds), quantile);
  });
  const last = values.at(-1) ?? NaN;
  return {
    labels: {},
    unit: "seconds",
    timesSeconds,
    values,
    ...(Number.isNaN(last) ? {} : { current: last }),
  };
}

/** The client's histogram of what a server's says. */
const CLIENT_OF: Partial<Record<QuantityName, QuantityName>> = {
  ttft: "client_ttft",
  itl: "client_itl",
  tpot: "client_tpot",
  e2e: "client_e2e",
};

/** The client's quantile of a server's latency: exact from its rows, else from its own fine histogram. */
export async function clientLine(
  context: ChartContext,
  quantity: QuantityName,
  quantile: number,
): Promise<LineValues | undefined> {
  const exact = await clientQuantileLine(context, quantity, quantile);
  if (exact !== undefined) return exact;
  const client = CLIENT_OF[quantity];
  if (client === undefined) return undefined;
  const lines = await windowLines(context, client, {
    fn: { kind: "histogram_bounded_quantile", quantile },
    side: "workload",
  });
  return lines[0];
}
