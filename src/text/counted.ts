/**
 * Counts in English sentences.
 *
 * @module
 */

/** `1 request`, `2 requests`; of a word whose plural is not its `s`, with that plural. */
export function counted(count: number | string, one: string, many = `${one}s`): string {
  return `${count} ${plural(count, one, many)}`;
}

/** The word alone: for what stands after it, or before the count. */
export function plural(count: number | string, one: string, many = `${one}s`): string {
  return String(count) === "1" ? one : many;
}
