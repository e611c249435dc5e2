/**
 * Learns from a server how its tokenizer cuts made-up words, so that prompts can have exact lengths.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { request } from "./availability.ts";
import { isObject } from "./chunk.ts";
import type { Endpoint } from "./plan.ts";
import type { PromptPlan, TextMeasure, Vocabulary } from "./prompts.ts";
import { makeWord, textMaker } from "./text_maker.ts";
import type { Transport } from "./transport.ts";

const VOCABULARY_SIZE = 64;
const OPENING = "note";
/** The vocabulary is tried on a text of this length before it is believed. */
const TRIAL_TOKENS = 200;

/** Questions at once. */
const CONNECTIONS = 8;

/** Where to ask. */
export interface CalibrationContext {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly apiBase: string;
  readonly model: string;
  readonly endpoint: Endpoint;
}

/** Plans whose lengths are in tokens. */
export function needsMeasure(plan: PromptPlan): plan is Exclude<PromptPlan, { kind: "texts" }> {
  if (plan.kind === "texts" || plan.vocabulary !== undefined || plan.wordsPerToken !== undefined) {
    return false;
  }
  return plan.kind !== "rows" || plan.rows.some((row) => row.text === undefined);
}

/**
 * Asks `/tokenize` for a word at a time.
 *
 * @returns a vocabulary when a trial text comes out as planned; the words per token of that text when it does not;
 *   nothing when the server has no `/tokenize`
 */
export async function calibrate(context: CalibrationContext): Promise<TextMeasure> {
  const openingTokens = await countTokens(context, OPENING);
  if (openingTokens === undefined) return {};
  const random = seededRandom(1);
  const words = new Set<string>();
  while (words.size < VOCABULARY_SIZE) words.add(makeWord(random));
  const counts: (number | undefined)[] = [];
  for (const batch of batches([...words], CONNECTIONS)) {
    counts.push(...await Promise.all(batch.map((word) => countTokens(context, `${OPENING} ${word}`))));
  }
  const known = [...words].flatMap((word, i) => {
    const tokens = (counts[i] ?? 0) - openingTokens;
    return tokens > 0 ? [{ word, tokens }] : [];
  });
  if (known.length < VOCABULARY_SIZE / 2) return {};
  const vocabulary: Vocabulary = { words: known, opening: OPENING, openingTokens };
  const trial = textMaker({ vocabulary }, { random: seededRandom(2), salt: "" }).text(TRIAL_TOKENS);
  const counted = await countTokens(context, trial.text);
  if (counted === trial.tokens) return { vocabulary };
  return counted === undefined || counted === 0
    ? {}
    : { wordsPerToken: trial.text.split(" ").length / counted };
}

function batches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, i) => items.slice(i * size, (i + 1) * size),
  );
}

async function countTokens(context: CalibrationContext, text: string): Promise<number | undefined> {
  const { transport, clock, apiBase, model, endpoint } = context;
  const question = endpoint === "chat" ? { messages: [{ role: "user", content: text }] } : { prompt: text };
  const body = JSON.stringify({ model, ...question });
  const answer = await request(transport, "/tokenize", { clock, timeoutSeconds: 5, apiBase, body });
  if ("cause" in answer || answer.status !== 200) return undefined;
  try {
    const value: unknown = JSON.parse(answer.text);
    const count = isObject(value) ? value["count"] : undefined;
    return typeof count === "number" ? count : undefined;
  } catch {
    return undefined; // not a tokenizer's answer: the same as none
  }
}
