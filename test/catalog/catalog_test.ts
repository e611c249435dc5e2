import assert from "node:assert/strict";
import { explainQuantity } from "../../src/catalog/explain.ts";
import { isQuantityName, QUANTITIES, quantityOf } from "../../src/catalog/quantities.ts";
import { derivationsOf, resolveQuantity } from "../../src/catalog/resolve.ts";
import { findDeprecated, findUnknownVllm } from "../../src/catalog/survey.ts";
import type { MetricMeta, QuantityName } from "../../src/catalog/types.ts";
import { compareVersions, isVersion, showHiddenOption } from "../../src/catalog/version.ts";
import { parseExposition } from "../../src/parser/parse.ts";
import type { MetricFamily, MetricType } from "../../src/parser/types.ts";
import { fixtureNames, fixtureText, namesSeen } from "../helpers/parser_fixtures.ts";

const NAMES = Object.keys(QUANTITIES).filter(isQuantityName);

function scrape(name: string): MetricFamily[] {
  return parseExposition(
    fixtureText(
      `${name.startsWith("vllm-v0") || !name.startsWith("vllm-") ? "others" : "scrapes"}/${name}.txt`,
    ),
  );
}

/** Families that have a sample: an idle server may declare more. */
function withSamples(name: string): MetricFamily[] {
  return scrape(name).filter((family) => family.samples.length > 0);
}

function metrics(...entries: [name: string, type: MetricType][]): MetricMeta[] {
  return entries.map(([name, type]) => ({ name, type, help: "" }));
}

Deno.test("the table of names seen on eleven real servers is what their scrapes hold", () => {
  const { versions, names } = namesSeen();
  for (const [column, version] of versions.entries()) {
    const idle = sampleNames(withSamples(`vllm-${version}-idle`));
    const after = sampleNames(withSamples(`vllm-${version}-after`));
    for (const [name, seen] of Object.entries(names)) {
      const shown = idle.has(name) && after.has(name) ? "yes" : after.has(name) ? "idle-" : "-";
      assert.equal(shown, seen[column], `${name} in ${version}`);
    }
  }
});

function sampleNames(families: readonly MetricFamily[]): Set<string> {
  return new Set(families.map(({ name }) => name));
}

Deno.test("resolveQuantity() finds every quantity whose name a real server shows, by its first present name", () => {
  const { versions, names } = namesSeen();
  let resolved = 0;
  for (const [column, version] of versions.entries()) {
    const families = withSamples(`vllm-${version}-after`);
    const isShown = (name: string) => names[name] !== undefined && names[name][column] !== "-";
    for (const quantity of NAMES) {
      const expected = QUANTITIES[quantity].candidates.find(({ name }) => isShown(name));
      if (expected === undefined) continue;
      assert.equal(resolveQuantity(families, quantity)?.name, expected.name, `${quantity} in ${version}`);
      resolved++;
    }
  }
  assert.ok(resolved > 250, String(resolved));
});

Deno.test("QUANTITIES has no version bound that a real server contradicts", () => {
  const { versions, names } = namesSeen();
  for (const { candidates } of Object.values(QUANTITIES)) {
    for (const { name, server, since, until, hiddenUntil, engine, option } of candidates) {
      for (const [column, label] of versions.entries()) {
        const seen = names[name]?.[column];
        if (server !== "vllm" || seen === undefined) continue;
        const version = label.split("-")[0] ?? label;
        const isV0 = label.includes("v0") || version === "0.8.5";
        const last = label.includes("hidden") ? hiddenUntil ?? until : until;
        const inTime = (since === undefined || compareVersions(version, since) >= 0) &&
          (last === undefined || compareVersions(version, last) <= 0);
        const onEngine = engine === undefined || (engine === "v0") === isV0;
        if (seen !== "-") assert.ok(inTime && onEngine, `${name} is in ${label}`);
        // What needs an option need not be there.
        else if (option === undefined) {
          assert.ok(!(inTime && onEngine), `${name} is not in ${label}`);
        }
      }
    }
  }
});

Deno.test("resolveQuantity() gives unit, factor, labels, type and biases of other servers' names", () => {
  const f = (server: string, quantity: QuantityName, expected: Record<string, unknown>) => {
    const found = resolveQuantity(scrape(server), quantity) ?? assert.fail(quantity);
    const { quantity: _, ...rest } = found;
    assert.deepEqual(rest, { unitFactor: 1, biases: [], ...expected }, quantity);
  };
  const triton = "triton-tensorrt-llm";
  f(triton, "running", {
    name: "nv_trt_llm_request_metrics",
    type: "gauge",
    unit: "requests",
    labelFilter: { request_type: "active" },
  });
  f(triton, "kv_cache_usage", {
    name: "nv_trt_llm_kv_cache_block_metrics",
    type: "gauge",
    unit: "ratio",
    labelFilter: { kv_cache_block_type: "fraction" },
  });
  f(triton, "e2e", {
    name: "nv_inference_request_duration_us",
    type: "counter",
    unit: "seconds",
    unitFactor: 1e-6,
    biases: ["only_the_sum"],
  });
  f(triton, "request_failure", { name: "nv_inference_request_failure", type: "counter", unit: "requests" });
  f("dcgm-exporter-readme", "gpu_sm_clock", {
    name: "DCGM_FI_DEV_SM_CLOCK",
    type: "gauge",
    unit: "hertz",
    unitFactor: 1e6,
    biases: ["blank_values"],
  });
  f("node-exporter", "memory_total", { name: "node_memory_MemTotal_bytes", type: "gauge", unit: "bytes" });
  f("node-exporter", "process_resident_memory", {
    name: "process_resident_memory_bytes",
    type: "gauge",
    unit: "bytes",
    biases: ["api_server_only"],
  });
  f("vllm-v0-aibrix", "prefix_cache_hit_ratio", {
    name: "vllm:gpu_prefix_cache_hit_rate",
    type: "gauge",
    unit: "ratio",
    biases: ["minus_one_means_off", "lifetime_mean"],
  });
});

Deno.test("resolveQuantity() finds SGLang, TGI, TensorRT-LLM, llama.cpp, Dynamo, exporters and the lab by their names", () => {
  const f = (quantity: QuantityName, name: string, type: MetricType, expected: string = name) =>
    assert.equal(resolveQuantity(metrics([name, type]), quantity)?.name, expected, name);
  f("running", "sglang:num_running_reqs", "gauge");
  f("running", "sglang_num_running_reqs", "gauge");
  f("kv_cache_usage", "sglang:token_usage", "gauge");
  f("ttft", "sglang:time_to_first_token_seconds", "histogram");
  f("queue_time", "sglang:queue_time_seconds", "histogram");
  f("waiting", "tgi_queue_size", "gauge");
  f("e2e", "tgi_request_duration", "histogram");
  f("prompt_tokens", "tgi_request_input_length", "histogram", "tgi_request_input_length_sum");
  f("request_success", "tgi_request_success", "counter");
  f("kv_cache_usage", "trtllm_kv_cache_utilization", "gauge");
  f("tpot", "trtllm_time_per_output_token_seconds", "histogram");
  f("running", "llamacpp:requests_processing", "gauge");
  f("generation_tokens", "llamacpp:tokens_predicted_total", "counter");
  f("itl", "dynamo_frontend_inter_token_latency_seconds", "histogram");
  f("generation_tokens", "dynamo_frontend_output_tokens_total", "counter");
  f("gpu_power", "DCGM_FI_DEV_POWER_USAGE", "gauge");
  f("gpu_utilization", "nvidia_smi_utilization_gpu_ratio", "gauge");
  f("gpu_memory_used", "nv_gpu_memory_used_bytes", "gauge");
  f("cpu_usage", "lab_cpu_usage_ratio", "gauge");
  f("client_ttft", "lab_client_time_to_first_token_seconds", "histogram");
});

Deno.test("resolveQuantity() knows a name by its spellings and by its single series", () => {
  const f = (name: string, type: MetricType, quantity: QuantityName, expected: string | undefined) =>
    assert.equal(resolveQuantity(metrics([name, type]), quantity)?.name, expected, name);
  f("vllm_num_requests_running", "gauge", "running", "vllm_num_requests_running");
  f("ray_vllm_num_requests_running", "gauge", "running", "ray_vllm_num_requests_running");
  f("ray_vllm:num_requests_running", "gauge", "running", "ray_vllm:num_requests_running");
  f("kserve_vllm:num_requests_running", "gauge", "running", "kserve_vllm:num_requests_running");
  f("my_vllm:num_requests_running", "gauge", "running", undefined);
  // An OpenMetrics family has no `_total`, its samples have.
  f("vllm:prompt_tokens", "counter", "prompt_tokens", "vllm:prompt_tokens_total");
  f("vllm:time_to_first_token_seconds_bucket", "histogram", "ttft", "vllm:time_to_first_token_seconds");
  f("vllm:iteration_tokens_total", "histogram", "iteration_tokens", "vllm:iteration_tokens_total");
  f("vllm:iteration_tokens_total_sum", "histogram", "iteration_tokens", "vllm:iteration_tokens_total");
  assert.equal(resolveQuantity([], "running"), undefined);
});

Deno.test("resolveQuantity() takes one of two spellings of a quantity, the newer one", () => {
  const families = scrape("vllm-0.11.2-hidden-after");
  assert.equal(resolveQuantity(families, "kv_cache_usage")?.name, "vllm:kv_cache_usage_perc");
  assert.equal(resolveQuantity(families, "itl")?.name, "vllm:inter_token_latency_seconds");
  assert.equal(resolveQuantity(families, "prefix_cache_hits")?.name, "vllm:prefix_cache_hits_total");
  const old = scrape("vllm-0.9.2-after");
  assert.equal(resolveQuantity(old, "itl")?.name, "vllm:time_per_output_token_seconds");
  assert.equal(resolveQuantity(old, "tpot"), undefined);
});

Deno.test("resolveQuantity() tells the biases of this version, by what it says or by the names that are there", () => {
  const f = (name: string, version: string | undefined, quantity: QuantityName, bias: string) =>
    resolveQuantity(scrape(name), quantity, version === undefined ? {} : { version })?.biases.includes(
      bias as never,
    );
  const recounted = "queries_recounted_while_waiting";
  assert.equal(f("vllm-0.25.1-after", "0.25.1", "prefix_cache_queries", recounted), true);
  assert.equal(f("vllm-0.25.1-after", undefined, "prefix_cache_queries", recounted), true);
  assert.equal(f("vllm-0.32.0-after", "0.32.0", "prefix_cache_queries", recounted), false);
  assert.equal(f("vllm-0.32.0-after", undefined, "prefix_cache_queries", recounted), false);
  // Nobody looked at 0.28: it cannot be ruled out.
  assert.equal(f("vllm-0.25.1-after", "0.28.0", "prefix_cache_queries", recounted), true);
  const again = "recounted_after_preemption";
  assert.equal(f("vllm-0.8.5-after", undefined, "ttft", again), true);
  assert.equal(f("vllm-0.9.2-v0-after", "0.9.2", "prompt_tokens", again), true);
  assert.equal(f("vllm-0.9.2-after", "0.9.2", "ttft", again), false);
  assert.equal(f("vllm-0.9.2-after", "0.9.2", "kv_cache_usage", "rests_at_one_block"), true);
  assert.equal(f("vllm-0.17.1-after", "0.17.1", "kv_cache_usage", "rests_at_one_block"), false);
  assert.equal(f("vllm-0.12.0-after", "0.12.0", "request_success", "aborts_uncounted"), true);
});

Deno.test("explainQuantity() says which name was used or what would give one", () => {
  const f = (name: string, version: string | undefined, quantity: string, expected: unknown) => {
    const explanation = explainQuantity(quantity, scrape(name), version === undefined ? {} : { version });
    const told = "found" in explanation ? explanation.found.name : explanation.absent;
    assert.deepEqual(told, expected, `${quantity} in ${name}`);
  };
  f("vllm-0.32.0-after", "0.32.0", "ttft", "vllm:time_to_first_token_seconds");
  f("vllm-0.8.5-after", "0.8.5", "swapped", {
    code: "quantity_hidden_in_version",
    params: {
      name: "vllm:num_requests_swapped",
      option: "--show-hidden-metrics-for-version=0.7",
      version: "0.8.5",
    },
  });
  f("vllm-0.8.5-hidden-after", "0.8.5", "swapped", "vllm:num_requests_swapped");
  f("vllm-0.32.0-after", "0.32.0", "swapped", {
    code: "quantity_removed",
    params: { name: "vllm:num_requests_swapped", lastSeenIn: "0.8.5", version: "0.32.0" },
  });
  f("vllm-0.12.0-after", undefined, "request_preemptions", {
    code: "quantity_not_exposed",
    params: { quantity: "request_preemptions" },
  });
  f("vllm-0.12.0-after", "0.12.0", "request_preemptions", {
    code: "quantity_added_later",
    params: { name: "vllm:request_num_preemptions", since: "0.30.0", version: "0.12.0" },
  });
  f("vllm-0.9.2-v0-after", "0.9.2", "prefix_cache_queries", {
    code: "quantity_needs_option",
    params: { name: "vllm:prefix_cache_queries_total", option: "VLLM_USE_V1=1" },
  });
  f("vllm-0.9.2-v0-after", "0.9.2", "http_requests", {
    code: "quantity_needs_option",
    params: { name: "http_requests_total", option: "VLLM_USE_V1=1" },
  });
  f("vllm-0.32.0-after", undefined, "spec_decode_drafts", {
    code: "quantity_needs_option",
    params: { name: "vllm:spec_decode_num_drafts_total", option: "--speculative-config" },
  });
  f("triton-tensorrt-llm", undefined, "ttft", { code: "quantity_not_exposed", params: { quantity: "ttft" } });
  f("vllm-0.32.0-after", undefined, "nonsense", {
    code: "quantity_unknown",
    params: { quantity: "nonsense" },
  });
  f("vllm-0.32.0-after", undefined, "toString", {
    code: "quantity_unknown",
    params: { quantity: "toString" },
  });
});

Deno.test("explainQuantity() lists the names that were tried and how else the quantity can be had", () => {
  const explanation = explainQuantity("prefix_cache_hit_ratio", scrape("vllm-0.32.0-after"));
  assert.ok("absent" in explanation);
  assert.deepEqual(explanation.tried, [
    "vllm:gpu_prefix_cache_hit_rate",
    "sglang:cache_hit_rate",
    "trtllm_kv_cache_hit_rate",
  ]);
  assert.deepEqual(explanation.derivation?.names, ["vllm:prompt_tokens_by_source_total"]);
  assert.deepEqual(derivationsOf(scrape("vllm-0.9.2-after"), "prefix_cache_hit_ratio")[0]?.names, [
    "vllm:prefix_cache_hits_total",
    "vllm:prefix_cache_queries_total",
  ]);
  assert.deepEqual(derivationsOf(scrape("vllm-0.9.2-after"), "tpot")[0]?.names, [
    "vllm:request_decode_time_seconds",
    "vllm:request_generation_tokens",
  ]);
  assert.equal(derivationsOf(scrape("node-exporter"), "cpu_usage")[0]?.names[0], "node_cpu_seconds_total");
  assert.equal(derivationsOf([], "tpot")[0], undefined);
});

Deno.test("explainQuantity() answers for every quantity on every recorded server", () => {
  const servers = [
    ...fixtureNames("scrapes"),
    "vllm-v0-aibrix",
    "triton-tensorrt-llm",
    "node-exporter",
    "dcgm-exporter-readme",
  ];
  for (const server of servers) {
    const families = scrape(server);
    for (const quantity of NAMES) {
      const explanation = explainQuantity(quantity, families);
      assert.equal(
        "found" in explanation,
        resolveQuantity(families, quantity) !== undefined,
        `${quantity} in ${server}`,
      );
    }
  }
});

Deno.test("findDeprecated() finds what the HELP calls deprecated", () => {
  assert.deepEqual(findDeprecated(scrape("vllm-0.32.0-after")), []);
  assert.deepEqual(findDeprecated(scrape("vllm-0.11.2-hidden-after")), [
    { name: "vllm:gpu_cache_usage_perc", advice: "DEPRECATED: Use vllm:kv_cache_usage_perc instead." },
    {
      name: "vllm:gpu_prefix_cache_queries_total",
      advice: "DEPRECATED: Use vllm:prefix_cache_queries instead.",
    },
    { name: "vllm:gpu_prefix_cache_hits_total", advice: "DEPRECATED: Use vllm:prefix_cache_hits instead." },
    {
      name: "vllm:time_per_output_token_seconds",
      advice: "DEPRECATED: Use vllm:inter_token_latency_seconds instead.",
    },
  ]);
});

Deno.test("findUnknownVllm() knows every name of the recorded servers, and tells one of a newer vLLM", () => {
  for (const name of [...fixtureNames("scrapes"), "vllm-v0-aibrix"]) {
    assert.deepEqual(findUnknownVllm(scrape(name)), [], name);
  }
  const known = metrics(
    ["vllm:time_travel_seconds", "histogram"],
    ["vllm_warp_total", "counter"],
    ["vllm:num_requests_running", "gauge"],
    ["vllm:kv_offload_load_bytes_total", "counter"],
    ["vllm:prompt_tokens_created", "gauge"],
    ["vllm:time_to_first_token_seconds_bucket", "histogram"],
    ["sglang:anything", "gauge"],
  );
  assert.deepEqual(findUnknownVllm(known), ["vllm:time_travel_seconds", "vllm_warp_total"]);
});

Deno.test("QUANTITIES gives each name to one quantity, or tells them apart by labels", () => {
  const owners = new Map<string, string>();
  for (const quantity of NAMES) {
    for (const { name, labels } of QUANTITIES[quantity].candidates) {
      const key = `${name}${JSON.stringify(labels ?? {})}`;
      assert.equal(owners.get(key), undefined, `${name} is ${owners.get(key)} and ${quantity}`);
      owners.set(key, quantity);
    }
  }
});

Deno.test("compareVersions() orders versions as vLLM writes them", () => {
  const f = (a: string, b: string, sign: number) => {
    assert.equal(Math.sign(compareVersions(a, b)), sign, `${a} ${b}`);
    assert.equal(Math.sign(compareVersions(b, a)), sign === 0 ? 0 : -sign, `${b} ${a}`);
  };
  f("0.9.2", "0.10.0", -1);
  f("0.10.1.1", "0.10.1", 1);
  f("0.6.6.post1", "0.6.6", 0);
  f("v0.32.0rc1+cu130", "0.32", 0);
  f("0.33.0", "0.32.9", 1);
  assert.deepEqual(["0.32.0", "v0.9", "nightly", "7"].map(isVersion), [true, true, false, false]);
  assert.equal(showHiddenOption("0.12.0"), "--show-hidden-metrics-for-version=0.11");
});

Deno.test("quantityOf() refuses a name that is none and proposes those that come near", () => {
  assert.equal(quantityOf("running"), QUANTITIES.running);
  assert.throws(
    () => quantityOf("requests_running"),
    /^RangeError: Cannot read the quantity "requests_running": no such quantity, wanted perhaps running/,
  );
  assert.throws(() => quantityOf("toString"), /wanted one of those in QUANTITIES$/);
  assert.throws(() => resolveQuantity([], JSON.parse('"kv usage"')), /perhaps kv_/);
});
