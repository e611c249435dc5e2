/** What `load` says of the way to the engine, against servers whose own clock is known. */
import assert from "node:assert/strict";
import { OutsideReader } from "../../src/cli/load_outside.ts";
import { readBenchmark, writeBenchmark } from "../../src/formats/benchmark_file.ts";
import { runLoad } from "../../src/simulator/workload/load.ts";

/** The server says of every request that its first token took so long, and the whole so long. */
const OWN_TTFT = 0.001;
const OWN_E2E = 0.002;
/** What it really takes before it writes. */
const WAIT = 0.05;

/** `metrics` answers in place of the server's own page. */
async function withServer(
  work: (url: string) => Promise<void>,
  metrics?: (signal: AbortSignal) => Response | Promise<Response>,
): Promise<void> {
  let answered = 0;
  const over = new AbortController();
  const histogram = (name: string, seconds: number) =>
    [
      `# TYPE vllm:${name} histogram`,
      `vllm:${name}_bucket{engine="0",le="+Inf"} ${answered}`,
      `vllm:${name}_count{engine="0"} ${answered}`,
      `vllm:${name}_sum{engine="0"} ${answered * seconds}`,
      "",
    ].join("\n");
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/metrics")) {
      return metrics === undefined
        ? new Response(
          histogram("time_to_first_token_seconds", OWN_TTFT) +
            histogram("e2e_request_latency_seconds", OWN_E2E),
        )
        : await metrics(over.signal);
    }
    if (request.method === "GET") return Response.json({ object: "list", data: [{ id: "m" }] });
    await request.text();
    if (!pathname.endsWith("/completions")) return new Response("", { status: 404 });
    await new Promise((done) => setTimeout(done, WAIT * 1000));
    answered++;
    const chunk = (finish: string) =>
      `data: {"choices":[{"index":0,"text":"a","finish_reason":${finish}}]}\n\n`;
    return new Response(`${chunk("null")}${chunk('"stop"')}data: [DONE]\n\n`, {
      headers: { "content-type": "text/event-stream" },
    });
  });
  try {
    await work(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    over.abort();
    await server.shutdown();
  }
}

async function lineOf(url: string, between: () => Promise<void> = () => Promise.resolve()): Promise<string> {
  await using reader = new OutsideReader(`${url}/v1/completions`);
  await reader.read();
  const result = await runLoad({ url, requests: 6, concurrency: 2, maxTokens: 2 });
  await between();
  await reader.read();
  return reader.line(await reader.figures(result), "en");
}

Deno.test("load tells what lies outside the engine: its own mean less the server's", () =>
  withServer(async (url) => {
    const [, ttft, e2e] =
      /^Outside the engine: TTFT ([\d.]+) ms; E2E ([\d.]+) ms\b/.exec(await lineOf(url)) ?? [];
    // It waits 50 ms and says 1 and 2 ms.
    assert.ok(Number(ttft) >= 49 && Number(ttft) < 500, ttft);
    assert.ok(Number(e2e) >= 48 && Number(e2e) < 500, e2e);
  }));

Deno.test("files of a load hold what lies outside the engine, as figures or with the cause", () =>
  withServer(async (url) => {
    await using reader = new OutsideReader(url);
    await reader.read();
    const result = await runLoad({ url, requests: 6, concurrency: 2, maxTokens: 2 });
    await reader.read();
    const outside = (await reader.figures(result))!;
    const { ttft } = outside;
    assert.ok(ttft !== undefined && "seconds" in ttft);
    assert.deepEqual([ttft.count, ttft.serverSeconds], [6, OWN_TTFT]);
    const absent = { absent: { code: "sides_differ", params: { clients: 6, server: 7 } } } as const;
    const whole = { ...result, outside: { ttft, e2e: absent } };
    assert.deepEqual(JSON.parse(writeBenchmark(whole, "lab")).outside, { ttft, e2e: absent });
    const file = JSON.parse(writeBenchmark(whole, "vllm_bench"));
    assert.deepEqual(
      [file.outside_engine_ttft_ms, file.outside_engine_e2e_ms, file.outside_engine_e2e_absent],
      [ttft.seconds * 1000, null, "sides_differ"],
    );
    assert.equal("outside_engine_ttft_absent" in file, false);
    assert.equal(readBenchmark(writeBenchmark(whole, "vllm_bench"))[0]!.completed, 6);
  }));

Deno.test("load tells no way to the engine where somebody else used the server meanwhile", () =>
  withServer(async (url) => {
    const stranger = async () => {
      const answer = await fetch(`${url}/v1/completions`, { method: "POST", body: "{}" });
      await answer.text();
    };
    assert.equal(
      await lineOf(url, stranger),
      "Outside the engine: n/a: clients saw 6, the server counted 7 (others use it, requests were cut, reads failed, or it restarted)",
    );
  }));

const WITHOUT: readonly (readonly [string, (signal: AbortSignal) => Response | Promise<Response>, RegExp])[] =
  [
    [
      "is not there",
      () => new Response("", { status: 404 }),
      /^Outside the engine: n\/a: \/metrics cannot be read: the server answered with status 404$/,
    ],
    [
      "has no latency",
      () => new Response("# TYPE a gauge\na 1\n"),
      /^Outside the engine: n\/a: this server has no metric for /,
    ],
    [
      "never comes",
      (signal) => new Promise((done) => signal.addEventListener("abort", () => done(new Response("")))),
      /^Outside the engine: n\/a: \/metrics cannot be read: .*2 s/,
    ],
  ];

for (const [what, metrics, line] of WITHOUT) {
  Deno.test(`load says why it cannot tell the way to the engine when the server's page ${what}`, () =>
    withServer(async (url) => assert.match(await lineOf(url), line), metrics));
}

Deno.test("load says nothing of the way to the engine where no request was answered", async () => {
  await withServer(async (url) => {
    await using reader = new OutsideReader(url);
    await reader.read();
    await reader.read();
    const result = await runLoad({ url, requests: 1, concurrency: 1 });
    const failed = { ...result, records: [] };
    assert.equal(await reader.figures(failed), undefined);
    assert.equal(reader.line(undefined, "en"), "");
  });
});
