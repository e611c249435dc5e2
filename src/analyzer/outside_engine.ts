/**
 * What of a latency lies outside the server's own clock: the client's mean minus the server's, of the same requests.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { formatSeconds } from "../base/format.ts";
import type { LabEvent, MetricSource, RequestRecord, TimeSpan } from "../series/types.ts";
import { e2eSeconds, ttftSeconds } from "../simulator/workload/request_times.ts";
import type { TrustReason, TrustReport } from "../simulator/workload/trust.ts";
import { windowHistograms } from "./bounded_quantiles.ts";

/** Latencies that both sides measure once a request. */
export type OutsideLatency = "ttft" | "e2e";

/**
 * What lies between a client's and a server's mean: network, the HTTP front end until the server's clock starts, writing
 * the answer. Exact: both means are sums by counts. Absent where the two sides did not measure the same requests, or
 * where the client's mean is the shorter one.
 */
export type OutsideEngine =
  | {
    /** The client's mean minus the server's. */
    readonly seconds: number;
    /** Mean from send to first token, or to last. */
    readonly clientSeconds: number;
    /** Mean by the server's sum and count. */
    readonly serverSeconds: number;
    /** Requests, the same on both sides. */
    readonly count: number;
    /** True where it is less than {@link clockErrorSeconds}, to either side. */
    readonly withinError?: true;
    /** Where the client was a limit itself; `upToSeconds` where that was measured. */
    readonly client?: ClientDoubt;
  }
  | { readonly absent: Cause };

/** How much of a time may be the client's own doing. */
export interface ClientDoubt {
  /** p99 of the lag of its engine's thread. */
  readonly upToSeconds?: number;
}

/** Both latencies; one that a side did not measure is missing. */
export type OutsideEngines = Readonly<Partial<Record<OutsideLatency, OutsideEngine>>>;

/** By how much the client differed from the packets on the wire at most, where it could be trusted. */
const STAMP_ERROR_SECONDS = 0.0001;
/** By how much two machines' clocks may differ in rate: quartz is off by up to some 50 millionths, each to its own side. */
const RATE_ERROR = 0.0001;

/** How far two means of so many seconds may be apart by their clocks alone: of a long answer the rates count, not the stamps. */
export function clockErrorSeconds(meanSeconds: number): number {
  return Math.max(STAMP_ERROR_SECONDS, RATE_ERROR * meanSeconds);
}

/** A mean and how many values it is of. */
interface Side {
  readonly count: number;
  readonly mean: number;
  /** Of answers of several sequences those behind the first: servers count each, a client sees one first token. */
  readonly further?: number;
}

/** A server that was read, and counted nothing. */
const NOTHING: Side = { count: 0, mean: NaN };

/** Judges two means. Undefined where a side measured nothing. */
export function outsideOf(
  client: Side | undefined,
  server: Side | undefined,
  doubt?: ClientDoubt,
): OutsideEngine | undefined {
  if (client === undefined || server === undefined || client.count === 0) return undefined;
  const counted = Math.round(server.count);
  if (client.count !== counted) {
    const isOfSeveral = client.count + (client.further ?? 0) === counted;
    const code = isOfSeveral ? "several_answers" : "sides_differ";
    return { absent: { code, params: { clients: client.count, server: counted } } };
  }
  const seconds = client.mean - server.mean;
  const errorSeconds = clockErrorSeconds(client.mean);
  if (seconds < -errorSeconds) {
    return { absent: { code: "client_shorter", params: { by: formatSeconds(-seconds) } } };
  }
  return {
    seconds,
    clientSeconds: client.mean,
    serverSeconds: server.mean,
    count: client.count,
    ...(seconds < errorSeconds ? { withinError: true } : {}),
    ...(doubt === undefined ? {} : { client: doubt }),
  };
}

/** What {@link outsideEngine} looks at. */
export interface OutsideOptions {
  readonly span: TimeSpan;
  /** Instead of the source's own: of a load that the source does not hold. */
  readonly requests?: readonly RequestRecord[];
  /** Instead of what rows and events tell; null: the client is in no doubt. */
  readonly doubt?: ClientDoubt | null;
}

/**
 * Both latencies over a span. Of either side counts what was over between the server's first reading and its last within the
 * span, so that a span may begin and end in the middle of a load.
 */
export async function outsideEngine(source: MetricSource, options: OutsideOptions): Promise<OutsideEngines> {
  const { span } = options;
  const requests = options.requests ??
    await source.requests({ ...span, startSeconds: span.startSeconds - LONGEST_REQUEST_SECONDS });
  const found: Partial<Record<OutsideLatency, OutsideEngine>> = {};
  if (requests.length === 0) return found;
  const doubt = options.doubt === undefined
    ? doubtOf(requests, await source.events(span))
    : options.doubt ?? undefined;
  for (const quantity of ["ttft", "e2e"] as const) {
    const read = await readTimes(source, quantity, span);
    if (read === undefined) continue;
    // Of servers read at times of their own one counts from before the window: what was over since then may be on one side alone.
    if (sideOf(requests, quantity, { startSeconds: read.sinceSeconds, endSeconds: read.startSeconds })) {
      found[quantity] = { absent: { code: "sides_differ" } };
      continue;
    }
    const client = sideOf(requests, quantity, read);
    // What the server counted since the reading at which the window begins.
    const [server] = await windowHistograms(source, quantity, { span: read });
    const one = outsideOf(
      client,
      server?.sum === undefined ? NOTHING : { count: server.count, mean: server.sum / server.count },
      doubt,
    );
    if (one !== undefined) found[quantity] = one;
  }
  return found;
}

/** How long before the span a request may have been due and still matter. */
const LONGEST_REQUEST_SECONDS = 3600;
/** At either end of a span: a reading is looked for in so much, for a span may hold millions. */
const EDGE_SECONDS = 60;

/** The servers' first and last reading within a span, and the earliest that one of them counts from; undefined below two. */
async function readTimes(
  source: MetricSource,
  quantity: OutsideLatency,
  { startSeconds, endSeconds }: TimeSpan,
): Promise<TimeSpan & { readonly sinceSeconds: number } | undefined> {
  const counts = (within: TimeSpan) => source.select({ quantity, part: "count" }, within);
  const length = endSeconds - startSeconds;
  const isShort = length <= 2 * EDGE_SECONDS;
  const first = await counts(
    isShort ? { startSeconds, endSeconds } : { startSeconds, endSeconds: startSeconds + EDGE_SECONDS },
  );
  const last = isShort ? first : await counts({ startSeconds: endSeconds - EDGE_SECONDS, endSeconds });
  const lastSeconds = last.flatMap(({ timesSeconds }) => timesSeconds.at(-1) ?? []);
  if (lastSeconds.length === 0) return undefined;
  // A server whose counts begin later had counted nothing before, or was not read: then the counts tell.
  const firstSeconds = first.flatMap(({ timesSeconds }) => timesSeconds[0] ?? []);
  const read = {
    startSeconds: firstSeconds.length === 0 ? startSeconds : Math.min(...firstSeconds),
    endSeconds: Math.max(...lastSeconds),
  };
  if (!(read.endSeconds > read.startSeconds)) return undefined;
  const alive = new Set(first.map(({ labels }) => labels.target));
  const before = { startSeconds: read.startSeconds - EDGE_SECONDS, endSeconds: read.startSeconds };
  const since = (await counts(before)).flatMap(({ labels, timesSeconds }) =>
    alive.has(labels.target) ? timesSeconds.at(-1) ?? [] : []
  );
  return { ...read, sinceSeconds: Math.min(read.startSeconds, ...since) };
}

/**
 * Requests whose latency was over in (start, end]; of whole requests those that ended well, as servers count them. Undefined
 * where there are none.
 */
function sideOf(
  requests: readonly RequestRecord[],
  quantity: OutsideLatency,
  { startSeconds, endSeconds }: TimeSpan,
): Side | undefined {
  let [count, sum, further] = [0, 0, 0];
  for (const record of requests) {
    if (quantity === "e2e" && record.outcome !== "ok") continue;
    const seconds = quantity === "ttft" ? ttftSeconds(record) : e2eSeconds(record);
    const over = (record.sentSeconds ?? NaN) + (seconds ?? NaN);
    if (seconds === undefined || !(over > startSeconds && over <= endSeconds)) continue;
    count++;
    sum += seconds;
    further += (record.answerCount ?? 1) - 1;
  }
  return count === 0 ? undefined : { count, mean: sum / count, further };
}

/** Above this share of the requests a limit of the client counts, as in the verdict on a whole run. */
const LEAST_SHARE = 0.01;

/** By the verdicts on single requests, first tokens that were read with the second, and the lags that ends of phases tell. */
export function doubtOf(
  requests: readonly RequestRecord[],
  events: readonly LabEvent[],
): ClientDoubt | undefined {
  const answered = requests.filter(({ chunkTimesSeconds }) => chunkTimesSeconds.length > 0);
  const share = (is: (one: RequestRecord) => boolean) => answered.filter(is).length / answered.length;
  const isLimited = answered.length > 0 && (
    share(({ trust }) => trust === "client_limited" || trust === "client_adds") > LEAST_SHARE ||
    share(({ chunkTimesSeconds: [one, two] }) => one === two) > LEAST_SHARE
  );
  if (!isLimited) return undefined;
  const lags = events.flatMap((event) => {
    const lag = event.kind === "workload" ? event.plan?.["lagP99Seconds"] : undefined;
    return typeof lag === "number" ? [lag] : [];
  });
  return lags.length === 0 ? {} : { upToSeconds: Math.max(...lags) };
}

/** Verdicts that a time was read later than it came; sends that were late move none. */
const LATE_READS: ReadonlySet<TrustReason> = new Set([
  "lag",
  "lag_high",
  "coalesced",
  "first_coalesced",
  "fetch_streams",
]);

/** By the verdict on a whole run; null: in no doubt. With the kernel's receive times the lag is in no time. */
export function doubtOfTrust({ reasons, lagP99Seconds }: TrustReport, engine: string): ClientDoubt | null {
  if (!reasons.some((reason) => LATE_READS.has(reason))) return null;
  return lagP99Seconds === undefined || engine === "epoll" ? {} : { upToSeconds: lagP99Seconds };
}
