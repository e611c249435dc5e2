/** The text of /metrics against recordings of real servers: everything but the values is equal. */
import assert from "node:assert/strict";
import { boundsOf } from "../../../src/simulator/server/metrics_text.ts";
import { loadShape, SHAPE_VERSIONS, shippedText } from "../../../src/simulator/server/shape.ts";
import { recorded, total, virtualVllm } from "./fixtures.ts";

/** The text with its values masked. */
function masked(text: string): string[] {
  return text.trimEnd().split("\n").map((
    line,
  ) => (line.startsWith("#") ? line : line.slice(0, line.lastIndexOf(" "))));
}

/** Without the children of http_*, which depend on what was asked; their families, help and order stay. */
function withoutHttpChildren(lines: readonly string[]): string[] {
  return lines.filter((line) => !/^http_.*\{handler=/.test(line));
}

/** Families whose help and type appear only once they have children. */
function withoutLateHttp(lines: readonly string[]): string[] {
  const late =
    /^# (HELP|TYPE) http_(requests|request_size_bytes|response_size_bytes|request_duration_seconds)_created /;
  return lines.filter((line) => !late.test(line));
}

const LIMITS = { maxModelLength: 512 };

/** cache_config_info tells of the server's options: its label names must be equal, its values are compared apart. */
function withoutConfig(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line.startsWith("vllm:cache_config_info{") ? line.replaceAll(/="[^"]*"/g, "") : line
  );
}

for (const version of Object.keys(SHAPE_VERSIONS)) {
  const options = version === "0.32.0" ? {} : { limits: LIMITS };

  Deno.test(`metrics of ${version} equal the real server's when idle, values apart`, async () => {
    const vllm = virtualVllm({ vllmVersion: version, model: "tiny-llama", ...options });
    const real = withoutConfig(masked(shippedText(`vllm-${version}-idle.txt.gz`)));
    assert.deepEqual(withoutConfig(masked(await vllm.metrics())), real);
  });

  Deno.test(`metrics of ${version} equal the real server's after use, values apart`, async () => {
    const vllm = virtualVllm({ vllmVersion: version, model: "tiny-llama", ...options });
    await vllm.clock.drive(async () => {
      await (await vllm.post("/v1/completions", { prompt: "Hello there", max_tokens: 4, ignore_eos: true }))
        .text();
      await (await vllm.post("/v1/completions", { prompt: "Hello there", max_tokens: 400 })).text();
      await (await vllm.post("/v1/completions", { model: "nobody", prompt: "x" })).text();
    });
    const real = withoutConfig(masked(shippedText(`vllm-${version}-after.txt.gz`)));
    const ours = withoutConfig(masked(await vllm.metrics()));
    assert.deepEqual(withoutHttpChildren(ours), withoutHttpChildren(real));
  });
}

Deno.test("metrics of 0.32.0 equal the real server's under load and after a restart", async () => {
  const vllm = virtualVllm({ model: "tiny-llama" });
  await vllm.clock.drive(async () => {
    await (await vllm.post("/v1/completions", { prompt: "Hello there", max_tokens: 4 })).text();
    const under = vllm.post("/v1/chat/completions", {
      messages: [{ role: "user", content: "Hi" }],
      max_tokens: 50,
    });
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 0.2);
    const text = await vllm.metrics();
    assert.equal(total(text, "vllm:num_requests_running"), 1);
    assert.deepEqual(
      withoutHttpChildren(masked(text)),
      withoutHttpChildren(masked(recorded("loaded.txt.gz"))),
    );
    await (await under).text();
    await vllm.server.restart();
    assert.deepEqual(masked(await vllm.metrics()), masked(recorded("restarted.txt.gz")));
  });
});

Deno.test("metrics of two engines equal the real server's, idle and after", async () => {
  const vllm = virtualVllm({ model: "tiny-llama", engines: 2 });
  assert.deepEqual(masked(await vllm.metrics()), masked(recorded("two-engines-idle.txt.gz")));
  await vllm.clock.drive(async () => {
    const body = { prompt: "Hello there", max_tokens: 4, ignore_eos: true };
    await Promise.all([1, 2, 3, 4].map(async () => await (await vllm.post("/v1/completions", body)).text()));
  });
  const text = await vllm.metrics();
  const late = withoutLateHttp(withoutHttpChildren(masked(recorded("two-engines-after.txt.gz"))));
  assert.deepEqual(withoutLateHttp(withoutHttpChildren(masked(text))), late);
  assert.equal(total(text, "vllm:generation_tokens_total"), 16);
  for (const engine of [0, 1]) {
    assert.match(
      text,
      new RegExp(`vllm:generation_tokens_total\\{engine="${engine}",model_name="tiny-llama"\\} 8.0`),
    );
  }
});

Deno.test("cache_config_info of the recorded server's options has the recorded server's values", async () => {
  const line = (text: string) => text.split("\n").find((line) => line.startsWith("vllm:cache_config_info{"));
  const vllm = virtualVllm();
  assert.equal(line(await vllm.metrics()), line(shippedText("vllm-0.32.0-idle.txt.gz")));
});

Deno.test("boundsOf() widens the buckets of token counts to the model's length and leaves the others", () => {
  const shape = loadShape("0.32.0");
  assert.equal(boundsOf(shape, "vllm:request_prompt_tokens", 131_072).at(-1), 100_000);
  assert.equal(boundsOf(shape, "vllm:request_params_n", 131_072).at(-1), 20);
  assert.equal(boundsOf(shape, "vllm:iteration_tokens_total", 131_072).at(-1), 16_384);
  assert.equal(boundsOf(shape, "vllm:time_to_first_token_seconds", 131_072).at(-1), 2560);
});

Deno.test("metrics move as the requests did: counts, sums and the tie between them", async () => {
  const vllm = virtualVllm();
  await vllm.clock.drive(async () => {
    for (let index = 0; index < 5; index++) {
      const body = { prompt: `Question ${index} of five`, max_tokens: 10 + index, ignore_eos: true };
      await (await vllm.post("/v1/completions", body)).text();
    }
  });
  const text = await vllm.metrics();
  assert.equal(total(text, "vllm:generation_tokens_total"), 60);
  assert.equal(total(text, "vllm:request_generation_tokens_sum"), 60);
  assert.equal(total(text, "vllm:request_params_max_tokens_sum"), 60);
  assert.equal(total(text, "vllm:time_to_first_token_seconds_count"), 5);
  assert.equal(total(text, "vllm:inter_token_latency_seconds_count"), 55);
  assert.equal(total(text, "vllm:e2e_request_latency_seconds_count"), 5);
  assert.match(
    text,
    /vllm:request_success_total\{engine="0",finished_reason="length",model_name="tiny-llama"\} 5\.0/,
  );
  assert.match(text, /http_requests_total\{handler="\/v1\/completions",method="POST",status="2xx"\} 5\.0/);
  const prefill = total(text, "vllm:request_prefill_time_seconds_sum");
  const decode = total(text, "vllm:request_decode_time_seconds_sum");
  const inference = total(text, "vllm:request_inference_time_seconds_sum");
  assert.ok(Math.abs(prefill + decode - inference) < 1e-5);
  assert.ok(total(text, "vllm:e2e_request_latency_seconds_sum") > inference);
});

Deno.test("several API servers: as many lines as the real server's when idle, gauges without samples, sums first", async () => {
  const vllm = virtualVllm({ apiServers: 2 });
  const idle = await vllm.metrics();
  // Seen with --api-server-count 2: 424 lines, no process_*, no python_*, no _created.
  assert.equal(idle.trimEnd().split("\n").length, 424);
  assert.doesNotMatch(idle, /process_|python_|_created/);
  assert.match(idle, /# TYPE vllm:num_requests_running gauge\n#/);
  assert.match(
    idle,
    /# TYPE vllm:e2e_request_latency_seconds histogram\nvllm:e2e_request_latency_seconds_sum\{/,
  );
  await vllm.clock.drive(async () => {
    await (await vllm.post("/v1/completions", { prompt: "Hello", max_tokens: 2 })).text();
  });
  assert.match(
    await vllm.metrics(),
    /\nvllm:num_requests_running\{engine="0",model_name="tiny-llama"\} 0\.0\n/,
  );
});

/** Twelve requests that do not fit into the cache together: waiting and preemptions. */
async function pressed(vllmVersion: string): Promise<string> {
  const limits = { maxModelLength: 512, blockCount: 24, blockSizeTokens: 32, maxNumSequences: 8 };
  const vllm = virtualVllm({ vllmVersion, limits });
  await vllm.clock.drive(async () => {
    await Promise.all(Array.from({ length: 12 }, async (_, index) => {
      const body = { prompt: `Case ${index} `.repeat(30), max_tokens: 200, ignore_eos: true };
      await (await vllm.post("/v1/completions", body)).text();
    }));
  });
  return await vllm.metrics();
}

Deno.test("versions before 0.32 count prefix queries at every try to admit a request", async () => {
  const [now, before] = [await pressed("0.32.0"), await pressed("0.25.1")];
  assert.equal(total(now, "vllm:prefix_cache_queries_total"), total(now, "vllm:prompt_tokens_total"));
  assert.ok(
    total(before, "vllm:prefix_cache_queries_total") > 1.1 * total(before, "vllm:prompt_tokens_total"),
  );
  assert.equal(total(before, "vllm:prompt_tokens_total"), total(now, "vllm:prompt_tokens_total"));
});

Deno.test("the V0 engine counts first tokens and prompts again after a preemption, V1 does not", async () => {
  const [v1, v0] = [await pressed("0.32.0"), await pressed("0.8.5")];
  const preemptions = total(v0, "vllm:num_preemptions_total");
  assert.ok(preemptions > 0);
  assert.equal(total(v1, "vllm:time_to_first_token_seconds_count"), 12);
  assert.ok(total(v0, "vllm:time_to_first_token_seconds_count") > 12);
  assert.ok(total(v0, "vllm:prompt_tokens_total") > total(v1, "vllm:prompt_tokens_total"));
  assert.match(v0, /finished_reason="length"/);
  assert.doesNotMatch(v0, /finished_reason="stop"/);
});

Deno.test("0.9.2's cache usage rests at one block once used, others' at 0", async () => {
  assert.equal(total(await pressed("0.9.2"), "vllm:kv_cache_usage_perc"), 1 - 23 / 24);
  assert.equal(total(await pressed("0.11.2"), "vllm:kv_cache_usage_perc"), 0);
});

Deno.test("old versions declare an older text format and refuse with flat bodies", async () => {
  const vllm = virtualVllm({ vllmVersion: "0.9.2" });
  assert.equal(
    (await vllm.get("/metrics")).headers.get("content-type"),
    "text/plain; version=0.0.4; charset=utf-8",
  );
  const refusal = await (await vllm.post("/v1/completions", { model: "no", prompt: "x" })).json();
  assert.deepEqual(Object.keys(refusal), ["object", "message", "type", "param", "code"]);
});

Deno.test("metrics say that they are simulated where it is asked for, after vLLM's own text", async () => {
  const plain = masked(await virtualVllm().metrics());
  const marked = masked(await virtualVllm({ targetInfo: true }).metrics());
  assert.deepEqual(marked.slice(0, plain.length), plain);
  assert.deepEqual(marked.slice(plain.length), [
    "# HELP lab_simulation_late_seconds How late the last step ended that made a simulated engine give up catching up",
    "# TYPE lab_simulation_late_seconds gauge",
    'lab_simulation_late_seconds{engine="0"}',
    "# HELP lab_simulation_lost_pace_total Steps so late that a simulated engine gave up catching up: its figures are those of a slower server",
    "# TYPE lab_simulation_lost_pace_total counter",
    'lab_simulation_lost_pace_total{engine="0"}',
    "# HELP lab_target_info What the lab knows of a target, as labels",
    "# TYPE lab_target_info gauge",
    'lab_target_info{simulated="true"}',
  ]);
});

Deno.test("metrics of a server that speculates equal the real server's, idle and after, and its figures hold together", async () => {
  const speculation = { draftTokens: 3, acceptanceRatio: 0.6 };
  const vllm = virtualVllm({ model: "tiny-llama", limits: { speculation } });
  const real = (state: string) => masked(shippedText(`vllm-0.32.0-speculative-${state}.txt.gz`));
  assert.deepEqual(masked(await vllm.metrics()), real("idle"));
  await vllm.clock.drive(async () => {
    const ask = async (tokens: number) => {
      const body = { prompt: "Hello there", max_tokens: tokens, ignore_eos: true };
      await (await vllm.post("/v1/completions", body)).text();
    };
    await Promise.all([300, 200, 100].map(ask));
  });
  const text = await vllm.metrics();
  assert.deepEqual(withoutHttpChildren(masked(text)), withoutHttpChildren(real("after")));
  const of = (name: string) => total(text, `vllm:${name}`);
  const accepted = of("spec_decode_num_accepted_tokens_total");
  const drafts = of("spec_decode_num_drafts_total");
  assert.equal(of("spec_decode_num_accepted_tokens_per_pos_total"), accepted);
  assert.ok(of("spec_decode_num_draft_tokens_total") <= 3 * drafts);
  // A step gives a token of its own and the accepted ones; what lies behind the end is counted and not given, as in the
  // recording (51 + 1,678 + 963 for 2,686 tokens).
  const given = of("time_to_first_token_seconds_count") + of("inter_token_latency_seconds_count") + accepted;
  assert.ok(given >= 600 && given <= 600 + 3 * 3, `${given}`);
  const first = Number(/per_pos_total\{[^}]*position="0"\} (\S+)/.exec(text)![1]);
  assert.ok(Math.abs(first / drafts - 0.6) < 0.1, `${first} of ${drafts}`);
});

Deno.test("a server with another number of draft tokens has a child for each position", async () => {
  const vllm = virtualVllm({ limits: { speculation: { draftTokens: 5, acceptanceRatio: 0.5 } } });
  const positions = Array.from(
    (await vllm.metrics()).matchAll(/accepted_tokens_per_pos_total\{[^}]*position="(\d)"/g),
    (match) => match[1],
  );
  assert.deepEqual(positions, ["0", "1", "2", "3", "4"]);
  assert.equal(loadShape("0.25.1", { draftTokens: 5 }).used.some(({ name }) => name.includes("spec")), false);
});
