/**
 * Reads one server's metrics again and again: over a kept connection where that can be, else by `fetch`.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { RollingDeadline } from "./deadline.ts";
import type { HttpBody } from "./http_read.ts";
import { KeptConnection } from "./kept_connection.ts";
import { checkMetrics, metricsHeaders, readMetrics } from "./metrics_body.ts";

/** How a server is read. */
export interface MetricsReaderOptions {
  readonly clock: Clock;
  /** Of one read by either way. */
  readonly timeoutSeconds: number;
  readonly maxBytes: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** With one of its own nothing is kept open. */
  readonly fetch?: typeof fetch;
}

/** Holds the connection and its time limit: whoever makes one closes it. */
export class MetricsReader {
  readonly #url: string;
  readonly #options: MetricsReaderOptions;
  readonly #headers: Headers;
  readonly #kept: KeptConnection | undefined;
  readonly #deadline: RollingDeadline;

  /** Opens nothing yet. */
  constructor(url: string, options: MetricsReaderOptions) {
    this.#url = url;
    this.#options = options;
    this.#headers = metricsHeaders(options.headers);
    if (options.fetch === undefined) this.#kept = new KeptConnection(url, this.#headers);
    this.#deadline = new RollingDeadline(options);
  }

  /**
   * The whole answer. Its body may be a view: it holds until the next read.
   *
   * @throws SampleError as `readMetrics` does
   */
  async read(signal: AbortSignal): Promise<HttpBody> {
    if (this.#kept?.isReady === true) {
      const answer = await this.#readKept(this.#kept, signal);
      if (answer !== undefined) return checkMetrics(answer, this.#headers);
    }
    const { clock, timeoutSeconds, maxBytes, fetch } = this.#options;
    return await readMetrics(this.#url, {
      clock,
      timeoutSeconds,
      maxBytes,
      headers: this.#headers,
      signal,
      ...(fetch === undefined ? {} : { fetch }),
      onResponse: (response) => this.#kept?.learn(response),
    });
  }

  async #readKept(kept: KeptConnection, signal: AbortSignal): Promise<HttpBody | undefined> {
    try {
      return await this.#deadline.limit(kept.get(this.#options.maxBytes), signal);
    } catch (error) {
      kept.giveUp();
      throw error;
    }
  }

  /** Closes the connection. A later read makes another, without a time limit. */
  close(): void {
    this.#kept?.close();
    this.#deadline.stop();
  }
}
