/**
 * When requests are due: pure. Every time is made before the run and counts from its start, so nothing can re-anchor it.
 *
 * @module
 */
import { exponential, type Random, standardNormal } from "../../base/random.ts";

/** Open-loop arrivals: what comes does not ask whether the server is ready. Rates are in requests a second. */
export type Arrivals =
  | { readonly kind: "constant"; readonly ratePerSecond: number }
  | { readonly kind: "poisson"; readonly ratePerSecond: number }
  /** Gamma gaps of shape `burstiness`: 1 is Poisson, less is burstier, Infinity constant (vllm bench's `--burstiness`). */
  | { readonly kind: "gamma"; readonly ratePerSecond: number; readonly burstiness: number }
  /** From one rate to another over the whole duration; Poisson around it unless `regular`. */
  | {
    readonly kind: "ramp";
    readonly fromPerSecond: number;
    readonly toPerSecond: number;
    readonly shape?: "linear" | "exponential";
    readonly regular?: boolean;
  }
  /** One rate after another; the duration is the sum of theirs. */
  | {
    readonly kind: "steps";
    readonly steps: readonly { readonly ratePerSecond: number; readonly durationSeconds: number }[];
    readonly regular?: boolean;
  }
  /** A wave around a mean, like day and night in short: rate(t) = mean + amplitude sin(2 pi t / period). */
  | {
    readonly kind: "sine";
    readonly meanPerSecond: number;
    readonly amplitudePerSecond: number;
    readonly periodSeconds: number;
    readonly regular?: boolean;
  }
  /** Recorded times, seconds from the first; `speed` 2 plays them in half the time. */
  | { readonly kind: "trace"; readonly timesSeconds: readonly number[]; readonly speed?: number };

/** How far a schedule goes: at least one of the two, except for a trace or steps, which end by themselves. */
export interface ScheduleLimit {
  /** No arrival is due after this, seconds from the start. */
  readonly durationSeconds?: number;
  /** No more arrivals than this. */
  readonly requests?: number;
}

/** No schedule may be longer than this: it is kept in memory as a whole. */
export const MAX_ARRIVALS = 5_000_000;

/**
 * Due times in seconds from the start, ascending.
 *
 * Rates that vary are met by time change: a process of rate 1 is placed on the axis of the integrated rate and mapped
 * back, which keeps Poisson gaps Poisson (Çinlar 1975; Ross, Simulation, section 5.5).
 *
 * @param random draws the gaps; the same state gives the same schedule
 * @throws RangeError for a rate, duration or count that is negative, not finite or missing
 */
export function dueTimes(arrivals: Arrivals, limit: ScheduleLimit, random: Random): Float64Array {
  checkArrivals(arrivals);
  const durationSeconds = scheduleDuration(arrivals, limit);
  if (arrivals.kind === "trace") return traceTimes(arrivals, limit);
  const rate = rateFunction(arrivals, durationSeconds);
  const most = Math.min(limit.requests ?? Infinity, MAX_ARRIVALS);
  const total = durationSeconds === Infinity ? Infinity : rate.integral(durationSeconds);
  const nextGap = gapSource(arrivals, random);
  const due: number[] = [];
  // A gap comes before the first arrival too, except in a regular schedule, which starts at once.
  let area = isRegular(arrivals) ? 0 : nextGap();
  while (due.length < most && area < total) {
    due.push(rate.inverse(area));
    area += nextGap();
  }
  if (due.length === MAX_ARRIVALS) throw tooMany();
  return Float64Array.from(due);
}

/**
 * Checks a schedule without making it.
 *
 * @throws RangeError for what {@link dueTimes} refuses, and where more arrivals are expected than it makes
 */
export function checkSchedule(arrivals: Arrivals, limit: ScheduleLimit): void {
  checkArrivals(arrivals);
  const durationSeconds = scheduleDuration(arrivals, limit);
  if (arrivals.kind === "trace" || durationSeconds === Infinity) return;
  const expected = rateFunction(arrivals, durationSeconds).integral(durationSeconds);
  if (Math.min(expected, limit.requests ?? Infinity) >= MAX_ARRIVALS) throw tooMany();
}

function tooMany(): RangeError {
  return new RangeError(
    `Cannot plan arrivals: more than ${MAX_ARRIVALS}, wanted a shorter run or a lower rate`,
  );
}

/** Arrivals a second at an instant after the start, as planned; undefined for a trace. */
export function plannedRate(
  arrivals: Arrivals,
  limit: ScheduleLimit,
  timeSeconds: number,
): number | undefined {
  if (arrivals.kind === "trace") return undefined;
  return rateFunction(arrivals, scheduleDuration(arrivals, limit)).at(timeSeconds);
}

/** The highest rate that is planned, arrivals a second; of a trace its mean. */
export function peakRate(arrivals: Arrivals): number {
  switch (arrivals.kind) {
    case "ramp":
      return Math.max(arrivals.fromPerSecond, arrivals.toPerSecond);
    case "steps":
      return arrivals.steps.reduce((most, { ratePerSecond }) => Math.max(most, ratePerSecond), 0);
    case "sine":
      return arrivals.meanPerSecond + arrivals.amplitudePerSecond;
    case "trace": {
      const times = traceTimes(arrivals, {});
      const lastSeconds = times.at(-1) ?? 0;
      return lastSeconds > 0 ? times.length / lastSeconds : 0;
    }
    default:
      return arrivals.ratePerSecond;
  }
}

interface RateFunction {
  at(timeSeconds: number): number;
  /** Expected arrivals until then. */
  integral(timeSeconds: number): number;
  /** The time at which so many are expected. */
  inverse(area: number): number;
}

type Paced = Exclude<Arrivals, { kind: "trace" }>;

function rateFunction(arrivals: Paced, durationSeconds: number): RateFunction {
  switch (arrivals.kind) {
    case "ramp":
      return arrivals.shape === "exponential"
        ? exponentialRamp(arrivals.fromPerSecond, arrivals.toPerSecond, durationSeconds)
        : linearRamp(arrivals.fromPerSecond, arrivals.toPerSecond, durationSeconds);
    case "steps":
      return stepRate(arrivals.steps);
    case "sine":
      return sineRate(arrivals);
    default:
      return constantRate(arrivals.ratePerSecond);
  }
}

function constantRate(rate: number): RateFunction {
  return { at: () => rate, integral: (time) => rate * time, inverse: (area) => area / rate };
}

/** rate(t) = a + (b - a) t / T, so its integral is a t + (b - a) t² / 2T; inverse by the stable quadratic formula. */
function linearRamp(from: number, to: number, durationSeconds: number): RateFunction {
  const slope = (to - from) / durationSeconds;
  return {
    at: (time) => from + slope * time,
    integral: (time) => from * time + slope * time * time / 2,
    inverse: (area) =>
      area === 0 ? 0 : 2 * area / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * area))),
  };
}

/** rate(t) = a (b / a)^(t / T), so its integral is a T (k^(t/T) - 1) / ln k with k = b / a. */
function exponentialRamp(from: number, to: number, durationSeconds: number): RateFunction {
  const growth = Math.log(to / from) / durationSeconds;
  if (Math.abs(growth) < 1e-12) return constantRate(from);
  return {
    at: (time) => from * Math.exp(growth * time),
    integral: (time) => from * Math.expm1(growth * time) / growth,
    inverse: (area) => Math.log1p(area * growth / from) / growth,
  };
}

function stepRate(
  steps: readonly { readonly ratePerSecond: number; readonly durationSeconds: number }[],
): RateFunction {
  const find = (left: number, size: (step: { ratePerSecond: number; durationSeconds: number }) => number) => {
    let start = 0;
    for (const step of steps) {
      if (left < size(step)) return { step, start, left };
      left -= size(step);
      start += step.durationSeconds;
    }
    return undefined;
  };
  return {
    at: (time) => find(time, (step) => step.durationSeconds)?.step.ratePerSecond ?? 0,
    integral: (time) => {
      let area = 0;
      for (const step of steps) {
        area += step.ratePerSecond * Math.min(step.durationSeconds, Math.max(0, time));
        time -= step.durationSeconds;
      }
      return area;
    },
    inverse: (area) => {
      const found = find(area, (step) => step.ratePerSecond * step.durationSeconds);
      return found === undefined ? Infinity : found.start + found.left / found.step.ratePerSecond;
    },
  };
}

/** Integral: m t + A P (1 - cos(2 pi t / P)) / 2 pi; it rises monotonically as A <= m, so bisection inverts it. */
function sineRate(
  wave: { meanPerSecond: number; amplitudePerSecond: number; periodSeconds: number },
): RateFunction {
  const { meanPerSecond: mean, amplitudePerSecond: amplitude, periodSeconds: period } = wave;
  const turn = 2 * Math.PI / period;
  const integral = (time: number) => mean * time + amplitude * (1 - Math.cos(turn * time)) / turn;
  return {
    at: (time) => mean + amplitude * Math.sin(turn * time),
    integral,
    inverse: (area) => {
      // The wave adds between 0 and 2 A / turn to m t.
      let low = Math.max(0, (area - 2 * amplitude / turn) / mean);
      let high = area / mean;
      for (let i = 0; i < 100 && high - low > 1e-12 * Math.max(1, high); i++) {
        const middle = (low + high) / 2;
        if (integral(middle) < area) low = middle;
        else high = middle;
      }
      return (low + high) / 2;
    },
  };
}

/** Gaps on the axis of the integrated rate: mean 1. */
function gapSource(arrivals: Paced, random: Random): () => number {
  if (isRegular(arrivals)) return () => 1;
  if (arrivals.kind === "gamma") {
    return () => gammaDraw(random, arrivals.burstiness) / arrivals.burstiness;
  }
  return () => exponential(random, 1);
}

function isRegular(arrivals: Paced): boolean {
  switch (arrivals.kind) {
    case "constant":
      return true;
    case "poisson":
      return false;
    case "gamma":
      return arrivals.burstiness === Infinity;
    default:
      return arrivals.regular ?? false;
  }
}

/**
 * A gamma variate of the given shape and scale 1, by Marsaglia and Tsang (2000, ACM TOMS 26:3); a shape below 1 is
 * boosted by one and multiplied with U^(1 / shape), as they advise.
 */
export function gammaDraw(random: Random, shape: number): number {
  if (shape < 1) return gammaDraw(random, shape + 1) * Math.pow(1 - random.next(), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  while (true) {
    const x = standardNormal(random);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.next();
    if (Math.log(u) < x * x / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

function traceTimes(trace: Extract<Arrivals, { kind: "trace" }>, limit: ScheduleLimit): Float64Array {
  const speed = trace.speed ?? 1;
  const first = trace.timesSeconds.reduce((least, time) => Math.min(least, time), Infinity);
  return Float64Array.from(trace.timesSeconds, (time) => (time - first) / speed).sort()
    .filter((time, index) =>
      time < (limit.durationSeconds ?? Infinity) && index < (limit.requests ?? Infinity)
    );
}

function scheduleDuration(arrivals: Arrivals, limit: ScheduleLimit): number {
  const { durationSeconds, requests } = limit;
  if (durationSeconds !== undefined) requirePositive("duration", durationSeconds);
  if (requests !== undefined && !(Number.isInteger(requests) && requests >= 0)) {
    throw new RangeError(`Cannot plan arrivals: ${requests} requests, wanted a whole number from 0 on`);
  }
  if (arrivals.kind === "steps") {
    const sum = arrivals.steps.reduce((total, step) => total + step.durationSeconds, 0);
    return Math.min(sum, durationSeconds ?? Infinity);
  }
  if (arrivals.kind === "trace") return durationSeconds ?? Infinity;
  if (durationSeconds === undefined && requests === undefined) {
    throw new RangeError(
      "Cannot plan arrivals: neither a duration nor a number of requests, wanted one of them",
    );
  }
  if (arrivals.kind === "ramp" && durationSeconds === undefined) {
    throw new RangeError("Cannot plan a ramp: no duration, wanted the time that it takes");
  }
  return durationSeconds ?? Infinity;
}

function checkArrivals(arrivals: Arrivals): void {
  switch (arrivals.kind) {
    case "gamma":
      if (!(arrivals.burstiness > 0)) {
        throw new RangeError(`Cannot plan arrivals: burstiness ${arrivals.burstiness}, wanted more than 0`);
      }
      return requirePositive("rate", arrivals.ratePerSecond);
    case "ramp":
      requireRate(arrivals.fromPerSecond, arrivals.shape === "exponential");
      requireRate(arrivals.toPerSecond, arrivals.shape === "exponential");
      if (arrivals.fromPerSecond + arrivals.toPerSecond === 0) requirePositive("rate", 0);
      return;
    case "steps":
      if (arrivals.steps.length === 0) {
        throw new RangeError("Cannot plan arrivals: no steps, wanted at least one");
      }
      for (const step of arrivals.steps) {
        requireRate(step.ratePerSecond, false);
        requirePositive("duration of a step", step.durationSeconds);
      }
      return;
    case "sine":
      requirePositive("mean rate", arrivals.meanPerSecond);
      requirePositive("period", arrivals.periodSeconds);
      if (!(arrivals.amplitudePerSecond >= 0 && arrivals.amplitudePerSecond <= arrivals.meanPerSecond)) {
        throw new RangeError(
          `Cannot plan arrivals: amplitude ${arrivals.amplitudePerSecond}, wanted 0 to the mean ${arrivals.meanPerSecond}`,
        );
      }
      return;
    case "trace":
      requirePositive("speed", arrivals.speed ?? 1);
      if (!arrivals.timesSeconds.every(Number.isFinite)) {
        throw new RangeError("Cannot plan arrivals: a time of the trace is not a number, wanted seconds");
      }
      return;
    default:
      return requirePositive("rate", arrivals.ratePerSecond);
  }
}

function requireRate(rate: number, positive: boolean): void {
  if (positive || rate !== 0) requirePositive("rate", rate);
}

function requirePositive(what: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new RangeError(`Cannot plan arrivals: ${what} ${value}, wanted a finite number above 0`);
  }
}
