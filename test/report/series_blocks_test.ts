import assert from "node:assert/strict";
import type { PerformanceReport, QuantitySummary } from "../../src/analyzer/performance_report.ts";
import type { Labels } from "../../src/parser/types.ts";
import { averageBlocks } from "../../src/report/series_blocks.ts";

function rate(labels: Labels, maximum: number): QuantitySummary {
  const values = { current: 0, mean: maximum / 2, minimum: 0, p50: 0, p99: maximum, maximum };
  return { quantity: "request_success", unit: "requests", perSecond: true, labels, count: 9, ...values };
}

function zeros(averages: readonly QuantitySummary[]): string | undefined {
  const report = { averages, latencies: [] } as unknown as PerformanceReport;
  const last = averageBlocks(report, "en").at(-1);
  return last?.kind === "paragraph" ? last.text : undefined;
}

Deno.test("averageBlocks() names rates that were 0 all the time as shortly as is true", () => {
  const of = (target: string, reason: string) => ({ target, finished_reason: reason });
  const rows: [readonly QuantitySummary[], string | undefined][] = [
    [[rate({}, 0)], "0 all the time: Requests finished per second."],
    [[rate(of("a", "stop"), 0), rate(of("b", "stop"), 0)], "0 all the time: Requests finished per second."],
    [
      [
        rate(of("a", "stop"), 2),
        rate(of("b", "stop"), 2),
        rate(of("a", "abort"), 0),
        rate(of("b", "abort"), 0),
      ],
      "0 all the time: Requests finished per second (finished_reason=abort).",
    ],
    [
      [rate(of("a", "stop"), 2), rate(of("b", "stop"), 0)],
      "0 all the time: Requests finished per second (target=b).",
    ],
    [[rate(of("a", "stop"), 2)], undefined],
  ];
  for (const [averages, text] of rows) assert.equal(zeros(averages), text);
});

Deno.test("averageBlocks() shows a rate that is not known where the data ends without a unit, and says why", () => {
  const report = {
    averages: [{ ...rate({}, 2), current: NaN }],
    latencies: [],
  } as unknown as PerformanceReport;
  const [, table, why] = averageBlocks(report, "en");
  assert.equal(table?.kind === "table" ? table.rows[0]?.[1] : undefined, "n/a");
  assert.match(
    why?.kind === "paragraph" ? why.text : "",
    /^Current n\/a: the series has no value where the data ends/,
  );
});
