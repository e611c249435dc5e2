/**
 * Sends a source's series to a Prometheus or VictoriaMetrics server by remote write 1.0.
 *
 * @module
 */
import {
  ANY_TEXT,
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  FUNCTION,
  needed,
  NUMBER,
  SIGNAL,
  TEXT,
  TEXTS_BY_NAME,
} from "../base/arguments.ts";
import { SOURCE, SPAN } from "../series/arguments.ts";
import { type Clock, drive } from "../base/clock.ts";
import { realClock } from "../collector/clock.ts";
import { allSampleNames, selectInSlices, slicesOf } from "../export/reading.ts";
import type { Labels } from "../parser/types.ts";
import type { MetricSource, Series, TimeSpan } from "../series/types.ts";
import { AUTH_CHECKS, readAddress, type RemoteAuth } from "./address.ts";
import { type PushedSeries, SeriesPreparer } from "./pushed_series.ts";
import { type SendOptions, WriteSender } from "./write_sender.ts";
import { TARGET_INFO } from "./target_info.ts";
import { encodeMetadata, encodeSamples, type WriteSeries } from "./write_request.ts";

/** Where a source goes, and how. */
export interface PushOptions extends RemoteAuth {
  /** The server's address (then `/api/v1/write` of it), or that of its write endpoint. */
  readonly url: string;
  /** Default: all that the source holds. Both ends included. */
  readonly span?: TimeSpan;
  /** The `job` label of every series that has none; default "lab". The `instance` label is the target. */
  readonly job?: string;
  /** Further labels for every series that has none of that name (`{ run: "2026-11-25" }`). */
  readonly extraLabels?: Labels;
  /** Most samples in one request; default 10,000. */
  readonly samplesPerRequest?: number;
  /** How much of the source is held at a time; default 300 s. */
  readonly sliceSeconds?: number;
  /** Limit of one try; default 30 s. */
  readonly timeoutSeconds?: number;
  /** Tries of one request that the server fails (5xx, 429) or does not answer; default 6. */
  readonly tries?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Calls it off; what was sent stays sent. */
  readonly signal?: AbortSignal;
  /** Told after each request. */
  readonly onProgress?: (progress: PushProgress) => void;
  /** Told after each try that failed and is repeated, before the wait. */
  readonly onRetry?: (retry: PushRetry) => void;
}

const CHECKS: Checks<PushOptions> = {
  ...AUTH_CHECKS,
  url: needed(TEXT),
  span: SPAN,
  job: ANY_TEXT,
  extraLabels: TEXTS_BY_NAME,
  samplesPerRequest: NUMBER,
  sliceSeconds: NUMBER,
  timeoutSeconds: NUMBER,
  tries: NUMBER,
  clock: CLOCK,
  fetch: FUNCTION,
  signal: SIGNAL,
  onProgress: FUNCTION,
  onRetry: FUNCTION,
};

/** A try that failed and is repeated. */
export interface PushRetry {
  /** Where to, without credentials or parameters. */
  readonly address: string;
  /** What the server said, or why it said nothing. One line without controls; escape it for where it stands. */
  readonly why: string;
  /** Which try of its request failed, from 1 on. */
  readonly attempt: number;
  /** How many there may be. */
  readonly tries: number;
  /** Until the next one. */
  readonly waitSeconds: number;
}

/** How far it got. */
export interface PushProgress {
  /** Samples that were accepted up to now. */
  readonly sentSamples: number;
  /** Instant up to which everything was sent or refused, Unix seconds. */
  readonly timeSeconds: number;
}

/** Why a server refused requests: once for each of its texts. */
export interface PushRefusal {
  /** HTTP status. */
  readonly status: number;
  /** The server's words, one line without controls, cut to 300 characters. Escape it for where it stands. */
  readonly text: string;
  /** How many requests got this answer. */
  readonly requests: number;
  /** Samples in these requests. A server may have kept some of them: Prometheus 3 keeps what is in order. */
  readonly samples: number;
}

/** What became of a push. */
export interface PushSummary {
  /** Where to, without credentials or parameters. */
  readonly address: string;
  /** Undefined when the source was empty. */
  readonly span: TimeSpan | undefined;
  /** Series with at least one accepted sample. */
  readonly series: number;
  /** Accepted requests, that of the metadata included. */
  readonly sentRequests: number;
  /** Samples in accepted requests, stale markers included. */
  readonly sentSamples: number;
  /** Stale markers in accepted requests. */
  readonly sentStaleMarkers: number;
  /** Compressed bytes of accepted requests. */
  readonly sentBytes: number;
  /** Tries that were repeated. */
  readonly retries: number;
  /** Samples not sent since they fell on the millisecond of the one before. */
  readonly skippedSamples: number;
  /** What the server refused; empty where all was accepted. */
  readonly refusals: readonly PushRefusal[];
}

/**
 * Sends every series of a source, in time order, in requests of a bounded size.
 *
 * Each series gets `job` and `instance` (its target) and, where the source says it was absent, a stale marker. For each target
 * `up` is sent (1 at its ticks, 0 at failed scrapes) and `lab_target_info` with its facts, unless the source has `up` itself.
 * Times become whole milliseconds. Rows of requests, notes and other events have no place on such a server.
 * A request that the server fails or does not answer is tried again after 1, 2, 4 … s, or when it says (`Retry-After`, at most
 * 60 s). One that it refuses (4xx) is not; the next ones are still sent.
 *
 * @throws Error when the server cannot be reached, fails every try, or lets nobody in (401, 403, 404, 405)
 * @throws RangeError on options that are none
 */
export function pushSource(source: MetricSource, options: PushOptions): Promise<PushSummary> {
  const call = 'pushSource(collector, { url: "http://prometheus:9090" })';
  checkArgument(call, { source }, SOURCE);
  checkOptions<PushOptions>(call, options, CHECKS, { instead: { token: "bearerToken" } });
  const clock = options.clock ?? realClock();
  return drive(clock, () => push(source, options, clock));
}

async function push(source: MetricSource, options: PushOptions, clock: Clock): Promise<PushSummary> {
  const samplesPerRequest = wholeFrom1(options.samplesPerRequest ?? 10_000, "samplesPerRequest");
  const sender = new WriteSender(writeAddress(options), sendOptions(options, clock));
  const span = options.span ?? await source.span();
  const preparer = new SeriesPreparer(
    { job: options.job ?? "lab", extraLabels: options.extraLabels ?? {} },
    await source.facts(),
  );
  if (span !== undefined) {
    await sender.send(encodeMetadata([...await source.describe(), TARGET_INFO.meta]), {
      samples: 0,
      stale: 0,
    });
    const names = await allSampleNames(source);
    for (const slice of slicesOf(span, options.sliceSeconds ?? 300)) {
      const series = await readSlice(source, names, slice);
      const prepared = preparer.prepare(series, await source.events(slice), slice);
      for (const batch of batchesOf(prepared, samplesPerRequest)) {
        const counts = countsOf(batch.series);
        await sender.send(encodeSamples(batch.series), counts, batch.series.map(({ labels }) => labels));
        options.onProgress?.({ sentSamples: sender.totals.sentSamples, timeSeconds: batch.endMs / 1000 });
      }
    }
  }
  return { address: sender.address, span, ...sender.totals, skippedSamples: preparer.skippedSamples };
}

function wholeFrom1(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`Cannot push: ${name} is ${value}, wanted a whole number from 1 on`);
}

function writeAddress(options: PushOptions): ReturnType<typeof readAddress> {
  const address = readAddress(options.url, options);
  const isEndpoint = /\/(write|push)$/.test(new URL(address.shown).pathname);
  return isEndpoint ? address : { ...address, shown: `${address.shown}/api/v1/write` };
}

function sendOptions(options: PushOptions, clock: Clock): SendOptions {
  return {
    clock,
    timeoutSeconds: options.timeoutSeconds ?? 30,
    tries: wholeFrom1(options.tries ?? 6, "tries"),
    fetch: options.fetch ?? fetch,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onRetry === undefined ? {} : { onRetry: options.onRetry }),
  };
}

async function readSlice(source: MetricSource, names: readonly string[], slice: TimeSpan): Promise<Series[]> {
  const series: Series[] = [];
  for (const name of names) series.push(...await selectInSlices(source, name, slice));
  return series;
}

/** Requests of a bounded size, each of a short stretch of time over all series, so that times rise from one to the next. */
function* batchesOf(
  series: readonly PushedSeries[],
  most: number,
): Generator<{ readonly series: readonly WriteSeries[]; readonly endMs: number }> {
  let total = 0;
  let startMs = Infinity;
  let endMs = -Infinity;
  for (const { timesMs } of series) {
    total += timesMs.length;
    startMs = Math.min(startMs, timesMs[0]!);
    endMs = Math.max(endMs, timesMs.at(-1)!);
  }
  if (total === 0) return;
  const stretches = Math.ceil(total / most);
  const sent = new Uint32Array(series.length);
  for (let k = 1; k <= stretches; k++) {
    const untilMs = k === stretches ? endMs : Math.floor(startMs + ((endMs - startMs) * k) / stretches);
    let batch: WriteSeries[] = [];
    let size = 0;
    for (const [i, one] of series.entries()) {
      while (sent[i]! < one.timesMs.length && one.timesMs[sent[i]!]! <= untilMs) {
        const from = sent[i]!;
        let to = from;
        while (to < one.timesMs.length && one.timesMs[to]! <= untilMs && size < most) {
          to++;
          size++;
        }
        sent[i] = to;
        if (to > from) batch.push({ ...one, from, to });
        if (size < most) continue;
        yield { series: batch, endMs: untilMs };
        batch = [];
        size = 0;
      }
    }
    if (batch.length > 0) yield { series: batch, endMs: untilMs };
  }
}

function countsOf(series: readonly WriteSeries[]): { readonly samples: number; readonly stale: number } {
  let samples = 0;
  let stale = 0;
  for (const one of series) {
    samples += one.to - one.from;
    for (let i = one.from; i < one.to; i++) stale += one.stale[i]!;
  }
  return { samples, stale };
}
