import assert from "node:assert/strict";
import { collectMatchers, duration, time } from "../../src/cli/span_options.ts";

Deno.test("duration() reads seconds, minutes, hours, days and sums of them, and refuses the rest", () => {
  const cases: [string, number][] = [["90s", 90], ["30m", 1800], ["2h", 7200], ["1d", 86_400], [
    "1h30m",
    5400,
  ], ["0.5h", 1800]];
  for (const [text, seconds] of cases) assert.equal(duration(text), seconds, text);
  for (const text of ["", "3", "m", "-5m", "5 m", "5x", "0s", "5m3"]) {
    assert.throws(() => duration(text), /wanted a duration/, text);
  }
});

Deno.test("time() reads ISO times and Unix seconds, and refuses the rest", () => {
  assert.equal(time("2026-11-25T14:00:00Z"), 1_795_615_200);
  assert.equal(time("2026-11-25T16:00:00+02:00"), 1_795_615_200);
  assert.equal(time("1795615200.25"), 1_795_615_200.25);
  for (const text of ["", "14:00", "2026", "yesterday", "2026-13-40"]) {
    assert.throws(() => time(text), /wanted a time/, text);
  }
});

Deno.test("collectMatchers() reads conditions as PromQL writes them", () => {
  const cases: [string, unknown][] = [
    ['job="vllm"', { label: "job", operator: "=", value: "vllm" }],
    ["job=vllm", { label: "job", operator: "=", value: "vllm" }],
    ['job=~"vllm|dcgm"', { label: "job", operator: "=~", value: "vllm|dcgm" }],
    ['pod!~"a\\\\.b\\""', { label: "pod", operator: "!~", value: 'a\\.b"' }],
    ['job!=""', { label: "job", operator: "!=", value: "" }],
  ];
  for (const [text, matcher] of cases) assert.deepEqual(collectMatchers(text), [matcher], text);
  assert.equal(collectMatchers("b=2", collectMatchers("a=1")).length, 2);
  for (const text of ["", "job", "1job=x", 'job="x', 'job==x"']) {
    assert.throws(() => collectMatchers(text), /wanted a condition/, text);
  }
});
