/**
 * What each request asks, by its number: pure. The same plan gives the same request to the same number, however many
 * threads share the numbers out.
 *
 * @module
 */
import type { Random } from "../../base/random.ts";
import type { PhasePlan } from "./plan.ts";
import { drawLength, type Prompt, type PromptSource, promptSource } from "./prompts.ts";

/** Of one request what is drawn. */
export interface Drawn {
  readonly prompt: Prompt;
  readonly maxTokens: number;
  /** Absent: it is not given up on purpose. */
  readonly cut?: { readonly chunks: number } | { readonly seconds: number };
}

const DEFAULT_CUT_SECONDS = 0.2;

/** Draws in the order of the numbers. */
export class Draws {
  readonly #plan: PhasePlan;
  readonly #random: Random;
  readonly #prompts: PromptSource;
  /** The next number to be drawn. */
  #at = 0;

  /** @param random what a schedule has left of the plan's seed */
  constructor(plan: PhasePlan, random: Random) {
    this.#plan = plan;
    this.#random = random;
    this.#prompts = promptSource(plan.prompts, { seed: plan.seed ^ 0x5bd1e995, salt: plan.salt });
  }

  /** True when answers' texts are needed. */
  get needsAnswers(): boolean {
    return this.#prompts.needsAnswers;
  }

  /** What a number's request asks; numbers ascend, and those that are left out are other threads'. */
  of(number: number, user: number): Drawn {
    while (this.#at < number) this.#draw(user);
    return this.#draw(user);
  }

  /** Tells what was answered, for conversations. */
  answered(user: number, text: string): void {
    this.#prompts.answered(user, text);
  }

  #draw(user: number): Drawn {
    this.#at++;
    const prompt = this.#prompts.next(user);
    const drawn = drawLength(this.#plan.shape.maxTokens, this.#random);
    const cut = this.#cut();
    return { prompt, maxTokens: prompt.outputTokens ?? drawn, ...(cut === undefined ? {} : { cut }) };
  }

  #cut(): Drawn["cut"] {
    const { aborts } = this.#plan;
    if (aborts === undefined || this.#random.next() >= aborts.ratio) return undefined;
    if (aborts.afterChunks !== undefined) return { chunks: drawLength(aborts.afterChunks, this.#random) };
    return { seconds: aborts.afterSeconds ?? DEFAULT_CUT_SECONDS };
  }
}
