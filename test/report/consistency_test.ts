/** Figures that one page shows in several places are the same. */
import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { renderReport } from "../../src/report/render.ts";
import { assertClose } from "../helpers/close.ts";
import { watchServers } from "../helpers/three_servers.ts";

Deno.test("a healthy finding's figures are those of the latency table and of the counters", async () => {
  const { collector } = await watchServers({ count: 1, seconds: 90, crashSeconds: Infinity });
  const report = await new AdvancedMetricsAnalyzer(collector).generatePerformanceReport();
  const healthy = report.diagnosis.findings.find(({ code }) => code === "healthy")!;
  const told = (name: string) => healthy.evidence.find(({ quantity }) => quantity === name)!.value;
  for (const quantity of ["ttft", "itl"] as const) {
    const table = report.latencies.find((one) => one.quantity === quantity)!;
    assertClose(told(`${quantity}_mean`), table.mean, 1e-9);
  }
  const { startSeconds, endSeconds } = report.span!;
  const tokens = report.cost!.outputTokens;
  assert.ok("value" in tokens);
  assertClose(told("generation_rate"), tokens.value / (endSeconds - startSeconds), 1e-9);
  await collector.stop();
});

Deno.test("renderReport() says of which window a finding's figures are, where it held for longer", async () => {
  const { collector } = await watchServers({ count: 1, seconds: 90, crashSeconds: Infinity });
  const report = await new AdvancedMetricsAnalyzer(collector).generatePerformanceReport();
  const [finding] = report.diagnosis.findings;
  assert.doesNotMatch(renderReport(report), /figures of the/);
  const window = { startSeconds: finding!.span.startSeconds, endSeconds: finding!.span.startSeconds + 30 };
  const evidence = finding!.evidence.map((one) => ({ ...one, window }));
  const diagnosis = { ...report.diagnosis, findings: [{ ...finding!, evidence }] };
  assert.match(renderReport({ ...report, diagnosis }), / · figures of the 30 s from \d\d:\d\d:\d\dZ\n/);
  await collector.stop();
});
