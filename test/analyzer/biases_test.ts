import assert from "node:assert/strict";
import { figureBiases } from "../../src/analyzer/biases.ts";
import type { MetricMeta } from "../../src/catalog/types.ts";
import { LANGUAGES } from "../../src/text/language.ts";
import { biasSentence } from "../../src/text/biases.ts";

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
