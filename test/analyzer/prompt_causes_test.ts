/** Which of two causes that are told apart late is told, and that both sides of a gap count the same requests. */
import assert from "node:assert/strict";
import { clientView, countedSpans } from "../../src/analyzer/client_view.ts";
import { foldEffects, type RankedFinding } from "../../src/analyzer/episodes.ts";
import type { Finding, FindingCode } from "../../src/analyzer/findings.ts";
import type { RequestRecord } from "../../src/series/types.ts";
import { engineSeries, sourceOf, START } from "../helpers/engine_series.ts";

function finding(code: FindingCode, [startSeconds, endSeconds]: [number, number], windows: number): Finding {
  return {
    code,
    severity: "critical",
    confidence: "medium",
    target: "vllm",
    span: { startSeconds, endSeconds },
    evidence: [],
    falsifiedBy: [],
    advice: [],
    next: "longer_run",
    params: { windows, seenSeconds: endSeconds },
    consequences: [],
  };
}

const ranked = (findings: readonly Finding[]): RankedFinding[] =>
  findings.map((one) => ({ finding: one, lossSeconds: 0 }));

Deno.test("foldEffects() tells the prompts' cause that lasts once lengths are known, since the other one began", () => {
  const told = (first: FindingCode, second: FindingCode, gap = 0) =>
    foldEffects(ranked([finding(first, [9, 59], 3), finding(second, [39 + gap, 149 + gap], 9)])).map((
      { finding: { code, span, consequences } },
    ) => [code, span.startSeconds, span.endSeconds, consequences.join()]);
  assert.deepEqual(told("prefill_bound", "long_prompts"), [["long_prompts", 9, 149, "prefill_bound"]]);
  assert.deepEqual(told("long_prompts", "prefill_bound"), [["prefill_bound", 9, 149, "long_prompts"]]);
  // A cause that builds up beside another keeps the order of their beginnings.
  assert.deepEqual(told("engine_slow", "overload")[0]![0], "engine_slow");
  assert.equal(told("prefill_bound", "long_prompts", 200).length, 2, "minutes later it is another trouble");
});

function request(sentSeconds: number, ttftSeconds: number): RequestRecord {
  return {
    id: String(sentSeconds),
    target: "vllm",
    model: "m",
    endpoint: "chat",
    phase: "steady",
    dueSeconds: START + sentSeconds,
    sentSeconds: START + sentSeconds,
    chunkTimesSeconds: Float64Array.of(START + sentSeconds + ttftSeconds),
    outcome: "ok",
    engine: "raw",
    trust: "good",
  };
}

Deno.test("clientView() counts first chunks between the reads that the window's counters were read at", async () => {
  const source = sourceOf(engineSeries({ running: () => 8 }), 120, 15);
  // A request a second, and one that waited for ten seconds at second 62: after the last read of a window that ends at 70.
  const rows = Array.from({ length: 120 }, (_, second) => request(second, second === 52 ? 10 : 0.1));
  const plan = { startSeconds: START + 70, stepSeconds: 10, count: 1, rangeSeconds: 60 };
  const at = { target: "vllm", intervalSeconds: 15, plan, requests: rows };
  const window = { startSeconds: START + 10, endSeconds: START + 70 };
  const counted = (await countedSpans(source, at))(window);
  assert.deepEqual(counted, { startSeconds: START, endSeconds: START + 60 });
  const view = clientView(rows, window, counted)!;
  assert.equal(view.firstChunks, 59, "of requests sent from second 0 to 59 all but the slow one");
  assert.ok(Math.abs(view.ttftMean! - 0.1) < 1e-6);
  assert.equal(view.ended, 0);
  const none = (await countedSpans(source, { ...at, intervalSeconds: 1 }))(window);
  assert.deepEqual(none, window, "without a read nearby the window's own bounds");
});
