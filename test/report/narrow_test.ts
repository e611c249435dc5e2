import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { interactiveDashboard } from "../../src/dashboard/interactive.ts";
import { notebookPage } from "../../src/export/html.ts";
import { parseNotebook } from "../../src/formats/notebook.ts";
import { renderReport } from "../../src/report/render.ts";
import { reportCharts } from "../../src/report/report_charts.ts";
import { type BrowserPage, findChromium, openBrowser } from "../helpers/browser.ts";
import { watchServers } from "../helpers/three_servers.ts";

const chromium = findChromium();
const why = chromium === undefined ? " (skipped: there is no Chromium)" : "";
const WIDTHS = [380, 500];

/** Every box that scrolls sideways: how it looks, how tall its rows are, and whether its last column can be reached. */
const BOXES = `JSON.stringify([...document.querySelectorAll(".scroll, .code")].map((box) => {
  box.scrollLeft = 1e6;
  const last = [...box.querySelectorAll("tr > :last-child")].map((cell) => cell.getBoundingClientRect().right);
  const right = box.getBoundingClientRect().right;
  box.scrollLeft = 0;
  return {
    overflows: box.scrollWidth > box.clientWidth,
    shadow: getComputedStyle(box).backgroundImage.includes("gradient"),
    reached: last.every((each) => each <= right + 1),
    columns: Math.max(0, ...[...box.querySelectorAll("tr")].map((row) => row.children.length)),
    tallest: Math.max(0, ...[...box.querySelectorAll("tr")].map((row) => row.clientHeight)),
    focusable: box.tabIndex === 0,
  };
}))`;

interface BoxLook {
  readonly overflows: boolean;
  readonly shadow: boolean;
  readonly reached: boolean;
  readonly columns: number;
  readonly tallest: number;
  readonly focusable: boolean;
}

async function show(page: BrowserPage, html: string, width: number): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".html" });
  await Deno.writeTextFile(file, html);
  const screen = { width, height: 800, deviceScaleFactor: 1, mobile: true };
  await page.send("Emulation.setDeviceMetricsOverride", screen);
  await page.send("Page.navigate", { url: `file://${file}` });
  await page.evaluate(
    `new Promise((done) => document.readyState === "complete" ? done(0) : addEventListener("load", done))`,
  );
  assert.equal(await page.evaluate("innerWidth"), width);
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width, "nothing is wider");
  await Deno.remove(file);
}

async function boxes(page: BrowserPage): Promise<readonly BoxLook[]> {
  return JSON.parse(String(await page.evaluate(BOXES)));
}

Deno.test({
  name: `report, notebook page and interactive page fit 380 and 500 pixels, and what is cut looks cut${why}`,
  ignore: chromium === undefined,
  async fn() {
    assert.ok(chromium !== undefined);
    const { collector } = await watchServers();
    const report = renderReport(await new AdvancedMetricsAnalyzer(collector).generatePerformanceReport(), {
      format: "html",
      language: "en",
      charts: await reportCharts(collector, { timeZone: "UTC" }),
    });
    const notebook = await Deno.readTextFile(new URL("../../notebooks/lab.ipynb", import.meta.url));
    const lab = await notebookPage(parseNotebook(notebook), {});
    const { page: interactive } = await interactiveDashboard(collector, { timeZone: "UTC" });
    await using page = await openBrowser(chromium);
    for (const width of WIDTHS) {
      for (const html of [report, lab]) {
        await show(page, html, width);
        const all = await boxes(page);
        const cut = all.filter(({ overflows }) => overflows);
        assert.ok(cut.length > 3, `${cut.length} boxes that scroll`);
        for (const box of all) {
          assert.ok(box.shadow && box.reached, `${width}: ${JSON.stringify(box)}`);
          if (box.columns > 2) assert.ok(box.tallest <= 160, `${width}: ${JSON.stringify(box)}`);
          if (box.columns === 2) assert.ok(!box.overflows, `${width}: ${JSON.stringify(box)}`);
          if (box.columns > 0) assert.ok(box.focusable);
        }
      }
      await show(page, interactive, width);
    }
    assert.deepEqual(page.complaints, []);
  },
});
