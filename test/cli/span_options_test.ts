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

Deno.test("time() counts back from now, and takes a day from its midnight where the reader is", () => {
  const now = Date.now() / 1000;
  for (const [text, back] of [["now", 0], ["now-90s", 90], ["now-1h30m", 5400]] as const) {
    assert.ok(Math.abs(time(text) - (now - back)) < 5, text);
  }
  assert.equal(time("2026-11-25"), new Date(2026, 10, 25).getTime() / 1000);
  assert.equal(time("2028-02-29"), new Date(2028, 1, 29).getTime() / 1000);
  for (const text of ["2026-02-30", "2026-02-30T10:00", "2026-04-31T10:00Z", "2026-13-01"]) {
    assert.throws(() => time(text), /wanted a time/, text);
  }
  for (const text of ["now-", "now-x", "now-30"]) assert.throws(() => time(text), /wanted/, text);
});

Deno.test("time() reads a day in the reader's zone also where that is not UTC, and over a change of its clocks", async () => {
  const code = `import { time } from "${new URL("../../src/cli/span_options.ts", import.meta.url)}";
    const times = ["2026-11-25", "2026-11-25T00:00", "2026-10-25T03:00", "2026-10-25T01:00", "2026-03-29", "2026-03-30"];
    console.log(JSON.stringify(times.map(time)));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    env: { TZ: "Europe/Berlin" },
  }).output();
  const [day, midnight, after, before, short, next] = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(day, Date.parse("2026-11-24T23:00Z") / 1000);
  assert.equal(midnight, day);
  // Two hours on the wall and three in all: the clocks went back. The 29th of March has 23 hours.
  assert.equal(after - before, 3 * 3600);
  assert.equal(next - short, 23 * 3600);
});
