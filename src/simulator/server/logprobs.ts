/**
 * Log probabilities in the forms of the two APIs. The model has none: they are drawn from the tokens, the same for the same
 * answer, falling from the chosen token to its alternatives.
 *
 * @module
 */
import { seededRandom } from "../../base/random.ts";
import { answerPieces } from "../engine/answer.ts";
import { tokenId } from "../engine/tokenizer.ts";

/** A token with its log probability. */
interface Scored {
  readonly token: string;
  readonly logprob: number;
}

/** A token of a prompt or of an answer with its alternatives. */
export interface TokenScore extends Scored {
  /** Itself first, then the others asked for. */
  readonly top: readonly Scored[];
}

const OTHERS = answerPieces();

/** Scores of some tokens. `first` is the index of the first in its text, so that equal words score differently. */
export function scoresOf(
  tokens: readonly string[],
  { first, top }: { readonly first: number; readonly top: number },
): TokenScore[] {
  return tokens.map((token, index) => {
    const random = seededRandom(tokenId(token) ^ Math.imul(first + index + 1, 0x9e3779b1));
    let logprob = -0.05 - 1.5 * random.next();
    const own = { token, logprob };
    const all: Scored[] = [own];
    while (all.length < top) {
      logprob -= 0.1 + random.next();
      const other = OTHERS[Math.floor(random.next() * OTHERS.length)]!;
      if (!all.some((known) => known.token === other)) all.push({ token: other, logprob });
    }
    return { ...own, top: all };
  });
}

/** The `logprobs` of a completion; `offset` is where the first token begins. A prompt's first token has none. */
export function completionLogprobs(
  scores: readonly TokenScore[],
  { offset, hasFirst = true }: { readonly offset: number; readonly hasFirst?: boolean },
): object {
  let at = offset;
  const offsets = scores.map(({ token }) => {
    const here = at;
    at += token.length;
    return here;
  });
  const isLeftOut = (index: number) => index === 0 && !hasFirst;
  return {
    text_offset: offsets,
    token_logprobs: scores.map(({ logprob }, index) => isLeftOut(index) ? null : logprob),
    tokens: scores.map(({ token }) => token),
    top_logprobs: scores.map(({ top }, index) =>
      isLeftOut(index) ? null : Object.fromEntries(top.map(({ token, logprob }) => [token, logprob]))
    ),
  };
}

const ENCODER = new TextEncoder();

/** The `logprobs` of a chat answer. */
export function chatLogprobs(scores: readonly TokenScore[], top: number): object {
  const told = ({ token, logprob }: Scored) => ({ token, logprob, bytes: [...ENCODER.encode(token)] });
  return {
    content: scores.map((score) => ({ ...told(score), top_logprobs: score.top.slice(0, top).map(told) })),
  };
}

/** The `prompt_logprobs` of an answer: by token id, the chosen one first. */
export function promptLogprobs(scores: readonly TokenScore[]): (object | null)[] {
  return scores.map(({ top }, index) =>
    index === 0 ? null : Object.fromEntries(
      top.map(({ token, logprob }, rank) => [
        String(tokenId(token)),
        { logprob, rank: rank + 1, decoded_token: token },
      ]),
    )
  );
}
