/** Three servers whose requests are known one by one: expected values by hand, from the lists that the source is made of. */
import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { markApart } from "../../src/analyzer/latency_summaries.ts";
import type { LatencyFigures } from "../../src/analyzer/performance_report.ts";
import { renderReport } from "../../src/report/render.ts";
import { latencyWays } from "../../src/report/latency_ways.ts";
import { figuresOfSource } from "../../src/analyzer/run_figures.ts";
import { summarizeObjectives } from "../../src/analyzer/objective_summaries.ts";
import { objectiveLines } from "../../src/report/cost_blocks.ts";
import { summariseRun } from "../../src/report/run_summary.ts";
import { runSummaryLines } from "../../src/report/run_summary_lines.ts";
import { assertClose } from "../helpers/close.ts";
import { FIRST_SCRAPE, latencyServers } from "../helpers/latency_servers.ts";

const SECONDS = 240;

/** About 50 ms, with some spread that repeats. */
const calm = (second: number) => [0.042 + 0.004 * (second % 4), 0.058];

/** Two servers that stay as they are, and one whose TTFT jumps to about 400 ms at 120 s. */
const SOURCE = latencyServers({
  a: calm,
  b: (second) => second < 120 ? calm(second) : [0.39 + 0.01 * (second % 4), 0.42],
  c: calm,
}, SECONDS);

Deno.test("generatePerformanceReport() has the latencies of each server beside those of all together", async () => {
  const report = await new AdvancedMetricsAnalyzer(SOURCE).generatePerformanceReport();
  const ttft = report.latencies.find(({ quantity }) => quantity === "ttft")!;
  assert.equal(ttft.count, 3 * 2 * SECONDS);
  assert.deepEqual(ttft.servers?.map(({ target, figures }) => [target, figures?.count]), [
    ["a", 480],
    ["b", 480],
    ["c", 480],
  ]);
  // A period of four seconds: (42 + 46 + 50 + 54) / 4 = 48 ms and 58 ms: 53 ms. The slow half: 405 and 420 ms: 412.5 ms, in
  // 121 of 240 seconds (120 to 240), which begin and end with a multiple of four: 390 ms once more than 4 × n.
  const slow = 30 * (390 + 400 + 410 + 420) + 390 + 121 * 420;
  const fast = 30 * (42 + 46 + 50 + 54) - 42 + 119 * 58;
  assertClose(ttft.servers![0]!.figures!.mean, 0.053, 1e-9);
  assertClose(ttft.servers![1]!.figures!.mean, (slow + fast) / 480 / 1000, 1e-9);
  // Of all 1,440: p50 among the 1,198 calm ones; of server b alone p90 in (250 ms, 500 ms].
  const p90 = ttft.servers![1]!.figures!.quantiles.find(({ q }) => q === 0.9)!;
  assert.ok(p90.lower >= 0.25 && p90.upper <= 0.5 && p90.lower <= 0.42 && p90.upper >= 0.42);
  assert.deepEqual(ttft.servers?.map(({ apart }) => apart), [undefined, "slower", undefined]);
});

Deno.test("renderReport() names the server that answers unlike the others, and that of a change of level", async () => {
  const text = renderReport(await new AdvancedMetricsAnalyzer(SOURCE).generatePerformanceReport(), {
    format: "text",
  });
  assert.match(text, /Time to first token \(TTFT\) +3 servers together +1\.44k/);
  assert.match(text, /Time to first token \(TTFT\) +a +480 +53 ms/);
  assert.match(text, /Time to first token \(TTFT\) +b \(slower\) +480 +234 ms/);
  assert.match(
    text,
    /b answers unlike the other servers: TTFT takes 234 ms on average, elsewhere at most 53 ms\./,
  );
  assert.match(
    text,
    /09:02:0\dZ +Time to first token \(TTFT\), mean +target=b +5\d(\.\d)? ms +41\d ms \(\d+(\.\d+)? σ\) +> 99\.9%/,
  );
});

Deno.test("analyzer.detectChangePoints() and detectAnomalies() judge each server's latency by itself, with its label", async () => {
  const analyzer = new AdvancedMetricsAnalyzer(SOURCE);
  const changes = await analyzer.detectChangePoints("ttft");
  assert.deepEqual(changes.map(({ labels }) => labels), [{ target: "a" }, { target: "b" }, { target: "c" }]);
  const found = changes.map((one) => "result" in one ? one.result.changes : []);
  assert.deepEqual(found.map(({ length }) => length), [0, 1, 0]);
  assert.ok(
    Math.abs(found[1]![0]!.timeSeconds - (FIRST_SCRAPE + 120)) <= 4,
    String(found[1]![0]!.timeSeconds),
  );
  const anomalies = await analyzer.detectAnomalies("ttft");
  assert.deepEqual(anomalies.map(({ labels }) => labels.target), ["a", "b", "c"]);
  // One server alone has no label, and one series.
  const one = await new AdvancedMetricsAnalyzer(latencyServers({ a: calm }, 60)).detectAnomalies("ttft");
  assert.deepEqual(one.map(({ labels }) => labels), [{}]);
});

Deno.test("markApart() marks only what lies wholly beside all others, by enough and of enough", () => {
  const figures = (mean: number, lower: number, upper: number, count = 100): LatencyFigures => ({
    count,
    mean,
    quantiles: [{ q: 0.5, value: (lower + upper) / 2, lower, upper }],
  });
  const marks = (...all: (LatencyFigures | undefined)[]) =>
    markApart(all.map((one, i) => ({ target: String(i), ...(one === undefined ? {} : { figures: one }) })))
      .map(({ apart }) => apart);
  const none = undefined;
  assert.deepEqual(marks(figures(1, 0.5, 1), figures(2, 1, 2.5)), [none, "slower"]);
  // Bounds that overlap, a mean that is near, and ten requests too few.
  assert.deepEqual(marks(figures(1, 0.5, 1.1), figures(2, 1, 2.5)), [none, none]);
  assert.deepEqual(marks(figures(1, 0.5, 1), figures(1.2, 1, 2.5)), [none, none]);
  assert.deepEqual(marks(figures(1, 0.5, 1), figures(2, 1, 2.5, 9)), [none, none]);
  assert.deepEqual(marks(figures(2, 1, 2.5), figures(0.1, 0, 0.5), figures(2, 1, 2.5)), [
    none,
    "faster",
    none,
  ]);
  assert.deepEqual(marks(figures(1, 0.5, 1), none), [none, none]);
  assert.deepEqual(marks(figures(0, 0, 0), figures(0, 0, 0)), [none, none]);
});

Deno.test("summariseRun() and its lines have each server beside all together", async () => {
  const summary = await summariseRun(SOURCE);
  assert.equal(summary?.server.ttft?.count, 3 * 2 * SECONDS);
  assert.deepEqual(summary?.servers?.map(({ target, latencies }) => [target, latencies.ttft?.count]), [
    ["a", 480],
    ["b", 480],
    ["c", 480],
  ]);
  const lines = runSummaryLines(summary).join("\n");
  assert.match(lines, /TTFT {2}3 servers together +1440 +113 ms/);
  assert.match(lines, /TTFT {2}b +480 +234 ms +/);
  // One server is "the server", and has no row of its own beside that.
  const alone = await summariseRun(latencyServers({ a: calm }, 60));
  assert.equal(alone?.servers, undefined);
  assert.match(runSummaryLines(alone).join("\n"), /TTFT {2}server +120 +53 ms/);
});

Deno.test("latencyWays() says that its figures are of several servers, and has those of each", async () => {
  const { text } = await latencyWays(SOURCE, { quantity: "ttft", windowSeconds: 60 });
  const rows = text.split("\n").map((line) => line.split(/ {2,}/).map((cell) => cell.trim()));
  const means = rows.filter(([way]) => way === "server: mean of the last 60 s");
  assert.deepEqual(means.map(([, value, remark]) => [value, remark]), [
    // (2 × 53 + 412.5) / 3
    ["173 ms", "3 servers together; exact; of 360 values"],
    ["53 ms", "a; exact; of 120 values"],
    ["413 ms", "b; exact; of 120 values"],
    ["53 ms", "c; exact; of 120 values"],
  ]);
  assert.equal(rows.filter(([way]) => way === "server: p95 of the last 60 s").length, 4);
});

Deno.test("objectives over several servers say so, with the share of each", async () => {
  const objective = { text: "ttft=250ms@99%", objective: { ttftSeconds: 0.25, share: 0.99 } };
  const span = { startSeconds: FIRST_SCRAPE, endSeconds: FIRST_SCRAPE + SECONDS };
  const [summary] = await summarizeObjectives(SOURCE, [objective], span);
  assert.ok(summary !== undefined && !("absent" in summary.budget));
  // b is slow in 121 of its 240 seconds: 119 of 240 are kept there, 599 of 720 of all.
  assert.deepEqual([summary.budget.met, summary.budget.total], [2 * (240 + 119 + 240), 1440]);
  assert.match(objectiveLines(summary, "en")[0]!, /; 3 servers together \(a 100%, b 49\.6%, c 100%\)$/);
});

Deno.test("what a server had observed before it was gone is in the report, the summary and the objectives", async () => {
  const source = latencyServers({ a: calm, b: (second) => second <= 30 ? calm(second) : [] }, 60);
  for (let second = 61; second <= 70; second++) {
    const timeSeconds = FIRST_SCRAPE + second;
    const cause = { code: "connection_refused" } as const;
    source.fail("b", timeSeconds, {
      kind: "scrape_failed",
      timeSeconds,
      target: "b",
      cause,
      durationSeconds: 0,
    });
  }
  const counts = (servers: readonly { readonly target: string; readonly count: number | undefined }[]) =>
    servers.map(({ target, count }) => [target, count]);
  const report = await new AdvancedMetricsAnalyzer(source).generatePerformanceReport();
  const ttft = report.latencies.find(({ quantity }) => quantity === "ttft")!;
  assert.equal(ttft.count, 120 + 60);
  assertClose(ttft.mean, 0.053, 1e-9);
  const ofReport = ttft.servers!.map(({ target, figures }) => ({ target, count: figures?.count }));
  assert.deepEqual(counts(ofReport), [["a", 120], ["b", 60]]);
  const summary = (await summariseRun(source))!;
  assert.equal(summary.server.ttft!.count, 180);
  const alone = latencyServers({ a: calm }, 20);
  alone.fail("a", FIRST_SCRAPE + 21, {
    kind: "scrape_failed",
    timeSeconds: FIRST_SCRAPE + 21,
    target: "a",
    cause: { code: "connection_refused" },
    durationSeconds: 0,
  });
  assert.equal((await summariseRun(alone))!.maxima.running, 3);
  // Seconds 1 to 20, each period of four as above.
  assertClose((await figuresOfSource(alone)).figures.ttft_mean!.value, 0.053, 1e-9);
  const ofSummary = summary.servers!.map(({ target, latencies }) => ({
    target,
    count: latencies.ttft?.count,
  }));
  assert.deepEqual(counts(ofSummary), [["a", 120], ["b", 60]]);
  const [objective] = await summarizeObjectives(
    source,
    [{ text: "t", objective: { ttftSeconds: 0.1 } }],
    summary.span,
  );
  assert.ok(objective !== undefined && "total" in objective.budget && objective.budget.total === 180);
});

Deno.test("an objective counts the requests of its span, and none that came after it", async () => {
  for (const seconds of [20, 31, 45, 59]) {
    const span = { startSeconds: FIRST_SCRAPE + 7, endSeconds: FIRST_SCRAPE + 7 + seconds };
    const [one] = await summarizeObjectives(SOURCE, [{ text: "t", objective: { ttftSeconds: 0.1 } }], span);
    assert.ok(one !== undefined && "total" in one.budget);
    assert.equal(one.budget.total, 3 * 2 * seconds);
  }
});
