/**
 * One read of a server's HTTP API: bounded, with an answer that is checked and errors that say what to do.
 *
 * @module
 */
import { type Clock, sleep } from "../base/clock.ts";
import { singleLine } from "../base/escape.ts";
import { connectionState } from "../collector/connection_cause.ts";
import { type HttpBody, readUrl } from "../collector/http_read.ts";
import { isJsonObject, type Json, type JsonObject, stringAt } from "../formats/json.ts";
import { SampleError } from "../series/types.ts";
import type { RemoteAddress } from "./address.ts";
import { type AskedBy, REMOTE_WORDS, type RemoteWords } from "./remote_words.ts";

/** How the API is asked. */
export interface RemoteHttpOptions {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** Of one request. */
  readonly timeoutSeconds: number;
  /** Take answers that the server calls partial; else they are errors. */
  readonly allowPartial: boolean;
  /** Whose options messages name. */
  readonly askedBy: AskedBy;
}

/** Largest answer that is read, in bytes. */
const MAX_BYTES = 256 * 2 ** 20;
const LONGEST_TEXT = 300;

/** Answers that mean that the server has no such page. */
const HAS_NONE = [404, 405, 501];

/** Answers that another try may mend: too many ask, or something between here and the server is not ready. */
const BUSY = [429, 502, 503, 504];
/** Seconds before each further try, where the server names none. */
const TRY_AGAIN_SECONDS = [1, 2];
const LONGEST_WAIT_SECONDS = 10;

/** Answers that say that a question was too large. */
const TOO_MUCH = [422, 503, 504];

/** An answer other than 200. */
export class StatusError extends Error {
  override readonly name = "StatusError";

  /** @param tookTooLong the server says that it gave the question up */
  constructor(readonly status: number, message: string, readonly tookTooLong = false) {
    super(message);
  }

  /** The server has no such page. */
  get hasNone(): boolean {
    return HAS_NONE.includes(this.status);
  }

  /** Less may be answered: too many samples, or too little time for them. Who is only busy or gone answers nothing. */
  get isTooMuch(): boolean {
    return TOO_MUCH.includes(this.status) && (this.status !== 503 || this.tookTooLong);
  }
}

/** Reads below `/api/v1` of one server. */
export class RemoteHttp {
  /** The server as it may be shown. */
  readonly shown: string;
  readonly #address: RemoteAddress;
  readonly #options: RemoteHttpOptions;

  /** @param address that of the server, or of anything under its `/api/v1` */
  constructor(address: RemoteAddress, options: RemoteHttpOptions) {
    this.shown = address.shown.replace(/\/api\/v1(\/.*)?$/, "");
    this.#address = address;
    this.#options = options;
  }

  /**
   * The `data` of an answer.
   *
   * @param what is read, for messages
   * @throws StatusError for any status but 200; Error when there is no answer; TypeError when it is not Prometheus'
   */
  async get(path: string, parameters: URLSearchParams, what: string): Promise<Json> {
    const all = new URLSearchParams([...this.#address.parameters, ...parameters]);
    // VictoriaMetrics shifts and caches answers otherwise; others ignore it.
    all.set("nocache", "1");
    const { status, body } = await this.#readPatiently(`${this.shown}/api/v1/${path}?${all}`, what);
    const text = new TextDecoder().decode(body);
    if (status !== 200) throw this.#refused(status, text, what);
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      throw this.notThat(
        what,
        text.trim() === "" ? "nothing" : `something that is no JSON (${excerpt(text)})`,
      );
    }
    if (!isJsonObject(answer) || answer.status !== "success" || answer.data === undefined) {
      throw this.notThat(what, `no success (${excerpt(text)})`);
    }
    this.#checkWhole(answer, what);
    return answer.data;
  }

  get #words(): RemoteWords {
    return REMOTE_WORDS[this.#options.askedBy];
  }

  /** Raw selectors give no hints about PromQL: a warning says that something is missing. */
  #checkWhole(answer: JsonObject, what: string): void {
    const warnings = Array.isArray(answer.warnings) ? answer.warnings : [];
    if (this.#options.allowPartial || (warnings.length === 0 && answer.isPartial !== true)) return;
    const said = warnings.length === 0 ? "" : ` (${excerpt(warnings.map(String).join("; "))})`;
    throw new Error(
      `Cannot read ${what} from ${this.shown}: the answer is partial${said}, wanted all; ${this.#words.takesPartial}`,
    );
  }

  /** A server that is busy is asked again: a report is made of many answers. */
  async #readPatiently(url: string, what: string): Promise<HttpBody> {
    for (const seconds of TRY_AGAIN_SECONDS) {
      const answer = await this.#read(url, what);
      if (!isBusy(answer)) return answer;
      const asked = Number(answer.headers.get("retry-after") ?? NaN);
      await sleep(this.#options.clock, Math.min(asked >= 0 ? asked : seconds, LONGEST_WAIT_SECONDS));
    }
    return await this.#read(url, what);
  }

  async #read(url: string, what: string): Promise<HttpBody> {
    const { clock, timeoutSeconds, fetch } = this.#options;
    try {
      return await readUrl(url, {
        clock,
        timeoutSeconds,
        fetch,
        maxBytes: MAX_BYTES,
        headers: { accept: "application/json", ...this.#address.headers },
      });
    } catch (error) {
      if (!(error instanceof SampleError)) throw error;
      throw new Error(`Cannot read ${what} from ${this.shown}: ${this.#whyNot(error)}`);
    }
  }

  #whyNot({ reason }: SampleError): string {
    switch (reason.code) {
      case "connection_refused":
        return "connection refused, wanted a server there; check the address and that it runs";
      case "timeout":
        return `no answer within ${this.#options.timeoutSeconds} s, wanted one; ${this.#words.shorterOrLonger}`;
      case "body_too_large":
        return `more than ${MAX_BYTES} bytes, wanted less; ${this.#words.shorterOrFewer}`;
      default:
        return `${
          connectionState(reason) ?? reason.code.replaceAll("_", " ")
        }, wanted an answer; check the address`;
    }
  }

  #refused(status: number, text: string, what: string): StatusError {
    const hint = status === 401 || status === 403
      ? `; ${this.#words.checkCredentials}`
      : HAS_NONE.includes(status)
      ? "; the address is that before /api/v1"
      : TOO_MUCH.includes(status)
      ? `; ${this.#words.shorterOrFewer}`
      : "";
    const said = excerpt(errorText(text));
    return new StatusError(
      status,
      `Cannot read ${what} from ${this.shown}: HTTP ${status}${
        said === "" ? "" : ` (${said})`
      }, wanted 200${hint}`,
      saysTimeout(text),
    );
  }

  /** The error for an answer of another shape. */
  notThat(what: string, state: string): TypeError {
    return new TypeError(
      `Cannot read ${what} from ${this.shown}: it answered with ${state}, wanted Prometheus' JSON; is this its address`,
    );
  }
}

/** Prometheus says 503 of a query that took too long, too: it would again. */
function isBusy({ status, body }: HttpBody): boolean {
  return BUSY.includes(status) && !saysTimeout(new TextDecoder().decode(body.subarray(0, 4096)));
}

function saysTimeout(text: string): boolean {
  return text.slice(0, 4096).includes('"timeout"');
}

function errorText(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    if (isJsonObject(answer)) return stringAt(answer, "error");
  } catch {
    // No JSON: a proxy's page or plain text.
  }
  return /^\s*</.test(body) ? "a web page" : body;
}

/** A server's words: one line, without controls, cut. */
function excerpt(text: string): string {
  return singleLine(text.slice(0, 4 * LONGEST_TEXT)).slice(0, LONGEST_TEXT);
}
