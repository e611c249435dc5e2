/**
 * An older and a newer piece of the same panel as one.
 *
 * @module
 */
import type { PageGap, PageLine, PagePanel } from "./page_data.ts";

/** Both pieces; what both have counts as the newer says. A line that only one has stays as it is. */
export function joinPanels(older: PagePanel | undefined, newer: PagePanel): PagePanel {
  if (older === undefined || older.absent !== undefined) return newer;
  if (newer.absent !== undefined && newer.lines.length === 0) return { ...older, subtitle: newer.subtitle };
  const { absent: _absent, ...rest } = newer;
  return {
    ...rest,
    lines: joinAll(older.lines, newer.lines, joinLine),
    bands: joinAll(older.bands, newer.bands, (old, next) => ({
      ...next,
      t: [...old.t, ...next.t],
      lower: [...old.lower, ...next.lower],
      upper: [...old.upper, ...next.upper],
    })),
    marks: [
      ...older.marks.filter((mark) =>
        !newer.marks.some(({ t, label }) => t === mark.t && label === mark.label)
      ),
      ...newer.marks,
    ],
    gaps: joinGaps(older.gaps, newer.gaps),
  };
}

/** Pieces of one gap that come one after the other are no further apart than this: the times of reads wander. */
const SAME_GAP_SECONDS = 1;

/**
 * Older gaps and newer ones, which count where both say something of one time; pieces that say the same become one. The live
 * page joins those that come later by the same rule.
 */
export function joinGaps(older: readonly PageGap[], newer: readonly PageGap[]): readonly PageGap[] {
  let rest: readonly PageGap[] = older;
  for (const [start, end] of newer) {
    rest = rest.flatMap(([low, high, label]) => [
      gapOf(low, Math.min(high, start), label),
      gapOf(Math.max(low, end), high, label),
    ]).filter(([low, high]) => high > low);
  }
  const joined: PageGap[] = [];
  for (const [start, end, label] of [...rest, ...newer].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && last[2] === label && start <= last[1] + SAME_GAP_SECONDS) {
      joined[joined.length - 1] = gapOf(last[0], Math.max(last[1], end), label);
    } else joined.push(gapOf(start, end, label));
  }
  return joined;
}

function gapOf(from: number, to: number, label: string | undefined): PageGap {
  return label === undefined ? [from, to] : [from, to, label];
}

/** In the newer's order, what only the older has behind. */
function joinAll<T extends { readonly label: string }>(
  older: readonly T[],
  newer: readonly T[],
  join: (old: T, next: T) => T,
): readonly T[] {
  const joined = newer.map((next) => {
    const old = older.find(({ label }) => label === next.label);
    return old === undefined ? next : join(old, next);
  });
  return [...joined, ...older.filter(({ label }) => !newer.some((next) => next.label === label))];
}

function joinLine(old: PageLine, next: PageLine): PageLine {
  const none = (line: PageLine) => line.t.map(() => null);
  const hasBand = old.lower !== undefined || next.lower !== undefined;
  return {
    ...next,
    t: [...old.t, ...next.t],
    v: [...old.v, ...next.v],
    ...(hasBand
      ? {
        lower: [...old.lower ?? none(old), ...next.lower ?? none(next)],
        upper: [...old.upper ?? none(old), ...next.upper ?? none(next)],
      }
      : {}),
  };
}
