import assert from "node:assert/strict";
import { START_SECONDS, virtualVllm } from "./fixtures.ts";

/** Lines as the real server wrote them in the recorded run; numbers are masked on both sides. */
const REAL = {
  statistics:
    "(APIServer pid=21092) INFO 11-24 20:24:57 [loggers.py:335] Engine 000: Avg prompt throughput: 413.9 tokens/s, Avg generation throughput: 246.3 tokens/s, Running: 8 reqs, Waiting: 12 reqs, CPU KV cache usage: 95.8%, Prefix cache hit rate: 40.7%",
  cache:
    "(EngineCore pid=22093) INFO 11-24 20:24:15 [kv_cache_utils.py:2327] CPU KV cache size: 2,304 tokens, Maximum concurrency for 1,024 tokens per request: 2.25x",
  access: 'INFO:     127.0.0.1:34536 - "POST /v1/completions HTTP/1.1" 200 OK',
  startup: "INFO:     Application startup complete.",
  iteration:
    "(APIServer pid=1) INFO 11-24 15:04:05 [loggers.py:182] Engine 000: Iteration(0): 1 context requests, 3 context tokens, 0 generation requests, 0 generation tokens, iteration elapsed time: 1.00 ms, CPU KV cache usage: 0.1%",
};

function masked(line: string): string {
  return line.replace(/\d[\d.]*/g, "0");
}

Deno.test("the log has the real server's lines: start-up, cache, requests, statistics, steps", async () => {
  const lines: string[] = [];
  const vllm = virtualVllm({ log: { write: (line) => lines.push(line), iterations: true } });
  await vllm.clock.drive(async () => {
    await (await vllm.post("/v1/completions", { prompt: "Hello", max_tokens: 300, ignore_eos: true })).text();
    await vllm.clock.sleepUntil(START_SECONDS + 40);
  });
  const forms = new Set(lines.map(masked));
  for (const [name, line] of Object.entries(REAL)) assert.ok(forms.has(masked(line)), name);
  assert.ok(
    lines.some((line) => line.endsWith(REAL.cache.slice(REAL.cache.indexOf("CPU KV")))),
    "the recorded size",
  );
  const told = lines.filter((line) => line.includes("Avg prompt throughput"));
  assert.equal(told.length, 2, "a server that rests is silent, once it has said that it rests");
  assert.match(told[1]!, /Avg generation throughput: 0\.0 tokens\/s, Running: 0 reqs/);
  assert.match(
    told[0]!,
    /Avg prompt throughput: 0\.1 tokens\/s, Avg generation throughput: 30\.0 tokens\/s, Running: 0/,
  );
  assert.equal(lines.filter((line) => line.includes("Iteration(")).length, 300);
});

Deno.test("the log begins anew after a restart, with other process ids", async () => {
  const lines: string[] = [];
  const vllm = virtualVllm({ log: { write: (line) => lines.push(line) } });
  await vllm.clock.drive(() => vllm.server.restart({ loadSeconds: 30 }));
  const pids = lines.flatMap((line) => /APIServer pid=(\d+)/.exec(line)?.[1] ?? []);
  assert.equal(new Set(pids).size, 2);
  assert.ok(lines.some((line) => line.includes("Loading weights took 6.00 seconds")));
});

Deno.test("the log tells every ten seconds what speculation brought, in the real server's words", async () => {
  const lines: string[] = [];
  const vllm = virtualVllm({
    log: { write: (line) => lines.push(line) },
    limits: { speculation: { draftTokens: 3, acceptanceRatio: 0.7 } },
  });
  await vllm.clock.drive(async () => {
    await (await vllm.post("/v1/completions", { prompt: "Hello", max_tokens: 400, ignore_eos: true })).text();
    await vllm.clock.sleepUntil(START_SECONDS + 40);
  });
  const told = lines.filter((line) => line.includes("SpecDecoding metrics"));
  // Recorded from vLLM 0.32.0 with an ngram speculator of three tokens.
  const real =
    "(APIServer pid=21307) INFO 11-25 06:59:02 [metrics.py:120] SpecDecoding metrics: Mean acceptance length: 2.33, Accepted throughput: 53.79 tokens/s, Drafted throughput: 114.69 tokens/s, Accepted: 538 tokens, Drafted: 1147 tokens, Per-position acceptance rate: 0.563, 0.415, 0.351, Avg Draft acceptance rate: 46.9%";
  assert.ok(told.length >= 1);
  for (const line of told) assert.equal(masked(line), masked(real));
  const { drafts } = vllm.server.life.runners[0]!.engine.statistics;
  const sum = (word: string) =>
    told.reduce((sum, line) => sum + Number(new RegExp(`${word}: (\\d+) tokens`).exec(line)![1]), 0);
  assert.deepEqual([sum("Accepted"), sum("Drafted")], [drafts.accepted, drafts.tokens]);
});
