/**
 * Every rule that is judged window by window, and which cause explains which effect.
 *
 * @module
 */
import type { FindingCode } from "../findings.ts";
import { kvBound, overload, preemptionThrash, sequenceLimit, waitingUnexplained } from "./capacity.ts";
import { clientSaturated, clientSeesMore } from "./client.ts";
import type { Rule } from "./rule.ts";
import { engineHung, enginesUnbalanced, hiddenAborts, requestsFailing, requestsRejected } from "./service.ts";
import {
  engineSlow,
  frontEndBound,
  gpuThrottled,
  longPrompts,
  prefixCacheCold,
  speculationNotPaying,
} from "./speed.ts";

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
  prefixCacheCold,
  gpuThrottled,
  engineSlow,
  longPrompts,
  frontEndBound,
  clientSaturated,
  clientSeesMore,
  enginesUnbalanced,
  speculationNotPaying,
  waitingUnexplained,
];

/**
 * What limits an engine, strongest claim first: at most one of them is the cause in a window, the others that hold follow
 * from it. A cold cache and full memory look like overload; a hung engine looks like all of them. Slow steps do not make
 * more requests arrive: where they do arrive, overload goes first.
 */
const LIMITS: readonly FindingCode[] = [
  "engine_hung",
  "prefix_cache_cold",
  "kv_bound",
  "preemption_thrash",
  "gpu_throttled",
  "sequence_limit",
  "long_prompts",
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

/** The codes that are causes in this window, each with those that follow from it. */
export function resolveCauses(held: ReadonlySet<FindingCode>): Map<FindingCode, FindingCode[]> {
  const explained = new Map<FindingCode, FindingCode>();
  const limits = LIMITS.filter((code) => held.has(code));
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
