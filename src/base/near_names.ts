/**
 * What somebody may have meant who typed a name that does not exist.
 *
 * @module
 */

/** Most names that are proposed. */
const MOST_NEAR = 3;

/** Shorter pieces begin too many names. */
const LEAST_PREFIX = 3;

/** "quantity" begins as "quantities" does for most of its length. */
const MOSTLY = 0.7;

/** How a known name comes near: a slip of the fingers before a beginning, a beginning before a word in common. */
interface Nearness {
  readonly known: string;
  readonly rank: 0 | 1 | 2;
  /** Within a rank: the smaller, the nearer. */
  readonly distance: number;
}

/**
 * The known names that come near, the nearest first, at most three: with a slip of the fingers (one change in three
 * letters, a swap is one), the same beginning, or a word in common. Case and separators do not count.
 */
export function nearNames(name: string, known: Iterable<string>): string[] {
  const found: Nearness[] = [];
  for (const each of known) {
    const near = nearness(name, each);
    if (near !== undefined) found.push(near);
  }
  return found.sort((a, b) =>
    a.rank - b.rank || a.distance - b.distance || a.known.length - b.known.length ||
    (a.known < b.known ? -1 : 1)
  ).slice(0, MOST_NEAR).map((near) => near.known);
}

/**
 * Whether a name is another one with a slip of the fingers: "runing" for "running", "intervalseconds" for
 * "intervalSeconds". Stricter than {@link nearNames}, which also guesses.
 */
export function isSlipOf(name: string, known: string): boolean {
  return name !== known && nearness(name, known)?.rank === 0;
}

function nearness(name: string, known: string): Nearness | undefined {
  const typed = plain(name);
  const wanted = plain(known);
  if (typed === "" || wanted === "") return undefined;
  const allowed = Math.max(1, Math.floor(Math.min(typed.length, wanted.length) / 3));
  const slips = Math.abs(typed.length - wanted.length) > allowed ? Infinity : slipsBetween(typed, wanted);
  if (slips <= allowed && slips < wanted.length / 2 + 0.5) return { known, rank: 0, distance: slips };
  const shorter = Math.min(typed.length, wanted.length);
  const alike = sameBeginning(typed, wanted);
  if (alike >= LEAST_PREFIX && (alike === shorter || alike >= MOSTLY * shorter)) {
    return { known, rank: 1, distance: typed.length + wanted.length - 2 * alike };
  }
  const words = new Set(wordsOf(name));
  const shared = wordsOf(known).filter((word) => words.has(word)).length;
  return shared === 0 ? undefined : { known, rank: 2, distance: -shared };
}

function sameBeginning(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "").slice(0, 100);
}

/** `queueTime` and `queue_time` are two words each. */
function wordsOf(name: string): string[] {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) =>
    word !== ""
  );
}

/** Changes from one text to the other: a letter added, dropped, replaced, or two neighbours swapped (Damerau, OSA). */
function slipsBetween(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        least = Math.min(least, before[j - 2]! + 1);
      }
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[to.length]!;
}
