/**
 * One answer of the model on its way to the client: its text, where it stops, what is held back.
 *
 * @module
 */
import type { Answer } from "../engine/answer.ts";
import { END_OF_TEXT } from "../engine/tokenizer.ts";
import type { FinishReason } from "../engine/types.ts";

/** Where an answer ends by itself. */
export interface StopPlan {
  /** Output tokens at which it stops; absent: only its length ends it. */
  readonly stopAfterTokens?: number;
  /** The stop string that ends it; absent: the model's end of text, whose token has no text. */
  readonly stopString?: string;
}

/** Finds where the answer stops: at its natural end, or at the first stop string. */
export function planStop(
  answer: Answer,
  limits: {
    readonly maxTokens: number;
    readonly minTokens: number;
    /** Tokens after which the model would end; undefined with `ignore_eos`. */
    readonly naturalTokens: number | undefined;
    readonly stop: readonly string[];
  },
): StopPlan {
  const natural = limits.naturalTokens === undefined
    ? Infinity
    : Math.max(limits.naturalTokens, limits.minTokens, 1);
  const last = Math.min(natural - 1, limits.maxTokens);
  const longest = Math.max(0, ...limits.stop.map((text) => text.length));
  let tail = "";
  for (let index = 0; longest > 0 && index < last; index++) {
    tail = (tail + answer.piece(index)).slice(-(longest + 32));
    const found = limits.stop.find((text) => tail.includes(text));
    if (found !== undefined && index + 1 > limits.minTokens) {
      return { stopAfterTokens: index + 1, stopString: found };
    }
  }
  return natural <= limits.maxTokens ? { stopAfterTokens: natural } : {};
}

/** A sample of an answer, told piece by piece. */
export class Choice {
  tokens = 0;
  finishReason: FinishReason | undefined;
  text = "";
  #held = "";
  readonly #holdBack: number;

  /** @param stop the call's stop strings: text that may be the start of one is held back, as vLLM does */
  constructor(
    readonly index: number,
    readonly answer: Answer,
    readonly plan: StopPlan,
    readonly options: { readonly stop: readonly string[]; readonly includeStop: boolean },
  ) {
    this.#holdBack = options.includeStop ? 0 : Math.max(0, ...options.stop.map((text) => text.length - 1));
  }

  /** The texts of tokens; that of the model's end of text is "". */
  pieces(from: number, to: number): string[] {
    return Array.from(
      { length: to - from },
      (_, index) => this.#isEnd(from + index) ? "" : this.answer.piece(from + index),
    );
  }

  /** The ids of tokens. */
  tokenIds(from: number, to: number): number[] {
    return Array.from(
      { length: to - from },
      (_, index) => this.#isEnd(from + index) ? END_OF_TEXT : this.answer.tokenId(from + index),
    );
  }

  #isEnd(index: number): boolean {
    return this.plan.stopString === undefined && this.plan.stopAfterTokens === index + 1;
  }

  /** The stop string, as `stop_reason` tells it. */
  get stopReason(): string | null {
    return this.finishReason === "stop" ? this.plan.stopString ?? null : null;
  }

  /** Takes new tokens and returns the text that goes out with them. */
  take(firstIndex: number, tokens: number, finishReason: FinishReason | undefined): string {
    this.tokens += tokens;
    this.finishReason = finishReason;
    const endsSilently = finishReason === "stop" && this.plan.stopString === undefined;
    const textTokens = endsSilently ? tokens - 1 : tokens;
    for (let index = firstIndex; index < firstIndex + textTokens; index++) {
      this.#held += this.answer.piece(index);
    }
    const out = finishReason === undefined ? this.#releasable() : this.#rest();
    this.text += out;
    return out;
  }

  #releasable(): string {
    const length = Math.max(0, this.#held.length - this.#holdBack);
    const out = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return out;
  }

  #rest(): string {
    const { stopString } = this.plan;
    if (this.finishReason !== "stop" || stopString === undefined) return this.#held;
    const at = this.#held.indexOf(stopString);
    if (at < 0) return this.#held;
    return this.#held.slice(0, this.options.includeStop ? at + stopString.length : at);
  }
}
