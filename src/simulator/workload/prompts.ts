/**
 * What is asked: pure and repeatable by seed.
 *
 * @module
 */
import { integerBetween, type Random, seededRandom, standardNormal } from "../../base/random.ts";
import { salted, type TextMaker, textMaker } from "./text_maker.ts";

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

/** Words of which the server's tokenizer makes a known number of tokens, each after a word and a space. */
export interface Vocabulary {
  /** Each with what the tokenizer makes of it. */
  readonly words: readonly { readonly word: string; readonly tokens: number }[];
  /** Opens every text, and what it costs with all that the server adds (special tokens, a chat's template). */
  readonly opening: string;
  /** 0 or more. */
  readonly openingTokens: number;
}

/** How many tokens a made-up text has. */
export interface TextMeasure {
  /** Exact lengths; measured at the server's `/tokenize`. */
  readonly vocabulary?: Vocabulary;
  /** Without a vocabulary: words per token; default 0.75, an estimate. */
  readonly wordsPerToken?: number;
}

/** Which prompts a run sends. Everything in it can be written as JSON. */
export type PromptPlan =
  /** The given texts in turn. */
  | { readonly kind: "texts"; readonly texts: readonly string[]; readonly order?: "in_turn" | "random" }
  /** Made-up words, so many tokens long. */
  | TextMeasure & {
    readonly kind: "lengths";
    readonly tokens: LengthDistribution;
    readonly sharedPrefixTokens?: number;
    /** How many different shared prefixes there are; default 1. */
    readonly prefixGroups?: number;
  }
  /** Several turns in one conversation: each turn sends everything said before. */
  | TextMeasure & {
    readonly kind: "conversation";
    readonly turns: number;
    readonly tokensPerTurn: LengthDistribution;
    readonly systemTokens?: number;
  }
  /** Rows of a trace or data set: a text, or a length in tokens, and how much may be answered. */
  | TextMeasure & { readonly kind: "rows"; readonly rows: readonly PromptRow[] };

/** One row of a data set or trace. */
export interface PromptRow {
  /** Sent as it is, but for the salt; without it words are made up. */
  readonly text?: string;
  /** Length of the made-up text, default 1; of a given text what it is known to have. */
  readonly promptTokens?: number;
  /** Longest answer; absent: as the load says. */
  readonly outputTokens?: number;
  /** Numbers of the blocks that the prompt is made of; rows with the same first blocks share a prefix. */
  readonly blocks?: readonly number[];
  /** Tokens of a block; default 512. */
  readonly blockTokens?: number;
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
  if (plan.kind === "texts") return textSource(plan, random, options.salt);
  const maker = textMaker(plan, { random, salt: options.salt });
  switch (plan.kind) {
    case "lengths":
      return lengthSource(plan, random, maker);
    case "conversation":
      return conversationSource(plan, random, maker);
    case "rows":
      return rowSource(plan, maker, options.salt);
  }
}

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
  salt: string,
): PromptSource {
  if (plan.texts.length === 0) throw new RangeError("Cannot make prompts: no texts, wanted at least one");
  let turn = 0;
  return simpleSource(() => {
    const index = plan.order === "random"
      ? integerBetween(random, 0, plan.texts.length - 1)
      : turn++ % plan.texts.length;
    return single(salted(plan.texts[index]!, salt));
  });
}

function lengthSource(
  plan: Extract<PromptPlan, { kind: "lengths" }>,
  random: Random,
  maker: TextMaker,
): PromptSource {
  const groups = plan.prefixGroups ?? 1;
  const prefixTokens = plan.sharedPrefixTokens ?? 0;
  const prefixes = Array.from(
    { length: groups },
    () => maker.words(Math.max(0, prefixTokens - maker.leastTokens)),
  );
  let turn = 0;
  return simpleSource(() => {
    const tokens = Math.max(drawLength(plan.tokens, random), prefixTokens + 1);
    const { text, tokens: planned } = maker.text(tokens, prefixes[turn++ % groups]!);
    return single(text, planned);
  });
}

function rowSource(
  plan: Extract<PromptPlan, { kind: "rows" }>,
  maker: TextMaker,
  salt: string,
): PromptSource {
  if (plan.rows.length === 0) throw new RangeError("Cannot make prompts: no rows, wanted at least one");
  let turn = 0;
  return simpleSource(() => {
    const row = plan.rows[turn++ % plan.rows.length]!;
    if (row.text !== undefined) return single(salted(row.text, salt), row.promptTokens, row.outputTokens);
    const wanted = row.promptTokens ?? 1;
    const { text, tokens } = row.blocks === undefined
      ? maker.text(wanted)
      : maker.blockText(wanted, { blocks: row.blocks, blockTokens: row.blockTokens ?? 512 });
    return single(text, tokens, row.outputTokens);
  });
}

function conversationSource(
  plan: Extract<PromptPlan, { kind: "conversation" }>,
  random: Random,
  maker: TextMaker,
): PromptSource {
  const system = plan.systemTokens === undefined ? "" : maker.text(plan.systemTokens).text;
  const histories = new Map<number, ChatMessage[]>();
  return {
    needsAnswers: true,
    next(user) {
      let history = histories.get(user);
      const userTurns = history?.filter((message) => message.role === "user").length ?? 0;
      if (history === undefined || userTurns >= plan.turns) {
        history = system === "" ? [] : [{ role: "system", content: system }];
        histories.set(user, history);
      }
      const tokens = drawLength(plan.tokensPerTurn, random);
      history.push({
        role: "user",
        content: history.length === 0 ? maker.text(tokens).text : maker.words(tokens).text,
      });
      return { messages: [...history] };
    },
    answered(user, text) {
      histories.get(user)?.push({ role: "assistant", content: text });
    },
  };
}
