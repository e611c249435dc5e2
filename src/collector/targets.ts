/**
 * What a person calls a target, resolved into the addresses that are read.
 *
 * @module
 */
import { checkOptions, type Checks, COUNT_FROM_1, TEXT, TEXTS_BY_NAME } from "../base/arguments.ts";

/** A target as a person gives it. `url` is the API's address, `metricsUrl` where the exposition is; either gives the other. */
export interface TargetOptions {
  /** The `target` label; default: host and port, with the path or a number where that is not unique. */
  readonly id?: string;
  /** `http://host:8000`, also with `/v1` or `/metrics` at its end, or without the scheme. */
  readonly url?: string;
  /** Default: `/metrics` under `url`. */
  readonly metricsUrl?: string;
  /** Sent with every read (`authorization`). */
  readonly headers?: Readonly<Record<string, string>>;
  /** Its `--max-num-seqs`, of each engine: no metric tells it, and `/server_info` only a server in development mode. */
  readonly maxNumSequences?: number;
}

const CALL = 'new RealTimeMetricsCollector({ targets: [{ id: "a", url: "http://127.0.0.1:8000" }] })';

const CHECKS: Checks<TargetOptions> = {
  id: TEXT,
  url: TEXT,
  metricsUrl: TEXT,
  headers: TEXTS_BY_NAME,
  maxNumSequences: COUNT_FROM_1,
};

const INSTEAD = { name: "id", address: "url", apiBase: "url", baseUrl: "url", host: "url" };

/** A target with everything settled. No address holds credentials: they have become a header. */
export interface Target {
  readonly id: string;
  /** Base of the API, without a slash at its end. */
  readonly apiUrl: string;
  readonly metricsUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For people: no credentials, no query. */
  readonly address: string;
  /** As it was stated. */
  readonly maxNumSequences?: number;
}

/**
 * Resolves targets and gives each a name of its own.
 *
 * @throws TypeError when a target has no address, or one that is not an http(s) URL
 * @throws RangeError when two targets have the same `id`
 */
export function resolveTargets(targets: readonly (string | TargetOptions)[]): Target[] {
  for (const target of targets) {
    if (typeof target !== "string") checkOptions<TargetOptions>(CALL, target, CHECKS, { instead: INSTEAD });
  }
  const taken = new Set<string>();
  for (const target of targets) {
    if (typeof target === "string" || target.id === undefined) continue;
    if (taken.has(target.id)) {
      throw new RangeError(`Cannot watch two targets: both are called "${target.id}"`);
    }
    taken.add(target.id);
  }
  return targets.map((given) => {
    const options = typeof given === "string" ? { url: given } : given;
    const target = resolve(options);
    return options.id === undefined ? { ...target, id: freeName(target, taken) } : target;
  });
}

function resolve(options: TargetOptions): Target {
  const given = options.url ?? options.metricsUrl;
  if (given === undefined) throw new TypeError("Cannot watch a target: it has neither url nor metricsUrl");
  const api = parseAddress(given);
  const metrics = options.metricsUrl === undefined ? undefined : parseAddress(options.metricsUrl);
  const apiUrl = withoutTail(api.url, api.isMetrics);
  const metricsUrl = metrics?.url.href ?? (api.isMetrics ? api.url.href : `${apiUrl}/metrics`);
  const shown = new URL(metricsUrl);
  return {
    id: options.id ?? "",
    apiUrl,
    metricsUrl,
    headers: { ...api.headers, ...metrics?.headers, ...options.headers },
    address: shown.origin + shown.pathname,
    ...(options.maxNumSequences === undefined ? {} : { maxNumSequences: options.maxNumSequences }),
  };
}

function parseAddress(given: string) {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new TypeError(
      `Cannot watch "${withoutCredentials(given)}": not an address, wanted http://host:port`,
    );
  }
  const headers: Record<string, string> = {};
  if (url.username !== "" || url.password !== "") {
    const pair = `${decoded(url.username)}:${decoded(url.password)}`;
    const bytes = new TextEncoder().encode(pair);
    headers.authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
    url.username = "";
    url.password = "";
  }
  url.hash = "";
  return { url, headers, isMetrics: /\/metrics\/?$/.test(url.pathname) };
}

/** As far as the last `@`, whatever is wrong with the rest: a password may hold any character. */
function withoutCredentials(given: string): string {
  return given.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@");
}

/** @throws TypeError without the text itself, which is a secret */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw new TypeError(
      "Cannot read user or password of an address: % not followed by two hex digits, wanted %25",
      {
        cause: error,
      },
    );
  }
}

/** The API's base: no `/metrics` or `/v1` and no slash at the end, no query. */
function withoutTail(url: URL, isMetrics: boolean): string {
  const tail = isMetrics ? /\/metrics\/?$/ : /(\/v1)?\/*$/;
  return url.origin + url.pathname.replace(tail, "");
}

function freeName(target: Target, taken: Set<string>): string {
  const url = new URL(target.metricsUrl);
  const path = url.pathname.replace(/\/metrics\/?$/, "");
  const names = [url.host, url.host + path];
  let name = names.find((candidate) => !taken.has(candidate));
  for (let number = 2; name === undefined; number++) {
    const candidate = `${names[1]}#${number}`;
    if (!taken.has(candidate)) name = candidate;
  }
  taken.add(name);
  return name;
}
