/**
 * One quantity under several names, one after the other: a server that was upgraded under its address.
 *
 * @module
 */
import { firstAtOrAfter } from "../base/search.ts";
import { joinSeries } from "./join_names.ts";
import type { Selection } from "./selection.ts";
import type { Series, TimeSpan } from "./types.ts";

/** A time in which a family was shown without a break: from its first point to before its mark of absence, else for ever. */
export type Life = TimeSpan;

/** A selection to read, and the lives of which its points count; absent: all. */
export interface LivingSelection {
  readonly selection: Selection;
  readonly lives?: readonly Life[];
}

/** What was asked for. */
export interface LifeRequest {
  readonly span: TimeSpan;
  /** The last point before the span is read too. */
  readonly includeBefore?: boolean;
}

/**
 * What to read for a selection: its own name, and each other name for those of its lives in which no earlier name was
 * shown. Two names that a server shows at once are one quantity twice, and only the first counts, however long the other
 * was there alone before.
 *
 * @param lives of the series of a name, whatever was asked for; they may overlap
 */
export function livingSelections(
  selection: Selection,
  lives: (selection: Selection) => readonly Life[],
  request: LifeRequest,
): LivingSelection[] {
  const { others = [] } = selection;
  if (others.length === 0) return [{ selection }];
  const found: LivingSelection[] = [{ selection }];
  let taken = merged(lives(selection));
  for (const other of others) {
    const free = merged(lives(other)).filter((life) => !taken.some((one) => overlap(one, life)));
    if (free.length === 0) continue;
    taken = [...taken, ...free];
    found.push({ selection: other, lives: free });
  }
  return found.filter(({ lives }) => lives?.some((life) => isWanted(life, taken, request)) ?? true);
}

/** The series of several names as those of one quantity. */
export function inOneName(
  living: readonly LivingSelection[],
  read: (selection: Selection) => readonly Series[],
): Series[] {
  const [first, ...others] = living;
  if (first === undefined) return [];
  const own = read(first.selection);
  if (others.length === 0) return [...own];
  const earlier = others.flatMap(({ selection, lives = [] }) =>
    read(selection).flatMap((series) => within(series, lives) ?? [])
  );
  return earlier.length === 0 ? [...own] : joinSeries([...own, ...earlier]);
}

/** Lives of a series by its points and marks of absence, both ascending. */
export function livesOf(timesSeconds: Float64Array, staleSeconds: Float64Array): Life[] {
  const lives: Life[] = [];
  let next = 0;
  for (const endSeconds of staleSeconds) {
    const startSeconds = timesSeconds[next];
    if (startSeconds === undefined) return lives;
    if (endSeconds <= startSeconds) continue;
    lives.push({ startSeconds, endSeconds });
    next = firstAtOrAfter(timesSeconds, endSeconds);
  }
  const startSeconds = timesSeconds[next];
  if (startSeconds !== undefined) lives.push({ startSeconds, endSeconds: Infinity });
  return lives;
}

function overlap(one: Life, other: Life): boolean {
  return one.startSeconds < other.endSeconds && other.startSeconds < one.endSeconds;
}

/** The lives of all of a family's series as those of the family. */
function merged(lives: readonly Life[]): Life[] {
  const whole: Life[] = [];
  for (const life of [...lives].sort((a, b) => a.startSeconds - b.startSeconds)) {
    const last = whole.at(-1);
    if (last === undefined || life.startSeconds > last.endSeconds) whole.push(life);
    else if (life.endSeconds > last.endSeconds) {
      whole[whole.length - 1] = { ...last, endSeconds: life.endSeconds };
    }
  }
  return whole;
}

/** In the span, or the last before it where that is read too. */
function isWanted(life: Life, all: readonly Life[], { span, includeBefore = false }: LifeRequest): boolean {
  if (life.startSeconds > span.endSeconds) return false;
  if (life.endSeconds >= span.startSeconds) return true;
  return includeBefore &&
    !all.some((one) => one.startSeconds > life.startSeconds && one.startSeconds < span.startSeconds);
}

/** The points and marks of some lives; undefined where there is none. */
function within(series: Series, lives: readonly Life[]): Series | undefined {
  const { timesSeconds, values, resetSeconds } = series;
  const isKept = (time: number) => lives.some((life) => holds(life, time));
  const staleSeconds = series.staleSeconds.filter((time) =>
    lives.some((life) => time > life.startSeconds && time <= life.endSeconds)
  );
  const [first = NaN, last = NaN] = [timesSeconds[0], timesSeconds.at(-1)];
  const areAll = lives.some((life) => holds(life, first) && holds(life, last));
  const points = areAll ? { timesSeconds, values } : {
    timesSeconds: timesSeconds.filter(isKept),
    values: values.filter((_, i) => isKept(timesSeconds[i]!)),
  };
  if (points.timesSeconds.length === 0 && staleSeconds.length === 0) return undefined;
  const resets = resetSeconds === undefined ? {} : { resetSeconds: resetSeconds.filter(isKept) };
  return { ...series, ...points, staleSeconds, ...resets };
}

function holds(life: Life, timeSeconds: number): boolean {
  return timeSeconds >= life.startSeconds && timeSeconds < life.endSeconds;
}
