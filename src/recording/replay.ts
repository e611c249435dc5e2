/**
 * A recording played again, tick by tick, into whatever takes a collector's ticks.
 *
 * @module
 */
import {
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  FUNCTION,
  needed,
  POSITIVE,
  shape,
  SIGNAL,
} from "../base/arguments.ts";
import { SPAN } from "../series/arguments.ts";
import { type Clock, drive } from "../base/clock.ts";
import type {
  LabEvent,
  RequestRecord,
  SampleBatch,
  SeriesDefinition,
  TargetFacts,
  TimeSpan,
} from "../series/types.ts";
import type { Recording, TargetPoints } from "./recording.ts";

/** What takes the ticks: a `MemorySource`, a recording's writer, or anything like them. */
export interface ReplaySink {
  /** A tick that was read. */
  append(samplerId: string, timeSeconds: number, batch: SampleBatch): unknown;
  /** A tick on which nothing could be read. */
  fail(samplerId: string, timeSeconds: number, event: LabEvent): unknown;
  /** Anything else with a time. */
  addEvent(event: LabEvent): void;
  /** What is known of a target. */
  addFacts(facts: TargetFacts): void;
}

/** How a recording is played. */
export interface ReplayOptions {
  /** Whose seconds the speed is measured in. */
  readonly clock: Clock;
  /** Seconds of the recording for each second of the clock: 1, 10; `Infinity` (default) is as fast as it goes. */
  readonly speed?: number;
  /** Default: all of it. */
  readonly span?: TimeSpan;
  /** Ends the replay. */
  readonly signal?: AbortSignal;
  /** Told after each tick, with its time in the recording. */
  readonly onTick?: (timeSeconds: number) => void;
}

const CHECKS: Checks<ReplayOptions> = {
  clock: needed(CLOCK),
  speed: POSITIVE,
  span: SPAN,
  signal: SIGNAL,
  onTick: FUNCTION,
};

const RECORDING = shape("a recording, such as openRecording(path)", ["targets", "readTarget", "span"]);

const SINK = shape("what takes ticks, such as a MemorySource", ["append", "fail", "addEvent", "addFacts"]);

/** Something that happened at a time. */
type Step =
  | {
    readonly kind: "tick";
    readonly timeSeconds: number;
    readonly target: string;
    readonly batch: SampleBatch;
  }
  | {
    readonly kind: "failure";
    readonly timeSeconds: number;
    readonly target: string;
    readonly event: LabEvent;
  }
  | { readonly kind: "event"; readonly timeSeconds: number; readonly event: LabEvent };

/** So much of a recording is unpacked at a time. */
const STRETCH_SECONDS = 900;
/** At full speed the thread is left to others after so many ticks. */
const TICKS_AT_ONCE = 200;

/**
 * Plays a recording into a sink: the same calls, in the order of time, that a live collector made. Times stay those of the
 * recording. Resets are found anew by the sink.
 *
 * @returns how many ticks were played
 * @throws the signal's reason when it is aborted
 */
export function replay(recording: Recording, sink: ReplaySink, options: ReplayOptions): Promise<number> {
  const call = "replay(openRecording(path), new MemorySource(), { clock: lab.clock })";
  checkArgument(call, { recording }, RECORDING);
  checkArgument(call, { sink }, SINK);
  checkOptions<ReplayOptions>(call, options, CHECKS);
  return drive(options.clock, () => play(recording, sink, options));
}

async function play(recording: Recording, sink: ReplaySink, options: ReplayOptions): Promise<number> {
  const { clock, speed = Infinity, signal } = options;
  if (!(speed > 0)) throw new RangeError(`Cannot replay at speed ${speed}: wanted a number above 0`);
  const span = options.span ?? await recording.span();
  if (span === undefined) return 0;
  for (const facts of await recording.facts()) sink.addFacts(facts);
  const begin = clock.nowSeconds();
  const told = new Set<number>();
  let ticks = 0;
  for (let start = span.startSeconds; start <= span.endSeconds; start += STRETCH_SECONDS) {
    const stretch = { startSeconds: start, endSeconds: Math.min(span.endSeconds, start + STRETCH_SECONDS) };
    for (
      const step of await stepsOf(recording, stretch, { told, last: stretch.endSeconds === span.endSeconds })
    ) {
      if (Number.isFinite(speed)) {
        await clock.sleepUntil(begin + (step.timeSeconds - span.startSeconds) / speed, signal);
      } else if (ticks % TICKS_AT_ONCE === TICKS_AT_ONCE - 1) {
        await clock.sleepUntil(clock.nowSeconds(), signal);
      }
      signal?.throwIfAborted();
      feed(sink, step);
      if (step.kind === "event") continue;
      ticks++;
      options.onTick?.(step.timeSeconds);
    }
  }
  return ticks;
}

function feed(sink: ReplaySink, step: Step): void {
  switch (step.kind) {
    case "tick":
      sink.append(step.target, step.timeSeconds, step.batch);
      return;
    case "failure":
      sink.fail(step.target, step.timeSeconds, step.event);
      return;
    case "event":
      sink.addEvent(step.event);
  }
}

/** All that happened in [start, end), or [start, end] in the last stretch, by time. */
async function stepsOf(
  recording: Recording,
  span: TimeSpan,
  options: { readonly told: Set<number>; readonly last: boolean },
): Promise<Step[]> {
  const within = (timeSeconds: number) =>
    timeSeconds >= span.startSeconds &&
    (options.last ? timeSeconds <= span.endSeconds : timeSeconds < span.endSeconds);
  const steps: Step[] = [];
  for (const event of await recording.events(span)) {
    const { timeSeconds } = event;
    if (!within(timeSeconds) || event.kind === "counter_reset") continue;
    if (event.kind === "scrape_failed") {
      steps.push({ kind: "failure", timeSeconds, target: event.target, event });
    } else steps.push({ kind: "event", timeSeconds, event });
  }
  const failures = new Set(
    steps.flatMap((step) => step.kind === "failure" ? [`${step.target} ${step.timeSeconds}`] : []),
  );
  for (const name of await recording.targets()) {
    const points = await recording.readTarget(name, span);
    const { ticks, gaps } = ticksOf(points, { within, told: options.told });
    for (const [timeSeconds, batch] of ticks) steps.push({ kind: "tick", timeSeconds, target: name, batch });
    for (const timeSeconds of gaps) {
      if (failures.has(`${name} ${timeSeconds}`)) continue;
      // Marked absent with no tick and no failure: nobody was looking (the recording was interrupted).
      const event = { kind: "tick_skipped", timeSeconds, target: name, count: 1 } as const;
      steps.push({ kind: "failure", timeSeconds, target: name, event });
    }
  }
  steps.sort((a, b) => a.timeSeconds - b.timeSeconds);
  const requests = (await recording.requests(span)).filter(({ dueSeconds }) => within(dueSeconds));
  return withRequests(steps, requests);
}

/** Requests come with the first tick after their end; those still open at the last tick, with it. */
function withRequests(steps: Step[], requests: readonly RequestRecord[]): Step[] {
  const lastTick = steps.findLastIndex(({ kind }) => kind === "tick");
  const byStep = new Map<number, RequestRecord[]>();
  for (const request of requests) {
    const end = request.endSeconds ?? request.dueSeconds;
    const found = steps.findIndex(({ kind, timeSeconds }) => kind === "tick" && timeSeconds >= end);
    const index = found < 0 ? lastTick : found;
    byStep.set(index, [...(byStep.get(index) ?? []), request]);
  }
  return steps.map((step, index) => {
    const own = byStep.get(index);
    return own === undefined || step.kind !== "tick"
      ? step
      : { ...step, batch: { ...step.batch, requests: own } };
  });
}

interface OpenBatch {
  readonly ids: number[];
  readonly values: number[];
  readonly timestampsSeconds: number[];
  readonly defined: SeriesDefinition[];
  readonly vanishedIds: number[];
  begunIds?: number[];
  hasOwnTimes: boolean;
}

/** A target's points turned from columns into ticks; `gaps` are times of marks at which there is no tick. */
function ticksOf(
  points: readonly TargetPoints[],
  options: { readonly within: (timeSeconds: number) => boolean; readonly told: Set<number> },
): { ticks: Map<number, SampleBatch>; gaps: Set<number> } {
  const open = new Map<number, OpenBatch>();
  const batchAt = (timeSeconds: number): OpenBatch => {
    let batch = open.get(timeSeconds);
    if (batch === undefined) {
      batch = {
        ids: [],
        values: [],
        timestampsSeconds: [],
        defined: [],
        vanishedIds: [],
        hasOwnTimes: false,
      };
      open.set(timeSeconds, batch);
    }
    return batch;
  };
  const put = (batch: OpenBatch, { definition }: TargetPoints, value: number, ownSeconds: number) => {
    batch.ids.push(definition.id);
    batch.values.push(value);
    batch.timestampsSeconds.push(ownSeconds);
    if (!Number.isNaN(ownSeconds)) batch.hasOwnTimes = true;
  };
  for (const series of points.filter(({ hasOwnTimes }) => !hasOwnTimes)) {
    series.timesSeconds.forEach((time, i) => {
      if (options.within(time)) put(batchAt(time), series, series.values[i]!, NaN);
    });
    const born = series.timesSeconds[0];
    if (born === undefined || series.resetSeconds[0] !== born || options.told.has(series.definition.id)) {
      continue;
    }
    if (options.within(born)) (batchAt(born).begunIds ??= []).push(series.definition.id);
  }
  const tickTimes = Float64Array.from(open.keys()).sort();
  for (const series of points.filter(({ hasOwnTimes }) => hasOwnTimes)) {
    series.timesSeconds.forEach((time, i) => {
      if (!options.within(time)) return;
      // When it was read is not known: at the first tick after its own time, or in one of its own.
      const tick = tickTimes.find((each) => each >= time) ?? time;
      const batch = batchAt(tick);
      if (batch.ids.includes(series.definition.id)) put(batchAt(time), series, series.values[i]!, time);
      else put(batch, series, series.values[i]!, time);
    });
  }
  // Told in the order of the file, so that the sink has its series in the order of arrival.
  const first = open.get(Math.min(...open.keys()));
  for (const { definition } of points) {
    if (first === undefined || options.told.has(definition.id)) continue;
    options.told.add(definition.id);
    first.defined.push(definition);
  }
  const gaps = new Set<number>();
  for (const { staleSeconds, definition } of points) {
    for (const time of staleSeconds) {
      const batch = open.get(time);
      if (batch !== undefined) batch.vanishedIds.push(definition.id);
      else if (options.within(time)) gaps.add(time);
    }
  }
  const ticks = new Map<number, SampleBatch>();
  for (const [time, { hasOwnTimes, timestampsSeconds, ...batch }] of open) {
    ticks.set(time, { ...batch, events: [], ...(hasOwnTimes ? { timestampsSeconds } : {}) });
  }
  return { ticks, gaps };
}
