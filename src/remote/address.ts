/**
 * Addresses of a server that keeps series, and how one is let in. Secrets stay in headers: no message and no fact has them.
 *
 * @module
 */
import { type Checks, shape, TEXT, TEXTS_BY_NAME } from "../base/arguments.ts";

/** How a server is asked to let one in. */
export interface RemoteAuth {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer …`. */
  readonly bearerToken?: string;
  /** Sent as `Authorization: Basic …`; credentials in the address count as this. */
  readonly basicAuth?: { readonly username: string; readonly password: string };
}

/** Checks of what a server is reached with. */
export const AUTH_CHECKS: Checks<RemoteAuth> = {
  headers: TEXTS_BY_NAME,
  bearerToken: TEXT,
  basicAuth: shape("{ username, password }", ["username", "password"]),
};

/** A server's address, taken apart. */
export interface RemoteAddress {
  /** Origin and path without a slash at the end: what may be shown. */
  readonly shown: string;
  /** Parameters of the address, sent with every request and never shown. */
  readonly parameters: URLSearchParams;
  /** Those of {@link RemoteAuth}, ready to send. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Reads an address.
 *
 * @throws TypeError when it is none, or not http(s); RangeError when two ways of letting in are given at once
 */
export function readAddress(url: string, auth: RemoteAuth = {}): RemoteAddress {
  if (!URL.canParse(url)) {
    throw new TypeError(`Cannot use the address: not a URL, wanted one such as http://127.0.0.1:9090`);
  }
  const parsed = new URL(url);
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new TypeError(`Cannot use the address: its scheme is ${parsed.protocol}, wanted http: or https:`);
  }
  const inAddress = parsed.username === "" && parsed.password === ""
    ? undefined
    : { username: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) };
  const basic = auth.basicAuth ?? inAddress;
  if (basic !== undefined && auth.bearerToken !== undefined) {
    throw new RangeError("Cannot use the address: both a bearer token and basic authentication, wanted one");
  }
  const headers = new Headers(auth.headers);
  if (auth.bearerToken !== undefined) headers.set("authorization", `Bearer ${auth.bearerToken}`);
  if (basic !== undefined) headers.set("authorization", `Basic ${base64(basic)}`);
  return {
    shown: parsed.origin + parsed.pathname.replace(/\/+$/, ""),
    parameters: parsed.searchParams,
    headers: Object.fromEntries(headers),
  };
}

function base64({ username, password }: { readonly username: string; readonly password: string }): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(`${username}:${password}`)));
}
