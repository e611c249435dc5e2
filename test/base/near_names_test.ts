import assert from "node:assert/strict";
import { isSlipOf, nearNames } from "../../src/base/near_names.ts";

const QUANTITIES = [
  "ttft",
  "client_ttft",
  "tpot",
  "running",
  "queue_time",
  "kv_cache_usage",
  "gpu_utilization",
  "gpu_power",
];
const OPTIONS = ["targets", "intervalSeconds", "maxDataPoints", "quantities", "gpu"];

Deno.test("nearNames() finds what was meant by a slip, a beginning or a word", () => {
  const cases: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ["tftt", QUANTITIES, "ttft"],
    ["runing", QUANTITIES, "running"],
    ["TTFT", QUANTITIES, "ttft"],
    ["kvCacheUsage", QUANTITIES, "kv_cache_usage"],
    ["gpu_util", QUANTITIES, "gpu_utilization"],
    ["queue", QUANTITIES, "queue_time"],
    ["requests_running", QUANTITIES, "running"],
    ["interval", OPTIONS, "intervalSeconds"],
    ["intervalseconds", OPTIONS, "intervalSeconds"],
    ["target", OPTIONS, "targets"],
    ["quantity", OPTIONS, "quantities"],
    ["maxPoints", OPTIONS, "maxDataPoints"],
    ["gpus", OPTIONS, "gpu"],
    ["colour", OPTIONS, undefined],
    ["", OPTIONS, undefined],
    ["__proto__", OPTIONS, undefined],
  ];
  for (const [name, known, nearest] of cases) assert.equal(nearNames(name, known)[0], nearest, name);
  assert.deepEqual(nearNames("client", ["client_a", "client_b", "client_c", "client_d"]).length, 3);
});

Deno.test("isSlipOf() is true for slips of the fingers only", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["runing", "running", true],
    ["tftt", "ttft", true],
    ["Ttft", "ttft", true],
    ["ttft", "ttft", false],
    ["queue", "queue_time", false],
    ["itl", "e2e", false],
    ["vllm:lora_config_info", "vllm:cache_config_info", true],
    ["my_own_total", "running", false],
  ];
  for (const [name, known, slip] of cases) assert.equal(isSlipOf(name, known), slip, `${name}, ${known}`);
});
