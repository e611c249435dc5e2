/**
 * Why a quantity was found or not.
 *
 * @module
 */
import { ANY_TEXT, checkArgument } from "../base/arguments.ts";
import { checkResolve } from "./arguments.ts";
import type { Cause } from "../base/cause.ts";
import type { MetricMeta } from "../parser/types.ts";
import type { Candidate, Quantity } from "./entry.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";
import { NameIndex } from "./names.ts";
import { isQuantityName, QUANTITIES } from "./quantities.ts";
import { resolveIn, type ResolveOptions } from "./resolve.ts";
import type { QuantityExplanation } from "./types.ts";
import { isBefore, showHiddenOption } from "./version.ts";

/** The order in which causes are told: first what the reader can do something about. */
const RANK = [
  "quantity_hidden_in_version",
  "quantity_needs_option",
  "quantity_added_later",
  "quantity_removed",
  "quantity_not_exposed",
] as const;

/**
 * Says which name gives a quantity on this server, or why there is none and which option or version would give it.
 * Without a version, the names that are there bound it. `tried` lists the catalog's names in lookup order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { explainQuantity } from "#lab";
 * const families = [{ name: "vllm:num_requests_running", type: "gauge", help: "" }] as const;
 * const explanation = explainQuantity("prompt_tokens_by_source", families, { version: "0.11.2" });
 * assert.ok("absent" in explanation);
 * assert.equal(explanation.absent.code, "quantity_added_later");
 * ```
 */
export function explainQuantity(
  quantity: string,
  families: Iterable<MetricMeta>,
  options: ResolveOptions = {},
): QuantityExplanation {
  const call = 'explainQuantity("ttft", await source.describe())';
  checkArgument(call, { quantity }, ANY_TEXT);
  checkResolve(call, families, options);
  if (!isQuantityName(quantity)) {
    return { absent: { code: "quantity_unknown", params: { quantity } }, tried: [] };
  }
  const entry = QUANTITIES[quantity];
  const index = new NameIndex(families);
  const tried = entry.candidates.map((candidate) => candidate.name);
  const found = resolveIn(index, quantity, options);
  if (found !== undefined) return { found, tried };
  const derivation = entry.derivations?.find(({ names }) =>
    names.every((name) => index.find(name) !== undefined)
  );
  return {
    absent: causeOf(entry, quantity, evidenceOf(index, options.version)),
    tried,
    ...(derivation === undefined ? {} : { derivation }),
  };
}

function causeOf(entry: Quantity, quantity: string, evidence: Evidence): Cause {
  const causes = entry.candidates
    .filter((candidate) => evidence.servers.has(candidate.server) || candidate.server === "process")
    .map((candidate) => candidateCause(candidate, evidence));
  for (const code of RANK) {
    const cause = causes.find((each) => each?.code === code);
    // That an old name went is no reason where this version should have a newer one.
    if (code === "quantity_removed" && causes.includes(undefined)) continue;
    if (cause !== undefined) return cause;
  }
  return { code: "quantity_not_exposed", params: { quantity } };
}

function candidateCause(candidate: Candidate, evidence: Evidence): Cause | undefined {
  const { name } = candidate;
  const version: { version?: string } = evidence.version === undefined ? {} : { version: evidence.version };
  if (isBefore(evidence.atMost, candidate.since)) {
    return { code: "quantity_added_later", params: { name, since: candidate.since ?? "", ...version } };
  }
  if (isBefore(candidate.until, evidence.atLeast)) {
    const last = candidate.hiddenUntil ?? candidate.until;
    if (isBefore(last, evidence.atLeast)) {
      return { code: "quantity_removed", params: { name, lastSeenIn: last ?? "", ...version } };
    }
    // The version may still be one that shows it when asked.
    const option = showHiddenOption(evidence.version ?? evidence.atLeast ?? last ?? "");
    return { code: "quantity_hidden_in_version", params: { name, option, ...version } };
  }
  if (candidate.engine === "v1" && evidence.engine === "v0") {
    return { code: "quantity_needs_option", params: { name, option: "VLLM_USE_V1=1" } };
  }
  if (candidate.option !== undefined) {
    return { code: "quantity_needs_option", params: { name, option: candidate.option } };
  }
  return undefined;
}
