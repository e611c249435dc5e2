/**
 * What stands out among the metrics of a server: deprecated ones, and ones that the catalog does not know.
 *
 * @module
 */
import { checkArgument } from "../base/arguments.ts";
import { METAS } from "./arguments.ts";
import type { MetricMeta } from "../parser/types.ts";
import { nameKey } from "./names.ts";
import { VLLM_FAMILIES, VLLM_PREFIXES } from "./vllm_names.ts";

/** A metric that its own HELP calls deprecated. */
export interface DeprecatedMetric {
  /** As the server shows it. */
  readonly name: string;
  /** What the HELP says from the word on; whatever the server sent, so escape it. */
  readonly advice: string;
}

const KNOWN: ReadonlySet<string> = new Set(VLLM_FAMILIES.map((name) => `vllm_${name}`));
const PARTS = /_(?:created|total|bucket|sum|count)$/;

/** Metrics whose HELP contains the word DEPRECATED, as vLLM writes it; their `_created` twins are left out. */
export function findDeprecated(known: Iterable<MetricMeta>): DeprecatedMetric[] {
  checkArgument("findDeprecated(await source.describe())", { known }, METAS);
  const found: DeprecatedMetric[] = [];
  for (const { name, help } of known) {
    const at = help.indexOf("DEPRECATED");
    if (at >= 0 && !name.endsWith("_created")) found.push({ name, advice: help.slice(at) });
  }
  return found;
}

/**
 * The `vllm:` families that the catalog has never heard of: most likely this vLLM is newer than the catalog. They are
 * read, stored and exported like any other; only no chart asks for them by quantity.
 */
export function findUnknownVllm(known: Iterable<MetricMeta>): string[] {
  checkArgument("findUnknownVllm(await source.describe())", { known }, METAS);
  const unknown: string[] = [];
  for (const { name } of known) {
    const key = nameKey(name);
    if (key.startsWith("vllm_") && !isKnown(key)) unknown.push(name);
  }
  return unknown;
}

function isKnown(key: string): boolean {
  if (KNOWN.has(key)) return true;
  const own = key.slice("vllm_".length);
  if (VLLM_PREFIXES.some((prefix) => own.startsWith(prefix))) return true;
  // A counter shows `_total`, its birth `_created`; a single series of a histogram its part.
  return PARTS.test(key) && isKnown(key.replace(PARTS, ""));
}
