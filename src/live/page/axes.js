// @ts-check
// Where a panel's axes begin and end, and how far apart their ticks are.

import { formatTick } from "./format.js";

/** @typedef {import("uplot")} Plot */
/** @typedef {import("./charts.js").PagePanel} PagePanel */

const FONT = "11px system-ui, sans-serif";

/** A count has no halves: steps of its axis are whole. @param {string} unit */
function stepsOf(unit) {
  if (!["requests", "count", "tokens"].includes(unit)) return unit === "ratio" ? { incrs: RATIO_STEPS } : {};
  return { incrs: COUNT_STEPS };
}

/** From one to more than any count. */
const COUNT_STEPS = Array.from({ length: 16 }, (_, k) => 10 ** k).flatMap((
  step,
) => [step, 2 * step, 5 * step]);
/** Down to where every value is a speck; quarters at the top, as everywhere in the lab. */
const RATIO_STEPS = [
  ...Array.from({ length: 8 }, (_, k) => 10 ** (k - 9)).flatMap((step) => [step, 2 * step, 5 * step]),
  0.1,
  0.25,
  0.5,
  1,
  2,
  5,
  10,
];

const [MINUTE, HOUR, DAY] = [60, 3600, 86400];
/** Seconds between two ticks; uPlot's own has nothing between one minute and five. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 30].map((count) => count * DAY),
];

/** Share of what is drawn that stays free above the highest value: a line on the frame looks cut. */
const HEADROOM = 0.05;
/** Above a limit at the top stand its words. */
const LIMIT_ROOM = 0.12;

/** Zero at the bottom; a ratio to the top of 100 % unless everything is tiny. @param {PagePanel} panel */
export function rangeOf(panel) {
  return (
    /** @type {Plot | undefined} */ _,
    /** @type {number | null} */ min,
    /** @type {number | null} */ max,
  ) => {
    const low = Math.min(0, min ?? 0);
    let high = Math.max(0, max ?? 0);
    for (const limit of panel.limits) if (limit.value <= high * 2) high = Math.max(high, limit.value);
    const least = panel.unit === "ratio" && (high > 0.01 || high === 0) ? 1 : high === low ? low + 1 : high;
    const isLimit = panel.limits.some(({ value }) => value === high);
    const free = (Math.max(least, high) - low) * (isLimit ? LIMIT_ROOM : HEADROOM);
    /** @type {[number, number]} */
    const range = [low < 0 ? low - free : low, Math.max(least, high + free)];
    return range;
  };
}

/** Clock times in the page's zone, with seconds and without. @param {string} timeZone */
export function clocks(timeZone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const minute = { timeZone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" };
  const [withSeconds, withoutSeconds] = [{ ...minute, second: "2-digit" }, minute].map((style) =>
    new Intl.DateTimeFormat("en-GB", /** @type {Intl.DateTimeFormatOptions} */ (style))
  );
  const date = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  const day = (/** @type {number} */ at) => {
    const parts = new Map(date.formatToParts(at * 1000).map(({ type, value }) => [type, value]));
    return `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
  };
  return {
    /** `2026-11-25`. */
    day,
    second: (/** @type {number} */ at) => withSeconds?.format(at * 1000) ?? "",
    minute: (/** @type {number} */ at) => withoutSeconds?.format(at * 1000) ?? "",
  };
}

/** @typedef {{ startSeconds: number, endSeconds: number }} TimeRange */

/** Whether a time of the day says all. @param {TimeRange} range @param {ReturnType<typeof clocks>} clock */
export const isOneDay = ({ startSeconds, endSeconds }, clock) =>
  clock.day(startSeconds) === clock.day(endSeconds);

/**
 * `04:00:10–04:05:00`; with the day where the page holds more than one, with both where the range does.
 *
 * @param {TimeRange} range
 * @param {ReturnType<typeof clocks>} clock
 * @param {TimeRange} held all that the page holds
 */
export function rangeWords(range, clock, held) {
  const { startSeconds, endSeconds } = range;
  const [from, to] = [clock.second(startSeconds), clock.second(endSeconds)];
  if (isOneDay(held, clock) && isOneDay(range, clock)) return `${from}–${to}`;
  const last = isOneDay(range, clock) ? "" : `${clock.day(endSeconds)} `;
  return `${clock.day(startSeconds)} ${from}–${last}${to}`;
}

/**
 * The day below the first tick and below each that begins another, where there are several.
 *
 * @param {readonly number[]} ticks
 * @param {number} step
 * @param {ReturnType<typeof clocks>} clock
 */
export function timeLabels(ticks, step, clock) {
  const times = ticks.map((tick) => step < 60 ? clock.second(tick) : clock.minute(tick));
  const days = ticks.map(clock.day);
  if (days[0] === days.at(-1)) return times;
  return times.map((time, index) =>
    days[index] === days[index - 1] ? time : `${time}\n${days[index]?.slice(5)}`
  );
}

/** Room for one line of labels, and for two. */
const [ONE_LINE, TWO_LINES] = [28, 42];

/**
 * Clock times below, values with their unit at the left.
 *
 * @param {PagePanel} panel
 * @param {import("./charts.js").Palette} colors
 * @param {{ clock: ReturnType<typeof clocks>, perSecond: import("./charts.js").PerSecond }} words
 * @returns {import("uplot").Axis[]}
 */
export function axesOf(panel, colors, { clock, perSecond }) {
  const shared = {
    stroke: colors.muted,
    grid: { stroke: colors.grid, width: 1 },
    ticks: { show: false },
    font: FONT,
  };
  return [
    {
      ...shared,
      size: (_, labels) => labels?.some((label) => String(label).includes("\n")) ? TWO_LINES : ONE_LINE,
      space: 64,
      incrs: TIME_STEPS,
      values: (_, ticks, __, ___, step) => timeLabels(ticks, step, clock),
    },
    {
      ...shared,
      size: 62,
      ...stepsOf(panel.unit),
      values: (_, ticks) => ticks.map((tick) => formatTick(tick, panel.unit, perSecond)),
    },
  ];
}
