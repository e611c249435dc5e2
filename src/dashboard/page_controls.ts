/**
 * What the live page and the interactive file have above their panels: which part of the time is shown, and the keys.
 *
 * @module
 */
import { escapeHtml } from "../base/escape.ts";
import type { ChartsText } from "../text/charts.ts";
import type { Language } from "../text/language.ts";
import { pageCompareText } from "../text/page_compare.ts";
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

/** What is shown becomes A or B; which times are kept stands behind. */
export function compareControls(language: Language): string {
  const { keepA, keepB, end, hint } = pageCompareText(language);
  const button = (id: string, text: string, rest = "") =>
    `<button id="${id}" type="button"${rest}>${escapeHtml(text)}</button>`;
  return `<div class="places">${
    button("compare-a", keepA, ` title="${escapeHtml(hint)}" aria-keyshortcuts="a"`)
  }` +
    `${button("compare-b", keepB, ` title="${escapeHtml(hint)}" aria-keyshortcuts="b"`)}` +
    `<span id="compare-status" role="status" data-hint="${escapeHtml(hint)}"></span>` +
    `${button("compare-end", end, " hidden")}</div>`;
}

/** Where the figures of both times come; on a narrow page it scrolls, by keys too. */
export function comparePlace(language: Language): string {
  const { title, failed } = pageCompareText(language);
  return `<section id="compare" role="region" tabindex="0" aria-label="${escapeHtml(title)}" data-failed="${
    escapeHtml(failed)
  }" hidden></section>
`;
}
