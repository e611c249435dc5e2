/**
 * Made-up texts of so many tokens: pure.
 *
 * @module
 */
import { integerBetween, type Random, seededRandom } from "../../base/random.ts";
import type { TextMeasure, Vocabulary } from "./prompts.ts";

/** Made-up words of one to three syllables have about this many per token; an estimate, as every tokenizer differs. */
export const ESTIMATED_WORDS_PER_TOKEN = 0.5;

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

/** A text and how many tokens it is meant to have. */
export interface MadeText {
  readonly text: string;
  readonly tokens: number;
}

/** Makes texts. Whole texts begin with the run's salt; words are to be put after others. */
export interface TextMaker {
  /** The shortest whole text: what opens it and the salt. */
  readonly leastTokens: number;
  /** A whole text of so many tokens, or the shortest; `prefix` stands right after the salt. */
  text(tokens: number, prefix?: MadeText): MadeText;
  /** A whole text made of numbered blocks: the same number is the same words in this run. */
  blockText(
    tokens: number,
    options: { readonly blocks: readonly number[]; readonly blockTokens: number },
  ): MadeText;
  /** Words of so many tokens, without opening and salt. */
  words(tokens: number): MadeText;
}

/** Puts a salt before a given text; "" leaves it as it is. */
export function salted(text: string, salt: string): string {
  return salt === "" ? text : `(${salt}) ${text}`;
}

/** How lengths of a plan are known. */
export function measureOf(plan: TextMeasure): "exact" | "measured" | "estimate" {
  if (plan.vocabulary !== undefined) return "exact";
  return plan.wordsPerToken === undefined ? "estimate" : "measured";
}

/** A made-up word. */
export function makeWord(random: Random): string {
  let word = "";
  for (let left = integerBetween(random, 1, 3); left > 0; left--) {
    word += SYLLABLES[integerBetween(random, 0, SYLLABLES.length - 1)]!;
  }
  return word;
}

/** Makes a maker; the same random state and salt make the same texts. */
export function textMaker(
  measure: TextMeasure,
  options: { readonly random: Random; readonly salt: string },
): TextMaker {
  const draw = measure.vocabulary === undefined
    ? estimatedWords(measure.wordsPerToken ?? ESTIMATED_WORDS_PER_TOKEN)
    : exactWords(measure.vocabulary);
  const opening = measure.vocabulary === undefined
    ? { text: options.salt === "" ? "" : `(${options.salt})`, tokens: options.salt === "" ? 0 : SALT_TOKENS }
    : saltedOpening(measure.vocabulary, options.salt);
  const join = (...parts: readonly MadeText[]): MadeText => ({
    text: parts.map((part) => part.text).filter((text) => text !== "").join(" "),
    tokens: parts.reduce((sum, part) => sum + part.tokens, 0),
  });
  const nothing: MadeText = { text: "", tokens: 0 };
  const fill = (head: MadeText, tokens: number) => {
    const rest = tokens - head.tokens;
    const made = rest > 0 ? draw(rest, options.random) : nothing;
    return join(head, made.text === "" && head.text === "" ? draw(1, options.random) : made);
  };
  return {
    leastTokens: opening.tokens,
    words: (tokens) => tokens > 0 ? draw(tokens, options.random) : nothing,
    text: (tokens, prefix = nothing) => fill(join(opening, prefix), tokens),
    blockText(tokens, { blocks, blockTokens }) {
      let head = opening;
      for (const block of blocks) {
        // The last block of a row is seldom full; the opening takes its share of the first.
        const room = Math.min(blockTokens, tokens - head.tokens);
        if (room <= 0) break;
        head = join(head, draw(room, seededRandom(block)));
      }
      return fill(head, tokens);
    },
  };
}

/** A salt of eight hex digits in brackets is about so many tokens. */
const SALT_TOKENS = 6;

type Draw = (tokens: number, random: Random) => MadeText;

function estimatedWords(wordsPerToken: number): Draw {
  return (tokens, random) => {
    const count = Math.max(1, Math.round(tokens * wordsPerToken));
    return { text: Array.from({ length: count }, () => makeWord(random)).join(" "), tokens };
  };
}

/** Draws words until the tokens are used up; the last ones are drawn among those that still fit. */
function exactWords({ words }: Vocabulary): Draw {
  const bySize = [...words].sort((a, b) => a.tokens - b.tokens);
  const smallest = bySize[0]?.tokens ?? 1;
  const largest = bySize.at(-1)?.tokens ?? 1;
  return (tokens, random) => {
    const drawn: string[] = [];
    let left = tokens;
    while (left >= smallest) {
      const fitting = left >= largest ? bySize.length : bySize.filter((word) => word.tokens <= left).length;
      const word = bySize[integerBetween(random, 0, fitting - 1)]!;
      drawn.push(word.word);
      left -= word.tokens;
    }
    return { text: drawn.join(" "), tokens: tokens - left };
  };
}

/** With a vocabulary the salt is six of its words: their tokens are known, and 64 words make 2^36 salts. */
function saltedOpening(vocabulary: Vocabulary, salt: string): MadeText {
  if (salt === "") return { text: vocabulary.opening, tokens: vocabulary.openingTokens };
  const random = seededRandom(parseInt(salt, 16));
  const words = Array.from(
    { length: 6 },
    () => vocabulary.words[integerBetween(random, 0, vocabulary.words.length - 1)]!,
  );
  return {
    text: [vocabulary.opening, ...words.map(({ word }) => word)].join(" "),
    tokens: vocabulary.openingTokens + words.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}
