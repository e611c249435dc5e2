import assert from "node:assert/strict";
import { drive } from "../../src/base/clock.ts";
import type { Cause } from "../../src/base/cause.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { ScrapeSampler } from "../../src/collector/scrape_sampler.ts";
import { type SampleBatch, SampleError } from "../../src/series/types.ts";
import { type Answer, exposition, refused, scriptedFetch } from "./fakes.ts";

const T0 = 1_795_551_870;

function sampler(
  answer: (url: URL, count: number) => Answer,
  options: { delaySeconds?: number; maxBytes?: number; maxSamples?: number } = {},
) {
  const clock = new VirtualClock(T0);
  const { delaySeconds, maxBytes, maxSamples } = options;
  const server = scriptedFetch(answer, { clock, ...(delaySeconds === undefined ? {} : { delaySeconds }) });
  const it = new ScrapeSampler({
    id: "vllm",
    metricsUrl: "http://127.0.0.1:8000/metrics",
    intervalSeconds: 2,
    clock,
    fetch: server.fetch,
    headers: { authorization: "Bearer key" },
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(maxSamples === undefined ? {} : { maxSamples }),
  });
  const sample = () => drive(clock, () => it.sample(clock.nowSeconds(), new AbortController().signal));
  return { sample, clock, asked: server.asked };
}

/** Answers /metrics as told and knows the other two addresses. */
function vllm(metrics: (count: number) => Answer): (url: URL, count: number) => Answer {
  return (url, count) => {
    if (url.pathname === "/version") return { body: '{"version":"0.32.0"}' };
    if (url.pathname === "/v1/models") return { body: '{"data":[{"id":"tiny","max_model_len":1024}]}' };
    return metrics(count);
  };
}

function valueOf(batches: readonly SampleBatch[], name: string): number | undefined {
  const definition = batches.flatMap(({ defined }) => defined).find((series) => series.name === name);
  const last = batches.at(-1)!;
  const at = Array.from(last.ids).indexOf(definition?.id ?? -1);
  return last.values[at];
}

async function causeOf(promise: Promise<unknown>): Promise<Cause> {
  try {
    await promise;
  } catch (error) {
    assert(error instanceof SampleError, String(error));
    return error.reason;
  }
  throw new Error("Expected a failed read");
}

Deno.test("ScrapeSampler yields the target's series, its own about the scrape, and facts", async () => {
  const body = exposition(42);
  const { sample, asked } = sampler(vllm(() => ({ body })), { delaySeconds: 0.25 });
  const first = await sample();
  assert.equal(valueOf([first], "vllm:generation_tokens_total"), 42);
  assert.equal(valueOf([first], "lab_scrape_duration_seconds"), 0.25);
  assert.equal(valueOf([first], "lab_scrape_samples"), 3);
  assert.equal(valueOf([first], "lab_scrape_body_bytes"), body.length);
  assert.deepEqual(first.defined.filter(({ name }) => name.startsWith("lab_")).map(({ labels }) => labels), [
    { target: "vllm" },
    { target: "vllm" },
    { target: "vllm" },
  ]);
  assert.deepEqual(first.facts, {
    target: "vllm",
    simulated: false,
    address: "http://127.0.0.1:8000/metrics",
    intervalSeconds: 2,
    kind: "vllm",
    engines: ["0"],
    models: ["tiny"],
    startTimeSeconds: 1_700_000_000,
    version: "0.32.0",
    maxModelLength: 1024,
  });
  assert.equal(asked[0]!.headers.get("authorization"), "Bearer key");
  const second = await sample();
  assert.deepEqual([second.defined, second.facts, second.events], [[], undefined, []]);
  assert.equal(asked.filter(({ url }) => url.pathname === "/version").length, 1);
});

Deno.test("ScrapeSampler reads KV tokens from the cache's facts, the server's own figure first", async () => {
  const cacheLine = (labels: string) =>
    `# TYPE vllm:cache_config_info gauge\nvllm:cache_config_info{block_size="32",num_gpu_blocks="72"${labels}} 1.0\n`;
  const tokens = async (body: string) =>
    (await sampler(vllm(() => ({ body }))).sample()).facts?.kvCacheTokens;
  assert.equal(await tokens(cacheLine("")), 2304);
  assert.equal(await tokens(cacheLine(',kv_cache_size_tokens="2272"')), 2272);
  assert.equal(
    await tokens('# TYPE vllm:cache_config_info gauge\nvllm:cache_config_info{num_gpu_blocks="None"} 1\n'),
    undefined,
  );
  // Two engines, each with a cache of its own: the smaller one is full first, in whatever order they are told.
  const engines = (...blocks: readonly number[]) =>
    "# TYPE vllm:cache_config_info gauge\n" +
    blocks.map((count, engine) =>
      `vllm:cache_config_info{block_size="32",engine="${engine}",num_gpu_blocks="${count}"} 1.0\n`
    ).join("");
  assert.equal(await tokens(engines(72, 60)), 1920);
  assert.equal(await tokens(engines(60, 72)), 1920);
  // A restart with the larger of the two alone, whose line is as it was.
  const started = (seconds: number, body: string) =>
    `# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ${seconds}\n${body}`;
  const restarted = sampler(
    vllm((count) => ({ body: count < 3 ? started(100, engines(72, 60)) : started(200, engines(72)) })),
  );
  const told = [];
  for (let i = 0; i < 4; i++) told.push((await restarted.sample()).facts?.kvCacheTokens);
  assert.deepEqual(told.filter((one) => one !== undefined), [1920, 2304]);
});

Deno.test("ScrapeSampler forgets engines and models that a restart left out, and knows them when they come back", async () => {
  const life = (startSeconds: number, model: string, ...engines: readonly number[]) =>
    "# TYPE vllm:cache_config_info gauge\n" +
    engines.map((engine) =>
      `vllm:cache_config_info{block_size="32",engine="${engine}",num_gpu_blocks="${
        model === "a" ? 72 : 60
      }"} 1\n`
    ).join("") +
    `# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ${startSeconds}\n` +
    "# TYPE vllm:num_requests_running gauge\n" +
    engines.map((engine) => `vllm:num_requests_running{engine="${engine}",model_name="${model}"} 1\n`).join(
      "",
    );
  const lives = [
    life(100, "a", 0, 1),
    life(200, "a", 0),
    life(300, "b", 0),
    life(400, "a", 0), // Half of it at first.
    life(400, "a", 0, 1),
  ];
  let at = 0;
  const { sample } = sampler((url) => {
    if (url.pathname === "/version") return { body: '{"version":"0.32.0"}' };
    if (url.pathname === "/metrics") return { body: lives[at]! };
    const id = lives[at]!.includes('"b"') ? "b" : "a";
    return { body: JSON.stringify({ data: [{ id }] }) };
  });
  const told = [];
  for (at = 0; at < lives.length; at++) {
    const { facts } = await sample();
    told.push([facts?.engines, facts?.models, facts?.kvCacheTokens]);
  }
  assert.deepEqual(told, [
    [["0", "1"], ["a"], 2304],
    [["0"], ["a"], 2304],
    [["0"], ["b"], 1920],
    [["0"], ["a"], 2304],
    [["0", "1"], ["a"], 2304],
  ]);
});

Deno.test("ScrapeSampler says that a server is simulated when it says so itself", async () => {
  const headers = { "x-lab-simulated": "1" };
  const { sample } = sampler(vllm(() => ({ body: exposition(1), headers })));
  assert.equal((await sample()).facts?.simulated, true);
});

Deno.test("ScrapeSampler says that a server is simulated when a series says so, as long as it does", async () => {
  const info = (simulated: boolean) =>
    `# TYPE lab_target_info gauge\nlab_target_info{simulated="${simulated}"} 1.0\n`;
  const texts = [info(false), info(true), info(true), ""].map((text) => exposition(1) + text);
  const { sample } = sampler(vllm((count) => ({ body: texts[count]! })));
  const said = [];
  for (const _ of texts) said.push((await sample()).facts?.simulated);
  assert.deepEqual(said, [false, true, undefined, false], "undefined: nothing changed");
});

Deno.test("ScrapeSampler learns the sequence limit of a server in development mode, else from who states it", async () => {
  // The shape of vLLM 0.32's /server_info?config_format=json; in development mode alone.
  const told = { vllm_config: { scheduler_config: { max_num_seqs: 24 } }, vllm_env: {}, system_env: {} };
  const table: [unknown, number | undefined, number | undefined][] = [
    [told, undefined, 24],
    [told, 256, 24],
    [undefined, 256, 256],
    [undefined, undefined, undefined],
    [{ vllm_config: "text" }, 256, 256],
    [{ vllm_config: { scheduler_config: { max_num_seqs: "24" } } }, undefined, undefined],
    [{ vllm_config: { scheduler_config: { max_num_seqs: -1 } } }, undefined, undefined],
  ];
  for (const [info, stated, wanted] of table) {
    const clock = new VirtualClock(T0);
    const server = scriptedFetch((url, count) => {
      if (url.pathname !== "/server_info") return vllm(() => ({ body: exposition(5) }))(url, count);
      return info === undefined ? { body: "", status: 404 } : { body: JSON.stringify(info) };
    });
    const it = new ScrapeSampler({
      id: "vllm",
      metricsUrl: "http://a/metrics",
      intervalSeconds: 2,
      clock,
      fetch: server.fetch,
      ...(stated === undefined ? {} : { maxNumSequences: stated }),
    });
    const { facts } = await drive(clock, () => it.sample(clock.nowSeconds(), new AbortController().signal));
    assert.equal(facts?.maxNumSequences, wanted, JSON.stringify(info));
    assert.equal(facts?.absent?.["settings"], undefined);
  }
});

Deno.test("ScrapeSampler asks for the facts again after a restart and after a failure", async () => {
  let startSeconds = 1_700_000_000;
  let version = "0.31.0";
  let down = false;
  const { sample } = sampler((url) => {
    if (down) return { error: refused() };
    if (url.pathname === "/version") return { body: JSON.stringify({ version }) };
    if (url.pathname === "/v1/models") return { body: "{}", status: 401 };
    return { body: exposition(5, { startSeconds }) };
  });
  const facts = (await sample()).facts;
  assert.equal(facts?.version, "0.31.0");
  assert.equal(facts.versionChangedSeconds, undefined);
  assert.deepEqual(facts?.absent, { models: { code: "key_refused", params: { status: 401 } } });
  version = "0.32.0";
  assert.equal((await sample()).facts, undefined);
  startSeconds = 1_700_000_900;
  assert.deepEqual([(await sample()).facts].map((f) => [f?.version, f?.startTimeSeconds]), [[
    "0.32.0",
    startSeconds,
  ]]);
  down = true;
  await assert.rejects(sample());
  down = false;
  version = "0.33.0";
  const last = (await sample()).facts;
  assert.equal(last?.version, "0.33.0");
  assert.ok(last.versionChangedSeconds! >= T0, "when that was");
});

Deno.test("ScrapeSampler does not wait long for facts; they come with a later batch", async () => {
  const clock = new VirtualClock(T0);
  const quick = scriptedFetch(() => ({ body: exposition(5) }));
  const slow = scriptedFetch(vllm(() => ({ body: "" })), { clock, delaySeconds: 1.5 });
  const it = new ScrapeSampler({
    id: "vllm",
    metricsUrl: "http://a/metrics",
    intervalSeconds: 2,
    clock,
    fetch: (url, init) => String(url).endsWith("/metrics") ? quick.fetch(url, init) : slow.fetch(url, init),
  });
  const sample = () => it.sample(clock.nowSeconds(), new AbortController().signal);
  const [first, second] = await drive(clock, async () => {
    const first = await sample();
    await clock.sleepUntil(T0 + 2);
    return [first, await sample()];
  });
  assert.equal(first!.facts?.version, undefined);
  assert.equal(second!.facts?.version, "0.32.0");
});

Deno.test("ScrapeSampler gives each way of failing its cause", async () => {
  const html = "<!DOCTYPE html>\n<html><body>up 1</body></html>";
  const rows: readonly [string, Answer, Cause][] = [
    ["closed port", { error: refused() }, { code: "connection_refused" }],
    ["not found", { body: "{}", status: 404 }, { code: "http_status", params: { status: 404 } }],
    ["starting", { body: "", status: 503 }, { code: "http_status", params: { status: 503 } }],
    ["page", { body: html, headers: { "content-type": "text/html; charset=utf-8" } }, {
      code: "not_metrics",
      params: { contentType: "text/html; charset=utf-8" },
    }],
    ["page as text", { body: html, headers: { "content-type": "text/plain" } }, {
      code: "not_metrics",
      params: { kind: "HTML" },
    }],
    ["JSON", { body: '{"object":"list"}', headers: { "content-type": "text/plain" } }, {
      code: "not_metrics",
      params: { kind: "JSON" },
    }],
    ["empty", { body: "", headers: { "content-type": "text/plain" } }, {
      code: "not_metrics",
      params: { kind: "empty" },
    }],
    ["slow", { hang: true }, { code: "timeout", params: { timeoutSeconds: 2 } }],
    ["huge", { body: "x 1\n".repeat(100) }, { code: "body_too_large", params: { maxBytes: 256 } }],
    ["huge by its header", { body: "x 1\n", headers: { "content-length": "1000000" } }, {
      code: "body_too_large",
      params: { maxBytes: 256 },
    }],
    ["broken", { error: new TypeError("error reading a body from connection") }, {
      code: "answer_cut_short",
    }],
  ];
  for (const [name, answer, cause] of rows) {
    const { sample } = sampler(() => answer, { maxBytes: 256 });
    assert.deepEqual(await causeOf(sample()), cause, name);
  }
});

Deno.test("ScrapeSampler gives up a scrape that the collector calls off", async () => {
  const clock = new VirtualClock(T0);
  const { fetch } = scriptedFetch(() => ({ hang: true }));
  const it = new ScrapeSampler({ id: "a", metricsUrl: "http://a/metrics", intervalSeconds: 2, clock, fetch });
  const stop = new AbortController();
  const sampling = it.sample(T0, stop.signal);
  stop.abort();
  assert.deepEqual(await causeOf(sampling), { code: "cancelled" });
});

Deno.test("ScrapeSampler reads the three lines of an idle V0 server", async () => {
  // /metrics of vLLM 0.8.5 before its first request, labels shortened.
  const body = [
    "# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig",
    "# TYPE vllm:cache_config_info gauge",
    'vllm:cache_config_info{block_size="16",num_gpu_blocks="44"} 1.0',
    "",
  ].join("\n");
  const batch = await sampler(vllm(() => ({ body }))).sample();
  assert.equal(valueOf([batch], "lab_scrape_samples"), 1);
  assert.deepEqual([batch.facts?.kind, batch.facts?.kvCacheTokens], ["vllm", 704]);
});

Deno.test("ScrapeSampler gives up a last line that may have been cut, and only that", async () => {
  const cut = "a 1\nb 12";
  const values = async (headers: Record<string, string>) => {
    const batch = await sampler(vllm(() => ({ body: cut, headers }))).sample();
    return { b: valueOf([batch], "b"), events: batch.events };
  };
  const framed = { b: 12, events: [] };
  assert.deepEqual(await values({ "content-length": "8" }), framed);
  assert.deepEqual(await values({}), {
    b: undefined,
    events: [{
      kind: "lines_skipped",
      timeSeconds: T0,
      target: "vllm",
      count: 1,
      firstLine: 2,
      reason: "no line feed at the end of a body of unknown length",
      text: "b 12",
    }],
  });
});

Deno.test("ScrapeSampler reports bad lines when they appear or change, not at every scrape", async () => {
  const bodies = ["a 1\n", "a 1\n}bad\n", "a 1\n}bad\n", "a 1\n}bad\n}worse\n", "a 1\n", "a 1\n}bad\n"];
  const { sample } = sampler(vllm((count) => ({ body: bodies[count]! })));
  const counts: (number | undefined)[] = [];
  for (const _ of bodies) {
    const [event] = (await sample()).events;
    counts.push(event?.kind === "lines_skipped" ? event.count : undefined);
  }
  assert.deepEqual(counts, [undefined, 1, undefined, 2, undefined, 1]);
});

Deno.test("ScrapeSampler says which series vanished", async () => {
  const { sample } = sampler(vllm((count) => ({ body: count === 0 ? "a 1\nb 1\n" : "a 1\n" })));
  const first = await sample();
  const b = first.defined.find(({ name }) => name === "b")!.id;
  assert.deepEqual(Array.from((await sample()).vanishedIds), [b]);
});

Deno.test("ScrapeSampler reads no more of a target whose labels are new with each scrape, and says so", async () => {
  let asked = 0;
  const churn = sampler(() => ({ body: `x{request="${asked++}"} 1\ny{request="${asked}"} 1\n` }), {
    maxSamples: 3,
  });
  for (let i = 0; i < 3; i++) assert.equal((await churn.sample()).ids.length, 5);
  const before = asked;
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await causeOf(churn.sample()), {
      code: "too_many_series",
      params: { series: 8, maxSeries: 6 },
    });
  }
  assert.equal(asked, before + 1);
  const long = sampler(() => ({ body: `x{a="${asked++}${"a".repeat(50 * 2 ** 20)}"} 1\n` }));
  for (let i = 0; i < 2; i++) await long.sample();
  assert.equal((await causeOf(long.sample())).code, "too_many_series");
});

Deno.test("ScrapeSampler refuses more samples than can be kept, and does not count comments and blank lines", async () => {
  const body = `# HELP x\n\n${Array.from({ length: 10 }, (_, i) => `x{i="${i}"} 1`).join("\n")}`;
  const few = sampler(() => ({ body }), { maxSamples: 10 });
  assert.equal((await few.sample()).ids.length > 9, true);
  const many = sampler(() => ({ body: `${body}\ny 1\n` }), { maxSamples: 10 });
  assert.deepEqual(await causeOf(many.sample()), {
    code: "too_many_samples",
    params: { samples: 11, maxSamples: 10 },
  });
});
