import assert from "node:assert/strict";
import { cutUnseen } from "../../src/analyzer/cut_requests.ts";
import { summarizeObjectives } from "../../src/analyzer/objective_summaries.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { objectiveLines } from "../../src/report/cost_blocks.ts";
import type { MetricSource } from "../../src/series/types.ts";

/** What a Prometheus would hold of a run: no rows. */
function withoutRows(source: MetricSource): MetricSource {
  return {
    span: () => source.span(),
    describe: () => source.describe(),
    facts: () => source.facts(),
    select: (selector, span) => source.select(selector, span),
    evaluate: (query, grid) => source.evaluate(query, grid),
    requests: () => Promise.resolve([]),
    events: (span) => source.events(span),
  };
}

Deno.test("cutUnseen() is never above what clients know was cut, and finds most of it", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const span = (await source.span())!;
  const cut = (await source.requests(span)).filter(({ outcome }) => outcome === "aborted");
  const early = cut.filter(({ chunkTimesSeconds }) => chunkTimesSeconds.length === 0);
  assert.deepEqual([cut.length, early.length], [30, 10]);
  const [ttft, e2e] = [await cutUnseen(source, "ttft", span), await cutUnseen(source, "e2e", span)];
  // Some requests of this run ask for several answers.
  assert.ok(ttft >= 1 && ttft <= 10, `${ttft}`);
  assert.ok(e2e >= 20 && e2e <= 30, `${e2e}`);
  assert.equal(await cutUnseen(source, "itl", span), 0);
});

Deno.test("cutUnseen() tells nothing over a restart", async () => {
  const source = await openShippedData("vllm-0.32.0-restart");
  assert.equal(await cutUnseen(source, "e2e", (await source.span())!), 0);
});

Deno.test("an objective by a server's buckets says how many requests at least are in no share, and what it would be", async () => {
  const source = withoutRows(await openShippedData("vllm-0.32.0-cpu"));
  const span = (await source.span())!;
  const wanted = [{ text: "e2e=5s@99%", objective: { e2eSeconds: 5, share: 0.99 } }];
  const [summary] = await summarizeObjectives(source, wanted, span);
  assert.ok(summary !== undefined && !("absent" in summary.budget));
  const { met, total, cut = 0 } = summary.budget;
  assert.equal(cut, await cutUnseen(source, "e2e", span));
  const [line] = objectiveLines(summary, "en");
  assert.match(
    line!,
    new RegExp(`${cut} requests at least ended before the server's histogram held them \\(\\d`),
  );
  assert.ok(met / (total + cut) < met / total);
  assert.match(objectiveLines(summary, "zh-TW")[0]!, new RegExp(`另有至少 ${cut} 個請求`));
});
