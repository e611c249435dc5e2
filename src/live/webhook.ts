/**
 * Tells another program, by HTTP POST, that something began or ended. It never holds up whoever tells it.
 *
 * @module
 */
import {
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  COUNT,
  FUNCTION,
  needed,
  POSITIVE,
  TEXT,
} from "../base/arguments.ts";
import type { Cause } from "../base/cause.ts";
import { type Clock, sleep } from "../base/clock.ts";
import { withDeadline } from "../collector/deadline.ts";
import { connectionCause } from "../collector/connection_cause.ts";
import { readAddress, type RemoteAddress } from "../remote/address.ts";
import { SampleError } from "../series/types.ts";

/** How a {@link Webhook} calls. */
export interface WebhookOptions {
  /** Keeps limits and pauses. */
  readonly clock: Clock;
  /** Of one try; default 5 s. */
  readonly timeoutSeconds?: number;
  /** Of one message; default 4, with pauses of 1, 2, 4 s (or what `Retry-After` asks for, at most 60 s). */
  readonly tries?: number;
  /** Messages that wait at most; further ones push out the oldest. Default 100. */
  readonly mostWaiting?: number;
  /** Called when calls begin to fail, and never again before one has succeeded. */
  readonly onFailing?: (cause: Cause) => void;
  /** Called when a call succeeds after others had failed. */
  readonly onRecovered?: (failedCount: number) => void;
  /** Default the platform's. */
  readonly fetch?: typeof fetch;
}

const CHECKS: Checks<WebhookOptions> = {
  clock: needed(CLOCK),
  timeoutSeconds: POSITIVE,
  tries: COUNT,
  mostWaiting: COUNT,
  onFailing: FUNCTION,
  onRecovered: FUNCTION,
  fetch: FUNCTION,
};

const LONGEST_PAUSE_SECONDS = 60;

/** Tells one HTTP receiver of episodes. Messages go out one at a time, in the order in which they were told. */
export class Webhook {
  readonly #address: RemoteAddress;
  readonly #options: WebhookOptions;
  readonly #waiting: string[] = [];
  #sending: Promise<void> | undefined;
  #ended = new AbortController();
  #failed = 0;
  #lost = 0;
  #sent = 0;

  /**
   * Nothing is sent yet.
   *
   * @param url http or https; credentials in it are sent as a header, and neither they nor its path or parameters are
   * ever part of a message of this class
   * @throws TypeError when it is no such address
   */
  constructor(url: string, options: WebhookOptions) {
    const call = 'new Webhook("https://chat/hooks/1", { clock: lab.clock })';
    checkArgument(call, { url }, TEXT);
    checkOptions<WebhookOptions>(call, options, CHECKS);
    this.#address = readAddress(url);
    this.#options = options;
  }

  /** Scheme, host and port: the path of a webhook is often its secret. */
  get shown(): string {
    return new URL(this.#address.shown).origin;
  }

  /** Messages that arrived, and those that never will. */
  get totals(): { readonly sent: number; readonly lost: number } {
    return { sent: this.#sent, lost: this.#lost };
  }

  /** Sends a message in its turn; returns at once and never throws. */
  tell(message: object): void {
    this.#waiting.push(JSON.stringify(message));
    if (this.#waiting.length > (this.#options.mostWaiting ?? 100)) {
      this.#waiting.shift();
      this.#lost++;
    }
    this.#sending ??= this.#sendAll();
  }

  /** Waits until everything was sent or given up, at most so long; then calls off the rest. */
  async close(withinSeconds: number): Promise<void> {
    const { clock } = this.#options;
    const timer = new AbortController();
    const late = sleep(clock, withinSeconds, timer.signal).then(() => this.#ended.abort(), () => {});
    await Promise.race([this.#sending, late]);
    timer.abort();
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const failure = await this.#persist(next);
      if (failure === undefined) this.#succeeded();
      else this.#fail(failure);
    }
    this.#sending = undefined;
  }

  #succeeded(): void {
    this.#sent++;
    if (this.#failed > 0) this.#options.onRecovered?.(this.#failed);
    this.#failed = 0;
  }

  #fail(cause: Cause): void {
    this.#lost++;
    if (this.#failed++ === 0) this.#options.onFailing?.(cause);
  }

  /** Undefined when it arrived. What a receiver refuses (4xx but 408 and 429, a redirect) is not tried again. */
  async #persist(body: string): Promise<Cause | undefined> {
    const { clock, tries = 4 } = this.#options;
    for (let attempt = 1;; attempt++) {
      const { cause, again, pauseSeconds } = await this.#try(body);
      if (cause === undefined || !again || attempt >= tries) return cause;
      try {
        await sleep(clock, pauseSeconds ?? 2 ** (attempt - 1), this.#ended.signal);
      } catch {
        return cause; // Called off: there is no time left for another try.
      }
    }
  }

  async #try(
    body: string,
  ): Promise<{ readonly cause?: Cause; readonly again: boolean; readonly pauseSeconds?: number }> {
    const { clock, timeoutSeconds = 5 } = this.#options;
    try {
      const response = await withDeadline(
        (signal) => this.#post(body, signal),
        { clock, timeoutSeconds, signal: this.#ended.signal },
      );
      const { status } = response;
      if (status >= 200 && status < 300) return { again: false };
      const asked = Number(response.headers.get("retry-after") ?? NaN);
      return {
        cause: { code: "http_status", params: { status } },
        again: status >= 500 || status === 429 || status === 408,
        ...(asked >= 0 ? { pauseSeconds: Math.min(asked, LONGEST_PAUSE_SECONDS) } : {}),
      };
    } catch (error) {
      const cause = error instanceof SampleError ? error.reason : withoutDetail(connectionCause(error));
      return { cause, again: cause.code !== "cancelled" };
    }
  }

  async #post(body: string, signal: AbortSignal): Promise<Response> {
    const { shown, parameters, headers } = this.#address;
    const response = await (this.#options.fetch ?? fetch)(
      parameters.size === 0 ? shown : `${shown}?${parameters}`,
      {
        method: "POST",
        body,
        signal,
        // A POST that follows a redirect may become a GET, and goes where nobody asked it to.
        redirect: "manual",
        headers: { ...headers, "content-type": "application/json" },
      },
    );
    await response.body?.cancel();
    return response;
  }
}

/** A library's own words may quote the address. */
function withoutDetail(cause: Cause): Cause {
  return cause.code === "connection_failed"
    ? { code: cause.code, params: { detail: "no connection" } }
    : cause;
}
