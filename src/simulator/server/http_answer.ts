/**
 * Small pieces of HTTP answers.
 *
 * @module
 */
import { ApiError } from "./api_error.ts";
import type { HttpAnswer, HttpHeader, HttpRequest, StreamBody } from "./http_message.ts";

const ENCODER = new TextEncoder();
const STRICT = new TextDecoder("utf-8", { fatal: true });

/** What every answer of the application ends its headers with. `x-lab-simulated` is the one that no vLLM sends. */
export const OWN_HEADERS: readonly HttpHeader[] = [["vary", "Origin"], ["x-lab-simulated", "1"]];

/** A body that is no text: its answer has a form of its own. */
export class UnreadableBodyError extends Error {
  override readonly name = "UnreadableBodyError";
}

/**
 * The body, refused unless it says that it is JSON.
 *
 * @throws ApiError for another content type, {@link UnreadableBodyError} for bytes that are no UTF-8
 */
export function jsonText(request: HttpRequest): string {
  const type = request.header("content-type") ?? "";
  if (!/^application\/json(;|$)/i.test(type.trim())) {
    const message = "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed";
    throw new ApiError(400, message, "Bad Request");
  }
  try {
    return STRICT.decode(request.body);
  } catch {
    throw new UnreadableBodyError("Cannot read a body: it is not UTF-8, wanted text");
  }
}

/** An answer with a length. */
export function fixedAnswer(
  text: string,
  options: {
    readonly status?: number;
    /** "" for none. */
    readonly type: string;
    /** Before the length. */
    readonly headers?: readonly HttpHeader[];
    /** After it. */
    readonly headersAfter?: readonly HttpHeader[];
  },
): HttpAnswer {
  const body = ENCODER.encode(text);
  const { status = 200, type, headers = [], headersAfter = [] } = options;
  const typed: readonly HttpHeader[] = type === "" ? [] : [["content-type", type]];
  return {
    status,
    headers: [...headers, ["content-length", String(body.length)], ...headersAfter, ...typed, ...OWN_HEADERS],
    body,
  };
}

/** A body without a length, sent in chunks. */
export function streamOf(text: string): StreamBody {
  return {
    begin(sink) {
      sink.write(ENCODER.encode(text));
      sink.end();
    },
    drained() {},
    cancel() {},
  };
}

const PREFLIGHT_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY"];

/** Whether a browser asks for leave. */
export function isPreflight(request: HttpRequest): boolean {
  return request.method === "OPTIONS" && request.header("origin") !== undefined &&
    request.header("access-control-request-method") !== undefined;
}

/** What the server says to a browser that asks for leave: no origin is allowed by default. */
export function preflight(request: HttpRequest): HttpAnswer {
  const asked = request.header("access-control-request-headers");
  const knowsMethod = PREFLIGHT_METHODS.includes(request.header("access-control-request-method") ?? "");
  const { headers: [length, type], ...answer } = fixedAnswer(
    `Disallowed CORS origin${knowsMethod ? "" : ", method"}`,
    { status: 400, type: "text/plain; charset=utf-8" },
  );
  return {
    ...answer,
    headers: [
      [
        "vary",
        "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
      ],
      ["access-control-allow-methods", PREFLIGHT_METHODS.join(", ")],
      ["access-control-max-age", "600"],
      ...(asked === undefined ? [] : [["access-control-allow-headers", asked] as const]),
      length!,
      type!,
      ["x-lab-simulated", "1"],
    ],
  };
}

/** What a call gets once the engine has died. */
export function engineDead(): ApiError {
  const message = "EngineCore encountered an issue. See stack trace (above) for the root cause.";
  return new ApiError(500, message, "InternalServerError");
}
