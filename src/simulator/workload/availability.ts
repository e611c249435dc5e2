/**
 * Asks a server whether it is there and what it serves.
 *
 * @module
 */
import type { Cause } from "../../base/cause.ts";
import type { Clock } from "../../base/clock.ts";
import { connectionCause, statusCause } from "../../collector/connection_cause.ts";
import { causeByScheme, saysHttpsWanted } from "../../collector/scheme.ts";
import { isObject } from "./chunk.ts";
import { type AnswerHints, type CallListener, type Transport, TransportError } from "./transport.ts";

/** Whether a server can be loaded. */
export type Availability =
  | { readonly available: true; readonly models: readonly string[]; readonly maxModelLength?: number }
  | { readonly available: false; readonly cause: Cause };

/** Asks `/v1/models`. Never rejects: a server that is not there is an answer too. */
export async function checkAvailability(
  transport: Transport,
  options: {
    readonly clock: Clock;
    readonly timeoutSeconds: number;
    readonly apiBase: string;
    /** Whether the transport sends a key. */
    readonly hasKey: boolean;
    readonly signal?: AbortSignal;
  },
): Promise<Availability> {
  const result = await request(transport, "/v1/models", options);
  if ("cause" in result) {
    // A fetch of one's own may lead anywhere.
    const isOwn = transport.engine === "fetch" || options.signal?.aborted === true;
    const { cause } = result;
    return { available: false, cause: isOwn ? cause : await causeByScheme(options.apiBase, cause) };
  }
  if (saysHttpsWanted(result.status, result.text)) {
    return { available: false, cause: { code: "tls_wanted", params: { url: options.apiBase } } };
  }
  if (result.status !== 200) {
    const { status, location } = result;
    const { code, params } = statusCause(status, {
      hasKey: options.hasKey,
      ...(location === undefined ? {} : { moved: { to: location, isElsewhere: false } }),
    });
    return { available: false, cause: { code, params: { ...params, url: `${options.apiBase}/v1/models` } } };
  }
  const listed = readModels(result.text);
  if (listed === undefined) {
    return { available: false, cause: { code: "not_openai_api", params: { url: options.apiBase } } };
  }
  return { available: true, ...listed };
}

/** A whole answer. */
interface SmallAnswer {
  readonly status: number;
  readonly text: string;
  /** Where a redirect leads. */
  readonly location?: string;
}

/** Status and text of a small request, or why there is none. */
export async function request(
  transport: Transport,
  path: string,
  options: {
    readonly clock: Clock;
    readonly timeoutSeconds: number;
    readonly apiBase: string;
    readonly body?: string;
    readonly signal?: AbortSignal;
  },
): Promise<SmallAnswer | { readonly cause: Cause }> {
  const { clock, timeoutSeconds, body, signal } = options;
  const limit = new AbortController();
  const over = new AbortController();
  const onAbort = () => limit.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = clock.sleepUntil(clock.nowSeconds() + timeoutSeconds, over.signal)
    .then(() => limit.abort(), () => undefined);
  const collector = new BodyCollector();
  try {
    signal?.throwIfAborted();
    const call = {
      method: body === undefined ? "GET" : "POST",
      path,
      ...(body === undefined ? {} : { body }),
    } as const;
    await transport.send(call, collector, limit.signal);
    const { status, location } = collector;
    return { status, text: collector.text(), ...(location === undefined ? {} : { location }) };
  } catch (error) {
    if (signal?.aborted) return { cause: { code: "cancelled" } };
    if (limit.signal.aborted) return { cause: { code: "timeout", params: { seconds: timeoutSeconds } } };
    return { cause: causeOf(error, options.apiBase) };
  } finally {
    over.abort();
    signal?.removeEventListener("abort", onAbort);
    await timer;
  }
}

function causeOf(error: unknown, url: string): Cause {
  const { code, params } = connectionCause(error);
  // Sockets unpack nothing: what ended unexpectedly there is the connection.
  const isCut = code === "bad_compression" && error instanceof TransportError;
  return { code: isCut ? "answer_cut_short" : code, params: { url, ...params } };
}

function readModels(
  text: string,
): { readonly models: readonly string[]; readonly maxModelLength?: number } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // not the API: the caller says so
  }
  if (!isObject(value) || !Array.isArray(value["data"])) return undefined;
  const entries = value["data"].filter(isObject);
  const models = entries.map((entry) => entry["id"]).filter((id) => typeof id === "string");
  const length = entries[0]?.["max_model_len"];
  return { models, ...(typeof length === "number" ? { maxModelLength: length } : {}) };
}

/** Keeps a small body whole. */
class BodyCollector implements CallListener {
  static readonly #MOST_BYTES = 4 * 1024 * 1024;
  status = 0;
  location: string | undefined;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  connecting(): void {}
  connected(): void {}
  sending(): void {}
  ended(): void {}

  head(status: number, _type: string | undefined, _timeSeconds: number, hints: AnswerHints = {}): void {
    this.status = status;
    this.location = hints.location;
  }

  body(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > BodyCollector.#MOST_BYTES) {
      throw new RangeError(
        `Cannot read answer: above ${BodyCollector.#MOST_BYTES} bytes, wanted a smaller one`,
      );
    }
    this.#parts.push(bytes.slice());
  }

  text(): string {
    const joined = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    return new TextDecoder().decode(joined);
  }
}
