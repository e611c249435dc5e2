/**
 * A Prometheus or VictoriaMetrics server as a source.
 *
 * @module
 */
import {
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  FLAG,
  FUNCTION,
  NUMBER,
  oneOf,
  TEXT,
} from "../base/arguments.ts";
import { checkEvaluate, checkSelect, MATCHERS, SPAN } from "../series/arguments.ts";
import type { Clock } from "../base/clock.ts";
import { realClock } from "../collector/clock.ts";
import type { MetricMeta } from "../parser/types.ts";
import type { MemorySource } from "../series/memory_source.ts";
import { selectionsOf } from "../series/selection.ts";
import type {
  Grid,
  LabEvent,
  Matcher,
  MetricSource,
  RequestRecord,
  Selector,
  Series,
  TargetFacts,
  TimeSpan,
  WindowQuery,
} from "../series/types.ts";
import { AUTH_CHECKS, readAddress, type RemoteAuth } from "./address.ts";
import { areReports, assemble } from "./assemble.ts";
import { discover, type Discovery } from "./discovery.ts";
import { inPieces } from "./grid_pieces.ts";
import { type RawQuestion, RawReader } from "./reader.ts";
import { type RawSeries, RemoteApi, type SpanMs } from "./remote_api.ts";
import { readEvents } from "./remote_events.ts";
import { readFacts } from "./remote_facts.ts";
import { type AskedBy, REMOTE_WORDS, type RemoteWords } from "./remote_words.ts";

/** What is read of a server, and how. */
export interface PrometheusSourceOptions extends RemoteAuth {
  /**
   * Conditions on every series (`[{ label: "job", operator: "=", value: "vllm" }]`), sent as they are. Default: every target with
   * metrics of a server of language models, or of the lab.
   */
  readonly matchers?: readonly Matcher[];
  /** What the source is said to hold. Default: the newest stretch that has data. */
  readonly span?: TimeSpan;
  /** Length of that stretch; default 3600. */
  readonly lookBackSeconds?: number;
  /** How long what was found (targets, span) is taken for true; default 15. */
  readonly refreshSeconds?: number;
  /** Most points that one `select` gives; default 10 million. `evaluate` reads longer spans piece by piece. */
  readonly maxSelectPoints?: number;
  /** Most points asked for in one request; default 300,000. */
  readonly pointsPerRequest?: number;
  /** Limit of one request; default 30 s. */
  readonly timeoutSeconds?: number;
  /** Take answers that the server calls partial (a store of a cluster is away); default false: they are errors. */
  readonly allowPartial?: boolean;
  /** Whose options messages name as ways out: those of this call, or of a command line; default "code". */
  readonly askedBy?: AskedBy;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
}

const CHECKS: Checks<PrometheusSourceOptions> = {
  ...AUTH_CHECKS,
  matchers: MATCHERS,
  span: SPAN,
  lookBackSeconds: NUMBER,
  refreshSeconds: NUMBER,
  maxSelectPoints: NUMBER,
  pointsPerRequest: NUMBER,
  timeoutSeconds: NUMBER,
  allowPartial: FLAG,
  askedBy: oneOf(["code", "command"]),
  clock: CLOCK,
  fetch: FUNCTION,
};

const DEFAULT_SELECT_POINTS = 10_000_000;

/**
 * Reads a Prometheus or VictoriaMetrics server (or Mimir, Thanos, VictoriaMetrics' cluster) over its HTTP API.
 *
 * A target is an `instance` (with its `job` where several jobs have it). Labels stay as the server has them. Points are read raw
 * and evaluated here, so that numbers are the same as from a collector or a recording; times are whole milliseconds. That a series
 * was absent is told by `up` (it had no point when its target was read) and by VictoriaMetrics' stale markers; without `up`,
 * Prometheus' markers cannot be read, and windows fade as its own do. Rows of requests are not on such a server: there are none.
 *
 * @param url of the server, or of what its API is below (`http://host/prometheus`); credentials in it are used and never shown
 * @throws TypeError when it is no address; later, Error with what, where and what to do when the server cannot be read
 *
 * @example
 * ```ts
 * import { prometheusSource } from "#lab";
 *
 * const source = prometheusSource("http://127.0.0.1:9090");
 * console.log(await source.facts());
 * ```
 */
export function prometheusSource(url: string, options: PrometheusSourceOptions = {}): PrometheusSource {
  return new PrometheusSource(url, options);
}

/** Use {@link prometheusSource}. */
export class PrometheusSource implements MetricSource {
  readonly #api: RemoteApi;
  readonly #options: PrometheusSourceOptions;
  readonly #clock: Clock;
  readonly #maxSelectPoints: number;
  readonly #pointsPerRequest: number;
  #found: { readonly atSeconds: number; readonly state: Promise<State> } | undefined;

  /**
   * Asks nothing yet.
   *
   * @throws TypeError when the address is none, RangeError on options that are none
   */
  constructor(url: string, options: PrometheusSourceOptions = {}) {
    const call = 'prometheusSource("http://prometheus:9090")';
    checkArgument(call, { url }, TEXT);
    checkOptions<PrometheusSourceOptions>(call, options, CHECKS, { instead: { token: "bearerToken" } });
    this.#options = options;
    this.#clock = options.clock ?? realClock();
    this.#maxSelectPoints = atLeast1(options.maxSelectPoints ?? DEFAULT_SELECT_POINTS, "maxSelectPoints");
    atLeast1(options.lookBackSeconds ?? 3600, "lookBackSeconds");
    if (options.matchers?.some(({ label }) => label === "target")) {
      throw new RangeError(
        'Cannot read a server: a matcher on "target", wanted one on its own labels such as "instance"',
      );
    }
    this.#pointsPerRequest = atLeast1(options.pointsPerRequest ?? 300_000, "pointsPerRequest");
    this.#api = new RemoteApi(readAddress(url, options), {
      clock: this.#clock,
      fetch: options.fetch ?? fetch,
      timeoutSeconds: options.timeoutSeconds ?? 30,
      pointsPerRequest: this.#pointsPerRequest,
      allowPartial: options.allowPartial ?? false,
      askedBy: options.askedBy ?? "code",
    });
  }

  get #words(): RemoteWords {
    return REMOTE_WORDS[this.#options.askedBy ?? "code"];
  }

  /** Up to so many points an estimate will do. */
  get #fewPoints(): number {
    return Math.min(this.#pointsPerRequest, this.#maxSelectPoints);
  }

  /** The server, without credentials or parameters. */
  get address(): string {
    return this.#api.shown;
  }

  /** First and last time at which a target was read, within what was asked for; undefined where there is nothing. */
  async span(): Promise<TimeSpan | undefined> {
    return (await this.#discovery()).span;
  }

  async describe(): Promise<readonly MetricMeta[]> {
    const { targets } = await this.#discovery();
    return [...new Map(targets.flatMap(({ metas }) => metas).map((meta) => [meta.name, meta])).values()];
  }

  /** Of what series tell: models, engines, cache, start, interval; what was pushed by the lab tells more. */
  async facts(): Promise<readonly TargetFacts[]> {
    return readFacts(this.#api, await this.#discovery());
  }

  /**
   * Raw points, both ends of the span included.
   *
   * @throws RangeError above `maxSelectPoints` points
   */
  async select(selector: Selector, span: TimeSpan): Promise<readonly Series[]> {
    checkSelect('source.select({ quantity: "running" }, await source.span())', selector, span);
    const { discovery, reader } = await this.#state();
    const spanMs = millisecondsOf(span);
    const questions = reader.questionsOf(selectionsOf(selector, discovery.targets));
    if (questions.length === 0) return [];
    this.#checkSelected(await reader.count(questions, spanMs, this.#fewPoints));
    // What began anew, and what is absent from the first moment on, shows only against what was before.
    const series = await reader.read(questions, spanMs, earliestMs(discovery, spanMs.startMs));
    const selected = await (await this.#assemble(series, discovery, questions)).select(selector, span);
    this.#checkSelected(selected.reduce((sum, { values }) => sum + values.length, 0));
    return selected;
  }

  #checkSelected(count: number): void {
    if (count <= this.#maxSelectPoints) return;
    throw new RangeError(
      `Cannot select ${count} points: more than ${this.#maxSelectPoints}, ${this.#words.selectLess}`,
    );
  }

  /** Evaluated here, over raw points that are read in pieces of at most `maxSelectPoints`. */
  async evaluate(query: WindowQuery, grid: Grid): Promise<readonly Series[]> {
    checkEvaluate("source.evaluate({ selector, fn }, grid)", query, grid);
    const { discovery, reader } = await this.#state();
    const questions = reader.questionsOf(selectionsOf(query.selector, discovery.targets, query.fn));
    if (questions.length === 0) return [];
    return await inPieces(grid, {
      most: this.#maxSelectPoints,
      fewer: this.#words.fewerOrShorterWindow,
      count: (piece) => reader.count(questions, spanOf(piece), this.#fewPoints),
      evaluate: async (piece) => {
        const span = spanOf(piece);
        const series = await reader.read(questions, span, earliestMs(discovery, span.startMs));
        return (await this.#assemble(series, discovery, questions)).evaluate(query, piece);
      },
    });
  }

  /** None: such a server keeps no rows. */
  requests(_span: TimeSpan): Promise<readonly RequestRecord[]> {
    return Promise.resolve([]);
  }

  /**
   * What series tell: failed scrapes and their end (`up`), scrapes that were left out, and new starts of a target's counters. Why a
   * scrape failed is not kept on such a server.
   */
  async events(span: TimeSpan): Promise<readonly LabEvent[]> {
    checkArgument("source.events(await source.span())", { span }, SPAN);
    const { discovery, reader } = await this.#state();
    const process = { names: ["process_start_time_seconds"], matchers: [] };
    return readEvents(discovery, {
      reader,
      span: millisecondsOf(span),
      assemble: (series) => this.#assemble(series, discovery, [process]),
    });
  }

  async #discovery(): Promise<Discovery> {
    return (await this.#state()).discovery;
  }

  /** What is known now, and a reader for it. */
  #state(): Promise<State> {
    const nowSeconds = this.#clock.nowSeconds();
    const { refreshSeconds = 15, matchers = [], lookBackSeconds = 3600, span } = this.#options;
    if (this.#found === undefined || nowSeconds >= this.#found.atSeconds + refreshSeconds) {
      const [pointsPerRequest, maxSelectPoints] = [this.#pointsPerRequest, this.#maxSelectPoints];
      const state = discover(this.#api, { matchers, span, lookBackSeconds, nowSeconds }).then((
        discovery,
      ) => ({
        discovery,
        reader: new RawReader(this.#api, discovery, { scope: matchers, pointsPerRequest, maxSelectPoints }),
      }));
      const found = this.#found = { atSeconds: nowSeconds, state };
      // A failure is told to who asked, and not remembered.
      state.catch(() => this.#found === found && (this.#found = undefined));
    }
    return this.#found.state;
  }

  /** @param questions what is asked for; what else was read tells of resets and absences */
  async #assemble(
    series: readonly RawSeries[],
    discovery: Discovery,
    questions: readonly RawQuestion[],
  ): Promise<MemorySource> {
    const reports = areReports(questions.flatMap(({ names }) => names));
    return assemble({ series, staleAsNaN: await this.#api.isVictoria(), reports }, discovery);
  }
}

interface State {
  readonly discovery: Discovery;
  readonly reader: RawReader;
}

/** Nothing is looked for before what the source holds. */
function earliestMs({ span }: Discovery, startMs: number): number {
  return Math.min(startMs, Math.round((span?.startSeconds ?? Infinity) * 1000));
}

/** Both ends included. */
function millisecondsOf({ startSeconds, endSeconds }: TimeSpan): SpanMs {
  return { startMs: Math.ceil(startSeconds * 1000), endMs: Math.floor(endSeconds * 1000) };
}

/** Every point that the grid's windows may hold. */
function spanOf({ startSeconds, stepSeconds, count, rangeSeconds }: Grid): SpanMs {
  const endSeconds = startSeconds + Math.max(0, count - 1) * stepSeconds;
  return { startMs: Math.floor((startSeconds - rangeSeconds) * 1000), endMs: Math.ceil(endSeconds * 1000) };
}

function atLeast1(value: number, name: string): number {
  if (value >= 1 && Number.isFinite(value)) return value;
  throw new RangeError(`Cannot read a server: ${name} is ${value}, wanted a number from 1 on`);
}
