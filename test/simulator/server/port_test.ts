/** The server behind a real port, in this process and in a Worker. */
import assert from "node:assert/strict";
import { VirtualClock } from "../../../src/collector/clock.ts";
import { SimulatedVllm } from "../../../src/simulator/server/simulated_vllm.ts";

const HEADERS = { "content-type": "application/json" };

Deno.test("SimulatedVllm.start() answers on its port, breaks and refuses while crashed, and comes back on the same", async () => {
  await using vllm = await SimulatedVllm.start({ profile: "tiny-llama-cpu", seed: 1, loadSeconds: 0 });
  const ask = (maxTokens: number) =>
    fetch(`${vllm.apiBase}/completions`, {
      method: "POST",
      headers: HEADERS,
      body: JSON.stringify({
        prompt: "Hello",
        max_tokens: maxTokens,
        ignore_eos: true,
        stream: true,
        temperature: 0,
      }),
    });
  const first = await (await ask(5)).text();
  assert.ok(first.endsWith("data: [DONE]\n\n"));
  const metrics = await fetch(`${vllm.url}/metrics`, { headers: { "accept-encoding": "gzip" } });
  assert.equal(metrics.headers.get("content-encoding"), null);
  assert.match(
    await metrics.text(),
    /vllm:generation_tokens_total\{engine="0",model_name="tiny-llama"\} 5\.0/,
  );
  const stream = await ask(900);
  const reading = assert.rejects(stream.text());
  await vllm.crash();
  await reading;
  await assert.rejects(fetch(`${vllm.url}/health`), TypeError);
  await vllm.restart();
  const again = await (await ask(5)).text();
  const texts = (stream: string) => stream.match(/"text":"[^"]*"/g);
  assert.deepEqual(texts(again), texts(first), "at temperature 0 the answer is the same in another life");
  assert.equal((await vllm.pace()).length, 1);
});

Deno.test("a stopped server answers every call at once with a sentence, its GPUs with a reason", async () => {
  for (const vllm of [await SimulatedVllm.start({ seed: 1 }), inProcess()]) {
    await vllm.stop();
    const signal = new AbortController().signal;
    await assert.rejects(Promise.resolve(vllm.gpus.read(0, signal)), {
      name: "SampleError",
      reason: { code: "simulated_server_stopped" },
    });
  }
  const vllm = await SimulatedVllm.start({ seed: 1 });
  const underWay = vllm.pace();
  underWay.catch(() => {});
  await vllm.stop();
  const message = /^Cannot reach the simulated vLLM: it was stopped, wanted a new one$/;
  for (
    const call of [
      () => vllm.crash(),
      () => vllm.restart(),
      () => vllm.pace(),
      () => vllm.incidents.records(),
    ]
  ) {
    await assert.rejects(call, { message });
  }
});

function inProcess(): SimulatedVllm {
  return SimulatedVllm.inProcess({ clock: new VirtualClock(1000), seed: 1 });
}

Deno.test("SimulatedVllm.start() takes incidents and tells of them", async () => {
  await using vllm = await SimulatedVllm.start({ profile: "tiny-llama-cpu", seed: 1 });
  await vllm.incidents.start("cold-cache");
  await vllm.incidents.end("cold-cache");
  const [record] = await vllm.incidents.records();
  assert.equal(record?.name, "cold-cache");
  assert.ok(record.endSeconds! >= record.startSeconds);
  await assert.rejects(vllm.incidents.start("one-engine-stuck"), /wanted at least 2/);
});

Deno.test("SimulatedVllm.start() says why it cannot start", async () => {
  await assert.rejects(SimulatedVllm.start({ profile: "no-such-profile" }), /unknown, wanted one of lab/);
  await using vllm = await SimulatedVllm.start({});
  const { port } = new URL(vllm.url);
  await assert.rejects(SimulatedVllm.start({ port: Number(port) }), /Address already in use/);
});
