// @ts-check
// What a live page keeps: new points go behind the old ones, old ones get thinner, nothing grows for ever.
import { usualInterval } from "./points.js";

/** @typedef {import("./charts.js").PageData} PageData */
/** @typedef {import("./charts.js").PagePanel} PagePanel */
/** @typedef {import("./charts.js").PageLine} PageLine */

/** A line longer than this is thinned: its older half to a quarter. */
const MOST_POINTS = 4000;

/**
 * Whether an update can be appended: every line in it is one of the page's. A panel or line that the update lacks had no
 * new points; one that the page lacks is new, and the page must be drawn anew.
 *
 * @param {PageData} page
 * @param {readonly PagePanel[]} panels
 */
export function fits(page, panels) {
  return panels.every((news) => {
    const panel = page.panels.find((each) => each.id === news.id);
    return panel !== undefined &&
      news.lines.every((added) => panel.lines.some((line) => line.label === added.label));
  });
}

/**
 * Appends an update that fits. Points not newer than a line's last are left out, so that an update may come twice.
 *
 * @param {PageData} page changed in place
 * @param {{ startSeconds: number, endSeconds: number, panels: readonly PagePanel[] }} update
 */
export function append(page, update) {
  page.startSeconds = update.startSeconds;
  page.endSeconds = update.endSeconds;
  for (const news of update.panels) {
    const panel = page.panels.find((each) => each.id === news.id);
    if (panel !== undefined) appendPanel(panel, news, page.startSeconds);
  }
}

/** @param {PagePanel} panel @param {PagePanel} news @param {number} from what ended before is dropped */
function appendPanel(panel, news, from) {
  if (news.limits.length > 0) panel.limits = news.limits;
  if (news.lines.length > 0) panel.subtitle = news.subtitle;
  // The first values of a panel that had none: from now on it is drawn.
  if (news.absent === undefined && news.lines.length > 0) delete panel.absent;
  for (const line of panel.lines) {
    const added = news.lines.find((each) => each.label === line.label);
    if (added !== undefined) appendLine(line, added);
  }
  thinLong(panel.lines);
  for (const line of panel.lines) dropBefore(line, from);
  panel.bands = panel.bands.map((band) => {
    const added = news.bands.find((each) => each.label === band.label);
    return dropBefore(added === undefined ? band : appendBand(band, added), from);
  });
  panel.gaps = mergeGaps(panel.gaps, news.gaps, from);
  for (const mark of news.marks) {
    if (!panel.marks.some((old) => old.t === mark.t && old.label === mark.label)) panel.marks.push(mark);
  }
  panel.marks = panel.marks.filter((mark) => mark.t >= from);
}

/** @param {PageLine} line @param {PageLine} added */
function appendLine(line, added) {
  const interval = usualInterval(line.t);
  added.t.forEach((time, index) => {
    const last = line.t.at(-1) ?? -Infinity;
    if (time <= last) return;
    // Points that failed to come leave a break, not a straight line.
    if (time - last > 2.5 * interval && line.v.at(-1) !== null) {
      push(line, (last + time) / 2, null, null, null);
    }
    push(line, time, added.v[index] ?? null, added.lower?.[index] ?? null, added.upper?.[index] ?? null);
  });
}

/**
 * Drops what the page's span has left behind, a fifth at a time: to cut costs as much as what is kept.
 *
 * @template {{ t: number[], v?: (number | null)[], lower?: (number | null)[], upper?: (number | null)[] }} L
 * @param {L} line changed in place
 * @param {number} from
 */
function dropBefore(line, from) {
  const old = line.t.findIndex((time) => time >= from);
  if (old <= line.t.length / 5) return line;
  for (const column of [line.t, line.v, line.lower, line.upper]) column?.splice(0, old);
  return line;
}

/** @param {PageLine} line @param {number} t @param {number | null} v @param {number | null} lower @param {number | null} upper */
function push(line, t, v, lower, upper) {
  line.t.push(t);
  line.v.push(v);
  line.lower?.push(lower);
  line.upper?.push(upper);
}

/** @param {PagePanel["bands"][number]} band @param {PagePanel["bands"][number]} added */
function appendBand(band, added) {
  const last = band.t.at(-1) ?? -Infinity;
  const from = added.t.findIndex((time) => time > last);
  if (from < 0) return band;
  const [t, lower, upper] = [
    [...band.t, ...added.t.slice(from)],
    [...band.lower, ...added.lower.slice(from)],
    [...band.upper, ...added.upper.slice(from)],
  ];
  return {
    ...band,
    t: t.slice(-MOST_POINTS),
    lower: lower.slice(-MOST_POINTS),
    upper: upper.slice(-MOST_POINTS),
  };
}

/**
 * Thins what is too long. Lines that have the same times keep the same ones, so that what stands under a cursor is of one time.
 *
 * @param {readonly PageLine[]} lines
 */
function thinLong(lines) {
  const long = new Set(lines.filter(({ t }) => t.length > MOST_POINTS));
  for (const line of long) {
    const alike = [...long].filter(({ t }) =>
      t.length === line.t.length && t.every((time, index) => time === line.t[index])
    );
    for (const each of alike) long.delete(each);
    thin(alike);
  }
}

/**
 * Of every eight of the older half the lowest and the highest stay, and every break; of several lines with the same times, those
 * of each of them, of as many times eight.
 *
 * @param {readonly PageLine[]} lines
 */
function thin(lines) {
  const { length } = lines[0]?.t ?? [];
  const half = Math.floor(length / 2);
  const size = 8 * lines.length;
  /** @type {number[]} */
  const kept = [];
  for (let from = 0; from < half; from += size) {
    const group = Array.from({ length: Math.min(size, half - from) }, (_, k) => from + k);
    const chosen = new Set(lines.flatMap((line) => extremes(line, group)));
    kept.push(...[...chosen].sort((a, b) => a - b));
  }
  const pick = (
    /** @type {(number | null)[]} */ values,
  ) => [...kept.map((index) => values[index] ?? null), ...values.slice(half)];
  for (const line of lines) {
    line.t = [...kept.map((index) => line.t[index] ?? 0), ...line.t.slice(half)];
    line.v = pick(line.v);
    if (line.lower) line.lower = pick(line.lower);
    if (line.upper) line.upper = pick(line.upper);
  }
}

/** The first break, the lowest and the highest of some points. @param {PageLine} line @param {readonly number[]} group */
function extremes(line, group) {
  const known = group.filter((index) => line.v[index] !== null);
  const value = (/** @type {number} */ index) => line.v[index] ?? 0;
  const chosen = group.filter((index) => line.v[index] === null).slice(0, 1);
  if (known.length > 0) {
    chosen.push(known.reduce((a, b) => value(b) < value(a) ? b : a));
    chosen.push(known.reduce((a, b) => value(b) > value(a) ? b : a));
  }
  return chosen;
}

/** @typedef {import("./charts.js").PageGap} PageGap */

/** Pieces of one gap that come one after the other are no further apart than this: the times of reads wander. */
const SAME_GAP_SECONDS = 1;

/**
 * Older gaps and newer ones, which count where both say something of one time; pieces that say the same become one.
 *
 * @param {readonly PageGap[]} old
 * @param {readonly PageGap[]} news
 * @param {number} from what ended before is dropped
 * @returns {PageGap[]}
 */
export function mergeGaps(old, news, from) {
  /** @type {PageGap[]} */
  let rest = [...old];
  for (const [start, end] of news) {
    rest = rest.flatMap((
      [low, high, label],
    ) => [cut(low, Math.min(high, start), label), cut(Math.max(low, end), high, label)])
      .filter(([low, high]) => high > low);
  }
  /** @type {PageGap[]} */
  const merged = [];
  for (const [start, end, label] of [...rest, ...news].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && last[2] === label && start <= last[1] + SAME_GAP_SECONDS) {
      merged[merged.length - 1] = cut(last[0], Math.max(last[1], end), label);
    } else merged.push(cut(start, end, label));
  }
  return merged.filter((gap) => gap[1] >= from);
}

/** @param {number} from @param {number} to @param {string | undefined} label @returns {PageGap} */
function cut(from, to, label) {
  return label === undefined ? [from, to] : [from, to, label];
}

/**
 * The part of a page that a window shows.
 *
 * @param {PageData} page
 * @param {number} windowSeconds Infinity for all
 * @returns {{ startSeconds: number, endSeconds: number }}
 */
export function windowOf(page, windowSeconds) {
  return {
    startSeconds: Math.max(page.startSeconds, page.endSeconds - windowSeconds),
    endSeconds: page.endSeconds,
  };
}
