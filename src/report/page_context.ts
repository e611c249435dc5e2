/**
 * What all parts of a report share: its language, its day, and the labels that say nothing because all series have them.
 *
 * @module
 */
import { formatInstant } from "../base/format.ts";
import type { Labels } from "../parser/types.ts";
import type { TimeSpan } from "../series/types.ts";
import type { Language } from "../text/language.ts";

/** Shared by the blocks of one page. */
export interface PageContext {
  /** Of the words. */
  readonly language: Language;
  /** The UTC day on which the whole span lies, `2026-11-24`; "" when there are several. */
  readonly day: string;
}

/** The context of a report over a span. */
export function pageContext(span: TimeSpan | undefined, language: Language): PageContext {
  const [start, end] = span === undefined
    ? ["", ""]
    : [span.startSeconds, span.endSeconds].map((seconds) => formatInstant(seconds).slice(0, 10));
  return { language, day: start === end && start !== undefined ? start : "" };
}

/** An instant of the span: where the page has one day only, without it, `20:24:48Z`. */
export function instantText(timeSeconds: number, { day }: PageContext): string {
  const whole = formatInstant(timeSeconds);
  return day !== "" && whole.startsWith(`${day}T`) ? whole.slice(day.length + 1) : whole;
}

/**
 * Labels in words, `finished_reason=stop`, without those that every series has with the same value; a GPU keeps its number
 * only.
 *
 * @param all the labels of every series in the table; those without any are left out of the comparison
 */
export function labelsText(labels: Labels, all: readonly Labels[]): string {
  return textOf(tellingLabels(labels, all));
}

/** The same without the target, for what holds of several. */
export function labelsTextWithoutTarget(labels: Labels, all: readonly Labels[]): string {
  return textOf(tellingLabels(labels, all).filter(([name]) => name !== "target"));
}

function textOf(labels: readonly (readonly [string, string])[]): string {
  return labels.map(([name, value]) => `${name}=${value}`).join(", ");
}

function tellingLabels(labels: Labels, all: readonly Labels[]): [string, string][] {
  const others = all.filter((one) => Object.keys(one).length > 0 && isGpu(one) === isGpu(labels));
  return Object.entries(labels).filter(([name, value]) => {
    if (name === "gpu") return true;
    if (isGpu(labels) && (name === "uuid" || name === "name")) return false;
    if (name !== "target" && isToldByTarget(name, labels, others)) return false;
    return others.some((one) => one[name] !== undefined && one[name] !== value);
  });
}

/**
 * Whether a label says no more than the target beside it: its address, its pod, its namespace, which whoever reads it puts on all of
 * its series. Where no target has several series, nothing tells such a label from one that the series are told apart by.
 */
function isToldByTarget(name: string, labels: Labels, all: readonly Labels[]): boolean {
  const { target } = labels;
  if (target === undefined || !all.some((one) => one.target !== undefined && one.target !== target)) {
    return false;
  }
  if (labels[name] === target) return true;
  const byTarget = Map.groupBy(all, (one) => one.target);
  return [...byTarget.values()].some(({ length }) => length > 1) &&
    [...byTarget.values()].every((own) => own.every((one) => one[name] === own[0]![name]));
}

function isGpu(labels: Labels): boolean {
  return labels["gpu"] !== undefined;
}
