/**
 * What is asked: pure and repeatable by seed.
 *
 * @module
 */
import { integerBetween, type Random, seededRandom, standardNormal } from "../../base/random.ts";

/** Eight short questions, the everyday traffic of the lab. */
export const SHORT_QUESTIONS: readonly string[] = [
  "In two sentences, why is the sky blue during the day?",
  "Name three uses of a hash table and one case where it is a poor choice.",
  "What happens in a computer between pressing its power button and the login screen?",
  "Write a four-line poem about a lighthouse in winter.",
  "How would you explain what a neural network is to a ten-year-old?",
  "Give me a simple recipe that needs only eggs, bread and tomatoes.",
  "What should I check first when a web page loads slowly?",
  "Compare travelling by train and by plane for a trip of 500 kilometres.",
];

/** A whole number by some law. */
export type LengthDistribution =
  | number
  | { readonly kind: "uniform"; readonly minimum: number; readonly maximum: number }
  | {
    readonly kind: "normal";
    readonly mean: number;
    readonly std: number;
    readonly minimum?: number;
    readonly maximum?: number;
  }
  /** `median` and `sigma` of the logarithm: most are short, a few are very long, as in real traffic. */
  | {
    readonly kind: "lognormal";
    readonly median: number;
    readonly sigma: number;
    readonly minimum?: number;
    readonly maximum?: number;
  };

/** Which prompts a run sends. Everything in it can be written as JSON. */
export type PromptPlan =
  /** The given texts in turn. */
  | { readonly kind: "texts"; readonly texts: readonly string[]; readonly order?: "in_turn" | "random" }
  /** Made-up words, so many tokens long; `wordsPerToken` is measured at the server or, by default, an estimate. */
  | {
    readonly kind: "lengths";
    readonly tokens: LengthDistribution;
    readonly sharedPrefixTokens?: number;
    /** How many different shared prefixes there are; default 1. */
    readonly prefixGroups?: number;
    readonly wordsPerToken?: number;
  }
  /** Several turns in one conversation: each turn sends everything said before. */
  | {
    readonly kind: "conversation";
    readonly turns: number;
    readonly tokensPerTurn: LengthDistribution;
    readonly systemTokens?: number;
    readonly wordsPerToken?: number;
  }
  /** Rows of a trace or data set: a text, or a length in tokens, and how much may be answered. */
  | { readonly kind: "rows"; readonly rows: readonly PromptRow[]; readonly wordsPerToken?: number };

/** One row of a data set or trace. */
export interface PromptRow {
  readonly text?: string;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
}

/** A message of a chat. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** What one request asks. */
export interface Prompt {
  readonly messages: readonly ChatMessage[];
  /** How many tokens were meant; absent where the text itself was given. */
  readonly plannedTokens?: number;
  /** Answer length wanted by the row. */
  readonly outputTokens?: number;
}

/** Yields prompts; `user` is the closed loop's slot or, in an open loop, the number of the request. */
export interface PromptSource {
  /** The next prompt for a user. */
  next(user: number): Prompt;
  /** Tells what was answered, for conversations. */
  answered(user: number, text: string): void;
  /** True when answers' texts are needed. */
  readonly needsAnswers: boolean;
}

/** English words of made-up text average about this many per token; an estimate, as every tokenizer differs. */
export const ESTIMATED_WORDS_PER_TOKEN = 0.75;

/** Draws a whole number of at least 1. */
export function drawLength(distribution: LengthDistribution, random: Random): number {
  if (typeof distribution === "number") return Math.max(1, Math.round(distribution));
  if (distribution.kind === "uniform") {
    return integerBetween(random, distribution.minimum, distribution.maximum);
  }
  const raw = distribution.kind === "normal"
    ? distribution.mean + distribution.std * standardNormal(random)
    : distribution.median * Math.exp(distribution.sigma * standardNormal(random));
  const bounded = Math.min(distribution.maximum ?? Infinity, Math.max(distribution.minimum ?? 1, raw));
  return Math.max(1, Math.round(bounded));
}

const SYLLABLES = [
  "ba",
  "de",
  "fi",
  "go",
  "lu",
  "ma",
  "ne",
  "pi",
  "ro",
  "su",
  "ta",
  "ve",
  "wi",
  "zo",
  "ka",
  "le",
];

/** So many made-up words, separated by spaces. */
export function makeWords(count: number, random: Random): string {
  const words: string[] = [];
  for (let i = 0; i < count; i++) {
    const syllables = integerBetween(random, 1, 3);
    let word = "";
    for (let s = 0; s < syllables; s++) word += SYLLABLES[integerBetween(random, 0, SYLLABLES.length - 1)]!;
    words.push(word);
  }
  return words.join(" ");
}

/**
 * Makes the source of a plan.
 *
 * @param options `seed` repeats it; `salt`, put before every prompt, keeps one run from finding the prompts of another
 *   in the server's prefix cache ("" keeps prefixes the same between runs)
 */
export function promptSource(
  plan: PromptPlan,
  options: { readonly seed: number; readonly salt: string },
): PromptSource {
  const random = seededRandom(options.seed);
  const salted = (text: string) => options.salt === "" ? text : `(${options.salt}) ${text}`;
  switch (plan.kind) {
    case "texts":
      return textSource(plan, random, salted);
    case "lengths":
      return lengthSource(plan, random, salted);
    case "conversation":
      return conversationSource(plan, random, salted);
    case "rows":
      return rowSource(plan, random, salted);
  }
}

type Salted = (text: string) => string;

function single(text: string, plannedTokens?: number, outputTokens?: number): Prompt {
  return {
    messages: [{ role: "user", content: text }],
    ...(plannedTokens === undefined ? {} : { plannedTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  };
}

function simpleSource(next: () => Prompt): PromptSource {
  return { next, answered: () => {}, needsAnswers: false };
}

function textSource(
  plan: Extract<PromptPlan, { kind: "texts" }>,
  random: Random,
  salted: Salted,
): PromptSource {
  if (plan.texts.length === 0) throw new RangeError("Cannot make prompts: no texts, wanted at least one");
  let turn = 0;
  return simpleSource(() => {
    const index = plan.order === "random"
      ? integerBetween(random, 0, plan.texts.length - 1)
      : turn++ % plan.texts.length;
    return single(salted(plan.texts[index]!));
  });
}

function lengthSource(
  plan: Extract<PromptPlan, { kind: "lengths" }>,
  random: Random,
  salted: Salted,
): PromptSource {
  const wordsPerToken = plan.wordsPerToken ?? ESTIMATED_WORDS_PER_TOKEN;
  const groups = plan.prefixGroups ?? 1;
  const prefixTokens = plan.sharedPrefixTokens ?? 0;
  const prefixes = Array.from(
    { length: groups },
    () => makeWords(Math.round(prefixTokens * wordsPerToken), random),
  );
  let turn = 0;
  return simpleSource(() => {
    const tokens = drawLength(plan.tokens, random);
    const prefix = prefixes[turn++ % groups]!;
    const words = Math.max(1, Math.round(Math.max(0, tokens - prefixTokens) * wordsPerToken));
    const own = makeWords(words, random);
    return single(salted(prefix === "" ? own : `${prefix} ${own}`), Math.max(tokens, prefixTokens + 1));
  });
}

function rowSource(
  plan: Extract<PromptPlan, { kind: "rows" }>,
  random: Random,
  salted: Salted,
): PromptSource {
  if (plan.rows.length === 0) throw new RangeError("Cannot make prompts: no rows, wanted at least one");
  const wordsPerToken = plan.wordsPerToken ?? ESTIMATED_WORDS_PER_TOKEN;
  let turn = 0;
  return simpleSource(() => {
    const row = plan.rows[turn++ % plan.rows.length]!;
    const text = row.text ??
      makeWords(Math.max(1, Math.round((row.promptTokens ?? 1) * wordsPerToken)), random);
    return single(salted(text), row.promptTokens, row.outputTokens);
  });
}

function conversationSource(
  plan: Extract<PromptPlan, { kind: "conversation" }>,
  random: Random,
  salted: Salted,
): PromptSource {
  const wordsPerToken = plan.wordsPerToken ?? ESTIMATED_WORDS_PER_TOKEN;
  const system = makeWords(Math.round((plan.systemTokens ?? 0) * wordsPerToken), random);
  const histories = new Map<number, ChatMessage[]>();
  return {
    needsAnswers: true,
    next(user) {
      let history = histories.get(user);
      const userTurns = history?.filter((message) => message.role === "user").length ?? 0;
      if (history === undefined || userTurns >= plan.turns) {
        history = system === "" ? [] : [{ role: "system", content: salted(system) }];
        histories.set(user, history);
      }
      const words = makeWords(
        Math.max(1, Math.round(drawLength(plan.tokensPerTurn, random) * wordsPerToken)),
        random,
      );
      history.push({ role: "user", content: history.length === 0 ? salted(words) : words });
      return { messages: [...history] };
    },
    answered(user, text) {
      histories.get(user)?.push({ role: "assistant", content: text });
    },
  };
}
