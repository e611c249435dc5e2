/**
 * Why there is no answer, by the words of the platform, which gives no codes.
 *
 * @module
 */
import type { Cause, CauseCode } from "../base/cause.ts";
import { singleLine } from "../base/escape.ts";
import type { Moved } from "./http_read.ts";

/**
 * Words of Deno 2's fetch and sockets (reqwest, hyper, rustls, zlib and the operating systems behind them), the more telling
 * first: Linux says "os error 111", macOS 61, Windows 10061.
 */
const WORDS: readonly (readonly [CauseCode, RegExp])[] = [
  ["connection_refused", /connection refused|os error (111|61|10061)\b|ECONNREFUSED/i],
  ["name_not_resolved", /dns error|failed to lookup address|ENOTFOUND|EAI_AGAIN/i],
  [
    "host_unreachable",
    /no route to host|(network|host) is (unreachable|down)|(connection|operation) timed out|os error (100|101|110|112|113|50|51|60|64|65|100(50|51|60|64|65))\b|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/i,
  ],
  ["no_tls", /InvalidContentType/],
  ["certificate_out_of_date", /certificate (expired|not valid yet)|peer certificate: (Expired|NotValidYet)/],
  ["certificate_other_name", /certificate not valid for name|NotValidForName/],
  ["certificate_of_authority", /CaUsedAsEndEntity/],
  ["untrusted_certificate", /invalid peer certificate/],
  ["tls_failed", /\btls\b|fatal alert|peer is incompatible|corrupt message|NoCertificatesPresented/i],
  ["not_http", /invalid (HTTP|content-length|header|URI|status|chunk)|message head is too large|not HTTP/i],
  [
    "bad_compression",
    /(in)?valid gzip|gzip header|corrupt (deflate|gzip)|deflate|brotli|zstd|^unexpected end of file$/i,
  ],
  [
    "answer_cut_short",
    /reading a body from connection|connection (was )?(closed|reset)|connection error|broken pipe|end of file before|unexpected eof|os error (32|104|54|10053|10054)\b|ECONNRESET|EPIPE/i,
  ],
];

/** The same in a few words of English, for messages of errors. */
const STATES: Partial<Record<CauseCode, string>> = {
  connection_refused: "nothing listens there",
  name_not_resolved: "no machine of that name is known",
  host_unreachable: "no way leads to that machine",
  no_tls: "it does not speak TLS",
  tls_wanted: "it speaks TLS",
  certificate_out_of_date: "its certificate has expired or is not valid yet",
  certificate_other_name: "its certificate is for another name",
  certificate_of_authority: "its certificate is an authority's (CA:TRUE), wanted a server's",
  untrusted_certificate: "nobody who is trusted here signed its certificate",
  tls_failed: "no encrypted connection was agreed on",
  not_http: "it does not speak HTTP as it should",
  bad_compression: "its compressed answer is broken or cut short",
  answer_cut_short: "the connection ended before the answer was whole",
  too_many_redirects: "it redirects without end",
  redirect_not_http: "it redirects to where HTTP does not lead",
  port_blocked: "its port is one that HTTP clients do not call",
};

/** What is the matter, in a few words of English; undefined for what is no failure of a connection. */
export function connectionState({ code, params }: Cause): string | undefined {
  if (code !== "connection_failed") return STATES[code];
  return `no connection${params?.detail === undefined ? "" : ` (${singleLine(String(params.detail))})`}`;
}

/** True for what says that there was no answer, so that every later question would have none either. */
export function isUnreachable({ code }: Cause): boolean {
  return code === "timeout" || code === "connection_failed" || STATES[code] !== undefined;
}

/** Longest text of the platform's that is quoted. */
const LONGEST_DETAIL = 200;

/**
 * Why a connection failed. What no word is known for is `connection_failed` with the innermost text as `detail`, without
 * the address, which the caller knows better.
 */
export function connectionCause(error: unknown): Cause {
  let detail = String(error);
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) detail = inner.message;
  const blocked = /Requests to port (\d+) are blocked/.exec(detail);
  if (blocked !== null) return { code: "port_blocked", params: { port: Number(blocked[1]) } };
  const code = WORDS.find(([, words]) => words.test(detail))?.[0];
  if (code === undefined) return { code: "connection_failed", params: { detail: short(detail) } };
  const params = paramsOf(code, detail);
  return params === undefined ? { code } : { code, params };
}

/**
 * Why an answer with a status other than 200 is none: 401 and 403 are about the key.
 *
 * @param asked whether a key was sent, and where redirects led
 */
export function statusCause(
  status: number,
  asked: { readonly hasKey: boolean; readonly moved?: Moved | undefined },
): Cause {
  const { hasKey, moved } = asked;
  const isElsewhere = moved?.isElsewhere === true;
  if (status !== 401 && status !== 403) {
    return {
      code: "http_status",
      params: { status, ...(moved === undefined ? {} : { location: moved.to }) },
    };
  }
  if (hasKey && !isElsewhere) return { code: "key_refused", params: { status } };
  return { code: "key_wanted", params: { status, ...(isElsewhere ? { location: moved.to } : {}) } };
}

/** Whether headers hold something that lets their sender in. */
export function hasKey(headers: HeadersInit | undefined): boolean {
  return new Headers(headers).has("authorization");
}

/** What a sentence needs beside the code. */
function paramsOf(code: CauseCode, detail: string): Cause["params"] | undefined {
  switch (code) {
    case "certificate_other_name": {
      const names = [...detail.matchAll(/(?:DnsName|IpAddress)\("?([^")]+)"?\)/g)].map(([, name]) => name);
      return names.length === 0 ? undefined : { names: names.join(", ").slice(0, LONGEST_DETAIL) };
    }
    case "tls_failed": {
      const alert = /fatal alert: (\w+)/.exec(detail)?.[1];
      return alert === undefined ? undefined : { alert };
    }
    default:
      return undefined;
  }
}

function short(detail: string): string {
  return detail.replace(/^error sending request [^:]*?\(\S*\): /, "").replace(
    /https?:\/\/\S+/g,
    "the address",
  )
    .slice(0, LONGEST_DETAIL);
}
