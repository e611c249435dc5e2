/**
 * Randomness as a dependency, repeatable by seed.
 *
 * @module
 */
import { checkArgument, NUMBER } from "./arguments.ts";

/** A source of uniform numbers in [0, 1). */
export interface Random {
  /** The next number; every call moves the source on. */
  next(): number;
}

/**
 * A small, fast, seeded generator (32 bits of state).
 *
 * Method: mulberry32 by Tommy Ettinger, public domain. Good enough for simulated load, not for secrets.
 *
 * @param seed any integer; only its low 32 bits count
 */
export function seededRandom(seed: number): Random {
  checkArgument("seededRandom(1)", { seed }, NUMBER);
  let state = seed >>> 0;
  return {
    next(): number {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    },
  };
}

/** Exponential with the given mean, by inversion. `mean` 0 gives 0. */
export function exponential(random: Random, mean: number): number {
  return -Math.log1p(-random.next()) * mean;
}

/** Standard normal by the Box–Muller transform (one of the pair is dropped, so that calls are independent). */
export function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log1p(-random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** A whole number in [minimum, maximum], both included. */
export function integerBetween(random: Random, minimum: number, maximum: number): number {
  return minimum + Math.floor(random.next() * (maximum - minimum + 1));
}
