import assert from "node:assert/strict";
import fc from "fast-check";
import { formatDisplay, formatTick } from "../../src/charts/units.ts";
import { interactiveDashboard } from "../../src/dashboard/interactive.ts";
import { bundleScripts, readPageFile, readScripts } from "../../src/dashboard/page_files.ts";
import { COLOR, darkened, SERIES } from "../../src/charts/theme.ts";
import { chartsText } from "../../src/text/charts.ts";
import * as browser from "../../src/live/page/format.js";
import { CASES } from "../helpers/chart_cases.ts";

const UNITS = [
  "seconds",
  "bytes",
  "ratio",
  "tokens",
  "requests",
  "count",
  "joules",
  "watts",
  "celsius",
  "hertz",
  "flops",
  "tokens_per_second",
  "requests_per_second",
  "per_second",
] as const;

Deno.test("numbers in the browser equal those of the pictures", () => {
  const text = chartsText("en");
  const numbers = fc.oneof(
    fc.double(),
    fc.double({ min: -10, max: 1e6, noNaN: true }),
    fc.double({ min: 0.999, max: 1, noNaN: true }),
    fc.constantFrom(0, 999.5, 119.5, 0.9995, 0.99996, 1 - 1e-8, 0.0001, 1e15),
  );
  fc.assert(
    fc.property(numbers, fc.constantFrom(...UNITS), (value, unit) => {
      assert.equal(browser.formatDisplay(value, unit, text.perSecond), formatDisplay(value, unit, text));
      assert.equal(browser.formatTick(value, unit, text.perSecond), formatTick(value, unit, text));
    }),
    { seed: 7, numRuns: 3000 },
  );
});

Deno.test("the page's style sheet has the theme's colours, light and dark", async () => {
  const css = await readPageFile("page.css");
  const [light, dark] = css.split("@media (prefers-color-scheme: dark)");
  const colors = {
    background: COLOR.background,
    card: COLOR.card,
    text: COLOR.text,
    muted: COLOR.muted,
    grid: COLOR.grid,
    bad: COLOR.bad,
    warn: COLOR.warn,
    ...Object.fromEntries(SERIES.map((color, index) => [`series-${index}`, color])),
  };
  for (const [name, color] of Object.entries(colors)) {
    assert.ok(light?.includes(`--${name}: ${color};`), `light ${name}`);
    const darkColor = darkened(`fill="${color}"`).slice(6, 13);
    assert.ok(dark?.includes(`--${name}: ${darkColor};`), `dark ${name}`);
  }
});

Deno.test("interactiveDashboard() makes a page that asks for nothing and runs only its own scripts", async () => {
  const source = CASES.hostile;
  assert.ok(source !== undefined);
  const { page, html } = await interactiveDashboard(source, { timeZone: "UTC" });
  assert.match(page, /default-src 'none'/);
  const asks = /<link|<img|\ssrc=|url\(|@import|\bfetch\(|XMLHttpRequest|\bimport\(/.exec(page);
  assert.equal(asks?.[0], undefined);
  assert.equal(page.match(/<script/g)?.length, 3);
  assert.equal(page.match(/<\/script>/g)?.length, 3);
  for (const unwanted of ["\u0007", "\u202e", "\\u0007"]) assert.ok(!page.includes(unwanted));
  // An untrusted notebook shows the picture; the frame stands behind it.
  assert.match(
    html,
    /^<div class="lab-last-state"><img alt="[^"]*" style="max-width:100%" src="data:image\/png;base64,[A-Za-z0-9+/=]+"><p>/,
  );
  assert.ok(html.indexOf("<img") < html.indexOf("<iframe"));
  assert.match(html, /<iframe [^>]*sandbox="allow-scripts"/);
});

Deno.test("interactiveDashboard() holds the points of the source, null in a gap", async () => {
  const source = CASES.gaps;
  assert.ok(source !== undefined);
  const { page } = await interactiveDashboard(source, { timeZone: "UTC" });
  const json = /<script type="application\/json" id="data">(.*)<\/script>/.exec(page)?.[1] ?? "";
  const data: unknown = JSON.parse(json);
  assert.ok(typeof data === "object" && data !== null && "panels" in data && Array.isArray(data.panels));
  const requests = data.panels.find((panel) => panel.id === "requests");
  assert.equal(requests.lines[0].label, "running");
  // 52 answered scrapes and one break in each of the two gaps.
  assert.equal(requests.lines[0].v.length, 54);
  assert.equal(requests.lines[0].v.filter((value: unknown) => value === null).length, 2);
  assert.equal(requests.gaps.length, 2);
});

Deno.test("readScripts() has all that a page's scripts import, each behind what it needs", async () => {
  for (const entry of ["interactive.js", "live.js", "notebook.js"]) {
    const scripts = await readScripts(entry);
    const names = [...scripts.keys()];
    assert.equal(names.at(-1), entry);
    for (const [name, text] of scripts) {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
      for (const [, needed = ""] of code.matchAll(/\b(?:from|import)\s*\(?"\.\/(.+?)"/g)) {
        const at = names.indexOf(needed);
        assert.ok(at >= 0 && at < names.indexOf(name), `${needed} before ${name}: ${names}`);
      }
    }
  }
});

Deno.test("bundleScripts() leaves no import, no export and no name declared twice", async () => {
  const script = await bundleScripts("interactive.js");
  assert.doesNotMatch(script, /^\s*(import|export)\b/m);
  const names = [...script.matchAll(/^(?:function|const|let|class) (\w+)/gm)].map((match) => match[1]);
  assert.equal(new Set(names).size, names.length);
});
