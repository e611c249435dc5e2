/**
 * Finds quantities among the metrics of a server.
 *
 * @module
 */
import { checkResolve } from "./arguments.ts";
import type { MetricMeta } from "../parser/types.ts";
import type { Bias, Candidate, Derivation } from "./entry.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";
import { type KnownName, NameIndex } from "./names.ts";
import { QUANTITIES, quantityOf } from "./quantities.ts";
import type { QuantityName, ResolvedQuantity } from "./types.ts";
import { isBefore } from "./version.ts";

/** What else is known of the server. */
export interface ResolveOptions {
  /** Its version, as `/version` says; only biases of that version are told then. */
  readonly version?: string;
}

/**
 * The name under which this server shows a quantity, with unit, label meaning and known biases; undefined when it
 * shows none (see `explainQuantity` for why). The first present candidate wins, and two spellings of one quantity
 * (vLLM 0.9 and 0.10 show two) are never added.
 *
 * @param known families, or single series with their types
 * @throws RangeError when the lab knows no such quantity
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { resolveQuantity } from "#lab";
 * const known = [{ name: "vllm:gpu_cache_usage_perc", type: "gauge", help: "" }] as const;
 * assert.equal(resolveQuantity(known, "kv_cache_usage")?.name, "vllm:gpu_cache_usage_perc");
 * assert.equal(resolveQuantity(known, "ttft"), undefined);
 * ```
 */
export function resolveQuantity(
  known: Iterable<MetricMeta>,
  quantity: QuantityName,
  options: ResolveOptions = {},
): ResolvedQuantity | undefined {
  checkResolve('resolveQuantity(await source.describe(), "ttft")', known, options);
  return resolveIn(new NameIndex(known), quantity, options);
}

/** As {@link resolveQuantity}, for many quantities of one server. */
export function resolveIn(
  index: NameIndex,
  quantity: QuantityName,
  options: ResolveOptions = {},
): ResolvedQuantity | undefined {
  for (const candidate of quantityOf(quantity).candidates) {
    const found = index.find(candidate.name);
    if (found !== undefined) return resolved(quantity, candidate, found, evidenceOf(index, options.version));
  }
  return undefined;
}

/**
 * Every name under which a server showed a quantity, the one that {@link resolveQuantity} takes first: what was upgraded (or
 * replaced by another server) under one address showed it under one name, then under another.
 */
export function resolveAll(known: Iterable<MetricMeta>, quantity: QuantityName): ResolvedQuantity[] {
  const index = new NameIndex(known);
  const evidence = evidenceOf(index, undefined);
  return quantityOf(quantity).candidates.flatMap((candidate) => {
    const found = index.find(candidate.name);
    return found === undefined ? [] : [resolved(quantity, candidate, found, evidence)];
  });
}

/** The ways to work a quantity out of what this server shows (or showed), where no name gives it; the first is to be taken. */
export function derivationsOf(known: Iterable<MetricMeta>, quantity: QuantityName): Derivation[] {
  const { derivations = [] } = quantityOf(quantity);
  if (derivations.length === 0) return [];
  const index = new NameIndex(known);
  return derivations.filter(({ names }) => names.every((name) => index.find(name) !== undefined));
}

function resolved(
  quantity: QuantityName,
  candidate: Candidate,
  found: KnownName,
  evidence: Evidence,
): ResolvedQuantity {
  const entry = QUANTITIES[quantity];
  const biases = (candidate.biases ?? []).filter((bias) => applies(bias, evidence));
  return {
    quantity,
    name: found.name,
    type: candidate.type ?? entry.type,
    unit: entry.unit,
    unitFactor: candidate.unitFactor ?? 1,
    ...(candidate.labels === undefined ? {} : { labelFilter: candidate.labels }),
    biases: biases.map((bias) => bias.code),
  };
}

/** What cannot be ruled out is told. */
function applies(bias: Bias, { engine, atLeast, atMost }: Evidence): boolean {
  if (bias.engine !== undefined && engine !== undefined && bias.engine !== engine) return false;
  if (isBefore(atMost, bias.since)) return false;
  return bias.goneIn === undefined
    ? !isBefore(bias.until, atLeast)
    : atLeast === undefined || isBefore(atLeast, bias.goneIn);
}
