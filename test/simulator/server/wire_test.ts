/** Answers and refusals against those of a real server: same bytes where they say the same, same form elsewhere. */
import assert from "node:assert/strict";
import { dataOf, formOf, recorded, virtualVllm } from "./fixtures.ts";

interface Call {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly request_body: unknown;
  readonly response_headers: readonly string[];
}

const CALLS: readonly Call[] = JSON.parse(recorded("index.json"));

function call(name: string): Call {
  const found = CALLS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new RangeError(`no recorded call ${name}`);
  return found;
}

/** Headers that the connection adds and not the application. */
const OF_THE_CONNECTION = new Set(["date", "connection", "transfer-encoding"]);

function headerNames(headers: Iterable<string>): string[] {
  return [...headers].map((line) => line.split(": ", 1)[0]!).filter((name) => !OF_THE_CONNECTION.has(name))
    .sort();
}

const REFUSALS = [
  "err-unknown-model",
  "err-unknown-model-stream",
  "err-max-tokens-too-long",
  "err-max-tokens-too-long-chat",
  "err-malformed-json",
  "err-missing-prompt",
  "err-missing-messages",
  "err-max-tokens-negative",
  "err-temperature-negative",
  "err-wrong-type",
  "err-stream-options-without-stream",
  "err-content-type",
  "err-not-found",
  "err-method",
];

for (const name of REFUSALS) {
  Deno.test(`${name}: status, headers and body equal the real server's`, async () => {
    const { method, path, request_body, status, response_headers } = call(name);
    const vllm = virtualVllm();
    const isForm = name === "err-content-type";
    const type = isForm ? "application/x-www-form-urlencoded" : "application/json";
    const body = typeof request_body === "string" ? request_body : JSON.stringify(request_body);
    const response = await vllm.get(path, {
      method,
      ...(method === "POST" ? { body, headers: { "content-type": type } } : {}),
    });
    assert.equal(response.status, status);
    assert.equal(await response.text(), recorded(`${name}.body.json`));
    const names = headerNames([...response.headers].map(([key, value]) => `${key}: ${value}`));
    assert.deepEqual(names.filter((key) => key !== "x-lab-simulated"), headerNames(response_headers));
    assert.equal(response.headers.get("x-lab-simulated"), "1");
  });
}

Deno.test("err-prompt-too-long: the body equals the real server's for a prompt over the model's length", async () => {
  const response = await virtualVllm().post("/v1/completions", {
    prompt: "word ".repeat(1500),
    max_tokens: 4,
  });
  assert.equal(await response.text(), recorded("err-prompt-too-long.body.json"));
});

/** The stream of a recorded call, as the simulated server answers it. */
async function streamOf(name: string): Promise<{ ours: string; real: string }> {
  const vllm = virtualVllm();
  const { path, request_body } = call(name);
  const ours = await vllm.clock.drive(async () => await (await vllm.post(path, request_body)).text());
  return { ours, real: recorded(`${name}.body.sse`) };
}

/** Chunks of one kind, once each: their forms in order of first appearance. */
function kinds(stream: string): unknown[] {
  const seen = new Map<string, unknown>();
  for (const chunk of dataOf(stream)) {
    const form = formOf(chunk);
    seen.set(JSON.stringify(form), form);
  }
  return [...seen.values()];
}

for (const name of ["sse-chat", "sse-completions-continuous-usage", "sse-completions-no-usage"]) {
  Deno.test(`${name}: chunks have the real server's keys, order and count, and the stream its end`, async () => {
    const { ours, real } = await streamOf(name);
    assert.deepEqual(kinds(ours), kinds(real));
    assert.equal(dataOf(ours).length, dataOf(real).length);
    assert.ok(ours.endsWith("data: [DONE]\n\n"));
    assert.equal(ours.split("\n\n").length, real.split("\n\n").length);
  });
}

Deno.test("sse-completions-stop: a stop string ends the answer before it, held back until it is sure", async () => {
  const vllm = virtualVllm();
  const ask = async (stop: readonly string[]) => {
    const body = { prompt: "Tell", max_tokens: 40, stream: true, ignore_eos: true, stop, temperature: 0 };
    return await (await vllm.post("/v1/completions", body)).text();
  };
  const textOf = (stream: string) =>
    (dataOf(stream) as { choices: { text: string }[] }[]).map(({ choices }) => choices[0]!.text).join("");
  const [whole, stop, stream] = await vllm.clock.drive(async () => {
    const whole = textOf(await ask([]));
    const stop = whole.slice(20, 32);
    return [whole, stop, await ask([stop])];
  });
  const chunks = dataOf(stream) as {
    choices: { text: string; finish_reason: string | null; stop_reason: string | null }[];
  }[];
  const last = chunks.at(-1)!.choices[0]!;
  assert.deepEqual([last.finish_reason, last.stop_reason], ["stop", stop]);
  assert.equal(textOf(stream), whole.slice(0, whole.indexOf(stop)));
  assert.equal(
    chunks[0]!.choices[0]!.text,
    "",
    "the first token is held back: it may be the start of the stop string",
  );
  const forms = new Set(
    dataOf(recorded("sse-completions-stop.body.sse")).map((chunk) => JSON.stringify(formOf(chunk))),
  );
  assert.ok(forms.has(JSON.stringify(formOf(chunks[0]))));
});

for (const name of ["chat", "completions", "models", "tokenize"]) {
  Deno.test(`${name}: the whole answer has the real server's form`, async () => {
    const vllm = virtualVllm();
    const { method, path, request_body } = call(name);
    const response = await vllm.clock.drive(() =>
      method === "GET" ? vllm.get(path) : vllm.post(path, request_body)
    );
    const ours: unknown = JSON.parse(await response.text());
    assert.deepEqual(formOf(ours), formOf(JSON.parse(recorded(`${name}.body.json`))));
  });
}

Deno.test("short answers equal the real server's", async () => {
  const vllm = virtualVllm();
  const text = async (path: string) => await (await vllm.get(path)).text();
  assert.equal(await text("/version"), `{"version":"0.32.0"}`);
  assert.equal(await text("/load"), `{"server_load":0}`);
  assert.equal(await text("/health"), "");
  assert.equal((await vllm.get("/ping", { method: "POST" })).status, 200);
});

Deno.test("odd forms of /metrics answer as the real server's", async () => {
  const vllm = virtualVllm();
  const type = (response: Response) => response.headers.get("content-type");
  const plain = await vllm.get("/metrics", { headers: { accept: "application/openmetrics-text" } });
  assert.equal(type(plain), "text/plain; version=1.0.0; charset=utf-8");
  assert.equal(plain.headers.get("content-length"), String((await plain.text()).length));
  for (const path of ["/metrics/", "/metrics/anything"]) {
    const response = await vllm.get(path);
    assert.equal(type(response), "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(response.headers.get("content-length"), null);
    assert.match(await response.text(), /^# HELP python_gc/);
  }
  const head = await vllm.get("/metrics", { method: "HEAD" });
  assert.deepEqual([head.status, type(head), await head.text()], [
    200,
    "text/plain; version=0.0.4; charset=utf-8",
    "",
  ]);
  const leave = { origin: "http://127.0.0.1:8888", "access-control-request-method": "GET" };
  const preflight = await vllm.get("/metrics", { method: "OPTIONS", headers: leave });
  assert.deepEqual([preflight.status, await preflight.text()], [400, "Disallowed CORS origin"]);
});
