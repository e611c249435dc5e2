import assert from "node:assert/strict";
import type { ChartOptions } from "../../src/charts/context.ts";
import { CASES } from "../helpers/chart_cases.ts";
import { GALLERY } from "../helpers/chart_gallery.ts";
import { assertGolden } from "../helpers/golden.ts";

const OPTIONS: ChartOptions = { timeZone: "Asia/Taipei", id: "golden" };
/** Cases, and the two ways of drawing that are no case of the data. */
const LOOKS: readonly (readonly [string, string, ChartOptions])[] = [
  ...Object.keys(CASES).map((name) => [name, name, OPTIONS] as const),
  ["zh_tw", "reset", { ...OPTIONS, language: "zh-TW" }],
  ["dark", "reset", { ...OPTIONS, theme: "dark" }],
];

for (const [look, caseName, options] of LOOKS) {
  for (const [chart, draw] of Object.entries(GALLERY)) {
    Deno.test(`${chart} looks as it did when ${look}`, async () => {
      const source = CASES[caseName];
      assert.ok(source !== undefined);
      const picture = await draw(source, caseName, options);
      assertSound(picture.svg);
      await assertGolden(`${look}/${chart}`, picture.svg);
    });
  }
}

/** What must hold of every picture, whatever it shows. */
function assertSound(svg: string): void {
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" id="golden" viewBox="0 0 \d+ [\d.]+"/);
  assert.match(svg, /<title id="golden-t">.+<\/title><desc id="golden-d">.+<\/desc>/);
  assert.doesNotMatch(svg, /NaN|undefined|\[object|Infinity/);
  assert.doesNotMatch(svg, /currentColor|var\(--/);
  assert.doesNotMatch(svg, /<script|<foreignObject|<figure|\son\w+=/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(svg, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202e]/);
}
