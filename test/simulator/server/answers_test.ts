/**
 * Whole exchanges, byte by byte, against those recorded from a real vLLM 0.32.0: everything that a client can get wrong, and
 * everything that it can ask for.
 */
import assert from "node:assert/strict";
import { recorded, virtualVllm } from "./fixtures.ts";
import { connectTo } from "./memory_connection.ts";

interface Exchange {
  readonly name: string;
  /** Bytes as Latin-1. */
  readonly request: string;
  readonly answer: string;
}

const EXCHANGES: readonly Exchange[] = JSON.parse(recorded("answers.json.gz"));

/** Exchanges that come out otherwise, by reason. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  "where a stop string falls depends on the text": [
    "c-stop",
    "c-stop-string",
    "c-stop-include",
    "c-stop-stream",
    "c-stop-include-stream",
    "c-max-1020",
    "chat-stop",
    "chat-stop-stream",
    "chat-absent-max",
  ],
  "which sample's chunk comes first is a race there": [
    "c-n2-stream",
    "c-two-prompts-stream",
    "chat-n2-stream",
    "c-n2-echo-stream",
  ],
  "another tokenizer": ["detok-plain"],
  "another size of the vocabulary": ["c-logprobs-negative", "chat-logprobs-minus1", "c-logit-bias-vocab"],
  "a prompt's tokens rank first here, with no other above them": ["c-prompt-logprobs", "c-echo-logprobs"],
  "a beam search tells nothing of the cache": ["c-use-beam"],
  "log probabilities of a chat's prompt are not told": ["chat-echo", "chat-echo-plain"],
  "the validator tells an error per kind of message, this one tells one": [
    "chat-no-role",
    "chat-content-null",
    "chat-message-string",
    "chat-content-number",
  ],
  "parts of a message that nobody knows are passed over": ["chat-part-unknown"],
  "formats of answers are passed over": ["c-response-format-bad"],
  "half a surrogate is a character here": ["body-surrogate"],
  "routes of the development mode are always there": [
    "post-sleep",
    "post-wake_up",
    "post-reset_prefix_cache",
    "post-start_profile",
    "get-is_sleeping",
  ],
  "there is no elastic scaling": ["get-is_scaling_elastic_ep"],
  "there are no WebSockets": ["http-upgrade"],
  "a body that came with its head needs no leave": ["http-expect"],
  "the model's root is a folder there": ["origin-models"],
};

const IS_OTHERWISE = new Set(Object.values(OTHERWISE).flat());

/** Without what is new every time. */
function normalized(answer: string): string {
  return answer.replace(/^(date|x-lab-simulated): .*\r\n/gm, "")
    .replace(/(cmpl|chatcmpl|modelperm)-[0-9a-f]{16}/g, "$1-ID")
    .replace(/"created":\d+/g, `"created":0`)
    .replace(/vllm-0\.32\.0-[0-9a-f]{8}/g, "FINGERPRINT");
}

/** Without what depends on the model: words, their tokens and their number in a prompt. */
function form(answer: string): string {
  const text = String.raw`"(?:[^"\\]|\\.)*"`;
  return normalized(answer).replace(/content-length: \d+/g, "content-length: N")
    .replace(/(?<=\n)[0-9a-f]+\r\n/g, "CHUNK\r\n")
    .replace(new RegExp(`"(text|content|token)":${text}`, "g"), `"$1":""`)
    .replace(
      /"(text_offset|token_logprobs|tokens|token_ids|bytes|prompt_token_ids)":\[[^\]]*\]/g,
      `"$1":[]`,
    )
    .replace(/"top_logprobs":\[\{[^\]]*\]/g, `"top_logprobs":[]`)
    .replace(/"(prompt_tokens|total_tokens|cached_tokens|created_cache_tokens|count)":\d+/g, `"$1":0`)
    .replace(/"logprob":-?\d+\.\d+/g, `"logprob":0`);
}

async function answerTo({ request }: Exchange): Promise<string> {
  const vllm = virtualVllm({ seed: 1 });
  const connection = connectTo(vllm.server);
  return await vllm.clock.drive(async () => {
    connection.send(Uint8Array.from(request, (character) => character.charCodeAt(0)));
    await connection.closed;
    return connection.text;
  });
}

Deno.test("recorded exchanges come out as with the real server: refusals to the byte, answers in their form", async () => {
  let exact = 0;
  for (const exchange of EXCHANGES) {
    if (IS_OTHERWISE.has(exchange.name)) continue;
    const answer = await answerTo(exchange);
    const isWhole = !/^HTTP\/1\.1 (200|100)/.test(exchange.answer);
    if (isWhole) assert.equal(normalized(answer), normalized(exchange.answer), exchange.name);
    else assert.equal(form(answer), form(exchange.answer), exchange.name);
    if (normalized(answer) === normalized(exchange.answer)) exact++;
  }
  assert.ok(exact >= 230, `${exact} of ${EXCHANGES.length} are equal to the byte, wanted 230`);
});

Deno.test("what is said to come out otherwise does: no reason outlives its difference", async () => {
  for (const exchange of EXCHANGES) {
    if (!IS_OTHERWISE.has(exchange.name)) continue;
    const answer = await answerTo(exchange);
    assert.notEqual(normalized(answer), normalized(exchange.answer), exchange.name);
  }
  const known = new Set(EXCHANGES.map(({ name }) => name));
  assert.deepEqual([...IS_OTHERWISE].filter((name) => !known.has(name)), []);
});
