/**
 * How much a server's KV cache holds, how full it was, and how many requests like those seen fit into it.
 *
 * @module
 */
import type { Cause, Reading } from "../base/cause.ts";
import type { Matcher, MetricSource, Series, TimeSpan } from "../series/types.ts";
import { kvTokensFor } from "./capacity.ts";
import type { SpanFigures } from "./span_figures.ts";

/**
 * So many requests at once. `most`: as if the share of prompt tokens that the prefix cache had were one beginning that all have in
 * common and hold once; `least`: as if nothing were shared. The truth lies between them.
 */
export interface RoomRange {
  /** With nothing shared. */
  readonly least: number;
  /** With the share of the prefix cache held once. */
  readonly most: number;
}

/** How many requests of the lengths seen fit at once. */
export interface KvRoom {
  /** Each halfway through its output, as they are on average. */
  readonly mean: RoomRange;
  /** All at their end at the same time: the safe number. */
  readonly atEnd: RoomRange;
}

/** The KV cache of one server. */
export interface KvCapacity {
  /** What the caches of all engines hold, by the newest `cache_config` of each. */
  readonly tokens: Reading;
  /** Mean of the reads, 0 to 1; of several engines their mean. */
  readonly meanUsage: Reading;
  /** The fullest read of the fullest engine. */
  readonly peakUsage: Reading;
  /** Of requests that ended. */
  readonly promptTokens: Reading;
  /** Of requests that ended. */
  readonly outputTokens: Reading;
  /** Of looked-up prompt tokens those that the prefix cache had. */
  readonly sharedShare: Reading;
  /** Absent where the cache's size or a request's is not known. */
  readonly room: KvRoom | { readonly absent: Cause };
}

interface Cache {
  readonly tokens: number;
  readonly blockSizeTokens: number;
}

/** All of one server, chosen by `matchers`. */
export async function kvCapacityOf(figures: SpanFigures, matchers: readonly Matcher[]): Promise<KvCapacity> {
  const caches = figures.span === undefined ? [] : await cachesOf(figures.source, matchers, figures.span);
  const tokens: Reading = caches.length === 0
    ? { absent: await figures.absence("cache_config") }
    : { value: caches.reduce((sum, cache) => sum + cache.tokens, 0) };
  const [promptTokens, outputTokens] = [
    await figures.evaluate("request_prompt_tokens", { kind: "histogram_mean" }, { matchers }),
    await figures.evaluate("request_generation_tokens", { kind: "histogram_mean" }, { matchers }),
  ];
  const sharedShare = await sharedShareOf(figures, matchers);
  return {
    tokens,
    meanUsage: await figures.evaluate("kv_cache_usage", { kind: "avg" }, { matchers, combine: "avg" }),
    peakUsage: await figures.evaluate("kv_cache_usage", { kind: "max" }, { matchers, combine: "max" }),
    promptTokens,
    outputTokens,
    sharedShare,
    room: roomOf(caches, tokens, { promptTokens, outputTokens, sharedShare }),
  };
}

/** The newest of each engine: a restart may have changed it. */
async function cachesOf(
  source: MetricSource,
  matchers: readonly Matcher[],
  span: TimeSpan,
): Promise<readonly Cache[]> {
  const series = await source.select({ quantity: "cache_config", matchers }, span);
  const newest = new Map<string, Series>();
  for (const one of series) {
    const key = `${one.labels.engine ?? ""}\n${one.labels.model_name ?? ""}`;
    const known = newest.get(key);
    if (lastOf(one) > (known === undefined ? -Infinity : lastOf(known))) newest.set(key, one);
  }
  return [...newest.values()].flatMap(({ labels }) => {
    const blockSizeTokens = Number(labels.block_size);
    const told = Number(labels.kv_cache_size_tokens);
    const tokens = told > 0 ? told : Number(labels.num_gpu_blocks) * blockSizeTokens;
    return tokens > 0 && blockSizeTokens > 0 ? [{ tokens, blockSizeTokens }] : [];
  });
}

function lastOf({ timesSeconds }: Series): number {
  return timesSeconds.at(-1) ?? -Infinity;
}

async function sharedShareOf(figures: SpanFigures, matchers: readonly Matcher[]): Promise<Reading> {
  const queries = await figures.increase("prefix_cache_queries", { matchers });
  const hits = await figures.increase("prefix_cache_hits", { matchers });
  if ("absent" in queries) return queries;
  if ("absent" in hits) return hits;
  if (!(queries.value > 0)) {
    return { absent: { code: "no_data", params: { quantity: "prefix_cache_queries" } } };
  }
  return { value: Math.min(1, hits.value / queries.value) };
}

function roomOf(
  caches: readonly Cache[],
  tokens: Reading,
  request: Pick<KvCapacity, "promptTokens" | "outputTokens" | "sharedShare">,
): KvCapacity["room"] {
  const { promptTokens, outputTokens, sharedShare } = request;
  for (const reading of [tokens, promptTokens, outputTokens]) if ("absent" in reading) return reading;
  if (!("value" in promptTokens && "value" in outputTokens)) return { absent: { code: "no_data" } };
  const lengths = { promptTokens: promptTokens.value, outputTokens: outputTokens.value };
  const shared = "value" in sharedShare ? sharedShare.value : 0;
  const fitting = (which: "mean" | "peak", share: number) =>
    caches.reduce((sum, cache) => sum + fitInto(cache, which, { ...lengths, sharedShare: share }), 0);
  const range = (which: "mean" | "peak"): RoomRange => {
    const [alone, together] = [fitting(which, 0), fitting(which, shared)];
    return { least: Math.min(alone, together), most: Math.max(alone, together) };
  };
  return { mean: range("mean"), atEnd: range("peak") };
}

/**
 * Of {@link kvTokensFor}, which grows by the same amount with every request. Block 0 is never used (vLLM's `BlockPool`, its "null
 * block"), though the server counts it in its size.
 */
function fitInto(
  { tokens, blockSizeTokens }: Cache,
  which: "mean" | "peak",
  request: { readonly promptTokens: number; readonly outputTokens: number; readonly sharedShare: number },
): number {
  const need = (concurrency: number) => kvTokensFor({ ...request, blockSizeTokens, concurrency })[which];
  const own = need(1) - need(0);
  return own > 0 ? Math.max(0, Math.floor((tokens - blockSizeTokens - need(0)) / own + 1e-9)) : 0;
}
