import assert from "node:assert/strict";
import { AnswerReader } from "../../../src/simulator/workload/answer_reader.ts";
import { HttpScanner } from "../../../src/simulator/workload/http_scanner.ts";
import { readRecording, type Recording } from "./recorded.ts";

const encoder = new TextEncoder();

/** Feeds a recording through both scanners; `cut` splits each read into pieces. */
function play(recording: Recording, cut: (bytes: Uint8Array) => Uint8Array[]): AnswerReader {
  const answer = new AnswerReader({ streaming: true });
  let now = 0;
  const scanner = new HttpScanner({
    head: (status, headers) => answer.head(status, headers.get("content-type"), now),
    body: (bytes) => answer.body(bytes, now),
    end: () => {},
  });
  for (const read of recording.reads) {
    now = read.timeSeconds;
    for (const piece of cut(read.bytes)) scanner.push(piece);
  }
  return answer;
}

const whole = (bytes: Uint8Array) => [bytes];
const everyByte = (bytes: Uint8Array) => [...bytes].map((byte) => Uint8Array.of(byte));

/** What the recordings hold, counted in their JSON with Python: choices without chat's opening chunk, usage, reason. */
const RECORDINGS = [
  { name: "sse-completions", chunks: 46, tokens: 48, finish: "length" },
  { name: "sse-completions-stop", chunks: 39, tokens: 39, finish: "stop" },
  { name: "sse-completions-no-usage", chunks: 6, tokens: undefined, finish: "length" },
  { name: "sse-completions-continuous-usage", chunks: 8, tokens: 8, finish: "length" },
  { name: "sse-chat", chunks: 48, tokens: 48, finish: "length" },
  { name: "sse-chat-cut", chunks: 19, tokens: undefined, finish: undefined },
] as const;

for (const { name, chunks, tokens, finish } of RECORDINGS) {
  Deno.test(`AnswerReader reads ${name} alike in whole reads and split at every byte`, async () => {
    const recording = await readRecording(name);
    const once = play(recording, whole);
    const bytewise = play(recording, everyByte);
    assert.equal(once.chunkCount, chunks);
    assert.equal(once.usage?.outputTokens, tokens);
    assert.equal(once.finishReason, finish);
    // The first read holds the headers; the first token comes with the second.
    assert.equal(once.chunkTimesSeconds[0], recording.reads[1]?.timeSeconds);
    assert.deepEqual(bytewise.chunkTimesSeconds, once.chunkTimesSeconds);
    assert.deepEqual(bytewise.usage, once.usage);
    assert.deepEqual(bytewise.end(), once.end());
    const times = new Set(recording.reads.map((read) => read.timeSeconds));
    assert.ok(once.chunkTimesSeconds.every((time) => times.has(time)), "every stamp is that of a read");
  });
}

Deno.test("AnswerReader reads a stream cut in two at any byte alike", async () => {
  const recording = await readRecording("sse-completions-no-usage");
  const once = play(recording, whole);
  const longest = Math.max(...recording.reads.map((read) => read.bytes.length));
  for (let at = 1; at < longest; at++) {
    const answer = play(recording, (bytes) => [bytes.subarray(0, at), bytes.subarray(at)]);
    assert.deepEqual(answer.chunkTimesSeconds, once.chunkTimesSeconds, `cut at ${at}`);
    assert.equal(answer.finishReason, "length");
  }
});

interface Told {
  readonly chunks: number;
  readonly end: string;
}

function stream(
  events: readonly string[],
  options: { readonly status?: number; readonly type?: string } = {},
): Told {
  const answer = new AnswerReader({ streaming: true });
  answer.head(options.status ?? 200, options.type ?? "text/event-stream; charset=utf-8", 0);
  events.forEach((event, i) => answer.body(encoder.encode(event), i + 1));
  const end = answer.end();
  return { chunks: answer.chunkCount, end: end.kind === "complete" ? "complete" : end.error };
}

const token = (text: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, text, finish_reason: finish }] })}\n\n`;
const delta = (fields: unknown, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: fields, finish_reason: finish }] })}\n\n`;
const DONE = "data: [DONE]\n\n";

Deno.test("AnswerReader judges how an answer ended", () => {
  const f = (events: readonly string[], chunks: number, end: string, options = {}) =>
    assert.deepEqual(stream(events, options), { chunks, end }, events.join(""));
  f([token("a"), token("b", "stop"), DONE], 2, "complete");
  f([token("a"), token("", "length")], 2, "complete"); // without [DONE]
  f([token(""), token("", "stop"), DONE], 2, "complete"); // the text was held back: tokens all the same
  f([token("a"), DONE], 1, "Stream ended without a finish reason"); // what a dying vLLM sends
  f([], 0, "Stream ended without a finish reason");
  f([token("a"), 'data: {"error":{"message":"engine dead","code":500}}\n\n', DONE], 1, "engine dead");
  f([token("a"), "event: error\ndata: out of memory\n\n"], 1, "Event is not JSON: out of memory");
  f([token("a"), 'data: {"choi'], 1, "Answer ended in text that is not JSON, without a finish reason");
  f([token("a"), "data: {\n\n", token("b", "stop")], 2, "Event is not JSON: {");
  f([token("a").trimEnd() + "\n" + "\n", token("b", "stop").trimEnd()], 2, "complete"); // the last line end is missing
});

Deno.test("AnswerReader counts chat's opening chunk as no token", () => {
  const f = (events: readonly string[], chunks: number) =>
    assert.equal(stream(events).chunks, chunks, events.join(""));
  f([delta({ role: "assistant", content: "" }), delta({ content: "a" }), delta({ content: "" }, "stop")], 2);
  f([
    delta({ role: "assistant", content: null }),
    delta({ reasoning_content: "hm" }),
    delta({ content: "a" }, "stop"),
  ], 2);
  f([delta({ role: "assistant", content: "a" }), delta({ role: "assistant", content: "b" }, "stop")], 2);
  f([
    delta({ role: "assistant", content: "" }),
    delta({ content: "" }),
    delta({ role: "assistant", content: "" }, "stop"),
  ], 2);
});

Deno.test("AnswerReader reads answers and errors that are no streams", () => {
  const f = (body: string, end: string, status = 200, type = "application/json") =>
    assert.deepEqual(stream([body], { status, type }), { chunks: 0, end }, body);
  f('{"choices":[{"text":"a","finish_reason":"stop"}],"usage":{"completion_tokens":3}}', "complete");
  f('{"error":{"message":"no","type":"x","code":400}}', "no"); // 200 with an error
  f('{"object":"error","message":"flat","code":400}', "flat", 400); // vLLM before 0.10
  f('{"detail":"Not Found"}', "Not Found", 404);
  f('{"detail":[{"msg":"field required"}]}', "field required", 422);
  f("<html>Bad gateway</html>", "an HTML page: Bad gateway", 502, "text/html");
  f("<h1>503 Service Unavailable</h1>", "an HTML page: 503 Service Unavailable", 503, "text/html");
  f("", "HTTP 503", 503);
  f("<html>login</html>", "an HTML page: login", 200, "text/html");
});

Deno.test("AnswerReader reads the errors of a real server", async () => {
  const f = async (name: string, status: number, expected: string) => {
    const body = await Deno.readTextFile(new URL(`../../fixtures/wire/${name}.body.json`, import.meta.url));
    assert.equal(stream([body], { status, type: "application/json" }).end, expected);
  };
  await f(
    "err-unknown-model-stream",
    404,
    "The model `no-such-model` does not exist. Valid aliases: tiny-llama.",
  );
  await f(
    "err-missing-prompt",
    400,
    "Either prompt or prompt_embeds must be provided and non-empty. (parameter=prompt)",
  );
  await f("err-not-found", 404, "Not Found");
});

Deno.test("AnswerReader is not misled by an answer that quotes JSON", () => {
  const quoted =
    '{"finish_reason":null,"choices":[{ "usage":{"completion_tokens":99} "error":{"message":"x"}';
  const answer = new AnswerReader({ streaming: true });
  answer.head(200, "text/event-stream", 0);
  answer.body(encoder.encode(token("a") + token(quoted) + token("b", "stop") + DONE), 1);
  assert.deepEqual(answer.end(), { kind: "complete" });
  assert.deepEqual([answer.chunkCount, answer.usage], [3, undefined]);
});

Deno.test("AnswerReader sees usage, an error and an end that come after tokens that were all alike", () => {
  const token = (more: string, before = "") =>
    `data: {"id":"a",${before}"choices":[{"index":0,"text":"w","finish_reason":null}]${more}}\n\n`;
  const play = (last: string) => {
    const answer = new AnswerReader({ streaming: true });
    answer.head(200, "text/event-stream", 0);
    for (let i = 0; i < 4; i++) answer.body(encoder.encode(token("")), i + 1);
    answer.body(encoder.encode(last), 5);
    return answer;
  };
  const usage = '"usage":{"prompt_tokens":3,"completion_tokens":5}';
  assert.equal(play(token(`,${usage}`)).usage?.outputTokens, 5);
  assert.equal(play(token("", `${usage},`)).usage?.outputTokens, 5);
  assert.equal(play(token(`,${usage}`)).chunkCount, 5);
  assert.equal(play(token(',"error":{"message":"broken"}')).error, "broken");
  assert.equal(play(token("").replace("null", '"stop"')).finishReason, "stop");
  assert.equal(play('data: {"choices":[],"usage":{"completion_tokens":4}}\n\n').chunkCount, 4);
  assert.equal(play("data: [DONE]\n\n").sawDone, true);
});
