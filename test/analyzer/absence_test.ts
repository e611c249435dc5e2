import assert from "node:assert/strict";
import { absenceOf } from "../../src/analyzer/absence.ts";
import type { Cause } from "../../src/base/cause.ts";
import type { QuantityName } from "../../src/catalog/types.ts";
import type { MetricMeta } from "../../src/parser/types.ts";
import type { LabEvent, TargetFacts } from "../../src/series/types.ts";

const VLLM: TargetFacts = { target: "vllm", kind: "vllm", simulated: false, version: "0.32.0" };
const LIBRARY: Cause = { code: "gpu_library_not_found", params: { library: "libnvidia-ml.so.1" } };
const RUNNING: MetricMeta = { name: "vllm:num_requests_running", type: "gauge", help: "" };
const TTFT: MetricMeta = { name: "vllm:time_to_first_token_seconds", type: "histogram", help: "" };

function failure(target: string, cause: Cause): LabEvent {
  return { kind: "scrape_failed", timeSeconds: 1, target, cause, durationSeconds: 0 };
}

Deno.test("absenceOf() tells the cause of whoever should have given the quantity", () => {
  const gpu = (absent: Record<string, Cause>): TargetFacts => ({
    target: "gpu",
    kind: "gpu",
    simulated: false,
    absent,
  });
  const permission: Cause = { code: "no_permission", params: { path: "/proc/meminfo" } };
  const host: TargetFacts = {
    target: "host",
    kind: "host",
    simulated: false,
    absent: { memory: permission },
  };
  const unsupported: Cause = { code: "gpu_not_supported", params: { field: "power" } };
  const refused: Cause = { code: "connection_refused" };
  const rows: [
    string,
    QuantityName,
    { facts: TargetFacts[]; families?: MetricMeta[]; events?: LabEvent[] },
    Cause,
  ][] = [
    ["no driver", "gpu_utilization", { facts: [VLLM, gpu({ gpu: LIBRARY })], families: [RUNNING] }, LIBRARY],
    ["one figure", "gpu_power", { facts: [VLLM, gpu({ "gpu0.power": unsupported })] }, unsupported],
    ["no GPU sampler", "gpu_power", { facts: [VLLM], families: [RUNNING] }, { code: "gpu_not_sampled" }],
    ["no machine", "cpu_usage", { facts: [VLLM], families: [RUNNING] }, { code: "host_not_sampled" }],
    ["unreadable", "memory_usage", { facts: [VLLM, host], families: [RUNNING] }, permission],
    ["no server", "running", { facts: [host] }, { code: "server_not_sampled" }],
    ["never answered", "running", { facts: [VLLM], events: [failure("vllm", refused)] }, refused],
    [
      "answered once",
      "preemptions",
      { facts: [VLLM], families: [RUNNING], events: [failure("vllm", refused)] },
      { code: "quantity_not_exposed", params: { quantity: "preemptions" } },
    ],
    [
      "no first token",
      "ttft",
      { facts: [VLLM], families: [RUNNING, TTFT] },
      { code: "no_first_tokens_in_window" },
    ],
    [
      "no token after the first",
      "itl",
      { facts: [VLLM], families: [RUNNING, { ...TTFT, name: "vllm:inter_token_latency_seconds" }] },
      { code: "no_tokens_in_window" },
    ],
    [
      "no request",
      "e2e",
      { facts: [VLLM], families: [RUNNING, { ...TTFT, name: "vllm:e2e_request_latency_seconds" }] },
      { code: "no_requests_in_window" },
    ],
    [
      "an old name",
      "prefix_cache_hits",
      { facts: [VLLM], families: [RUNNING] },
      { code: "quantity_not_exposed", params: { quantity: "prefix_cache_hits" } },
    ],
    [
      "a GPU without the figure",
      "gpu_temperature",
      { facts: [VLLM, gpu({})], families: [RUNNING] },
      { code: "no_data", params: { quantity: "gpu_temperature" } },
    ],
  ];
  for (const [name, quantity, context, cause] of rows) {
    assert.deepEqual(absenceOf(quantity, { families: [], ...context }), cause, name);
  }
});
