import assert from "node:assert/strict";
import { cutUnseen } from "../../src/analyzer/cut_requests.ts";
import { summarizeObjectives } from "../../src/analyzer/objective_summaries.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { objectiveLines } from "../../src/report/cost_blocks.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { MetricSource } from "../../src/series/types.ts";
import { type MadeUp, sourceOf, START } from "../helpers/engine_series.ts";

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

/** When a request came, had its first token and ended; cut: before its end; preempted: from when until when it waited again. */
interface Life {
  readonly came: number;
  readonly first: number;
  readonly ended: number;
  readonly cut: boolean;
  readonly preempted?: readonly [number, number];
}

/** What a server that lived so tells. */
function serverOf(lives: readonly Life[]): MadeUp[] {
  const labels = { engine: "0", model_name: "m" };
  const waits = ({ came, first, ended, preempted: [from, to] = [Infinity, Infinity] }: Life, at: number) =>
    came <= at && at < Math.min(first, ended) || from <= at && at < to;
  const runs = (life: Life, at: number) => life.first <= at && at < life.ended && !waits(life, at);
  const gauge = (name: string, is: (life: Life, at: number) => boolean): MadeUp => ({
    name,
    type: "gauge",
    labels,
    at: (second) => lives.filter((life) => is(life, second)).length,
  });
  const counter = (name: string, when: (life: Life) => number, more = {}): MadeUp => ({
    name,
    type: name.endsWith("_count") ? "histogram" : "counter",
    labels: { ...labels, ...more },
    at: (second) => lives.filter((life) => when(life) <= second).length,
  });
  return [
    gauge("vllm:num_requests_running", runs),
    gauge("vllm:num_requests_waiting", waits),
    counter("vllm:time_to_first_token_seconds_count", ({ first, ended }) => first < ended ? first : Infinity),
    counter("vllm:e2e_request_latency_seconds_count", ({ ended, cut }) => cut ? Infinity : ended),
    counter("vllm:request_success_total", ({ ended, cut }) => cut ? Infinity : ended, {
      finished_reason: "stop",
    }),
    counter("vllm:request_success_total", ({ ended, cut }) => cut ? ended : Infinity, {
      finished_reason: "abort",
    }),
    counter("vllm:num_preemptions_total", ({ preempted }) => preempted?.[0] ?? Infinity),
  ];
}

Deno.test("cutUnseen() of a span that begins between two scrapes counts nobody who ended after the last one before it", async () => {
  const lives = Array.from({ length: 50 }, () => ({ came: 0, first: 1, ended: 95, cut: false }));
  const span = { startSeconds: START + 94, endSeconds: START + 300 };
  assert.equal(await cutUnseen(sourceOf(serverOf(lives), 600, 15), "ttft", span), 0);
});

Deno.test("cutUnseen() is never above the truth, wherever a span lies and whoever was preempted", async () => {
  const random = seededRandom(48);
  const between = (low: number, high: number) => low + Math.floor(random.next() * (high - low));
  let found = 0;
  for (let round = 0; round < 60; round++) {
    const lives = Array.from({ length: 80 }, (): Life => {
      const came = between(0, 500);
      const first = came + between(1, 40);
      const ended = first + between(2, 90);
      if (random.next() < 0.2) return { came, first, ended: came + between(1, 90), cut: true };
      const back = between(first, ended);
      return {
        came,
        first,
        ended,
        cut: false,
        ...(random.next() < 0.3 ? { preempted: [back, between(back, ended)] as const } : {}),
      };
    });
    const source = sourceOf(serverOf(lives), 620, [1, 5, 15][round % 3]);
    const [from, to] = [between(0, 300), between(310, 620)];
    const span = { startSeconds: START + from + 0.5, endSeconds: START + to };
    // Whoever ended since the last scrape before the span is counted with it.
    const cut = lives.filter((life) => life.cut && life.ended > from - 15 && life.ended <= to);
    const early = cut.filter((life) => life.first >= life.ended).length;
    const ttft = await cutUnseen(source, "ttft", span);
    assert.ok(ttft <= early, `${round}: ${ttft} of ${early}`);
    assert.ok(await cutUnseen(source, "e2e", span) <= cut.length, `${round}`);
    found += ttft;
  }
  assert.ok(found > 0);
});
