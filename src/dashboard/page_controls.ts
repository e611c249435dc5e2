/**
 * What the live page and the interactive file have above their panels: which part of the time is shown, and the keys.
 *
 * @module
 */
import { escapeHtml } from "../base/escape.ts";
import type { ChartsText } from "../text/charts.ts";
import type { Language } from "../text/language.ts";
import { pageKeysText } from "../text/page_keys.ts";

/** The hint, the part of the time with the way back to the whole, keys that can be pressed, and the key of numbered events. */
export function pageControls(text: ChartsText, language: Language): string {
  const { hint, whole } = text.interactive;
  const { title, keys } = pageKeysText(language);
  const rows = keys.map(([key, does]) => `<dt>${escapeHtml(key)}</dt><dd>${escapeHtml(does)}</dd>`);
  return `<div class="places"><span>${escapeHtml(hint)}</span><span id="range" role="status"></span>` +
    `<button id="whole" type="button" hidden>${escapeHtml(whole)}</button>` +
    `<details class="help"><summary>${escapeHtml(title)}</summary><dl>${rows.join("")}</dl></details></div>` +
    `<p id="key" class="key"></p>`;
}
