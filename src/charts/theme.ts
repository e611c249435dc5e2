/**
 * Colours and fonts of every picture. Attributes hold the light values; a dark page swaps them by attribute selector,
 * the one way that works in JupyterLab's `<img>`, in a web page and in resvg (which ignores the rule and stays light).
 *
 * Contrast: text at least 5.6:1, series at least 3.1:1 on their card; smallest ΔE00 between two series 12.4 over normal
 * sight and the three colour-blind simulations.
 *
 * @module
 */

/** Which colours a picture has: `auto` follows the page it stands in. */
export type Theme = "auto" | "light" | "dark";

/** Named colours of the light theme. No two names share a value, since the dark rules go by value. */
export const COLOR = {
  background: "#ffffff",
  card: "#f6f8fa",
  text: "#1f2328",
  muted: "#59636e",
  grid: "#d8dee4",
  bad: "#b91c1c",
  warn: "#8a5a00",
  /** Text on a strong cell of a heat map. */
  onStrong: "#fdfdfe",
  /** Text on a weak cell of a heat map. */
  onWeak: "#1e2227",
} as const;

/** Lines and marks, in order of use. */
export const SERIES = ["#0072b2", "#d55e00", "#009e73", "#b4799b", "#9975ff", "#562606"] as const;

/** Amounts from little to much (a light-to-dark blue), without zero, which is the card itself. */
export const HEAT = ["#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#2166a8", "#084594"] as const;

/** From -1 to 1: purple, neutral, orange. The ends differ in hue and not only in lightness. */
export const SIGNED = [
  "#5e3c99",
  "#8073ac",
  "#b2abd2",
  "#e2e0ee",
  "#f3f3f2",
  "#fde3c0",
  "#fdb863",
  "#b8620a",
  "#8a4204",
] as const;

const DARK: Record<string, string> = {
  [COLOR.background]: "#0d1117",
  [COLOR.card]: "#161b22",
  [COLOR.text]: "#e6edf3",
  [COLOR.muted]: "#9aa4af",
  [COLOR.grid]: "#2f3742",
  [COLOR.bad]: "#ff7b72",
  [COLOR.warn]: "#e3b341",
  [COLOR.onStrong]: "#0e1218",
  [COLOR.onWeak]: "#e7eef4",
  "#0072b2": "#6cb6ff",
  "#d55e00": "#ff8a4c",
  "#009e73": "#0fa37f",
  "#b4799b": "#ffc1e3",
  "#9975ff": "#7a78f0",
  "#562606": "#965a78",
  // Much is bright on a dark page.
  "#deebf7": "#12273f",
  "#c6dbef": "#143558",
  "#9ecae1": "#184a7d",
  "#6baed6": "#1f65aa",
  "#3182bd": "#5a9fdc",
  "#2166a8": "#8fc3f0",
  "#084594": "#cbe4fb",
  "#5e3c99": "#c3b1f0",
  "#8073ac": "#a08fd6",
  "#b2abd2": "#5b4d86",
  "#e2e0ee": "#352f4c",
  "#f3f3f2": "#23282f",
  "#fde3c0": "#4a3617",
  "#fdb863": "#7d5312",
  "#b8620a": "#e59a3c",
  "#8a4204": "#ffc07a",
};

/** Fonts of the SVG, the usual ones of each system, Traditional Chinese included. PNG uses the shipped Noto Sans. */
export const FONT_FAMILY =
  "system-ui, 'Noto Sans', 'DejaVu Sans', 'PingFang TC', 'Microsoft JhengHei', 'Noto Sans TC', sans-serif";

/** Colour of the n-th line of a panel; more lines than colours start again. */
export function seriesColor(index: number): string {
  return SERIES[index % SERIES.length] ?? SERIES[0];
}

/** Rules that make the picture with this root id dark on a dark page: only for the colours that it uses. */
export function darkRules(id: string, body: string): string {
  const rules: string[] = [];
  for (const [light, dark] of Object.entries(DARK)) {
    for (const attribute of ["fill", "stroke"]) {
      const selector = `[${attribute}="${light}"]`;
      if (!body.includes(`${attribute}="${light}"`)) continue;
      rules.push(`#${id}${selector},#${id} ${selector}{${attribute}:${dark}}`);
    }
  }
  return `@media (prefers-color-scheme:dark){${rules.join("")}}`;
}

/** The picture with its colours replaced by the dark ones, for a place that is dark whatever the reader's system says. */
export function darkened(svg: string): string {
  return svg.replace(/#[0-9a-f]{6}(?=")/g, (color) => DARK[color] ?? color);
}
