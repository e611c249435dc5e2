/**
 * Limits over time: when a stretch beyond one begins and ends.
 *
 * @module
 */
import { checkArgument, listOf, NUMBER, shape } from "../base/arguments.ts";
import { SOURCE } from "../series/arguments.ts";
import type { Cause } from "../base/cause.ts";
import type { Labels } from "../parser/types.ts";
import type { MetricSource } from "../series/types.ts";
import { LIMIT, type Limit, type LimitBounds, type LimitReading, readLimit } from "./limits.ts";

/** Something that is held against what a source shows: a limit, or an objective's burn rate. */
export interface Watched {
  /** As the user wrote it: its name in messages. */
  readonly text: string;
  /** How long it must hold before it counts, seconds. */
  readonly holdSeconds: number;
  /** Which of two values is the worse one. */
  readonly side: "above" | "below";
  /** What each server shows now. */
  read(source: MetricSource, nowSeconds: number): Promise<readonly LimitReading[]>;
}

const WATCHED = listOf(
  shape("", ["text", "holdSeconds", "side", "read"]),
  "a list of what watchedLimit() and watchedObjective() give",
);

/** Makes of a limit, as `parseLimit` gives it, what {@link LimitWatch} can watch. */
export function watchedLimit(limit: Limit): Watched {
  checkArgument('watchedLimit(parseLimit("ttft_p95>500ms"))', { limit }, LIMIT);
  const { text, holdSeconds, side } = limit;
  return { text, holdSeconds, side, read: (source, nowSeconds) => readLimit(source, limit, nowSeconds) };
}

/** A stretch beyond a limit. */
export interface LimitEpisode {
  /** Which limit, as the user wrote it. */
  readonly text: string;
  /** Label `target` of the server; "" where only one is watched. */
  readonly target: string;
  /** Of the series that was beyond it first. */
  readonly labels: Labels;
  /** First look at which it was beyond, Unix seconds. */
  readonly startSeconds: number;
  /** First look of those that were within again; absent while it goes on. */
  readonly endSeconds?: number;
  /** At the newest look with a value. */
  readonly value: number;
  /** Between which values that one surely lies, where it is a percentile's estimate. */
  readonly bounds?: LimitBounds;
  /** The furthest. */
  readonly worst: number;
  /** Between which values that one surely lies, where it is a percentile's estimate. */
  readonly worstBounds?: LimitBounds;
}

/** An episode begins to count, or is over. */
export interface LimitEvent {
  /** Which of the two. */
  readonly kind: "begin" | "end";
  /** The look at which it was seen, Unix seconds. */
  readonly timeSeconds: number;
  /** As it stands at that look. */
  readonly episode: LimitEpisode;
  /** True for an end that is only that of the watch: it was still beyond. */
  readonly stillBeyond?: true;
}

/** What became of one limit. */
export interface LimitOutcome {
  /** As the user wrote it. */
  readonly text: string;
  /** Looks at which some server had a value of which it is sure on which side of the limit it lies. */
  readonly judged: number;
  /** Looks at which a server's percentile lay in a bucket that holds the limit, so that it could not be told. */
  readonly unsure: number;
  /** At the newest of those; absent where there was none. */
  readonly unsureBounds?: LimitBounds;
  /** Those that counted, in the order in which they began. */
  readonly episodes: readonly LimitEpisode[];
  /** Why it could not be judged at most of the looks without a value; absent where every look had one. */
  readonly absent?: Cause;
  /** Looks after the first with a value at which no server had any: it did not answer, or had nothing to count. */
  readonly silent?: number;
}

/** Looks within the limit in a row that end an episode: one quiet look between two bad ones is no recovery. */
const CALM_LOOKS = 2;

interface Open {
  episode: LimitEpisode;
  counted: boolean;
  calmLooks: number;
  calmSinceSeconds: number;
}

interface State {
  readonly watched: Watched;
  readonly open: Map<string, Open>;
  readonly episodes: LimitEpisode[];
  judged: number;
  unsure: number;
  silent: number;
  unsureBounds?: LimitBounds;
  /** How often each of them was the reason, by its text. */
  readonly causes: Map<string, { readonly cause: Cause; looks: number }>;
}

function note(causes: State["causes"], cause: Cause): void {
  const one = causes.get(JSON.stringify(cause)) ?? { cause, looks: 0 };
  one.looks++;
  causes.set(JSON.stringify(cause), one);
}

function usualCause(causes: State["causes"]): Cause | undefined {
  return [...causes.values()].reduce<{ cause?: Cause; looks: number }>(
    (most, one) => one.looks >= most.looks ? one : most,
    { looks: 0 },
  ).cause;
}

/**
 * Tells when limits begin and cease to be passed, for each server. A server's stretch beyond begins to count after the limit's
 * time, and ends after two looks within and as long a time. A look without a value, or one that cannot tell on which side of the limit it lies, changes
 * nothing: what is unknown has not recovered.
 */
export class LimitWatch {
  readonly #states: readonly State[];

  /**
   * Nothing is read yet.
   *
   * @param watched limits and objectives, in the order in which they are told
   */
  constructor(watched: readonly Watched[]) {
    checkArgument('new LimitWatch([watchedLimit(parseLimit("ttft_p95>500ms"))])', { watched }, WATCHED);
    this.#states = watched.map((one) => ({
      watched: one,
      open: new Map(),
      episodes: [],
      judged: 0,
      unsure: 0,
      silent: 0,
      causes: new Map(),
    }));
  }

  /** Looks once at everything; returns what began to count or ended with this look. */
  async look(source: MetricSource, nowSeconds: number): Promise<readonly LimitEvent[]> {
    const call = "watch.look(collector, lab.clock.nowSeconds())";
    checkArgument(call, { source }, SOURCE);
    checkArgument(call, { nowSeconds }, NUMBER);
    const events: LimitEvent[] = [];
    for (const state of this.#states) {
      const readings = await state.watched.read(source, nowSeconds);
      const open = readings.find((reading) => "value" in reading && reading.unsure);
      if (readings.some((reading) => "value" in reading && !reading.unsure)) state.judged++;
      const began = state.judged + state.unsure > 0;
      if (began && !readings.some((reading) => "value" in reading)) state.silent++;
      if (open !== undefined && "value" in open) {
        state.unsure++;
        if (open.bounds !== undefined) state.unsureBounds = open.bounds;
      }
      for (const reading of readings) {
        if ("absent" in reading) note(state.causes, reading.absent);
        else if (!reading.unsure) events.push(...judge(state, reading, nowSeconds));
      }
    }
    return events;
  }

  /** Ends what is open, because the watch ends. */
  close(nowSeconds: number): readonly LimitEvent[] {
    checkArgument("watch.close(lab.clock.nowSeconds())", { nowSeconds }, NUMBER);
    return this.#states.flatMap((state) =>
      [...state.open.values()].filter((one) => one.counted).map((one): LimitEvent => {
        return { kind: "end", timeSeconds: nowSeconds, episode: one.episode, stillBeyond: true };
      })
    );
  }

  /** What became of each, in the order given. */
  get outcomes(): readonly LimitOutcome[] {
    return this.#states.map(({ watched, judged, unsure, unsureBounds, silent, episodes, open, causes }) => ({
      text: watched.text,
      judged,
      unsure,
      ...(unsureBounds === undefined ? {} : { unsureBounds }),
      episodes: [...episodes, ...[...open.values()].filter((one) => one.counted).map((one) => one.episode)]
        .sort((a, b) => a.startSeconds - b.startSeconds),
      ...(causes.size === 0 ? {} : { absent: usualCause(causes)! }),
      ...(silent === 0 ? {} : { silent }),
    }));
  }
}

function judge(
  state: State,
  reading: Extract<LimitReading, { readonly value: number }>,
  nowSeconds: number,
): LimitEvent[] {
  const { watched, open } = state;
  const current = open.get(reading.target);
  if (!reading.beyond) {
    return current === undefined ? [] : calm(state, { ...reading, current }, nowSeconds);
  }
  const one = current ?? begin(watched, reading, nowSeconds);
  open.set(reading.target, one);
  const worse = watched.side === "above"
    ? reading.value > one.episode.worst
    : reading.value < one.episode.worst;
  const { value, bounds } = reading;
  one.episode = withValue(one.episode, reading);
  if (worse) {
    const { worstBounds: _, ...rest } = one.episode;
    one.episode = { ...rest, worst: value, ...(bounds === undefined ? {} : { worstBounds: bounds }) };
  }
  one.calmLooks = 0;
  if (one.counted || nowSeconds - one.episode.startSeconds < watched.holdSeconds) return [];
  one.counted = true;
  return [{ kind: "begin", timeSeconds: nowSeconds, episode: one.episode }];
}

function begin(
  watched: Watched,
  { target, labels, value, bounds }: Extract<LimitReading, { readonly value: number }>,
  nowSeconds: number,
): Open {
  const episode = {
    text: watched.text,
    target,
    labels,
    startSeconds: nowSeconds,
    value,
    worst: value,
    ...(bounds === undefined ? {} : { bounds, worstBounds: bounds }),
  };
  return { episode, counted: false, calmLooks: 0, calmSinceSeconds: nowSeconds };
}

/** The episode with the newest value. */
function withValue(
  { bounds: _, ...episode }: LimitEpisode,
  { value, bounds }: { readonly value: number; readonly bounds?: LimitBounds },
): LimitEpisode {
  return { ...episode, value, ...(bounds === undefined ? {} : { bounds }) };
}

function calm(
  { watched, open, episodes }: State,
  { target, value, bounds, current }: {
    readonly target: string;
    readonly value: number;
    readonly bounds?: LimitBounds;
    readonly current: Open;
  },
  nowSeconds: number,
): LimitEvent[] {
  if (!current.counted) {
    open.delete(target);
    return [];
  }
  if (current.calmLooks++ === 0) current.calmSinceSeconds = nowSeconds;
  current.episode = withValue(current.episode, bounds === undefined ? { value } : { value, bounds });
  const longEnough = nowSeconds - current.calmSinceSeconds >= watched.holdSeconds;
  if (current.calmLooks < CALM_LOOKS || !longEnough) return [];
  open.delete(target);
  const episode = { ...current.episode, endSeconds: current.calmSinceSeconds };
  episodes.push(episode);
  return [{ kind: "end", timeSeconds: nowSeconds, episode }];
}
