/**
 * What the simulated model says: plain words by seed, the same for the same seed, each one token of the tokenizer.
 *
 * @module
 */
import { type Random, seededRandom, standardNormal } from "../../base/random.ts";
import { tokenId } from "./tokenizer.ts";

/** Words of at most six letters, so that each, with the space before it, is one token. */
const WORDS =
  `the a of to and in is it that for was on are as with his they at be this from have or by one had not but what
  all were when we there can an your which their said if do will each about how up out them then she many some so
  these would other into has more her two like him see time could no make than first been its who now people my
  made over did down only way find use may water long little very after words called just where most know get
  through back much go good new write our me man too any day same right look think also around three small set
  put end does another well large must big even such turn here why ask went men read need land home us move try
  kind hand change off play spell air away animal house point page letter answer found study still learn plant
  cover food sun four keep eye never last let city tree cross farm hard start might story saw far sea draw left
  late run press close night real life few north open seem next white begin got walk group often until mile river
  car feet care second book carry took rain eat room friend began idea fish stop once base hear horse cut sure
  watch color face wood main enough plain girl usual young ready above ever red list feel talk bird soon body dog
  family direct pose leave song door black short class wind ship area half rock order fire south piece told knew
  pass since top whole king space heard best hour better true during five step early hold west ground reach fast
  verb sing listen six table travel less ten simple vowel toward war lay slow center love person money serve
  appear road map state batch token cache queue block latency`
    .split(/\s+/).filter((word) => word.length <= 6);

/** Every piece that an answer can be made of. */
export function answerPieces(): string[] {
  const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1);
  return [".", ...WORDS.flatMap((word) => [` ${word}`, capital(word), ` ${capital(word)}`])];
}

/** The text of an answer, token by token. Equal seeds give equal texts. */
export class Answer {
  readonly #pieces: string[] = [];
  readonly #random: Random;
  #wordsLeft = 0;
  #begins = true;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** The text of token `index`. */
  piece(index: number): string {
    while (this.#pieces.length <= index) this.#pieces.push(this.#nextPiece());
    return this.#pieces[index]!;
  }

  /** The id of token `index`: the one that the tokenizer gives its text. */
  tokenId(index: number): number {
    return tokenId(this.piece(index));
  }

  #nextPiece(): string {
    if (this.#wordsLeft === 0 && !this.#begins) {
      this.#begins = true;
      return ".";
    }
    const word = WORDS[Math.floor(this.#random.next() * WORDS.length)]!;
    if (!this.#begins) {
      this.#wordsLeft--;
      return ` ${word}`;
    }
    this.#begins = false;
    this.#wordsLeft = 5 + Math.floor(this.#random.next() * 12);
    const space = this.#pieces.length === 0 ? "" : " ";
    return `${space}${word[0]!.toUpperCase()}${word.slice(1)}`;
  }
}

/** Median and spread of how long the model talks when nothing cuts it; log-normal, by seed. */
export interface OutputLength {
  /** Half of the answers are longer. */
  readonly medianTokens: number;
  /** Standard deviation of the logarithm; 0 gives every answer the median. */
  readonly sigma: number;
}

/** At which token the model would end by itself, 1 or more. */
export function naturalLength(seed: number, length: OutputLength): number {
  const random = seededRandom(seed ^ 0x5bd1e995);
  return Math.max(1, Math.round(length.medianTokens * Math.exp(length.sigma * standardNormal(random))));
}
