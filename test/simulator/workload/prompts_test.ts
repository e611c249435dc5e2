import assert from "node:assert/strict";
import { seededRandom } from "../../../src/base/random.ts";
import {
  drawLength,
  type PromptPlan,
  promptSource,
  SHORT_QUESTIONS,
} from "../../../src/simulator/workload/prompts.ts";
import { salted, textMaker } from "../../../src/simulator/workload/text_maker.ts";
import { lab, QUICK } from "./lab.ts";

/** Two characters a token, and one for each space: a tokenizer whose cuts depend on the word. */
const pairs = (text: string) => text.split(" ").reduce((sum, word) => sum + Math.ceil(word.length / 2), 0);
/** Counts neighbours together: no sum of words is right. */
const whole = (text: string) => Math.ceil(text.length / 3);

const texts = (plan: PromptPlan, count: number, options = { seed: 1, salt: "0badcafe" }) => {
  const source = promptSource(plan, options);
  return Array.from({ length: count }, () => source.next(0).messages.at(-1)!.content);
};

Deno.test("the lab's own questions are eight, short and asked in turn", () => {
  assert.equal(new Set(SHORT_QUESTIONS).size, 8);
  assert.ok(SHORT_QUESTIONS.every((question) => question.length < 100));
  const asked = texts({ kind: "texts", texts: SHORT_QUESTIONS }, 9, { seed: 1, salt: "" });
  assert.deepEqual(asked, [...SHORT_QUESTIONS, SHORT_QUESTIONS[0]]);
});

Deno.test("drawLength() stays in its bounds and near its mean", () => {
  const random = seededRandom(4);
  const draw = (distribution: Parameters<typeof drawLength>[0]) =>
    Array.from({ length: 4000 }, () => drawLength(distribution, random));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  const uniform = draw({ kind: "uniform", minimum: 50, maximum: 150 });
  assert.deepEqual([Math.min(...uniform), Math.max(...uniform)], [50, 150]);
  assert.ok(Math.abs(mean(uniform) - 100) < 2);
  assert.ok(Math.abs(mean(draw({ kind: "normal", mean: 200, std: 20 })) - 200) < 2);
  const long = draw({ kind: "lognormal", median: 100, sigma: 1, maximum: 300 }).sort((a, b) => a - b);
  assert.ok(Math.abs(long[2000]! - 100) < 8);
  assert.equal(long.at(-1), 300);
  assert.deepEqual([drawLength(0.2, random), drawLength(7, random)], [1, 7]);
});

Deno.test("lengths are exact where the server's tokenizer was asked", async () => {
  for (const endpoint of ["completions", "chat"] as const) {
    const { workload, api } = lab(() => QUICK, { endpoint }, { tokenizer: pairs });
    const tokens = { kind: "uniform", minimum: 40, maximum: 90 } as const;
    const result = await workload.simulateConcurrentLoad({
      requests: 30,
      concurrency: 3,
      prompts: { kind: "lengths", tokens, sharedPrefixTokens: 30 },
    });
    assert.equal(result.phases[0]!.lengths, "exact");
    const sent = api.log.map(({ body }) =>
      String(body["prompt"] ?? (body["messages"] as readonly { content: string }[])[0]!.content)
    );
    const overhead = endpoint === "chat" ? 5 : 1;
    const lengths = sent.map((text) => pairs(text) + overhead);
    assert.ok(lengths.every((length) => length >= 40 && length <= 90), `${lengths}`);
    assert.ok(new Set(lengths).size > 10);
    // All share the salt and the prefix, and nothing more.
    const shared = sharedStart(sent);
    assert.ok(pairs(shared) + overhead >= 25 && pairs(shared) + overhead <= 32, shared);
  }
});

function sharedStart(all: readonly string[]): string {
  let length = 0;
  while (all.every((text) => text[length] !== undefined && text[length] === all[0]![length])) length++;
  return all[0]!.slice(0, length).replace(/ \w*$/, "");
}

Deno.test("a tokenizer that does not add up is measured, none at all is estimated", async () => {
  const f = async (tokenizer: ((text: string) => number) | undefined, expected: string) => {
    const { workload, api } = lab(() => QUICK, {}, tokenizer === undefined ? {} : { tokenizer });
    const result = await workload.simulateConcurrentLoad({
      requests: 3,
      concurrency: 1,
      prompts: { kind: "lengths", tokens: 300 },
    });
    assert.equal(result.phases[0]!.lengths, expected);
    return api.log.map(({ body }) => (tokenizer ?? pairs)(String(body["prompt"])));
  };
  assert.deepEqual(await f(pairs, "exact"), [299, 299, 299]); // and one that the server adds
  const measured = await f(whole, "measured");
  assert.ok(measured.every((length) => Math.abs(length - 300) < 45), `${measured}`);
  await f(undefined, "estimate");
});

Deno.test("rows of a trace share the prefixes that their blocks name", () => {
  const row = (blocks: readonly number[], promptTokens: number) => ({
    blocks,
    blockTokens: 50,
    promptTokens,
  });
  const plan: PromptPlan = { kind: "rows", rows: [row([1, 2, 3], 140), row([1, 2, 9], 130), row([7], 20)] };
  const [first, second, third] = texts(plan, 3);
  const shared = sharedStart([first!, second!]).split(" ").length;
  assert.ok(shared >= 45 && shared <= 55, `${shared}`); // 100 tokens at half a word each, and the salt
  assert.ok(sharedStart([first!, third!]).split(" ").length <= 2);
  assert.deepEqual(texts(plan, 3), [first, second, third]);
});

Deno.test("rows carry their own answer length and keep their texts", () => {
  const source = promptSource({ kind: "rows", rows: [{ text: "Hello", outputTokens: 12 }] }, {
    seed: 1,
    salt: "",
  });
  assert.deepEqual(source.next(0), { messages: [{ role: "user", content: "Hello" }], outputTokens: 12 });
});

Deno.test("the same seed makes the same prompts, another salt other ones of the same length", () => {
  const plan: PromptPlan = { kind: "lengths", tokens: 60 };
  assert.deepEqual(texts(plan, 5), texts(plan, 5));
  const other = texts(plan, 5, { seed: 1, salt: "12345678" });
  assert.ok(texts(plan, 5).every((text, i) => text !== other[i] && text.slice(10) === other[i]!.slice(10)));
  assert.notDeepEqual(texts(plan, 5), texts(plan, 5, { seed: 2, salt: "0badcafe" }));
});

Deno.test("salted() marks a text unless the salt is empty; nothing to say is still a word", () => {
  assert.equal(salted("Hi", "0badcafe"), "(0badcafe) Hi");
  assert.equal(salted("Hi", ""), "Hi");
  const maker = textMaker({}, { random: seededRandom(1), salt: "" });
  assert.ok(maker.text(0).text.length > 0);
  assert.deepEqual(maker.words(0), { text: "", tokens: 0 });
});

Deno.test("promptSource() refuses a plan without texts or rows", () => {
  assert.throws(
    () => promptSource({ kind: "texts", texts: [] }, { seed: 1, salt: "" }),
    /no texts, wanted at least one/,
  );
  assert.throws(
    () => promptSource({ kind: "rows", rows: [] }, { seed: 1, salt: "" }),
    /no rows, wanted at least one/,
  );
});
