/**
 * Sends bodies of remote write: tries again what may succeed, counts what was refused.
 *
 * @module
 */
import { type Clock, sleep } from "../base/clock.ts";
import { singleLine } from "../base/escape.ts";
import { withDeadline } from "../collector/deadline.ts";
import { connectionCause, connectionState } from "../collector/connection_cause.ts";
import { SampleError } from "../series/types.ts";
import type { RemoteAddress } from "./address.ts";
import type { PushRefusal, PushRetry, PushSummary } from "./remote_write.ts";
import { snappyCompress } from "./snappy.ts";

/** How bodies are sent. */
export interface SendOptions {
  readonly clock: Clock;
  /** Of one try. */
  readonly timeoutSeconds: number;
  /** Of one body. */
  readonly tries: number;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal;
  readonly onRetry?: (retry: PushRetry) => void;
}

/** Longest wait between two tries. */
const LONGEST_WAIT_SECONDS = 60;
/** Longest text of a server that is kept. */
const LONGEST_TEXT = 300;
/** Different texts that are kept; servers name the series in them. */
const MOST_REFUSALS = 20;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds: number | undefined;
}

type Totals = Omit<PushSummary, "address" | "span" | "skippedSamples">;

/** One receiver and what it took. */
export class WriteSender {
  readonly #address: RemoteAddress;
  readonly #options: SendOptions;
  readonly #series = new Set<Uint8Array>();
  readonly #refusals = new Map<string, { -readonly [K in keyof PushRefusal]: PushRefusal[K] }>();
  #requests = 0;
  #samples = 0;
  #stale = 0;
  #bytes = 0;
  #retries = 0;

  constructor(address: RemoteAddress, options: SendOptions) {
    this.#address = address;
    this.#options = options;
  }

  /** Where to, as it may be shown. */
  get address(): string {
    return this.#address.shown;
  }

  /** What was taken and refused up to now. */
  get totals(): Totals {
    return {
      series: this.#series.size,
      sentRequests: this.#requests,
      sentSamples: this.#samples,
      sentStaleMarkers: this.#stale,
      sentBytes: this.#bytes,
      retries: this.#retries,
      refusals: [...this.#refusals.values()].map((each) => ({ ...each })),
    };
  }

  /**
   * Sends one body, compressed here.
   *
   * @param series identities of the series in it
   * @throws Error when it could not be sent, or the server lets nobody in
   */
  async send(
    body: Uint8Array,
    counts: { readonly samples: number; readonly stale: number },
    series: readonly Uint8Array[] = [],
  ): Promise<void> {
    const compressed = snappyCompress(body);
    const answer = await this.#persist(compressed);
    if (answer.status >= 200 && answer.status < 300) {
      this.#requests++;
      this.#samples += counts.samples;
      this.#stale += counts.stale;
      this.#bytes += compressed.length;
      for (const labels of series) this.#series.add(labels);
      return;
    }
    if ([401, 403, 404, 405].includes(answer.status)) throw this.#notLetIn(answer);
    this.#refuse(answer, counts.samples);
  }

  async #persist(body: Uint8Array<ArrayBuffer>): Promise<Answer> {
    const { clock, tries, signal } = this.#options;
    for (let attempt = 1;; attempt++) {
      const answer = await this.#try(body);
      const passing = typeof answer === "string" || answer.status >= 500 || answer.status === 429;
      if (!passing) return answer;
      if (attempt >= tries) throw this.#gaveUp(answer, attempt);
      this.#retries++;
      const asked = typeof answer === "string" ? undefined : answer.retryAfterSeconds;
      const waitSeconds = Math.min(asked ?? 2 ** (attempt - 1), LONGEST_WAIT_SECONDS);
      this.#options.onRetry?.({
        address: this.address,
        why: stateOf(answer),
        attempt,
        tries,
        waitSeconds,
      });
      await sleep(clock, waitSeconds, signal);
    }
  }

  /** The answer, or why there was none. */
  async #try(body: Uint8Array<ArrayBuffer>): Promise<Answer | string> {
    const { parameters, shown, headers } = this.#address;
    const url = parameters.size === 0 ? shown : `${shown}?${parameters}`;
    try {
      return await withDeadline(async (signal) => {
        const response = await this.#options.fetch(url, {
          method: "POST",
          body,
          signal,
          headers: {
            ...headers,
            "content-encoding": "snappy",
            "content-type": "application/x-protobuf",
            "x-prometheus-remote-write-version": "0.1.0",
          },
        });
        const retryAfter = Number(response.headers.get("retry-after") ?? NaN);
        return {
          status: response.status,
          text: singleLine((await response.text()).slice(0, 2 * LONGEST_TEXT)).slice(0, LONGEST_TEXT),
          retryAfterSeconds: retryAfter >= 0 ? retryAfter : undefined,
        };
      }, this.#options);
    } catch (error) {
      const cause = error instanceof SampleError ? error.reason : connectionCause(error);
      if (cause.code === "cancelled") throw error;
      if (cause.code === "port_blocked") {
        // No later try can have another answer.
        const port = cause.params?.["port"];
        throw new Error(
          `Cannot push to ${this.address}: HTTP clients do not call port ${port}, wanted a server on another`,
        );
      }
      return cause.code === "timeout"
        ? `no answer within ${this.#options.timeoutSeconds} s`
        : cause.code === "connection_refused"
        ? "connection refused"
        : connectionState(cause) ?? cause.code.replaceAll("_", " ");
    }
  }

  #refuse({ status, text }: Answer, samples: number): void {
    const full = this.#refusals.size >= MOST_REFUSALS;
    // Texts differ by the series that they name; past a number of them only the status is told apart.
    const key = full && !this.#refusals.has(`${status} ${text}`) ? `${status} ` : `${status} ${text}`;
    const known = this.#refusals.get(key);
    if (known === undefined) {
      this.#refusals.set(key, { status, text: key.slice(String(status).length + 1), requests: 1, samples });
    } else {
      known.requests++;
      known.samples += samples;
    }
  }

  #notLetIn({ status, text }: Answer): Error {
    const said = text === "" ? "" : ` (${text})`;
    const wanted = status === 401 || status === 403
      ? "wanted 2xx; check the token or password"
      : "wanted 2xx; start Prometheus with --web.enable-remote-write-receiver, or give the address of the write endpoint";
    return new Error(`Cannot push to ${this.address}: HTTP ${status}${said}, ${wanted}${this.#sentSoFar()}`);
  }

  #gaveUp(answer: Answer | string, tries: number): Error {
    const often = tries === 1 ? "" : ` in each of ${tries} tries`;
    return new Error(
      `Cannot push to ${this.address}: ${stateOf(answer)}${often}, wanted 2xx${this.#sentSoFar()}`,
    );
  }

  #sentSoFar(): string {
    return this.#samples === 0 ? "" : `; ${this.#samples} samples were sent before`;
  }
}

function stateOf(answer: Answer | string): string {
  if (typeof answer === "string") return answer;
  return `HTTP ${answer.status}${answer.text === "" ? "" : ` (${answer.text})`}`;
}
