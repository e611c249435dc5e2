/**
 * What each incident of the simulated server is, what a person should notice, and what it must not be mistaken for.
 *
 * @module
 */
import type { IncidentName } from "../simulator/engine/incidents.ts";
import { INCIDENTS_EN } from "./incidents_en.ts";
import { INCIDENTS_ZH_TW } from "./incidents_zh_tw.ts";
import type { Language } from "./language.ts";

/** The words for one incident. */
export interface IncidentWords {
  readonly title: string;
  /** What happens to the server. */
  readonly cause: string;
  /** What moves, and how fast. */
  readonly notice: string;
  /** What tells it from its look-alikes. */
  readonly tell: string;
}

/** The words for all of them in one language. */
export type IncidentTexts = Readonly<Record<IncidentName, IncidentWords>>;

const BY_LANGUAGE: Readonly<Record<Language, IncidentTexts>> = { en: INCIDENTS_EN, "zh-TW": INCIDENTS_ZH_TW };

/** The words in a language. */
export function incidentTexts(language: Language): IncidentTexts {
  return BY_LANGUAGE[language];
}
