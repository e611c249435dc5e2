/**
 * One target's exposition as a sampler.
 *
 * @module
 */
import {
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  COUNT_FROM_1,
  FUNCTION,
  needed,
  POSITIVE,
  SIGNAL,
  TEXT,
  TEXTS_BY_NAME,
} from "../base/arguments.ts";
import type { Clock } from "../base/clock.ts";
import { ScrapeReader } from "../parser/scrape_reader.ts";
import type { ScrapeView } from "../parser/scrape_view.ts";
import type { ParseError } from "../parser/types.ts";
import type { LabEvent, SampleBatch, Sampler, SeriesDefinition, TargetFacts } from "../series/types.ts";
import { withDeadline } from "./deadline.ts";
import type { HttpBody } from "./http_read.ts";
import { checkFew, checkHasMetrics, DEFAULT_MAX_BYTES, withoutCutLine } from "./metrics_body.ts";
import { MetricsReader } from "./metrics_reader.ts";
import { SeriesBudget } from "./series_budget.ts";
import { isSimulated, ServerFacts } from "./server_facts.ts";

/** A target and how it is read. */
export interface ScrapeSamplerOptions {
  /** The `target` label. */
  readonly id: string;
  readonly metricsUrl: string;
  /** Base of the API for `/version` and `/v1/models`; default: `metricsUrl` without its `/metrics`. */
  readonly apiUrl?: string;
  readonly intervalSeconds: number;
  /** Default: the interval, at most 5 s. */
  readonly timeoutSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  readonly clock: Clock;
  /** Largest body, default 64 MiB. */
  readonly maxBytes?: number;
  /**
   * Most samples of a scrape, default 100,000: each is a series that is kept, and takes some kilobytes. A run keeps at most
   * twice as many series in all; past that every scrape fails with the cause `too_many_series`.
   */
  readonly maxSamples?: number;
  /** Its `--max-num-seqs`, where it does not tell it itself. */
  readonly maxNumSequences?: number;
}

const ADDRESS = {
  wanted: "an address",
  accepts: (value: unknown) => typeof value === "string" && URL.canParse(value),
};

const CHECKS: Checks<ScrapeSamplerOptions> = {
  id: needed(TEXT),
  metricsUrl: needed(ADDRESS),
  apiUrl: TEXT,
  intervalSeconds: needed(POSITIVE),
  timeoutSeconds: POSITIVE,
  headers: TEXTS_BY_NAME,
  fetch: FUNCTION,
  clock: needed(CLOCK),
  maxBytes: POSITIVE,
  maxSamples: POSITIVE,
  maxNumSequences: COUNT_FROM_1,
};

/** Series about the scrape itself: they take the first ids, the target's own follow. */
const OWN_SERIES = [
  {
    name: "lab_scrape_duration_seconds",
    help: "Time from the request to the last byte and its parsing",
    unit: "seconds",
  },
  { name: "lab_scrape_samples", help: "Samples in the scrape", unit: "count" },
  { name: "lab_scrape_body_bytes", help: "Size of the body after decompression", unit: "bytes" },
] as const;

const DEFAULT_MAX_SAMPLES = 100_000;
/** Of a whole run, for each sample that a scrape may have: a restart of another version brings others. */
const SERIES_PER_SAMPLE = 2;

/** Reads one server's `/metrics` on each tick. Every way of failing is a {@link SampleError} with a cause; a bad line costs that line. */
export class ScrapeSampler implements Sampler {
  readonly id: string;
  readonly intervalSeconds: number;
  /** Each read has its limit. */
  readonly limitsItself = true;
  /** Its address and interval. */
  readonly facts: TargetFacts;
  readonly #options: ScrapeSamplerOptions;
  readonly #timeoutSeconds: number;
  readonly #maxBytes: number;
  readonly #reader: ScrapeReader;
  readonly #facts: ServerFacts;
  readonly #metrics: MetricsReader;
  readonly #budget: SeriesBudget;
  #errors = new LineErrors();
  #ownDefined = false;
  #probeDue = true;
  #lastSkipped = "";

  /** Reads nothing yet. */
  constructor(options: ScrapeSamplerOptions) {
    checkOptions<ScrapeSamplerOptions>(
      'new ScrapeSampler({ id: "a", metricsUrl: "http://127.0.0.1:8000/metrics", intervalSeconds: 2, clock: lab.clock })',
      options,
      CHECKS,
      { also: ["address"] },
    );
    this.id = options.id;
    this.intervalSeconds = options.intervalSeconds;
    this.#options = options;
    this.#timeoutSeconds = options.timeoutSeconds ?? Math.min(options.intervalSeconds, 5);
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#budget = new SeriesBudget(SERIES_PER_SAMPLE * (options.maxSamples ?? DEFAULT_MAX_SAMPLES));
    this.#reader = new ScrapeReader({
      maxBytes: this.#maxBytes,
      onError: (error) => this.#errors.add(error),
    });
    const url = new URL(options.metricsUrl);
    this.facts = {
      target: options.id,
      simulated: false,
      address: url.origin + url.pathname,
      intervalSeconds: options.intervalSeconds,
      ...(options.maxNumSequences === undefined ? {} : { maxNumSequences: options.maxNumSequences }),
    };
    this.#facts = new ServerFacts(this.facts);
    this.#metrics = new MetricsReader(options.metricsUrl, this.#http());
  }

  /** Closes the connection that is kept open between reads. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#metrics.close();
    return Promise.resolve();
  }

  /**
   * Reads the target once; the first read and each one after a failure or a restart also ask for its version
   * and models.
   */
  async sample(timeSeconds: number, signal: AbortSignal): Promise<SampleBatch> {
    if (signal !== undefined) checkArgument("sampler.sample(timeSeconds, stopSignal())", { signal }, SIGNAL);
    const { clock } = this.#options;
    const startSeconds = clock.nowSeconds();
    try {
      this.#budget.check();
      const answer = await this.#metrics.read(signal);
      const view = this.#parse(answer, timeSeconds);
      const durationSeconds = clock.nowSeconds() - startSeconds;
      const events = this.#skippedLines(timeSeconds);
      this.#facts.learn(view.defined);
      // A proxy may drop the header, and another exporter has none: either is enough.
      this.#facts.simulated = isSimulated(answer.headers) || this.#facts.saysSimulated(view.ids);
      if (this.#facts.observeStart(view.ids, view.values)) this.#probeDue = true;
      const batch = this.#batch(view, [durationSeconds, view.ids.length, answer.body.length]);
      if (this.#probeDue) await this.#probe(signal);
      const facts = this.#facts.take();
      return { ...batch, events, ...(facts === undefined ? {} : { facts }) };
    } catch (error) {
      this.#probeDue = true; // It may come back as another version.
      throw error;
    }
  }

  #http() {
    const { clock, fetch } = this.#options;
    return {
      clock,
      timeoutSeconds: this.#timeoutSeconds,
      maxBytes: this.#maxBytes,
      headers: this.#options.headers ?? {},
      ...(fetch === undefined ? {} : { fetch }),
    };
  }

  #parse(answer: HttpBody, timeSeconds: number): ScrapeView {
    this.#errors = new LineErrors();
    checkFew(answer.body, this.#options.maxSamples ?? DEFAULT_MAX_SAMPLES);
    const body = answer.framed
      ? answer.body
      : withoutCutLine(answer.body, (error) => this.#errors.add(error));
    const view = this.#reader.read(body, timeSeconds, answer.contentType);
    if (view.ids.length === 0) checkHasMetrics(answer);
    this.#budget.take(view.defined);
    return view;
  }

  /** One event when bad lines appear or change, not one a scrape. */
  #skippedLines(timeSeconds: number): LabEvent[] {
    const { first, count } = this.#errors;
    const seen = first === undefined ? "" : `${count} ${first.reason}`;
    if (seen === this.#lastSkipped) return [];
    this.#lastSkipped = seen;
    if (first === undefined) return [];
    return [{
      kind: "lines_skipped",
      timeSeconds,
      target: this.id,
      count,
      firstLine: first.line,
      reason: first.reason,
      text: first.text,
    }];
  }

  /** The view copied into columns of its own, with the scrape's own series before it. */
  #batch(view: ScrapeView, own: readonly number[]): SampleBatch {
    const shift = OWN_SERIES.length;
    const size = shift + view.ids.length;
    const ids = new Uint32Array(size);
    const values = new Float64Array(size);
    for (let i = 0; i < shift; i++) {
      ids[i] = i;
      values[i] = own[i]!;
    }
    for (let i = 0; i < view.ids.length; i++) ids[shift + i] = view.ids[i]! + shift;
    values.set(view.values, shift);
    const defined: SeriesDefinition[] = view.defined.map((series) => ({ ...series, id: series.id + shift }));
    if (!this.#ownDefined) defined.unshift(...this.#ownDefinitions());
    this.#ownDefined = true;
    return {
      ids,
      values,
      ...(view.timestampsSeconds === undefined
        ? {}
        : { timestampsSeconds: shifted(view.timestampsSeconds, shift) }),
      defined,
      vanishedIds: view.vanishedIds.map((id) => id + shift),
      events: [],
    };
  }

  #ownDefinitions(): SeriesDefinition[] {
    return OWN_SERIES.map((series, id) => ({ ...series, id, type: "gauge", labels: { target: this.id } }));
  }

  /** Asks for facts, for at most half an interval: what answers later comes with a later batch. */
  async #probe(signal: AbortSignal): Promise<void> {
    this.#probeDue = false;
    const apiUrl = this.#options.apiUrl ?? this.#options.metricsUrl.replace(/\/metrics\/?(\?.*)?$/, "");
    const probing = this.#facts.probe(apiUrl, {
      ...this.#http(),
      maxBytes: 2 ** 20,
      signal,
    });
    const timeoutSeconds = Math.min(this.intervalSeconds / 2, 1);
    await withDeadline(() => probing, { clock: this.#options.clock, timeoutSeconds, signal }).catch(() => {});
  }
}

/** Counts bad lines and keeps the first: a body of nothing else must not fill the memory. */
class LineErrors {
  first: ParseError | undefined;
  count = 0;

  add(error: ParseError): void {
    this.first ??= error;
    this.count++;
  }
}

function shifted(timestamps: Float64Array, by: number): Float64Array {
  const out = new Float64Array(timestamps.length + by).fill(NaN);
  out.set(timestamps, by);
  return out;
}
