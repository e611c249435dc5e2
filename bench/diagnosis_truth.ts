/**
 * What incidents really are, which findings name them, and from what effect on they count as incidents.
 *
 * @module
 */
import type { FindingCode } from "../src/analyzer/findings.ts";
import { WORLD_START, type WorldPlan } from "./diagnosis_plan.ts";
import type { RequestRecord } from "../src/series/types.ts";

/** The number that users feel of a cause, of ordinary requests that were due while it lasted. */
type Felt = "ttft" | "itl" | "itl_p99";

/** What an incident really is. */
interface Cause {
  /** Findings that name it. The first is the exact one. */
  readonly names: readonly FindingCode[];
  /** A finding without which it is told in part only. */
  readonly alsoNeeded?: FindingCode;
  /** Read from the server's own words; the others are inferred. */
  readonly direct?: true;
  /** By what it may be too mild to matter. The others are faults however few they hit. */
  readonly felt?: readonly Felt[];
  /** It goes on while a late witness looks; of a restart that one would see nothing. */
  readonly lasts?: true;
  /** Whose figures alone show it; absent: the server's own do. */
  readonly shownBy?: "clients" | "gpu" | "another engine" | "the life before";
}

/** Every cause with all that the evaluations say of it: the one list of them, in the order of their seeds. */
const CAUSES = {
  overload: { names: ["overload"], direct: true, felt: ["ttft"], lasts: true },
  sequence_limit: { names: ["sequence_limit"], direct: true, felt: ["ttft"], lasts: true },
  kv: { names: ["kv_bound", "preemption_thrash"], direct: true, felt: ["ttft", "itl"], lasts: true },
  prefill: { names: ["prefill_bound"], felt: ["ttft", "itl"], lasts: true },
  long_prompts: { names: ["long_prompts"], felt: ["itl_p99", "ttft"], lasts: true },
  cold_cache: { names: ["prefix_cache_cold"], direct: true, felt: ["ttft", "itl"], lasts: true },
  front_end: { names: ["front_end_bound"], direct: true, felt: ["ttft"], lasts: true },
  network: { names: ["client_sees_more"], felt: ["ttft"], lasts: true, shownBy: "clients" },
  aborts: { names: ["hidden_aborts"], direct: true },
  restart: { names: ["server_restarted"], direct: true },
  fewer_blocks: {
    names: ["server_restarted", "kv_cache_shrunk"],
    alsoNeeded: "kv_cache_shrunk",
    direct: true,
    shownBy: "the life before",
  },
  hang: { names: ["engine_hung"], direct: true, lasts: true },
  one_engine_hung: { names: ["engine_hung"], direct: true, shownBy: "another engine" },
  throttle: { names: ["gpu_throttled"], felt: ["itl", "ttft"], lasts: true },
  memory_taken: { names: ["gpu_memory_taken"], direct: true, shownBy: "gpu" },
  cpu_neighbour: { names: ["engine_slow"], felt: ["itl", "ttft"], lasts: true },
  rejections: { names: ["requests_rejected"], direct: true, lasts: true },
} as const satisfies Record<string, Cause>;

/** A cause by its name. */
export type Truth = keyof typeof CAUSES;

/** All of them, in order. */
export const TRUTHS = Object.keys(CAUSES) as readonly Truth[];

/** What the evaluations say of a cause. */
export function causeOf(truth: Truth): Cause {
  return CAUSES[truth];
}

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
  const { felt } = causeOf(truth);
  if (felt === undefined) return true;
  return felt.some((name) => number(name, rows.with, plan) >= FLOOR * number(name, rows.without, plan));
}

/** Whether the truth needs the world without the incident for {@link isFelt}. */
export function mayBeMild(truth: Truth): boolean {
  return causeOf(truth).felt !== undefined;
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
