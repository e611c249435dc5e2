/**
 * Identity of label sets.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";

/** A text that two label sets share exactly when they hold the same names and values, in whatever order. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}

/** Whether two label sets hold the same names and values, in whatever order. */
export function sameLabels(one: Labels, other: Labels): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** The labels without some names. */
export function withoutLabels(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
}

/** Only the named labels; one that is missing stays out, as Prometheus' `by` has it. */
export function onlyLabels(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
    if (value !== undefined && value !== "") kept[name] = value;
  }
  return kept;
}

/** The bound that a bucket's `le` label spells, NaN where it spells none. */
export function boundOf(le: string | undefined): number {
  if (le === undefined || le.trim() !== le || le === "") return NaN;
  if (le === "+Inf" || le === "Inf") return Infinity;
  if (le === "-Inf") return -Infinity;
  return /^[-+\d.eE]+$/.test(le) ? Number(le) : NaN;
}
