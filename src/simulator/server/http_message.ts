/**
 * Requests and answers as the simulated server sees them, whatever they came by: a connection or a `fetch` in this
 * process.
 *
 * @module
 */

/** A request whose body has been read. */
export interface HttpRequest {
  readonly method: string;
  /** Path without the query, percent-decoded. */
  readonly path: string;
  /** What follows the `?`, undecoded; "" where there is none. */
  readonly query: string;
  readonly body: Uint8Array;
  /** Aborted when the client leaves before its answer has ended. */
  readonly gone: AbortSignal;
  /** A header's value; undefined where it was not sent. Names in lower case. */
  header(name: string): string | undefined;
}

/** Takes the bytes of a body that is written bit by bit. */
export interface ByteSink {
  /** So much waits for a slow reader that more should be held back until {@link StreamBody.drained}. */
  readonly isFull: boolean;
  /** Sends; the bytes are copied, the caller may use them again. */
  write(bytes: Uint8Array): void;
  /** The body is complete. */
  end(): void;
  /** Breaks the connection: the client sees a body that does not end. */
  fail(error: Error): void;
}

/** A body that is written bit by bit. */
export interface StreamBody {
  /** Begins; called once, before anything else. */
  begin(sink: ByteSink): void;
  /** A sink that was full takes more. */
  drained(): void;
  /** The client has gone. */
  cancel(): void;
}

/** A header's name, in lower case, and value. */
export type HttpHeader = readonly [name: string, value: string];

/** An answer. Headers of the connection (`date`, `connection`, `transfer-encoding`) are not among its own. */
export interface HttpAnswer {
  readonly status: number;
  /** In the order in which they are sent. */
  readonly headers: readonly HttpHeader[];
  /** Undefined: no body and no word of its length, as for `HEAD /metrics`. */
  readonly body: Uint8Array | StreamBody | undefined;
}

/** A handler of requests. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;

/** Whether a body is written bit by bit. */
export function isStream(body: HttpAnswer["body"]): body is StreamBody {
  return body !== undefined && !(body instanceof Uint8Array);
}

/** The words behind a status, as the real server writes them. */
export const STATUS_WORDS: Readonly<Record<number, string>> = {
  200: "OK",
  307: "Temporary Redirect",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};
