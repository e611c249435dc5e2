/**
 * Clock times on an axis, in a named zone.
 *
 * @module
 */
import type { TimeSpan } from "../series/types.ts";
import { textWidth } from "./text_width.ts";

/** A tick of the time axis. */
export interface TimeTick {
  readonly timeSeconds: number;
  readonly label: string;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/** Steps of days, up to millennia: a chart of one absurd duration still has an axis. */
const DAYS = [2, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650, 18250, 36500, 182500, 365000].map((days) =>
  days * 86400
);

const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string, style: Intl.DateTimeFormatOptions, key: string): Intl.DateTimeFormat {
  const id = `${timeZone} ${key}`;
  let format = formats.get(id);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...style });
    formats.set(id, format);
  }
  return format;
}

/**
 * The zone's distance from UTC at an instant, in seconds (Asia/Taipei is 28800).
 *
 * @throws RangeError for a zone that does not exist
 */
export function zoneOffsetSeconds(timeSeconds: number, timeZone: string): number {
  const text = zoneOffsetName(timeSeconds, timeZone);
  const match = /^UTC([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds = "0"] = match;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}

/** `UTC+08:00`; UTC itself is `UTC`. */
export function zoneOffsetName(timeSeconds: number, timeZone: string): string {
  const parts = formatIn(timeZone, { timeZoneName: "longOffset" }, "offset").formatToParts(
    timeSeconds * 1000,
  );
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  return name.replace("GMT", "UTC").replace("−", "-");
}

/** The zone in which the process runs, `UTC` when the system does not say. */
export function localTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

const CLOCK: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const MINUTE: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
const DATE: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit" };

/** `14:05:09` in the zone. */
export function clockTime(timeSeconds: number, timeZone: string): string {
  return formatIn(timeZone, CLOCK, "clock").format(timeSeconds * 1000);
}

/** `2026-11-24` in the zone. */
export function calendarDate(timeSeconds: number, timeZone: string): string {
  const parts = formatIn(timeZone, DATE, "date").formatToParts(timeSeconds * 1000);
  const get = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return `${get("year")}-${get("month")}-${get("day")}`;
}

/** `14:05:09`, with the day before it where that is another than the reference's. */
export function clockTimeFrom(timeSeconds: number, referenceSeconds: number, timeZone: string): string {
  const day = calendarDate(timeSeconds, timeZone);
  const isSame = day === calendarDate(referenceSeconds, timeZone);
  return (isSame ? "" : `${day} `) + clockTime(timeSeconds, timeZone);
}

/** `2026-11-24 14:05:09–14:10:03 UTC+08:00`; the second date only where it differs. */
export function spanName(span: TimeSpan, timeZone: string): string {
  const first = calendarDate(span.startSeconds, timeZone);
  const last = calendarDate(span.endSeconds, timeZone);
  const from = `${first} ${clockTime(span.startSeconds, timeZone)}`;
  const to = (first === last ? "" : `${last} `) + clockTime(span.endSeconds, timeZone);
  return `${from}–${to} ${zoneOffsetName(span.endSeconds, timeZone)}`;
}

/** `14:05:09–14:10:03 UTC`, for panels under a heading that has the date; both dates where midnight lies between. */
export function shortSpanName(span: TimeSpan, timeZone: string): string {
  const isOneDay = calendarDate(span.startSeconds, timeZone) === calendarDate(span.endSeconds, timeZone);
  if (!isOneDay) return spanName(span, timeZone);
  const offset = zoneOffsetName(span.endSeconds, timeZone);
  return `${clockTime(span.startSeconds, timeZone)}–${clockTime(span.endSeconds, timeZone)} ${offset}`;
}

/** Room between two labels, in font sizes. */
const LABEL_GAP = 0.8;
/** More labels than this say nothing more. */
const MOST_TICKS = 6;

/**
 * Up to six ticks at round clock times of the zone, as many as fit without touching; none so near to an end that its
 * label would hang over. Labels have seconds only where the step needs them, and the day beyond 24 hours; below that midnight alone
 * has it. One time alone
 * says nothing of how long a span is: where only one of a step fits, two of a finer step stand near the ends.
 */
export function timeTicks(
  span: TimeSpan,
  options: { timeZone: string; widthPixels: number; fontSize: number },
): readonly TimeTick[] {
  const { timeZone, widthPixels, fontSize } = options;
  const length = span.endSeconds - span.startSeconds;
  const pixelsPerSecond = widthPixels / length;
  const steps = [...STEPS, ...DAYS];
  const labelWidth = (step: number) =>
    textWidth(tickLabel(span.startSeconds, step, length, timeZone), fontSize);
  const apart = (step: number) => (labelWidth(step) + LABEL_GAP * fontSize) / pixelsPerSecond;
  const at = (step: number) =>
    ticksAt(span, { step, timeZone, marginSeconds: labelWidth(step) / 2 / pixelsPerSecond });
  const fits = steps.findIndex((step) => length / step <= MOST_TICKS && step >= apart(step));
  const ticks = fits < 0 ? [] : at(steps[fits] ?? length);
  if (ticks.length >= 2) return ticks;
  // No more than a few dozen of the finer steps are looked at: what is finer still names no rounder times.
  for (const step of steps.slice(0, Math.max(0, fits)).reverse()) {
    if (length / step > 60) break;
    const finer = at(step);
    const [first, last] = [finer[0], finer.at(-1)];
    if (first === undefined || last === undefined) continue;
    if (last.timeSeconds - first.timeSeconds >= apart(step)) return [first, last];
  }
  return ticks;
}

function ticksAt(
  span: TimeSpan,
  options: { step: number; timeZone: string; marginSeconds: number },
): readonly TimeTick[] {
  const { step, timeZone, marginSeconds } = options;
  const length = span.endSeconds - span.startSeconds;
  const offset = zoneOffsetSeconds(span.startSeconds, timeZone);
  const ticks: TimeTick[] = [];
  const first = Math.ceil((span.startSeconds + marginSeconds + offset) / step) * step - offset;
  for (let time = first; time <= span.endSeconds - marginSeconds; time += step) {
    // Midnight has the day that begins: it is no wider, and without it both days of a span would read as one.
    const isMidnight = length <= 86400 && time > span.startSeconds &&
      clockTime(time, timeZone) === "00:00:00";
    const label = isMidnight ? dayName(time, timeZone) : tickLabel(time, step, length, timeZone);
    ticks.push({ timeSeconds: time, label });
  }
  return ticks;
}

function tickLabel(timeSeconds: number, step: number, length: number, timeZone: string): string {
  if (step < 60) return clockTime(timeSeconds, timeZone);
  const minute = formatIn(timeZone, MINUTE, "minute").format(timeSeconds * 1000);
  if (length <= 86400) return minute;
  const day = dayName(timeSeconds, timeZone);
  return step >= 86400 ? day : `${day} ${minute}`;
}

/** `11-24`. */
function dayName(timeSeconds: number, timeZone: string): string {
  return calendarDate(timeSeconds, timeZone).slice(-5);
}
