/**
 * An older and a newer piece of the same panel as one.
 *
 * @module
 */
import { mergeGaps } from "../live/page/history.js";
import type { PageLine, PagePanel } from "./page_data.ts";

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
    gaps: mergeGaps(older.gaps, newer.gaps, -Infinity),
  };
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
