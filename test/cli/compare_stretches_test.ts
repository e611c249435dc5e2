/** What `deno task compare` does with stretches of one source: a recording, or a Prometheus. */
import assert from "node:assert/strict";
import { fakeServer } from "../remote/fake_server.ts";
import { compare } from "./run_compare.ts";

const START = 1_700_000_000;

/** A server that is read each 5 s: two requests a second, TTFT .1 s and from 600 s on .3 s, with some noise; prompts of 200 tokens. */
function series(changeAt = 600) {
  const times = Array.from({ length: 241 }, (_, i) => i * 5);
  const ttft = (second: number) => (second < changeAt ? 0.1 : 0.3) * (1 + 0.05 * Math.sin(second * 12.9898));
  let sum = 0;
  const sums = times.map((second) => second === 0 ? 0 : sum += 10 * ttft(second - 5));
  const of = (name: string, value: (i: number) => number, labels: Record<string, string> = {}) => ({
    labels: { __name__: name, job: "vllm", instance: "gpu1:8000", ...labels },
    points: times.map((second, i) => [START + second, String(value(i))] as const),
  });
  const own = { model_name: "m", engine: "0" };
  return [
    of("up", () => 1),
    of("vllm:num_requests_running", () => 2, own),
    of("vllm:num_requests_waiting", () => 0, own),
    of("vllm:time_to_first_token_seconds_sum", (i) => sums[i]!, own),
    of("vllm:time_to_first_token_seconds_count", (i) => 10 * i, own),
    of("vllm:e2e_request_latency_seconds_sum", (i) => 20 * i, own),
    of("vllm:e2e_request_latency_seconds_count", (i) => 10 * i, own),
    of("vllm:request_prompt_tokens_sum", (i) => 2000 * i, own),
    of("vllm:request_prompt_tokens_count", (i) => 10 * i, own),
    of("vllm:generation_tokens_total", (i) => 1000 * i, own),
  ];
}

const stretch = (from: number, to: number) => `${START + from}..${START + to}`;

Deno.test("compare holds two stretches of a Prometheus against each other, the load among the conditions", async () => {
  const fake = fakeServer(series());
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => fake.fetch(request.url),
  );
  const prometheus = `http://127.0.0.1:${server.addr.port}`;
  const slower = await compare(
    "--prometheus",
    prometheus,
    "--match",
    'job="vllm"',
    "--before",
    stretch(0, 590),
    "--after",
    stretch(610, 1200),
  );
  assert.equal(slower.code, 1, slower.stderr + slower.stdout);
  assert.match(slower.stdout, /FAIL: surely worse by more than 5%: TTFT, mean \+(19\d|20\d)%/);
  assert.match(slower.stdout, /TTFT, mean +(99|100)\.?\d* ms +(299|300)\.?\d* ms/);
  assert.match(slower.stdout, /Requests sent per second +2 +2 +same/);
  assert.match(slower.stdout, /Prompt tokens, mean +200 +200 +same/);
  assert.match(
    slower.stderr,
    /Before: 2023-11-14T22:13:20Z … 2023-11-14T22:23:10Z\nAfter: 2023-11-14T22:23:30Z/,
  );
  const several = await compare(
    ...["--prometheus", prometheus, "--before", stretch(0, 250), stretch(300, 550)],
    ...["--after", `${stretch(650, 900)},${stretch(950, 1200)}`],
  );
  assert.match(several.stdout, /Runs: 2 before, 2 after\./);
  const equal = await compare(
    ...["--prometheus", prometheus, "--before", stretch(0, 290), "--after", stretch(300, 590)],
  );
  assert.equal(equal.code, 0, equal.stderr + equal.stdout);
});

Deno.test("compare holds two stretches of one recording against each other, and says which it took", async () => {
  const { code, stdout, stderr } = await compare(
    ...["vllm-0.32.0-cpu", "--before", "1795551875..1795551915", "--after", "1795551920..1795551970"],
  );
  assert.equal(code, 2, "it was sent another load");
  assert.match(stdout, /Requests sent per second +2\.\d+ +3\.\d+ +DIFFERENT/);
  assert.match(stderr, /Before: 2026-11-24T20:24:35Z … 2026-11-24T20:25:15Z\n/);
});

Deno.test("compare refuses stretches that are none, that share time, that lie outside, or on one side alone", async () => {
  const table: [string[], RegExp][] = [
    [
      ["--before", "1..x", "--after", "2026-11-24..2026-11-25"],
      /wanted --before FROM\.\.TO --after FROM\.\.TO/,
    ],
    [
      ["--before", "2026-1x..2026-11-02", "--after", stretch(0, 9)],
      /"2026-1x" is no time, wanted a time such as/,
    ],
    [["--before", stretch(9, 0), "--after", stretch(10, 20)], /ends before it begins, wanted FROM\.\.TO/],
    [
      ["--before", stretch(0, 9), "--after", stretch(8, 20)],
      /share time, wanted one before or after the other/,
    ],
    [
      ["--before", stretch(0, 9), "--after", stretch(10, 20)],
      /nothing lies in it, the source holds 2026-11-24/,
    ],
    [
      ["--before", "now-2h..now-1h", "--after", "now-1h..now"],
      /nothing lies in it, the source holds 2026-11-24/,
    ],
    [["--before", stretch(0, 9)], /wanted --before FROM\.\.TO --after FROM\.\.TO and at most one recording/],
    [
      ["b", "--prometheus", "http://localhost:1"],
      /wanted --prometheus URL --before FROM\.\.TO --after FROM\.\.TO/,
    ],
  ];
  for (const [args, wanted] of table) {
    const { code, stderr } = await compare("vllm-0.32.0-cpu", ...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, wanted);
  }
});

Deno.test("commands that read a server name their own options as ways out, and have them", async () => {
  const fake = fakeServer(series());
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const answer = await fake.fetch(request.url);
    return Response.json({ ...await answer.json(), warnings: ["store is down"] }, { status: answer.status });
  });
  const given = [
    ...["--prometheus", `http://127.0.0.1:${server.addr.port}`],
    ...["--before", stretch(0, 290), "--after", stretch(300, 590)],
  ];
  const partial = await compare(...given);
  assert.equal(partial.code, 2);
  assert.match(
    partial.stderr,
    /the answer is partial \(store is down\), wanted all; --allow-partial takes such answers/,
  );
  await using closed = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("Unauthorized", { status: 401 }),
  );
  const refused = await compare("--prometheus", `http://127.0.0.1:${closed.addr.port}`, ...given.slice(2));
  assert.match(
    refused.stderr,
    /HTTP 401 \(Unauthorized\), wanted 200; check the token \(LAB_REMOTE_TOKEN\) or the password in the address/,
  );
  const taken = await compare(...given, "--allow-partial", "--timeout", "20s");
  assert.equal(taken.code, 0, taken.stderr);
  const local = await compare("vllm-0.32.0-cpu", "vllm-0.32.0-cpu", "--timeout", "20s", "--allow-partial");
  assert.match(
    local.stderr,
    /Cannot use --timeout and --allow-partial with a recording: wanted --prometheus beside it/,
  );
});
