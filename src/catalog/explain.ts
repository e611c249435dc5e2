/**
 * Why a quantity was found or not.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { MetricMeta } from "../parser/types.ts";
import type { Candidate, Quantity, ServerName } from "./entry.ts";
import { NameIndex } from "./names.ts";
import { isQuantityName, QUANTITIES } from "./quantities.ts";
import { engineOf, resolveIn, type ResolveOptions } from "./resolve.ts";
import { serversOf } from "./servers.ts";
import type { QuantityExplanation } from "./types.ts";
import { compareVersions, showHiddenOption } from "./version.ts";

/** What is known of the server while its missing names are explained. */
interface Evidence {
  readonly servers: ReadonlySet<ServerName>;
  readonly engine: "v0" | "v1" | undefined;
  /** The version, or what the names that are there tell of it. */
  readonly atLeast: string | undefined;
  readonly atMost: string | undefined;
  readonly version: string | undefined;
}

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
 * import { explainQuantity } from "./explain.ts";
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
    absent: causeOf(entry, quantity, evidenceOf(index, options)),
    tried,
    ...(derivation === undefined ? {} : { derivation }),
  };
}

function causeOf(entry: Quantity, quantity: string, evidence: Evidence): Cause {
  const causes = entry.candidates
    .filter((candidate) => evidence.servers.has(candidate.server) || candidate.server === "process")
    .map((candidate) => candidateCause(candidate, evidence))
    .filter((cause) => cause !== undefined);
  for (const code of RANK) {
    const cause = causes.find((each) => each.code === code);
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

/** Whether both are known and the first is older. */
function isBefore(version: string | undefined, other: string | undefined): boolean {
  return version !== undefined && other !== undefined && compareVersions(version, other) < 0;
}

function evidenceOf(index: NameIndex, options: ResolveOptions): Evidence {
  const servers = serversOf(index);
  const engine = engineOf(index);
  if (options.version !== undefined) {
    const { version } = options;
    return { servers, engine, version, atLeast: version, atMost: version };
  }
  return { servers, engine, version: undefined, ...versionBounds(index) };
}

/** What vLLM's names say of its version: no older than the newest of them, no newer than the last that had the oldest. */
export function versionBounds(index: NameIndex): { atLeast: string | undefined; atMost: string | undefined } {
  let atLeast: string | undefined;
  let atMost: string | undefined;
  for (const { candidates } of Object.values(QUANTITIES)) {
    for (const candidate of candidates) {
      if (candidate.server !== "vllm" || index.find(candidate.name) === undefined) continue;
      const last = candidate.hiddenUntil ?? candidate.until;
      if (candidate.since !== undefined && !isBefore(candidate.since, atLeast)) atLeast = candidate.since;
      if (last !== undefined && !isBefore(atMost, last)) atMost = last;
    }
  }
  return { atLeast, atMost };
}
