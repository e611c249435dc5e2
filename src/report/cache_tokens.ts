/**
 * The KV cache's size as tables show it.
 *
 * @module
 */
import type { TargetFacts } from "../series/types.ts";

/** Tokens of one engine's cache; `2 × 2304` where the server has several engines, each with its own; undefined where untold. */
export function cacheTokens({ kvCacheTokens, engines = [] }: TargetFacts): number | string | undefined {
  return kvCacheTokens === undefined || engines.length < 2
    ? kvCacheTokens
    : `${engines.length} × ${kvCacheTokens}`;
}
