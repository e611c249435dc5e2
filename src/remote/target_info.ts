/**
 * Facts of a target as a series, so that they survive on a server that keeps only series.
 *
 * @module
 */
import type { Labels, MetricMeta } from "../parser/types.ts";
import type { TargetFacts } from "../series/types.ts";

type Kind = NonNullable<TargetFacts["kind"]>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const KINDS: readonly Kind[] = [
  "vllm",
  "sglang",
  "tgi",
  "triton",
  "tensorrt_llm",
  "llama_cpp",
  "dynamo",
  "host",
  "gpu",
  "workload",
  "other",
];

/** The label of each fact that is a number. */
const NUMBERS = [
  ["intervalSeconds", "interval_seconds"],
  ["maxModelLength", "max_model_length"],
  ["maxNumSequences", "max_num_sequences"],
] as const;

/**
 * `lab_target_info{simulated, kind, version, address, …} 1`: what a server's own series do not tell, above all whether it was a
 * simulated one. What is unknown has no label. Addresses are those of facts, which hold no credentials.
 */
export const TARGET_INFO = {
  name: "lab_target_info",
  meta: {
    name: "lab_target_info",
    type: "gauge",
    help: "What the lab knows of a target, as labels",
  } satisfies MetricMeta,
  labelsOf(facts: TargetFacts): Labels {
    const labels: Record<string, string> = { simulated: String(facts.simulated) };
    for (const key of ["kind", "version", "address"] as const) {
      const value = facts[key];
      if (value !== undefined) labels[key] = value;
    }
    for (const [key, label] of NUMBERS) if (facts[key] !== undefined) labels[label] = String(facts[key]);
    return labels;
  },
  /** The facts that labels tell; what they do not tell, or not in this form, is absent. */
  factsOf(labels: Labels): Partial<TargetFacts> {
    const facts: Partial<Mutable<TargetFacts>> = { simulated: labels.simulated === "true" };
    const kind = KINDS.find((known) => known === labels.kind);
    if (kind !== undefined) facts.kind = kind;
    if (labels.version !== undefined) facts.version = labels.version.slice(0, 200);
    if (labels.address !== undefined) facts.address = labels.address.slice(0, 200);
    for (const [key, label] of NUMBERS) {
      const value = Number(labels[label] ?? NaN);
      if (value > 0 && Number.isFinite(value)) facts[key] = value;
    }
    return facts;
  },
};
