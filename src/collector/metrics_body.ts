/**
 * The body of a `/metrics`, and how to tell that it is none.
 *
 * @module
 */
import type { ParseError } from "../parser/types.ts";
import { SampleError } from "../series/types.ts";
import { hasKey, statusCause } from "./connection_cause.ts";
import { saysHttpsWanted } from "./scheme.ts";
import { type HttpBody, type HttpReadOptions, readUrl } from "./http_read.ts";

/** A real server's largest expositions are a few MiB; a page that never ends must not fill the memory. */
export const DEFAULT_MAX_BYTES = 64 * 2 ** 20;

/** vLLM ignores it; servers that negotiate keep the colons of their names in the plain format. */
const ACCEPT =
  "text/plain;version=1.0.0, text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.5, */*;q=0.1";

/** What is sent, complete: the same object where it is that already. */
export function metricsHeaders(given: HeadersInit | undefined): Headers {
  if (given instanceof Headers && given.has("accept")) return given;
  const headers = new Headers(given);
  if (!headers.has("accept")) headers.set("accept", ACCEPT);
  return headers;
}

/**
 * GETs an exposition.
 *
 * @throws SampleError as `readUrl` does; `key_wanted`, `key_refused` for 401 and 403, `http_status` for any other status but 200; `not_metrics` for a page
 */
export async function readMetrics(url: string, options: HttpReadOptions): Promise<HttpBody> {
  const headers = metricsHeaders(options.headers);
  return checkMetrics(await readUrl(url, { ...options, headers }), headers);
}

/**
 * Gives back an answer that may be an exposition.
 *
 * @param headers that were sent
 * @throws SampleError for a status but 200, and for a page
 */
export function checkMetrics(answer: HttpBody, headers: Headers): HttpBody {
  const { status, moved } = answer;
  if (status === 400 && saysHttpsWanted(status, new TextDecoder().decode(answer.body.subarray(0, 4096)))) {
    throw new SampleError({ code: "tls_wanted" });
  }
  if (status !== 200) throw new SampleError(statusCause(status, { hasKey: hasKey(headers), moved }));
  const isPage = /^\s*(text\/html|application\/(json|xml|xhtml))/i.test(answer.contentType ?? "");
  if (isPage || looksLikePage(answer.body)) throw notMetrics(answer);
  return answer;
}

/**
 * For a body without a single sample: a server may have families and no sample yet, but not nothing at all.
 *
 * @throws SampleError `not_metrics`
 */
export function checkHasMetrics(answer: HttpBody): void {
  if (/^# (TYPE|HELP|EOF)/m.test(new TextDecoder().decode(answer.body.subarray(0, 65536)))) return;
  throw notMetrics(answer);
}

/** What it is instead, by its bytes where the content type says that it is metrics. */
function notMetrics({ contentType = "", body }: HttpBody): SampleError {
  const isNamed = contentType !== "" && !/^\s*(text\/plain|application\/openmetrics-text)/i.test(contentType);
  const kind = isNamed ? { contentType: contentType.slice(0, 100) } : { kind: kindOf(body) };
  return new SampleError({ code: "not_metrics", params: kind });
}

function kindOf(body: Uint8Array): string {
  if (body.length === 0) return "empty";
  const [first, second] = body;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return "UTF-16";
  const start = new TextDecoder().decode(body.subarray(0, 64)).trimStart();
  return start.startsWith("<") ? "HTML" : /^[{[]/.test(start) ? "JSON" : "other text";
}

/** A page under a wrong content type. (A JSON document has no line that is a sample, and `{"` may begin one.) */
function looksLikePage(body: Uint8Array): boolean {
  if (body[0] === HASH) return false;
  const start = new TextDecoder().decode(body.subarray(0, 64)).trimStart();
  return /^<(!doctype|html|\?xml|head|body)/i.test(start);
}

const LINE_FEED = 10;
const HASH = 35;

/**
 * Where the body ended with the connection, a last line without a line feed may have been cut in the middle of a number:
 * it is given up, and said so.
 */
export function withoutCutLine(body: Uint8Array, onError: (error: ParseError) => void): Uint8Array {
  const end = body.lastIndexOf(LINE_FEED) + 1;
  if (end === body.length || body[end] === HASH) return body;
  let line = 1;
  for (let i = 0; i < end; i++) if (body[i] === LINE_FEED) line++;
  const text = new TextDecoder().decode(body.subarray(end, end + 200));
  onError({
    line,
    reason: "no line feed at the end of a body of unknown length",
    text: escapeControls(text),
  });
  return body.subarray(0, end);
}

function escapeControls(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u001f\u007f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** `a 1` and a line feed. */
const SHORTEST_SAMPLE = 4;

/**
 * Looked at before the body is parsed: what would make more series than can be kept takes the machine's memory and time with it.
 *
 * @throws SampleError `too_many_samples`
 */
export function checkFew(body: Uint8Array, maxSamples: number): void {
  if (body.length < SHORTEST_SAMPLE * maxSamples) return;
  let samples = 0;
  for (let start = 0; start < body.length;) {
    const end = body.indexOf(LINE_FEED, start);
    const next = end < 0 ? body.length : end + 1;
    if (body[start] !== HASH && next - start > 1) samples++;
    start = next;
  }
  if (samples > maxSamples) {
    throw new SampleError({ code: "too_many_samples", params: { samples, maxSamples } });
  }
}
