import assert from "node:assert/strict";
import type { ChartOptions } from "../../src/charts/context.ts";
import { DASHBOARD_PAGES, drawPage } from "../../src/dashboard/overview.ts";
import { CASES } from "../helpers/chart_cases.ts";
import { assertGolden } from "../helpers/golden.ts";

const OPTIONS: ChartOptions = { timeZone: "Asia/Taipei", id: "golden" };
const LOOKS: readonly (readonly [string, string, ChartOptions])[] = [
  ["normal", "normal", OPTIONS],
  ["empty", "empty", OPTIONS],
  ["gaps", "gaps", OPTIONS],
  ["eight_gpus", "eight_gpus", OPTIONS],
  ["zh_tw", "reset", { ...OPTIONS, language: "zh-TW" }],
  ["dark", "reset", { ...OPTIONS, theme: "dark" }],
];

for (const [look, caseName, options] of LOOKS) {
  for (const page of DASHBOARD_PAGES) {
    Deno.test(`the page ${page} looks as it did when ${look}`, async () => {
      const source = CASES[caseName];
      assert.ok(source !== undefined);
      await assertGolden(`${look}/page_${page}`, (await drawPage(source, page, options)).svg);
    });
  }
}
