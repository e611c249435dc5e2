/**
 * The server's own mean beside a load's: its metrics are read right before the load and right after it.
 *
 * @module
 */
import { doubtOfTrust, outsideEngine, type OutsideEngines } from "../analyzer/outside_engine.ts";
import type { Cause } from "../base/cause.ts";
import { NOT_AVAILABLE } from "../base/format.ts";
import { realClock } from "../collector/clock.ts";
import { RealTimeMetricsCollector } from "../collector/collector.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { basicAuthorization, normaliseBase } from "../simulator/workload/transport.ts";
import { causeSentence } from "../text/causes.ts";
import type { Language } from "../text/language.ts";
import { outsideSentence, outsideText } from "../text/outside.ts";
import { punctuation } from "../text/punctuation.ts";

/** A read takes two fifths of it at most: a server that hangs must not keep a load from its end. */
const READ_SECONDS = 2;

/** How the metrics are read. */
export interface OutsideReaderOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly caCertificates?: readonly string[];
}

/** Reads twice and tells the difference. */
export class OutsideReader {
  readonly #collector: RealTimeMetricsCollector;
  readonly #client: Deno.HttpClient | undefined;
  #cause: Cause | undefined;
  #reads = 0;

  /** @param url the API's, in whatever way a load takes it */
  constructor(url: string, options: OutsideReaderOptions = {}) {
    const basic = basicAuthorization(url);
    const { caCertificates } = options;
    this.#client = caCertificates === undefined
      ? undefined
      : Deno.createHttpClient({ caCerts: [...caCertificates] });
    const client = this.#client;
    this.#collector = new RealTimeMetricsCollector({
      targets: [{
        url: normaliseBase(url),
        headers: { ...(basic === undefined ? {} : { authorization: basic }), ...options.headers },
      }],
      intervalSeconds: READ_SECONDS,
      quantities: ["ttft", "e2e"],
      system: false,
      gpu: false,
      clock: realClock(),
      ...(client === undefined ? {} : {
        fetch: (input: RequestInfo | URL, init?: RequestInit) => {
          const withClient: RequestInit & { readonly client: Deno.HttpClient } = { ...init, client };
          return fetch(input, withClient);
        },
      }),
    });
  }

  /** Right before the load, and right after it. Never rejects: what fails is told by the line. */
  async read(): Promise<void> {
    const [tick] = await this.#collector.collectOnce();
    this.#reads++;
    if (tick !== undefined && "failed" in tick) this.#cause ??= tick.failed;
  }

  /**
   * Both latencies, each with its cause where it is n/a; undefined where no request was answered, or there were no two
   * reads.
   */
  async figures(result: WorkloadResult): Promise<OutsideEngines | undefined> {
    const isAnswered = result.records.some(({ chunkTimesSeconds, outcome }) =>
      chunkTimesSeconds.length > 0 || outcome === "ok"
    );
    if (this.#reads < 2 || !isAnswered) return undefined;
    const span = await this.#collector.span();
    if (this.#cause !== undefined || span === undefined) {
      const absent = this.#cause ?? { code: "no_data" };
      return { ttft: { absent }, e2e: { absent } };
    }
    const doubt = doubtOfTrust(result.trust, result.engine);
    const found = await outsideEngine(this.#collector, { span, requests: result.records, doubt });
    return {
      ttft: found.ttft ?? { absent: { code: "quantity_not_exposed", params: { quantity: "ttft" } } },
      e2e: found.e2e ?? { absent: { code: "quantity_not_exposed", params: { quantity: "e2e" } } },
    };
  }

  /** The line below a load's table of what {@link figures} gave; "" where it gave nothing. */
  line(figures: OutsideEngines | undefined, language: Language): string {
    if (figures === undefined) return "";
    if (this.#cause === undefined) return outsideSentence(figures, language);
    const { colon } = punctuation(language);
    const text = outsideText(language);
    return text.title + colon + NOT_AVAILABLE + colon + text.unread(causeSentence(this.#cause, language));
  }

  /** Frees what it holds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#collector.stop();
    this.#client?.close();
  }
}
