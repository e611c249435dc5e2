/**
 * What incidents really are, which findings name them, and from what effect on they count as incidents.
 *
 * @module
 */
import type { FindingCode } from "../src/analyzer/findings.ts";
import { WORLD_START, type WorldPlan } from "./diagnosis_plan.ts";
import type { RequestRecord } from "../src/series/types.ts";

/** What an incident really is, by its cause. */
export const TRUTHS = [
  "overload",
  "sequence_limit",
  "kv",
  "prefill",
  "long_prompts",
  "cold_cache",
  "front_end",
  "network",
  "aborts",
  "restart",
  "fewer_blocks",
  "hang",
  "one_engine_hung",
  "throttle",
  "memory_taken",
  "cpu_neighbour",
  "rejections",
] as const;

/** One of {@link TRUTHS}. */
export type Truth = typeof TRUTHS[number];

/** Findings that name each cause. The first is the exact one. */
export const NAMES_OF: Readonly<Record<Truth, readonly FindingCode[]>> = {
  overload: ["overload"],
  sequence_limit: ["sequence_limit"],
  kv: ["kv_bound", "preemption_thrash"],
  prefill: ["prefill_bound"],
  long_prompts: ["long_prompts"],
  cold_cache: ["prefix_cache_cold"],
  front_end: ["front_end_bound"],
  network: ["client_sees_more"],
  aborts: ["hidden_aborts"],
  restart: ["server_restarted"],
  fewer_blocks: ["server_restarted", "kv_cache_shrunk"],
  hang: ["engine_hung"],
  one_engine_hung: ["engine_hung"],
  throttle: ["gpu_throttled"],
  memory_taken: ["gpu_memory_taken"],
  cpu_neighbour: ["engine_slow"],
  rejections: ["requests_rejected"],
};

/** Findings without which a cause is told in part only. */
export const ALSO_NEEDED: Partial<Record<Truth, FindingCode>> = { fewer_blocks: "kv_cache_shrunk" };

/** Read from the server's own words; the others are inferred. */
export const DIRECT: ReadonlySet<Truth> = new Set([
  "sequence_limit",
  "kv",
  "cold_cache",
  "front_end",
  "aborts",
  "restart",
  "fewer_blocks",
  "hang",
  "one_engine_hung",
  "memory_taken",
  "rejections",
  "overload",
]);

/** The number that users feel of a cause, of ordinary requests that were due while it lasted. */
type Felt = "ttft" | "itl" | "itl_p99";

/** Causes that may be too mild to matter. The others are faults however few they hit. */
const FELT: Partial<Record<Truth, readonly Felt[]>> = {
  overload: ["ttft"],
  sequence_limit: ["ttft"],
  kv: ["ttft", "itl"],
  prefill: ["ttft", "itl"],
  long_prompts: ["itl_p99", "ttft"],
  cold_cache: ["ttft", "itl"],
  front_end: ["ttft"],
  network: ["ttft"],
  throttle: ["itl", "ttft"],
  cpu_neighbour: ["itl", "ttft"],
};

/** Below a fifth more nobody would call it a fault. */
const FLOOR = 1.2;

/** Requests longer than this are the incident and not its victims. */
const ORDINARY_TOKENS = 5000;

/**
 * Whether an incident moved the number that it is about by a fifth at least, against the same world without it. Both worlds
 * are known in full, whatever the witness sees.
 */
export function isFelt(
  truth: Truth,
  plan: WorldPlan,
  rows: { readonly with: readonly RequestRecord[]; readonly without: readonly RequestRecord[] },
): boolean {
  const felt = FELT[truth];
  if (felt === undefined) return true;
  return felt.some((name) => number(name, rows.with, plan) >= FLOOR * number(name, rows.without, plan));
}

/** Whether the truth needs the world without the incident for {@link isFelt}. */
export function mayBeMild(truth: Truth): boolean {
  return FELT[truth] !== undefined;
}

function number(name: Felt, rows: readonly RequestRecord[], plan: WorldPlan): number {
  const { startSeconds, endSeconds } = plan.incident!;
  const ordinary = plan.workload.promptTokens + (plan.incident!.change.extraPromptTokens ?? 0);
  const due = rows.filter(({ dueSeconds, chunkTimesSeconds, promptTokens = 0 }) =>
    dueSeconds >= WORLD_START + startSeconds && dueSeconds < WORLD_START + endSeconds &&
    chunkTimesSeconds.length > 1 && promptTokens < Math.max(ORDINARY_TOKENS, ordinary + 1)
  );
  const values = due.flatMap(({ chunkTimesSeconds, sentSeconds }) =>
    name === "ttft"
      ? [chunkTimesSeconds[0]! - sentSeconds!]
      : Array.from(chunkTimesSeconds.subarray(1), (time, i) => time - chunkTimesSeconds[i]!)
  );
  // Nobody was served at all: that is felt.
  if (values.length === 0) return Infinity;
  if (name !== "itl_p99") return values.reduce((sum, value) => sum + value, 0) / values.length;
  values.sort((a, b) => a - b);
  return values[Math.floor(0.99 * values.length)]!;
}
