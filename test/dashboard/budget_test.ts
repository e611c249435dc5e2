import assert from "node:assert/strict";
import { growingSource } from "../../bench/feed_source.ts";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { clientServerChart } from "../../src/charts/client_server_panel.ts";
import { latencyHeatmap } from "../../src/charts/heat_panel.ts";
import type { Picture } from "../../src/charts/picture.ts";
import { requestTimeline } from "../../src/charts/request_timeline.ts";
import { slowRequestChart } from "../../src/charts/slow_request_chart.ts";
import { gpuChart, latencyChart, requestsChart } from "../../src/charts/source_charts.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { interactiveDashboard } from "../../src/dashboard/interactive.ts";
import { DASHBOARD_PAGES, drawPage } from "../../src/dashboard/overview.ts";
import { drawSnapshot } from "../../src/dashboard/snapshot.ts";
import { renderReport } from "../../src/report/render.ts";
import { reportCharts } from "../../src/report/report_charts.ts";
import { daySource } from "../helpers/day_source.ts";

const KIB = 1024;
const OPTIONS = { timeZone: "Asia/Taipei" };
const encoder = new TextEncoder();

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

const day = daySource();
const SOURCES = {
  "the shipped run": () => openShippedData("vllm-0.32.0-cpu"),
  "the shipped restart": () => openShippedData("vllm-0.32.0-restart"),
  "a day at 1 Hz with 8 GPUs": () => Promise.resolve(day),
};

for (const [name, open] of Object.entries(SOURCES)) {
  Deno.test(`the dashboard of ${name} keeps within 60 KiB as SVG and 120 KiB as PNG`, async () => {
    const picture = await drawSnapshot(await open(), OPTIONS);
    assert.ok(bytesOf(picture.svg) <= 60 * KIB, `SVG ${bytesOf(picture.svg)}`);
    const png = await picture.png();
    assert.ok(png.length <= 120 * KIB, `PNG ${png.length}`);
  });

  Deno.test(`single charts of ${name} keep within 40 KiB`, async () => {
    const source = await open();
    const pictures: Picture[] = await Promise.all([
      latencyChart(source, OPTIONS),
      requestsChart(source, OPTIONS),
      gpuChart(source, OPTIONS),
      clientServerChart(source, OPTIONS),
      latencyHeatmap(source, OPTIONS),
      requestTimeline(source, OPTIONS),
      slowRequestChart(source, OPTIONS),
    ]);
    for (const picture of pictures) {
      assert.ok(bytesOf(picture.svg) <= 40 * KIB, `${picture.title}: ${bytesOf(picture.svg)}`);
    }
  });

  Deno.test(`the interactive output of ${name} keeps within 400 KiB`, async () => {
    const { html } = await interactiveDashboard(await open(), OPTIONS);
    assert.ok(bytesOf(html) <= 400 * KIB, `${bytesOf(html)}`);
  });
}

for (const name of ["vllm-0.32.0-cpu", "vllm-0.32.0-restart"] as const) {
  Deno.test(`the HTML report of ${name} keeps within 3 MiB, its charts included`, async () => {
    const source = await openShippedData(name);
    const report = await new AdvancedMetricsAnalyzer(source).generatePerformanceReport();
    const charts = await reportCharts(source, OPTIONS);
    const html = renderReport(report, { format: "html", language: "en", charts });
    assert.ok(html.includes("<svg"));
    assert.ok(bytesOf(html) <= 3 * KIB * KIB, `${bytesOf(html)}`);
  });
}

Deno.test("every page of eight servers over an hour keeps within 60 KiB", async () => {
  const { source, scrape } = await growingSource(8, 1);
  for (let tick = 0; tick < 3600; tick++) scrape();
  for (const page of DASHBOARD_PAGES) {
    const { svg } = await drawPage(source, page, OPTIONS);
    assert.ok(bytesOf(svg) <= 60 * KIB, `${page}: ${bytesOf(svg)}`);
  }
  const { svg } = await drawSnapshot(source, OPTIONS);
  assert.ok(bytesOf(svg) <= 60 * KIB, `snapshot: ${bytesOf(svg)}`);
});

for (const page of DASHBOARD_PAGES) {
  Deno.test(`the ${page} page of the shipped run keeps within 60 KiB`, async () => {
    const picture = await drawPage(await openShippedData("vllm-0.32.0-cpu"), page, OPTIONS);
    assert.ok(bytesOf(picture.svg) <= 60 * KIB, `${bytesOf(picture.svg)}`);
    assert.doesNotMatch(picture.svg, /NaN|undefined/);
  });
}
