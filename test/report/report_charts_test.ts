import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { renderReport } from "../../src/report/render.ts";
import { reportCharts } from "../../src/report/report_charts.ts";
import { MemorySource } from "../../src/series/memory_source.ts";

Deno.test("reportCharts() stand in the page before the findings, each once, and nothing is loaded or run", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const charts = await reportCharts(source, { timeZone: "UTC" });
  assert.equal(charts.length, 4);
  const report = await new AdvancedMetricsAnalyzer(source).generatePerformanceReport();
  const page = renderReport(report, { format: "html", charts });
  const places = charts.map(({ svg }) => page.indexOf(svg));
  assert.ok(places.every((place) => place > 0 && place < page.indexOf('class="finding')));
  assert.equal(new Set(page.match(/<svg[^>]* id="[^"]+"/g)).size, 4, "ids differ");
  assert.doesNotMatch(page, /<script|<link|@import|url\(/);
  assert.equal(page.match(/<div/g)?.length, page.match(/<\/div>/g)?.length);
  assert.equal(page.match(/<section/g)?.length, page.match(/<\/section>/g)?.length);
});

Deno.test("reportCharts() of nothing are charts that say so", async () => {
  const charts = await reportCharts(new MemorySource());
  assert.equal(charts.length, 4);
  for (const { svg } of charts) assert.match(svg, /^<svg /);
});

Deno.test("renderReport() of the shipped run says what was 0 all the time in one sentence, in no row", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const report = await new AdvancedMetricsAnalyzer(source).generatePerformanceReport();
  const text = renderReport(report, { format: "text" });
  assert.match(
    text,
    /^0 all the time: .*Requests finished per second \(finished_reason=abort, .*finished_reason=repetition\)/m,
  );
  assert.equal(text.split("finished_reason=repetition").length, 2);
  assert.doesNotMatch(text, /model_name=/, "what all series share says nothing");
});
