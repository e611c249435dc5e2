/**
 * Serves the live page: its files and one stream of events, to this machine only.
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
  shape,
} from "../base/arguments.ts";
import { singleLine } from "../base/escape.ts";
import type { Clock } from "../base/clock.ts";
import type { TimeSpan } from "../series/types.ts";
import { EventHub, type HubMessage } from "./event_hub.ts";

/** What a page is made of; `LiveFeed` of the dashboard is one. */
export interface PageFeed {
  /** By path, `/` first. */
  files(): Promise<ReadonlyMap<string, { readonly type: string; readonly body: string }>>;
  /** Everything, for a page that opens. */
  snapshot(): Promise<HubMessage>;
  /** What came since the last call; undefined for nothing. */
  news(): Promise<HubMessage | undefined>;
  /** One line of JSON on two parts of the time; without it the page cannot ask. */
  compare?(spans: { readonly a: TimeSpan; readonly b: TimeSpan }): Promise<string>;
}

/** Where and how often. */
export interface PageServerOptions {
  /** Times the feed. */
  readonly clock: Clock;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 1; up to three times as long where making a message takes long, so that pages take little of a core. */
  readonly everySeconds?: number;
  /** Told when the feed failed; the page goes on with the next one. */
  readonly onError?: (error: unknown) => void;
  /** Takes a note that was typed in the page, at most 200 characters. Without it the page only reads. */
  readonly onNote?: (text: string) => void;
}

const CHECKS: Checks<PageServerOptions> = {
  clock: needed(CLOCK),
  port: COUNT,
  everySeconds: POSITIVE,
  onError: FUNCTION,
  onNote: FUNCTION,
};

/** A page that is being served. */
export interface ServedPage extends AsyncDisposable {
  /** With a slash at its end. */
  readonly url: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** How to reach it from another machine: `ssh -L 8080:127.0.0.1:8080 HOST`. */
  readonly tunnel: string;
  /** Pages that are open. */
  readonly readers: number;
  /** Ends every stream and frees the port. */
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";

/** Nothing from elsewhere, nothing inline, no frame around it. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/**
 * Starts serving on 127.0.0.1 and feeding every `everySeconds`.
 *
 * Requests whose Host is not this machine are refused (421), so that a foreign name that points here cannot read; so are
 * foreign origins (403) and every method but GET and HEAD (405), a note from the page apart where `onNote` takes it.
 *
 * @throws Deno.errors.AddrInUse when the port is taken
 */
export async function servePage(feed: PageFeed, options: PageServerOptions): Promise<ServedPage> {
  const call = "servePage(new LiveFeed(collector, { clock: lab.clock }), { clock: lab.clock })";
  checkArgument(
    call,
    { feed },
    shape("a feed, such as new LiveFeed(collector)", ["files", "snapshot", "news"]),
  );
  checkOptions<PageServerOptions>(call, options, CHECKS);
  const { clock, everySeconds = 1, onError = () => {} } = options;
  const files = await feed.files();
  const hub = new EventHub(crypto.randomUUID());
  await feed.news();
  const ended = new AbortController();
  const takesNote = noteLimit(clock);
  const comparing = new Set<Promise<string>>();
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
    {
      hostname: HOST,
      port: options.port ?? 0,
      signal: ended.signal,
      onListen() {},
      onError(error) {
        onError(error);
        return refuse(500);
      },
    },
    (request) =>
      answer(request, {
        files,
        hub,
        feed,
        takesNote,
        comparing,
        port: server.addr.port,
        onNote: options.onNote,
      }),
  );
  const { port } = server.addr;
  const feeding = feedPages({ feed, hub, clock, everySeconds, onError, signal: ended.signal });
  const stop = async () => {
    hub.close();
    ended.abort();
    await Promise.all([server.finished, feeding]);
  };
  return {
    url: `http://${HOST}:${port}/`,
    port,
    tunnel: `ssh -L ${port}:${HOST}:${port} HOST`,
    get readers() {
      return hub.size;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Site {
  readonly files: Awaited<ReturnType<PageFeed["files"]>>;
  readonly hub: EventHub;
  readonly feed: PageFeed;
  readonly port: number;
  readonly takesNote: () => boolean;
  readonly onNote: PageServerOptions["onNote"];
  /** Comparisons that are being worked out. */
  readonly comparing: Set<Promise<string>>;
}

/** Answers one request. */
function answer(request: Request, site: Site): Response | Promise<Response> {
  const url = new URL(request.url);
  const host = request.headers.get("host") ?? "";
  if (!isThisMachine(host, site.port)) return refuse(421);
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) return refuse(403);
  if (request.method === "POST" && url.pathname === "/note" && site.onNote !== undefined) {
    return takeNote(request, { origin, takesNote: site.takesNote, onNote: site.onNote });
  }
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, { allow: "GET, HEAD" });
  if (url.pathname === "/events" && request.method === "GET") {
    if (site.hub.size >= MOST_READERS) return refuse(503, { "retry-after": "10" });
    const stream = site.hub.connect(request.headers.get("last-event-id"), () => site.feed.snapshot());
    return new Response(stream, { headers: { ...HEADERS, "content-type": "text/event-stream" } });
  }
  if (url.pathname === "/compare" && request.method === "GET") return compared(url.searchParams, site);
  const file = site.files.get(url.pathname);
  if (file === undefined) return refuse(404);
  return new Response(request.method === "HEAD" ? null : file.body, {
    headers: { ...HEADERS, "content-type": file.type },
  });
}

/** Two parts of the time, each `FROM,TO`; few questions at a time, since each reads all of both. */
async function compared(params: URLSearchParams, site: Site): Promise<Response> {
  const [a, b] = [spanOf(params.get("a")), spanOf(params.get("b"))];
  if (site.feed.compare === undefined) return refuse(404);
  if (a === undefined || b === undefined) return refuse(400);
  if (site.comparing.size >= MOST_COMPARED) return refuse(503, { "retry-after": "1" });
  const answer = site.feed.compare({ a, b });
  site.comparing.add(answer);
  try {
    const body = await answer;
    return new Response(body, { headers: { ...HEADERS, "content-type": "application/json" } });
  } finally {
    site.comparing.delete(answer);
  }
}

/** Comparisons that are worked out at once. */
const MOST_COMPARED = 2;

function spanOf(text: string | null): TimeSpan | undefined {
  const parts = text?.split(",") ?? [];
  const [startSeconds = NaN, endSeconds = NaN] = parts.map((part) => part === "" ? NaN : Number(part));
  const isSpan = parts.length === 2 && startSeconds >= 0 && startSeconds < endSeconds && endSeconds < 1e11;
  return isSpan ? { startSeconds, endSeconds } : undefined;
}

/** Pages that are told at once; each takes memory and a share of every tick. */
const MOST_READERS = 64;

/** Longest note, in characters. */
const NOTE_LENGTH = 200;

/** Notes that are taken in so long: each stays in memory and in the recording, and a key may be stuck. */
const MOST_NOTES = 30;
const NOTES_SECONDS = 60;

function noteLimit(clock: Clock): () => boolean {
  const taken: number[] = [];
  return () => {
    const now = clock.nowSeconds();
    while (taken[0] !== undefined && taken[0] <= now - NOTES_SECONDS) taken.shift();
    if (taken.length >= MOST_NOTES) return false;
    taken.push(now);
    return true;
  };
}

/**
 * Takes a note from the page itself: another site can send neither this origin (checked before) nor, unasked, this type.
 */
async function takeNote(
  request: Request,
  page: Pick<Site, "takesNote"> & { readonly origin: string | null; readonly onNote: (text: string) => void },
): Promise<Response> {
  if (page.origin === null) return refuse(403);
  if (request.headers.get("content-type") !== "application/json") return refuse(415);
  if (Number(request.headers.get("content-length") ?? Infinity) > 8 * NOTE_LENGTH) return refuse(413);
  let text: unknown;
  try {
    text = await request.json();
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(400);
    throw error;
  }
  if (typeof text !== "string" || text.trim() === "") return refuse(400);
  if (!page.takesNote()) return refuse(429, { "retry-after": String(NOTES_SECONDS) });
  page.onNote(singleLine(text).slice(0, NOTE_LENGTH));
  return refuse(204);
}

/** The names by which a browser on this machine asks, with the port that is served. */
function isThisMachine(host: string, port: number): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].some((name) => host === `${name}:${port}`);
}

function refuse(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers: { ...HEADERS, ...headers } });
}

/** A message that took long is followed by a rest so many times as long, so that it takes a third of a percent of a core … */
const REST = 300;
/** … but by no longer one than so many times the usual: a page shows what is now. */
const MOST_RESTS = 3;

/** Publishes what is new until the signal. */
async function feedPages(parts: {
  readonly feed: PageFeed;
  readonly hub: EventHub;
  /** Times the feed. */
  readonly clock: Clock;
  readonly everySeconds: number;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { feed, hub, clock, everySeconds, onError, signal } = parts;
  let dueSeconds = clock.nowSeconds();
  let restSeconds = everySeconds;
  while (!signal.aborted) {
    try {
      // On a grid from the start, so that a message comes as often as is said; one that was missed is left out.
      dueSeconds = Math.max(dueSeconds, clock.nowSeconds() - everySeconds) + restSeconds;
      await clock.sleepUntil(dueSeconds, signal);
      restSeconds = everySeconds;
      // For an empty room nothing is computed: the next news hold all that came meanwhile.
      if (hub.size === 0) continue;
      const begun = clock.nowSeconds();
      const message = await feed.news();
      // A message costs the same whether it tells of one second or of three.
      restSeconds = Math.min(
        MOST_RESTS,
        Math.max(1, Math.round(REST * (clock.nowSeconds() - begun) / everySeconds)),
      ) * everySeconds;
      if (message !== undefined) hub.publish(message);
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
  }
}
