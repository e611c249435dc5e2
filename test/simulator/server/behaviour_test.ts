/** What clients and scrapes see when requests are cut, repeated, refused, or the server goes away. */
import assert from "node:assert/strict";
import { dataOf, START_SECONDS, total, virtualVllm } from "./fixtures.ts";

const LONG = { prompt: "Tell me a story", max_tokens: 200, ignore_eos: true, stream: true };

Deno.test("a stream whose body is cancelled is cut in the engine: tokens stay counted, its end nowhere", async () => {
  const vllm = virtualVllm();
  await vllm.clock.drive(async () => {
    const response = await vllm.post("/v1/completions", LONG);
    const reader = response.body!.getReader();
    for (let chunk = 0; chunk < 5; chunk++) await reader.read();
    await reader.cancel();
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 1);
  });
  const text = await vllm.metrics();
  assert.equal(total(text, "vllm:time_to_first_token_seconds_count"), 1);
  assert.equal(total(text, "vllm:e2e_request_latency_seconds_count"), 0);
  assert.equal(total(text, "vllm:request_success_total"), 0);
  assert.ok(total(text, "vllm:generation_tokens_total") >= 5);
  assert.ok(total(text, "vllm:generation_tokens_total") < 100);
  assert.equal(total(text, "vllm:num_requests_running"), 0);
  assert.equal(total(text, "vllm:kv_cache_usage_perc"), 0);
  assert.match(text, /http_requests_total\{handler="\/v1\/completions",method="POST",status="2xx"\} 1\.0/);
});

Deno.test("an aborted signal rejects the fetch or the reading, and cuts the request, streamed or not", async () => {
  for (const stream of [true, false]) {
    const vllm = virtualVllm();
    const abort = new AbortController();
    const reason = new DOMException("enough", "AbortError");
    await vllm.clock.drive(async () => {
      const reading = vllm.post("/v1/completions", { ...LONG, stream }, abort.signal)
        .then((response) => response.text());
      const outcome = assert.rejects(reading, reason);
      await vllm.clock.sleepUntil(START_SECONDS + 0.5);
      abort.abort(reason);
      await outcome;
      await vllm.clock.sleepUntil(START_SECONDS + 1);
    });
    assert.equal(vllm.server.life.unfinished, 0);
    const text = await vllm.metrics();
    assert.equal(total(text, "vllm:num_requests_running"), 0);
    assert.match(text, /http_requests_total\{handler="\/v1\/completions",method="POST",status="2xx"\} 1\.0/);
    assert.ok(total(text, "http_request_size_bytes_sum") > 50, "the body's length is told");
  }
});

Deno.test("a fetch with a signal aborted before is rejected and never reaches the server", async () => {
  const vllm = virtualVllm();
  await assert.rejects(vllm.post("/v1/completions", LONG, AbortSignal.abort(new Error("no"))), /no/);
  assert.equal(vllm.server.life.httpRequests, 0);
});

Deno.test("a crash breaks streams and refuses connections; after the load time all counters begin anew", async () => {
  const vllm = virtualVllm();
  const created = (text: string) => total(text, "vllm:prompt_tokens_created");
  await vllm.clock.drive(async () => {
    await (await vllm.post("/v1/completions", { ...LONG, max_tokens: 5 })).text();
    const before = await vllm.metrics();
    const response = await vllm.post("/v1/completions", LONG);
    const reading = assert.rejects(response.text(), TypeError);
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 0.2);
    vllm.server.crash();
    await reading;
    await assert.rejects(vllm.metrics(), TypeError);
    const up = vllm.server.restart({ loadSeconds: 30 });
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 29);
    await assert.rejects(vllm.metrics(), TypeError);
    await up;
    const after = await vllm.metrics();
    assert.equal(total(after, "vllm:prompt_tokens_total"), 0);
    assert.ok(created(after) - created(before) > 30);
    assert.ok(total(after, "process_start_time_seconds") > total(before, "process_start_time_seconds"));
    await (await vllm.post("/v1/completions", { ...LONG, max_tokens: 5 })).text();
    assert.equal(total(await vllm.metrics(), "vllm:generation_tokens_total"), 5);
  });
});

/** All bytes of a small load, and /metrics after it. */
async function bytesOfLoad(seed: number): Promise<string> {
  const vllm = virtualVllm({ seed });
  return await vllm.clock.drive(async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, async (_, index) => {
      await vllm.clock.sleepUntil(START_SECONDS + index * 0.05);
      const body = { prompt: `Case ${index % 7} of many`, max_tokens: 30 + index, stream: index % 2 === 0 };
      return await (await vllm.post("/v1/completions", body)).text();
    }));
    return answers.join("") + await vllm.metrics();
  });
}

Deno.test("the same seed gives the same bytes, answers and metrics; another seed gives others", async () => {
  const first = await bytesOfLoad(3);
  assert.equal(await bytesOfLoad(3), first);
  assert.notEqual(await bytesOfLoad(4), first);
});

Deno.test("a repeated prompt gets the same answer at temperature 0 or with a seed, another one otherwise", async () => {
  const vllm = virtualVllm();
  const ask = async (more: object) => {
    const body = { prompt: "Once upon a time", max_tokens: 12, ignore_eos: true, ...more };
    const answer = JSON.parse(await (await vllm.post("/v1/completions", body)).text());
    return answer.choices[0].text as string;
  };
  await vllm.clock.drive(async () => {
    assert.equal(await ask({ temperature: 0 }), await ask({ temperature: 0 }));
    assert.equal(await ask({ seed: 5 }), await ask({ seed: 5 }));
    assert.notEqual(await ask({ seed: 5 }), await ask({ seed: 6 }));
    assert.notEqual(await ask({}), await ask({}));
  });
});

Deno.test("the next turn of a chat finds the last one's answer in the cache", async () => {
  const vllm = virtualVllm();
  await vllm.clock.drive(async () => {
    const messages = [{ role: "user", content: "Tell me about blocks. ".repeat(8) }];
    const ask = async () => {
      const body = { messages, max_tokens: 100, ignore_eos: true };
      return JSON.parse(await (await vllm.post("/v1/chat/completions", body)).text());
    };
    const first = await ask();
    messages.push({ role: "assistant", content: first.choices[0].message.content });
    messages.push({ role: "user", content: "And more?" });
    const cached = (await ask()).usage.prompt_tokens_details.cached_tokens;
    const known = first.usage.total_tokens;
    assert.ok(
      cached > first.usage.prompt_tokens && cached % 32 === 0 && cached <= known,
      `${cached} of ${known}`,
    );
  });
});

Deno.test("n samples of several prompts come as choices of one answer, each ended by its own reason", async () => {
  const vllm = virtualVllm();
  const answer = await vllm.clock.drive(async () => {
    const body = { prompt: ["First query", "Three small words"], n: 2, max_tokens: 400, temperature: 1 };
    return JSON.parse(await (await vllm.post("/v1/completions", body)).text());
  });
  assert.deepEqual(answer.choices.map(({ index }: { index: number }) => index), [0, 1, 2, 3]);
  assert.equal(answer.usage.prompt_tokens, 2 + 3);
  const text = await vllm.metrics();
  assert.equal(total(text, "vllm:request_params_n_count"), 2);
  assert.equal(total(text, "vllm:request_params_n_sum"), 4);
  assert.equal(total(text, "vllm:time_to_first_token_seconds_count"), 4);
  assert.equal(total(text, "vllm:request_success_total"), 4);
});

Deno.test("min_tokens and ignore_eos put the natural end off", async () => {
  const vllm = virtualVllm({ outputLength: { medianTokens: 3, sigma: 0 } });
  const tokens = async (more: object) => {
    const response = await vllm.post("/v1/completions", { prompt: "x", max_tokens: 50, ...more });
    const answer = JSON.parse(await response.text());
    return [answer.usage.completion_tokens, answer.choices[0].finish_reason];
  };
  await vllm.clock.drive(async () => {
    assert.deepEqual(await tokens({}), [3, "stop"]);
    assert.deepEqual(await tokens({ min_tokens: 9 }), [9, "stop"]);
    assert.deepEqual(await tokens({ ignore_eos: true }), [50, "length"]);
  });
});

Deno.test("admission refuses with 503 above the queue's limit, counts it, and leaves the others alone", async () => {
  const vllm = virtualVllm({ maxQueuedRequests: 3 });
  const statuses = await vllm.clock.drive(async () => {
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => vllm.post("/v1/completions", LONG)));
    await Promise.all(all.map((response) => response.text()));
    return all.map(({ status }) => status);
  });
  assert.deepEqual(statuses, [200, 200, 200, 503, 503]);
  const text = await vllm.metrics();
  assert.match(
    text,
    /admission_rejections_total\{model_name="tiny-llama",reason="max_num_queued_reqs"\} 2\.0/,
  );
  assert.match(text, /status="5xx"\} 2\.0/);
});

Deno.test("a slow reader gets tokens merged in fewer chunks, and all of the text", async () => {
  const vllm = virtualVllm();
  const body = { ...LONG, max_tokens: 300, temperature: 0 };
  await vllm.clock.drive(async () => {
    const eager = await (await vllm.post("/v1/completions", body)).text();
    const response = await vllm.post("/v1/completions", body);
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 60);
    const lazy = await response.text();
    const text = (stream: string) =>
      (dataOf(stream) as { choices: { text: string }[] }[]).map(({ choices }) => choices[0]!.text).join("");
    assert.equal(dataOf(eager).length, 300);
    assert.ok(dataOf(lazy).length < 100, String(dataOf(lazy).length));
    assert.equal(text(lazy), text(eager));
  });
});

Deno.test("asleep, nothing is computed and the prefix cache is lost; waking goes on", async () => {
  const vllm = virtualVllm();
  const state = (text: string) =>
    ["awake", "weights_offloaded", "discard_all"].map((name) =>
      Number(new RegExp(`sleep_state="${name}"\\} (\\S+)`).exec(text)?.[1])
    );
  await vllm.clock.drive(async () => {
    assert.deepEqual(state(await vllm.metrics()), [1, 0, 0]);
    await vllm.post("/sleep?level=2", {});
    assert.deepEqual(state(await vllm.metrics()), [0, 0, 1]);
    assert.equal(await (await vllm.get("/is_sleeping")).text(), `{"is_sleeping":true}`);
    const response = await vllm.post("/v1/completions", { ...LONG, max_tokens: 5 });
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 5);
    assert.equal(total(await vllm.metrics(), "vllm:generation_tokens_total"), 0);
    await vllm.post("/wake_up", {});
    await response.text();
    assert.equal(total(await vllm.metrics(), "vllm:generation_tokens_total"), 5);
  });
});
