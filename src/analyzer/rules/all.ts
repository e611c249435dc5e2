/**
 * Every rule that is judged window by window, and which cause explains which effect.
 *
 * @module
 */
import type { FindingCode } from "../findings.ts";
import { kvBound, overload, preemptionThrash, sequenceLimit, waitingUnexplained } from "./capacity.ts";
import { clientSaturated, clientSeesMore, concurrencyLimited } from "./client.ts";
import { gpuMemoryTaken, gpuThrottled } from "./gpu.ts";
import { longPrompts, prefillBound } from "./prompts.ts";
import type { Rule } from "./rule.ts";
import { engineHung, enginesUnbalanced, hiddenAborts, requestsFailing, requestsRejected } from "./service.ts";
import { engineSlow, frontEndBound, prefixCacheCold, speculationNotPaying } from "./speed.ts";

/** All of them; order does not matter. */
export const RULES: readonly Rule[] = [
  engineHung,
  requestsRejected,
  requestsFailing,
  hiddenAborts,
  kvBound,
  preemptionThrash,
  sequenceLimit,
  overload,
  prefillBound,
  prefixCacheCold,
  gpuThrottled,
  gpuMemoryTaken,
  engineSlow,
  longPrompts,
  frontEndBound,
  clientSaturated,
  clientSeesMore,
  enginesUnbalanced,
  concurrencyLimited,
  speculationNotPaying,
  waitingUnexplained,
];

/**
 * What limits an engine, strongest claim first: at most one of them is the cause in a window, the others that hold follow
 * from it. A cold cache and full memory look like overload; a hung engine looks like all of them. Where longer prompts take
 * the steps' time, more memory would admit more requests and serve no more of them. Slow steps do not make
 * more requests arrive: where they do arrive, overload goes first.
 */
const LIMITS: readonly FindingCode[] = [
  "engine_hung",
  "prefix_cache_cold",
  "long_prompts",
  "prefill_bound",
  "kv_bound",
  "preemption_thrash",
  "gpu_throttled",
  "sequence_limit",
  "overload",
  "engine_slow",
  "waiting_unexplained",
];

/** Effects beyond the limits that a cause explains when both hold in a window. */
const EXPLAINS: Partial<Record<FindingCode, readonly FindingCode[]>> = {
  engine_hung: ["hidden_aborts", "front_end_bound", "client_sees_more", "requests_failing"],
  client_saturated: ["client_sees_more"],
  front_end_bound: ["client_sees_more", "engine_slow"],
  requests_rejected: ["requests_failing"],
};

/** Limits that build queues and fill the cache: where one of them was there first, what comes later follows from it. */
const ROOTS: ReadonlySet<FindingCode> = new Set<FindingCode>([
  "prefix_cache_cold",
  "gpu_throttled",
  "long_prompts",
  "prefill_bound",
  "engine_slow",
]);

/** Whether a limit keeps its place as the cause as long as it holds. */
export function isRoot(code: FindingCode): boolean {
  return ROOTS.has(code);
}

/** Strongest claim first: place of a limit in the table; those that are none come last. */
export function limitRank(code: FindingCode): number {
  const rank = LIMITS.indexOf(code);
  return rank < 0 ? LIMITS.length : rank;
}

/**
 * The codes that are causes in this window, each with those that follow from it.
 *
 * @param first the limit that was the cause before: while it holds it stays before limits that build up
 */
export function resolveCauses(
  held: ReadonlySet<FindingCode>,
  first?: FindingCode,
): Map<FindingCode, FindingCode[]> {
  const explained = new Map<FindingCode, FindingCode>();
  const limits = LIMITS.filter((code) => held.has(code));
  const [top] = limits;
  const buildsUp = top !== undefined && top !== "engine_hung" && !isRoot(top);
  if (first !== undefined && limits.includes(first) && buildsUp) {
    limits.splice(limits.indexOf(first), 1);
    limits.unshift(first);
  }
  for (const code of limits.slice(1)) explained.set(code, limits[0]!);
  for (const code of held) {
    if (explained.has(code)) continue;
    for (const effect of EXPLAINS[code] ?? []) if (held.has(effect)) explained.set(effect, code);
  }
  const causes = new Map<FindingCode, FindingCode[]>();
  for (const code of held) if (!explained.has(code)) causes.set(code, []);
  for (const [effect, cause] of explained) (causes.get(cause) ?? causes.get(limits[0]!))?.push(effect);
  return causes;
}
