/**
 * The recorded run of a real server that the engine model is held against, and the figures that are compared.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import type { CounterInterval } from "../src/simulator/engine/fit.ts";
import type { ReplayRequest, ReplayResult } from "../src/simulator/engine/replay.ts";
import type { EngineLimits } from "../src/simulator/engine/types.ts";

/** A request as the client recorded it. Times after `sentSeconds` are relative to it. */
interface RecordedRequest {
  readonly kind: string;
  readonly chat: boolean;
  readonly sentSeconds: number;
  readonly n: number;
  readonly maxTokens: number;
  readonly status: number | null;
  readonly promptTokenIds: readonly number[];
  readonly outputTokens: number | null;
  readonly finishReasons: readonly string[];
  readonly cutByClient: number | null;
  readonly aborted: boolean;
  readonly endSeconds: number;
  readonly chunkSeconds: readonly number[];
}

/** Gauges and counters of one scrape. */
interface RecordedScrape {
  readonly timeSeconds: number;
  readonly running: number;
  readonly waiting: number;
  readonly kvUsageRatio: number;
  readonly steps: number;
  readonly outputTokens: number;
  readonly promptTokens: number;
  readonly computedPromptTokens: number;
  readonly laterTokens: number;
  readonly itlSum: number;
  readonly queried: number;
  readonly hits: number;
  readonly preemptions: number;
}

/** A recorded run. */
export interface RecordedRun {
  readonly origin: string;
  readonly limits: Pick<
    EngineLimits,
    "blockSizeTokens" | "blockCount" | "maxNumSequences" | "maxBatchedTokens" | "maxModelLength"
  >;
  readonly requests: readonly RecordedRequest[];
  readonly scrapes: readonly RecordedScrape[];
}

/** From sending to the engine: reading and tokenizing, for chat also its template, which runs on another thread. */
const FRONT_END_SECONDS = 0.008;
const CHAT_TEMPLATE_SECONDS = 0.015;

/** Reads a run that is shipped in `data/replay`. */
export function loadRun(name: string): RecordedRun {
  const packed = Deno.readFileSync(new URL(`../data/replay/${name}.json.gz`, import.meta.url));
  return JSON.parse(new TextDecoder().decode(gunzipSync(packed)));
}

/** The requests that reached the engine, in the order of the run. */
export function servedRequests({ requests }: RecordedRun): RecordedRequest[] {
  return requests.filter(({ status, promptTokenIds }) =>
    (status === 200 || status === null) && promptTokenIds.length > 0
  );
}

/** The same as the replay takes them: prompts, arrivals, lengths and the client's cuts are inputs. */
export function replayRequests(run: RecordedRun): ReplayRequest[] {
  return servedRequests(run).map((request, index) => ({
    id: String(index),
    arrivalSeconds: request.sentSeconds + FRONT_END_SECONDS + (request.chat ? CHAT_TEMPLATE_SECONDS : 0),
    promptTokenIds: request.promptTokenIds,
    n: request.n,
    maxTokens: request.maxTokens,
    ...(request.finishReasons[0] === "stop" && request.outputTokens !== null
      ? { stopAfterTokens: request.outputTokens, stopFoundLate: request.kind.includes("stop") }
      : {}),
    ...cutOf(request),
  }));
}

function cutOf(request: RecordedRequest): Pick<ReplayRequest, "cutAfterTokens" | "cutAtSeconds"> {
  const { aborted, cutByClient, sentSeconds, endSeconds } = request;
  if (!aborted || cutByClient === null) return {};
  // A number of chunks from 1 on, else a time after sending.
  if (cutByClient >= 1) return { cutAfterTokens: cutByClient };
  return { cutAtSeconds: sentSeconds + Math.max(endSeconds, FRONT_END_SECONDS) };
}

/** What the counters say between the scrapes. */
export function intervalsOf({ scrapes, limits }: RecordedRun): CounterInterval[] {
  const capacity = (limits.blockCount - 1) * limits.blockSizeTokens;
  return scrapes.slice(1).map((after, index) => {
    const before = scrapes[index]!;
    return {
      startSeconds: before.timeSeconds,
      endSeconds: after.timeSeconds,
      steps: after.steps - before.steps,
      outputTokens: after.outputTokens - before.outputTokens,
      laterTokens: after.laterTokens - before.laterTokens,
      gapSeconds: after.itlSum - before.itlSum,
      computedPromptTokens: after.computedPromptTokens - before.computedPromptTokens,
      contextTokens: (before.kvUsageRatio + after.kvUsageRatio) / 2 * capacity,
      busy: before.running > 0 && after.running > 0,
      saturated: Math.min(before.running, after.running) >= limits.maxNumSequences,
    };
  });
}

/** Figures of one span of a run, of the model and of the real server. */
export interface SpanFigures {
  readonly ttft: readonly number[];
  readonly itl: readonly number[];
  readonly e2e: readonly number[];
}

/** What the real client saw of the requests sent in the span. */
export function realFigures(run: RecordedRun, fromSeconds: number, toSeconds: number): SpanFigures {
  const inSpan = servedRequests(run).filter(({ sentSeconds }) =>
    sentSeconds >= fromSeconds && sentSeconds < toSeconds
  );
  return {
    ttft: inSpan.flatMap(({ chunkSeconds }) => chunkSeconds.slice(0, 1)),
    itl: inSpan.filter(({ n }) => n === 1).flatMap(({ chunkSeconds }) => gaps(chunkSeconds)),
    e2e: inSpan.filter(({ aborted }) => !aborted).map(({ endSeconds }) => endSeconds),
  };
}

/** What the model's client saw of the same requests. */
export function modelFigures(
  run: RecordedRun,
  result: ReplayResult,
  span: readonly [number, number],
): SpanFigures {
  const figures = { ttft: [] as number[], itl: [] as number[], e2e: [] as number[] };
  for (const [index, { sentSeconds, n, aborted, chunkSeconds }] of servedRequests(run).entries()) {
    if (sentSeconds < span[0] || sentSeconds >= span[1]) continue;
    const { tokenSeconds, endSeconds } = result.requests[index]!;
    if (chunkSeconds.length > 0 && tokenSeconds.length > 0) figures.ttft.push(tokenSeconds[0]! - sentSeconds);
    if (n === 1) figures.itl.push(...gaps(tokenSeconds));
    if (!aborted && endSeconds !== undefined) figures.e2e.push(endSeconds - sentSeconds);
  }
  return figures;
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - times[index]!);
}

/** Mean of |model - real| over the scrapes of a span. */
export function meanGaugeError(
  run: RecordedRun,
  result: ReplayResult,
  of: { readonly gauge: "running" | "waiting" | "kvUsageRatio"; readonly span: readonly [number, number] },
): number {
  const errors = run.scrapes.flatMap((scrape, index) => {
    const inSpan = scrape.timeSeconds >= of.span[0] && scrape.timeSeconds < of.span[1];
    return inSpan ? [Math.abs(result.samples[index]![of.gauge] - scrape[of.gauge])] : [];
  });
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

/** Mean of some numbers; NaN of none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The nearest-rank quantile; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? NaN;
}
