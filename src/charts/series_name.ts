/**
 * What tells a series from others of its name.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";
import type { ChartsText } from "../text/charts.ts";

/**
 * The labels by which a series differs from the others, in words: `engine 1`, `GPU 0`; nothing where it is alone. A GPU is told
 * by its number, not by its UUID and product name too.
 *
 * @param among all series of that name, this one included
 */
export function tellingLabels(labels: Labels, among: readonly Labels[], text: ChartsText): string[] {
  return Object.entries(labels).flatMap(([label, value]) => {
    if (labels.gpu !== undefined && (label === "uuid" || label === "name")) return [];
    if (value === "" || !among.some((other) => other[label] !== value)) return [];
    if (label === "gpu") return [text.gpuName(value)];
    return [label === "engine" ? text.engine(value) : value];
  });
}
