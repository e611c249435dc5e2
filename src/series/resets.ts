/**
 * Tells when a target's counters began anew: a value fell, a `_created` time or the process start changed.
 *
 * @module
 */
import type { SeriesDefinition } from "./types.ts";
import { labelsKey, withoutLabels } from "./labels.ts";

/** What a series means for resets. */
export type ResetRole = "counter" | "created" | "process_start" | "none";

/** Sample names whose value never falls while their process lives. A `_sum` may: observations can be negative. */
export function resetRole(definition: Pick<SeriesDefinition, "name" | "type">): ResetRole {
  const { name, type } = definition;
  if (name === "process_start_time_seconds") return "process_start";
  if (name.endsWith("_created")) return "created";
  if (type === "counter") return "counter";
  if (type === "histogram" && (name.endsWith("_bucket") || name.endsWith("_count"))) return "counter";
  if (type === "summary" && name.endsWith("_count")) return "counter";
  return (type === "untyped" || type === "unknown") && name.endsWith("_total") ? "counter" : "none";
}

/** True where {@link createdKey} of the series may name a `_created` series: it counts up from 0. */
export function isAccumulating(definition: Pick<SeriesDefinition, "name" | "type">): boolean {
  const { name, type } = definition;
  return resetRole(definition) === "counter" ||
    ((type === "histogram" || type === "summary") && name.endsWith("_sum"));
}

/**
 * What a counter and the series with its creation time have in common: the family's name and the labels but `le`
 * (`x_bucket{le}`, `x_sum`, `x_count`, `x_total` and `x_created`).
 */
export function createdKey(definition: Pick<SeriesDefinition, "name" | "labels">): string {
  const family = definition.name.replace(/_(?:bucket|sum|count|total|created)$/, "");
  return family + labelsKey(withoutLabels(definition.labels, ["le"]));
}
