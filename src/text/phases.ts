/**
 * Names of the loads that the lab makes itself; a profile's own names stay as they are.
 *
 * @module
 */
import type { Language } from "./language.ts";

const NAMES: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {},
  "zh-TW": { concurrent: "並行", steady: "穩定" },
};

/** A phase as a mark in a chart names it. */
export function phaseName(phase: string, language: Language): string {
  const names = NAMES[language];
  return Object.hasOwn(names, phase) ? names[phase]! : phase;
}
