/**
 * What a server did while one request ran.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import type { WindowFunction } from "../series/types.ts";
import { type ChartContext, factsOf } from "./context.ts";
import { endOf, type SentRequest } from "./sent_request.ts";
import { absentReason } from "./system_panels.ts";

/** A server's phases of a request, in their order. */
export const SERVER_PHASES = ["queue_time", "prefill_time", "decode_time"] as const;
const STATES = ["running", "waiting", "kv_cache_usage"] as const;

/** Means over all servers that were watched. */
export interface ServerMeanwhile {
  /** Seconds; a phase that is not known is missing. */
  readonly phases: Partial<Record<typeof SERVER_PHASES[number], number>>;
  /** Requests that the phases are means of; undefined when the server does not say. */
  readonly count: number | undefined;
  /** Means from sending to the first token; requests added up over engines, of the cache the fullest. */
  readonly state: Partial<Record<typeof STATES[number], number>>;
  /** Why there are no phases. */
  readonly absent: string | undefined;
}

/** Reads it. Phases are observed when a request ends: the window reaches two scrapes beyond the request's end. */
export async function readServerMeanwhile(
  context: ChartContext,
  request: SentRequest,
): Promise<ServerMeanwhile> {
  const intervalSeconds = Math.max(1, ...factsOf(context, "server").map((each) => each.intervalSeconds ?? 0));
  const { sentSeconds } = request;
  const held = context.held?.endSeconds ?? Infinity;
  const endSeconds = Math.min(held, endOf(request) + 2 * intervalSeconds);
  const first = request.chunkTimesSeconds[0] ?? endOf(request);
  const lifetime = { endSeconds, rangeSeconds: Math.max(endSeconds - sentSeconds, 4 * intervalSeconds) };
  const wait = { endSeconds: first, rangeSeconds: Math.max(first - sentSeconds, 2 * intervalSeconds) };
  const [phases, states, increases] = await Promise.all([
    Promise.all(
      SERVER_PHASES.map((name) => ask(context, name, { fn: { kind: "histogram_mean" }, ...lifetime })),
    ),
    Promise.all(
      STATES.map((name) =>
        ask(context, name, {
          fn: { kind: "avg" },
          combine: name === "kv_cache_usage" ? "max" : "sum",
          ...wait,
        })
      ),
    ),
    ask(context, "queue_time", { fn: { kind: "histogram_increase" }, ...lifetime }),
  ]);
  const known = phases.some(([value]) => value !== undefined);
  return {
    phases: firstOf(SERVER_PHASES, phases),
    count: known && increases.length > 0 ? Math.round(increases.reduce((a, b) => a + b, 0)) : undefined,
    state: firstOf(STATES, states),
    absent: known ? undefined : absentReason(context, "queue_time", "server"),
  };
}

/** A function over one window, a value for each series that has one. */
async function ask(
  context: ChartContext,
  quantity: QuantityName,
  window: {
    readonly fn: WindowFunction;
    readonly combine?: "sum" | "max";
    readonly endSeconds: number;
    readonly rangeSeconds: number;
  },
): Promise<readonly number[]> {
  const { fn, combine, endSeconds, rangeSeconds } = window;
  const series = await context.source.evaluate(
    { selector: { quantity }, fn, ...(combine === undefined ? {} : { combine }) },
    { startSeconds: endSeconds, stepSeconds: 1, count: 1, rangeSeconds },
  );
  return series.map(({ values }) => values.at(-1) ?? NaN).filter(Number.isFinite);
}

function firstOf<N extends string>(
  names: readonly N[],
  found: readonly (readonly number[])[],
): Partial<Record<N, number>> {
  const result: Partial<Record<N, number>> = {};
  names.forEach((name, index) => {
    const value = found[index]?.[0];
    if (value !== undefined) result[name] = value;
  });
  return result;
}
