import assert from "node:assert/strict";
import type { Finding } from "../../src/analyzer/findings.ts";
import { foremost, recurrences } from "../../src/analyzer/recurrences.ts";

function finding(code: Finding["code"], start: number, end: number, engine?: string): Finding {
  return {
    code,
    severity: "warning",
    confidence: "medium",
    target: "vllm",
    ...(engine === undefined ? {} : { engine }),
    span: { startSeconds: start, endSeconds: end },
    evidence: [],
    falsifiedBy: [],
    advice: [],
    next: "watch_scrapes",
    params: {},
    consequences: [],
  };
}

Deno.test("recurrences() tells each verdict once for each engine, with how often and how long it held", () => {
  const gravest = finding("kv_bound", 50, 60);
  const found = recurrences([
    gravest,
    finding("kv_bound", 10, 20),
    finding("kv_bound", 30, 40, "1"),
    finding("kv_bound", 15, 25),
    finding("healthy", -Infinity, Infinity),
  ]);
  assert.equal(found[0]!.finding, gravest);
  assert.deepEqual(
    found.map((
      { finding, times, heldSeconds, span },
    ) => [finding.code, finding.engine, times, heldSeconds, span]),
    [
      ["kv_bound", undefined, 3, 25, { startSeconds: 10, endSeconds: 60 }],
      ["kv_bound", "1", 1, 10, { startSeconds: 30, endSeconds: 40 }],
      ["healthy", undefined, 1, Infinity, { startSeconds: -Infinity, endSeconds: Infinity }],
    ],
  );
  assert.deepEqual(recurrences([]), []);
});

Deno.test("recurrences() tells the longest of several outages, not the first", () => {
  const outage = (start: number, gapSeconds: number): Finding => ({
    ...finding("scrapes_failing", start, start + gapSeconds),
    params: { gapSeconds },
  });
  const [found] = recurrences([outage(10, 2), outage(30, 23), outage(60, 4)]);
  assert.deepEqual([found!.finding.span.startSeconds, found!.times, found!.heldSeconds], [30, 3, 29]);
});

Deno.test("recurrences() does not tell outages of several causes in the name of one", () => {
  const outage = (start: number, cause: string): Finding => ({
    ...finding("scrapes_failing", start, start + 8),
    params: { cause, gapSeconds: 8 },
  });
  const found = recurrences([outage(10, "key_wanted"), outage(30, "timeout"), outage(60, "timeout")]);
  assert.deepEqual(found.map(({ finding, times }) => [finding.params.cause, times]), [
    ["key_wanted", 1],
    ["timeout", 2],
  ]);
});

Deno.test("foremost() leaves no server out, up to eight of them", () => {
  const of = (code: Finding["code"], target: string) => ({ ...finding(code, 0, 1), target });
  const told = (findings: readonly Finding[], count = 3) =>
    foremost(recurrences(findings), count).map(({ finding }) => `${finding.target} ${finding.code}`);
  assert.deepEqual(
    told([
      of("kv_bound", "a"),
      of("overload", "a"),
      of("hidden_aborts", "a"),
      of("engine_slow", "b"),
      of("kv_bound", "b"),
      of("healthy", "c"),
    ]),
    ["a kv_bound", "a overload", "a hidden_aborts", "b engine_slow", "c healthy"],
  );
  assert.equal(told(Array.from({ length: 20 }, (_, i) => of("healthy", `s${i}`))).length, 8);
  assert.deepEqual(told([of("kv_bound", "a"), of("overload", "a")], 1), ["a kv_bound"]);
  assert.deepEqual(told([]), []);
});
