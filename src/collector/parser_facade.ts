/**
 * A server's metrics in three calls: the text, the families, the families that are asked for.
 *
 * @module
 */
import {
  ANY_TEXT,
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  FUNCTION,
  needed,
  POSITIVE,
  TEXT,
  TEXTS_BY_NAME,
} from "../base/arguments.ts";
import type { Clock } from "../base/clock.ts";
import { shortenMiddle } from "../base/escape.ts";
import { parseExposition } from "../parser/parse.ts";
import type { MetricFamily, ParseError } from "../parser/types.ts";
import { SampleError } from "../series/types.ts";
import { realClock } from "./clock.ts";
import { checkHasMetrics, DEFAULT_MAX_BYTES, readMetrics } from "./metrics_body.ts";
import { resolveTargets, type Target } from "./targets.ts";

/** Which server, and how it is read. */
export interface VllmMetricsParserOptions {
  /** `http://host:8000` or the metrics' own address. */
  readonly url: string;
  /** Default 5. */
  readonly timeoutSeconds?: number;
  /** Sent with every request: a token, a tenant. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Reaches the server; default the global one. */
  readonly fetch?: typeof fetch;
  /** Default: the machine's. Only the time limit and `lastScrapeTimeSeconds` follow it. */
  readonly clock?: Clock;
  /** Told of every line that is given up. */
  readonly onError?: (error: ParseError) => void;
}

const CHECKS: Checks<VllmMetricsParserOptions> = {
  url: needed(TEXT),
  timeoutSeconds: POSITIVE,
  headers: TEXTS_BY_NAME,
  fetch: FUNCTION,
  clock: CLOCK,
  onError: FUNCTION,
};

const PATTERNS: Check = {
  wanted: "a list of texts or expressions",
  accepts: (value) =>
    Array.isArray(value) && value.every((each) => typeof each === "string" || each instanceof RegExp),
};

/**
 * Fetches and parses one server's `/metrics`. Keeps nothing but the time of the last good scrape.
 *
 * @example
 * ```ts
 * import { VllmMetricsParser } from "#lab";
 *
 * const parser = new VllmMetricsParser({ url: "http://127.0.0.1:8000" });
 * const families = await parser.getSpecificMetrics(["num_requests"]);
 * console.log(families.map((family) => `${family.name}: ${family.samples[0]?.value}`));
 * ```
 */
export class VllmMetricsParser {
  readonly #options: VllmMetricsParserOptions;
  readonly #target: Target;
  readonly #clock: Clock;
  #contentType: string | undefined;
  #lastScrapeTimeSeconds: number | undefined;

  /**
   * Reads nothing yet.
   *
   * @throws TypeError when `url` is not an address
   */
  constructor(options: VllmMetricsParserOptions) {
    checkOptions<VllmMetricsParserOptions>(
      'new VllmMetricsParser({ url: "http://127.0.0.1:8000" })',
      options,
      CHECKS,
      { instead: { apiBase: "url", metricsUrl: "url", target: "url", targets: "url" } },
    );
    const { url, headers } = options;
    [this.#target] = resolveTargets([{ url, ...(headers === undefined ? {} : { headers }) }]) as [Target];
    this.#options = options;
    this.#clock = options.clock ?? realClock();
  }

  /** When the last good scrape began, Unix seconds; undefined before it. */
  get lastScrapeTimeSeconds(): number | undefined {
    return this.#lastScrapeTimeSeconds;
  }

  /**
   * GETs the text as the server sends it.
   *
   * @throws SampleError with its `reason` and `address`: refused, timeout, status, not metrics, too large
   */
  async fetchRawMetrics(): Promise<string> {
    try {
      return await this.#fetch();
    } catch (error) {
      if (!(error instanceof SampleError)) throw error;
      throw new SampleError(error.reason, { cause: error.cause, address: shown(this.#target.metricsUrl) });
    }
  }

  async #fetch(): Promise<string> {
    const startSeconds = this.#clock.nowSeconds();
    const answer = await readMetrics(this.#target.metricsUrl, {
      clock: this.#clock,
      timeoutSeconds: this.#options.timeoutSeconds ?? 5,
      maxBytes: DEFAULT_MAX_BYTES,
      headers: this.#target.headers,
      ...(this.#options.fetch === undefined ? {} : { fetch: this.#options.fetch }),
    });
    const text = new TextDecoder().decode(answer.body);
    if (!/^[^#\s]/m.test(text)) checkHasMetrics(answer);
    this.#contentType = answer.contentType;
    this.#lastScrapeTimeSeconds = startSeconds;
    return text;
  }

  /**
   * Reads an exposition text, in the format that the server last said it sends (Prometheus text before the first
   * fetch). Every series keeps all its labels; a bad line costs that line and goes to `onError`.
   *
   * @throws SyntaxError when every line is bad and nobody is told by `onError`: an HTML page, an error message
   */
  parseMetrics(text: string): MetricFamily[] {
    checkArgument("parser.parseMetrics(await parser.fetchRawMetrics())", { text }, ANY_TEXT);
    let first: ParseError | undefined;
    const families = parseExposition(text, {
      ...(this.#contentType === undefined ? {} : { contentType: this.#contentType }),
      onError: this.#options.onError ?? ((error) => first ??= error),
    });
    if (first !== undefined && families.length === 0) throw noMetrics(first);
    return families;
  }

  /**
   * Fetches, and keeps the families whose name holds one of the strings or matches one of the expressions.
   *
   * @throws SampleError as {@link fetchRawMetrics} does
   */
  async getSpecificMetrics(patterns: readonly (string | RegExp)[]): Promise<MetricFamily[]> {
    checkArgument('parser.getSpecificMetrics(["running"])', { patterns }, PATTERNS);
    const families = this.parseMetrics(await this.fetchRawMetrics());
    const matches = (name: string, pattern: string | RegExp) =>
      typeof pattern === "string" ? name.includes(pattern) : name.search(pattern) >= 0;
    return families.filter(({ name }) => patterns.some((pattern) => matches(name, pattern)));
  }
}

/** Without what lets somebody in: no user, password or parameters. */
function shown(address: string): string {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}

/** Longest piece of a line that is repeated. */
const LONGEST_LINE = 60;

function noMetrics({ line, reason, text }: ParseError): SyntaxError {
  const shown = JSON.stringify(shortenMiddle(text, LONGEST_LINE));
  return new SyntaxError(
    `Cannot parse metrics: no line of the text is a sample, line ${line} (${shown}): ${reason}, wanted the text of a /metrics page`,
  );
}
