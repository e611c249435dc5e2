/**
 * A tokenizer without a vocabulary file: pieces of words, about four characters each, with ids from their letters.
 * The counts are of the size that real tokenizers give for English; ids mean nothing but equality.
 *
 * @module
 */

/** Ids below this are special tokens (start of text, roles). */
const FIRST_ORDINARY_ID = 256;
const ORDINARY_IDS = 128_000;

const PIECES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]| ?\p{L}{1,6}| ?\p{N}{1,3}|\s+| ?[^\s\p{L}\p{N}]{1,2}/gu;

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

/** Token ids of a text; none for "". */
export function tokenize(text: string): number[] {
  return Array.from(text.matchAll(PIECES), (match) => tokenId(match[0]));
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
