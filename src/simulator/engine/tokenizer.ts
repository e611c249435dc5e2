/**
 * A tokenizer without a vocabulary file: pieces of words, about four characters each, with ids from their letters.
 * The counts are of the size that real tokenizers give for English; ids mean nothing but equality.
 *
 * @module
 */

/** Ids below this are special tokens (start of text, roles). */
const FIRST_ORDINARY_ID = 256;
const ORDINARY_IDS = 128_000;
/** Ids are below this. */
export const VOCABULARY_SIZE = FIRST_ORDINARY_ID + ORDINARY_IDS;

const PIECES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]| ?\p{L}{1,6}| ?\p{N}{1,3}|\s+| ?[^\s\p{L}\p{N}]{1,2}/gu;

/** The token with which the model ends its answer. */
export const END_OF_TEXT = 5;
/** Special ids of the chat template. */
const BEGIN_OF_TEXT = 1;
const HEADER_START = 2;
const HEADER_END = 3;
const END_OF_TURN = 4;

/** The id of one piece of text (32-bit FNV-1a, folded into the vocabulary). */
export function tokenId(piece: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < piece.length; index++) {
    hash = Math.imul(hash ^ piece.charCodeAt(index), 0x01000193);
  }
  return FIRST_ORDINARY_ID + (hash >>> 0) % ORDINARY_IDS;
}

/** The text of each token; none for "". */
export function pieces(text: string): string[] {
  return Array.from(text.matchAll(PIECES), (match) => match[0]);
}

/** Token ids of a text; none for "". */
export function tokenize(text: string): number[] {
  return pieces(text).map(tokenId);
}

/**
 * Which text stands behind an id, as far as it has been seen: ids are hashes, so nothing but memory leads back. It holds
 * one text per id at most.
 */
export class Vocabulary {
  readonly #texts = new Map<number, string>();

  /** @param known pieces to begin with */
  constructor(known: Iterable<string> = []) {
    this.remember(known);
  }

  /** Pieces that have been seen. */
  remember(seen: Iterable<string>): void {
    for (const piece of seen) this.#texts.set(tokenId(piece), piece);
  }

  /** The text of one id; "" for one that was never seen. */
  piece(id: number): string {
    return this.#texts.get(id) ?? "";
  }

  /** The text of some ids; those that were never seen are left out. */
  text(ids: readonly number[]): string {
    return ids.map((id) => this.piece(id)).join("");
  }
}

/** Token ids of a chat as its template writes it, the assistant's header last. */
export function tokenizeChat(
  messages: readonly { readonly role: string; readonly content: string }[],
): number[] {
  const ids = [BEGIN_OF_TEXT];
  for (const { role, content } of messages) {
    ids.push(HEADER_START, tokenId(role), HEADER_END, ...tokenize(content), END_OF_TURN);
  }
  ids.push(HEADER_START, tokenId("assistant"), HEADER_END);
  return ids;
}
