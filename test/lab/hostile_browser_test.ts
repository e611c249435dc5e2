import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { RealTimeDashboard } from "../../src/dashboard/dashboard.ts";
import { LiveFeed } from "../../src/dashboard/live_feed.ts";
import { servePage } from "../../src/live/page_server.ts";
import { renderReport } from "../../src/report/render.ts";
import { reportCharts } from "../../src/report/report_charts.ts";
import { findChromium, openBrowser } from "../helpers/browser.ts";
import { HOSTILE_TEXTS, sourceOfText } from "../helpers/hostile_source.ts";

const chromium = findChromium();
const why = chromium === undefined ? " (skipped: there is no Chromium)" : "";

/** Whatever runs leaves this behind. */
const MARK = "document.documentElement.dataset.ran=1";
const RUNNING = `</script></style></title></textarea></svg>"'><img src=x onerror="${MARK}">` +
  `<svg onload="${MARK}"></svg><script>${MARK}</script><a href="javascript:${MARK}">x</a>`;

Deno.test({
  name: `no page in Chromium runs what a server calls its models, engines and errors${why}`,
  ignore: chromium === undefined,
  async fn() {
    assert.ok(chromium !== undefined);
    const source = sourceOfText(RUNNING + HOSTILE_TEXTS.join(""));
    const { endSeconds } = (await source.span())!;
    let nowSeconds = endSeconds;
    const clock = {
      nowSeconds: () => nowSeconds++,
      sleepUntil: (_: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          const timer = setTimeout(resolve, 100);
          signal?.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(signal.reason);
          }, { once: true });
        }),
    };
    const folder = await Deno.makeTempDir();
    try {
      const charts = await reportCharts(source, { language: "en", timeZone: "UTC" });
      const report = await new AdvancedMetricsAnalyzer(source).generatePerformanceReport();
      const page = (await new RealTimeDashboard(source).interactive()).page;
      const pages = {
        "report.html": renderReport(report, { format: "html", charts }),
        "page.html": page,
      };
      for (const [name, text] of Object.entries(pages)) await Deno.writeTextFile(`${folder}/${name}`, text);
      await using served = await servePage(new LiveFeed(source, { timeZone: "UTC" }), { clock });
      await using browser = await openBrowser(chromium);
      const urls = [...Object.keys(pages).map((name) => `file://${folder}/${name}`), served.url];
      for (const url of urls) {
        await browser.send("Page.navigate", { url });
        // Everything is drawn, and what an image or a script could have done has been done.
        await browser.evaluate(
          `new Promise((done) => { const look = () => document.readyState === "complete" &&
            (document.querySelector("canvas, svg, table") !== null) ? setTimeout(() => done(true), 300)
            : setTimeout(look, 50); look(); })`,
        );
        const seen = await browser.evaluate(
          `({ ran: document.documentElement.dataset.ran ?? "", images: document.querySelectorAll("img[src=x]").length,
             names: document.documentElement.innerHTML.includes("dataset.ran") })`,
        );
        assert.deepEqual(seen, { ran: "", images: 0, names: true }, url);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
