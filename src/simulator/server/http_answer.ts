/**
 * Small pieces of HTTP answers.
 *
 * @module
 */
import { ApiError } from "./api_error.ts";

/** The body, refused unless it says that it is JSON. */
export async function jsonText(request: Request): Promise<string> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(.+\+)?json\b/i.test(type)) {
    const message = "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed";
    throw new ApiError(400, message, "Bad Request");
  }
  return await request.text();
}

/** An answer with a length. */
export function fixedAnswer(
  text: string,
  options: { readonly status?: number; readonly type: string; readonly headers?: Record<string, string> },
): Response {
  const bytes = new TextEncoder().encode(text);
  const headers = new Headers(options.headers);
  headers.set("content-length", String(bytes.length));
  if (options.type !== "") headers.set("content-type", options.type);
  return new Response(bytes, { status: options.status ?? 200, headers });
}

/** A body without a length, sent in chunks. */
export function streamOf(text: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}

/** What the server says to a browser that asks for leave: no origin is allowed by default. */
export function preflight(): Response {
  return fixedAnswer("Disallowed CORS origin", {
    status: 400,
    type: "text/plain; charset=utf-8",
    headers: {
      vary:
        "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
      "access-control-allow-methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY",
      "access-control-max-age": "600",
    },
  });
}

/** What a call gets once the engine has died. */
export function engineDead(): ApiError {
  const message = "EngineCore encountered an issue. See stack trace (above) for the root cause.";
  return new ApiError(500, message, "InternalServerError");
}
