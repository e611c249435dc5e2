import assert from "node:assert/strict";
import { correlate } from "../../src/analyzer/correlation.ts";
import type { Signal } from "../../src/analyzer/signal.ts";
import { correlationChart } from "../../src/charts/correlation_chart.ts";
import { textWidth } from "../../src/charts/text_width.ts";

/** So many signals that differ, 60 points each. */
function signals(count: number): Signal[] {
  const timesSeconds = Float64Array.from({ length: 60 }, (_, k) => k * 5);
  return Array.from({ length: count }, (_, index): Signal => ({
    name: `gpu_utilization`,
    labels: { gpu: String(index) },
    perSecond: false,
    timesSeconds,
    values: timesSeconds.map((time, k) => Math.sin(time / 35 + index) + ((k * 7919 * (index + 1)) % 13) / 13),
  }));
}

for (const count of [2, 5, 8, 13, 26]) {
  Deno.test(`correlationChart() of ${count} signals keeps numbers in their cells and names in the picture`, async () => {
    const { svg, width } = await correlationChart(correlate(signals(count)), { id: "c" });
    const cells = [...svg.matchAll(/<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="[\d.]+" rx="3"/g)];
    assert.equal(cells.length, count * (count - 1) / 2);
    const cellWidth = Number(cells[0]?.[1]);
    const texts = [
      ...svg.matchAll(/<text x="([\d.]+)" y="[\d.]+" font-size="([\d.]+)"[^>]*>([^<]*)<\/text>/g),
    ];
    const numbers = texts.filter(([, , , text]) => /^[+-]?\d\.\d\d$/.test(text ?? ""));
    // Numbers too small to be read are left to the colour.
    assert.equal(numbers.length, count === 26 ? 0 : cells.length);
    for (const [, , size, text] of numbers) {
      assert.ok(textWidth(text ?? "", Number(size)) <= cellWidth, `${text} in ${cellWidth}`);
    }
    for (const [all, x, size, text] of texts) {
      if (all.includes("text-anchor")) continue;
      assert.ok(Number(x) + textWidth(text ?? "", Number(size)) <= width, text);
    }
  });
}

Deno.test("correlationChart() says why when no pair has a number", async () => {
  const { svg } = await correlationChart(correlate(signals(3), { minimumPoints: 1000 }), { id: "c" });
  assert.match(svg, />too few points: \d+, at least 1000 needed</);
});

Deno.test("correlationChart() names quantities whole, in two lines, or by their abbreviation", async () => {
  const names = ["running", "waiting", "kv_cache_usage", "e2e", "queue_time", "itl", "ttft", "cpu_usage"];
  const named = signals(names.length).map((signal, index) => ({
    ...signal,
    name: names[index] ?? "",
    labels: {},
  }));
  for (const width of [380, 520, 720]) {
    const { svg } = await correlationChart(correlate(named), { id: "c", width });
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text = ""]) => text);
    assert.deepEqual(texts.filter((text) => text.includes("…")), [], `${width}`);
  }
});
