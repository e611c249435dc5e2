import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { figureBiases } from "../../src/analyzer/biases.ts";
import type { MetricMeta } from "../../src/catalog/types.ts";
import { LANGUAGES } from "../../src/text/language.ts";
import { biasSentence } from "../../src/text/biases.ts";
import { mergeFacts } from "../../src/series/facts.ts";
import type { TargetFacts, TimeSpan } from "../../src/series/types.ts";
import { engineSeries, sourceOf, START } from "../helpers/engine_series.ts";

const families: MetricMeta[] = [
  { name: "vllm:e2e_request_latency_seconds", type: "histogram", help: "" },
  { name: "vllm:request_queue_time_seconds", type: "histogram", help: "" },
  { name: "vllm:num_requests_running", type: "gauge", help: "" },
];

Deno.test("figureBiases() groups the figures that share a fault, and has none of what is not shown", () => {
  const found = figureBiases(families, ["queue_time", "e2e", "running", "ttft", "e2e"], "0.32.0");
  const first300ms = found.find(({ code }) => code === "first_bucket_is_300ms");
  assert.deepEqual(first300ms?.quantities, ["queue_time", "e2e"]);
  assert.ok(found.every(({ quantities }) => !quantities.includes("ttft")));
  assert.deepEqual(figureBiases([], ["e2e"]), []);
  assert.deepEqual(figureBiases(families, []), []);
});

Deno.test("figureBiases() tells a fault of some versions only where it cannot be ruled out", () => {
  const codes = (version?: string) => figureBiases(families, ["e2e"], version).map(({ code }) => code);
  assert.ok(!codes("0.6.3").includes("first_bucket_is_300ms"));
  assert.ok(codes("0.32.0").includes("first_bucket_is_300ms"));
  assert.ok(codes().includes("first_bucket_is_300ms"));
});

Deno.test("biasSentence() is a phrase without a full stop in every language", () => {
  for (const language of LANGUAGES) {
    assert.match(biasSentence("aborts_uncounted", language), /[^.。]$/);
  }
});

Deno.test("figureBiases() tells no fault of the older engine where the version or the names rule it out", () => {
  const bare: MetricMeta[] = [
    { name: "vllm:prompt_tokens_total", type: "counter", help: "" },
    { name: "vllm:time_to_first_token_seconds", type: "histogram", help: "" },
  ];
  const tells = (version?: string, more: readonly MetricMeta[] = []) =>
    figureBiases([...bare, ...more], ["prompt_tokens", "ttft"], version)
      .some(({ code }) => code === "recounted_after_preemption");
  // From 0.11 on there is one engine, whatever names a server leaves out (no prefix cache, no cache gauge).
  assert.deepEqual(["0.32.0", "0.11.0", "v0.11.2", "0.10.2", "0.9.2", undefined].map((one) => tells(one)), [
    ...[false, false, false],
    ...[true, true, true],
  ]);
});

Deno.test("figureBiases() of a server that was upgraded tells the faults of both lives", () => {
  const codes = (version: string | readonly string[]) =>
    figureBiases(families, ["e2e"], version).map(({ code }) => code);
  assert.ok(!codes("0.6.3").includes("first_bucket_is_300ms"));
  assert.deepEqual(codes(["0.6.3", "0.32.0"]), [...new Set([...codes("0.6.3"), ...codes("0.32.0")])]);
  assert.ok(codes(["0.6.3", "0.32.0"]).includes("first_bucket_is_300ms"));
});

Deno.test("mergeFacts() keeps the versions of lives before an upgrade, each once", () => {
  const facts = (version?: string): TargetFacts => ({
    target: "vllm",
    simulated: false,
    ...(version === undefined ? {} : { version }),
  });
  const lives = [facts("0.24.0"), facts(), facts("0.25.1"), facts("0.25.1"), facts("0.32.0")];
  const whole = lives.reduce<TargetFacts | undefined>(mergeFacts, undefined)!;
  assert.deepEqual([whole.version, whole.earlierVersions], ["0.32.0", ["0.24.0", "0.25.1"]]);
  assert.deepEqual(mergeFacts(undefined, whole), whole, "as a replay puts them in");
  assert.deepEqual(mergeFacts(whole, facts("0.25.1")).earlierVersions, ["0.24.0", "0.32.0"], "a step back");
  assert.equal(mergeFacts(undefined, facts("0.32.0")).earlierVersions, undefined);
});

Deno.test("generatePerformanceReport() tells the faults of a life before an upgrade that its time holds", async () => {
  const upgraded = (until: number) => {
    const source = sourceOf(
      engineSeries({ running: () => 8 }).map((one) => ({
        ...one,
        at: (second: number) =>
          one.type !== "gauge" && second >= until ? one.at(second - until) : one.at(second),
      })),
      200,
    );
    source.addFacts({ target: "vllm", kind: "vllm", simulated: true, models: ["m"], version: "0.9.2" });
    source.addFacts({ target: "vllm", kind: "vllm", simulated: true, models: ["m"], version: "0.32.0" });
    return new AdvancedMetricsAnalyzer(source);
  };
  const tells = async (analyzer: AdvancedMetricsAnalyzer, span?: TimeSpan) =>
    (await analyzer.generatePerformanceReport(span === undefined ? {} : { span })).biases.some(({ code }) =>
      code === "recounted_after_preemption"
    );
  assert.equal(await tells(upgraded(100)), true, "0.9.2 until second 100");
  const stretch = (from: number, to: number) => ({ startSeconds: START + from, endSeconds: START + to });
  assert.equal(await tells(upgraded(100), stretch(0, 60)), true, "all of it before the upgrade");
  assert.equal(await tells(upgraded(100), stretch(120, 200)), false, "all of it after the upgrade");
  assert.equal(await tells(upgraded(1000)), false, "the upgrade was before");
});
