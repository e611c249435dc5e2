/**
 * Figures that need GPUs and server together.
 *
 * @module
 */
import { checkArgument, checkOptions, type Checks, needed, OBJECT } from "../base/arguments.ts";
import { SERIES_LIST } from "../series/arguments.ts";
import type { Reading } from "../base/cause.ts";
import type { CounterPoints } from "../series/observed.ts";
import type { WindowRange } from "../series/types.ts";
import { rate } from "../series/windows.ts";

/** The counters of one window: energy of every GPU that serves, and generated tokens of every engine. */
export interface EnergyAndTokens {
  /** `lab_gpu_energy_joules_total`, one each. */
  readonly energyJoules: readonly CounterPoints[];
  /** Counters of generated tokens, one an engine. */
  readonly tokens: readonly CounterPoints[];
}

const CHECKS: Checks<EnergyAndTokens> = { energyJoules: needed(SERIES_LIST), tokens: needed(SERIES_LIST) };

function checkCounters(call: string, counters: EnergyAndTokens): void {
  checkArgument(call, { counters }, OBJECT);
  checkOptions<EnergyAndTokens>(call, counters, CHECKS);
}

/**
 * Energy for each token: power by tokens a second, each counter's observed increase by the time that it was observed over,
 * since GPUs and server are not read at the same instants. Absent when a GPU or an engine has too few points there (a sum
 * without it would be too small) and when no token was made.
 */
export function joulesPerToken(counters: EnergyAndTokens, range: WindowRange): Reading {
  checkCounters(
    "joulesPerToken({ energyJoules: [series], tokens: [series] }, { endSeconds, rangeSeconds: 60 })",
    counters,
  );
  const watts = sumOfRates(counters.energyJoules, range);
  const tokensPerSecond = sumOfRates(counters.tokens, range);
  if (watts === undefined || tokensPerSecond === undefined) return { absent: { code: "not_enough_points" } };
  if (tokensPerSecond === 0) return { absent: { code: "no_tokens_in_window" } };
  return { value: watts / tokensPerSecond };
}

/** Tokens for each joule, which is tokens a second for each watt. Absent as in {@link joulesPerToken}, and at no energy. */
export function tokensPerJoule(counters: EnergyAndTokens, range: WindowRange): Reading {
  checkCounters(
    "tokensPerJoule({ energyJoules: [series], tokens: [series] }, { endSeconds, rangeSeconds: 60 })",
    counters,
  );
  const watts = sumOfRates(counters.energyJoules, range);
  const tokensPerSecond = sumOfRates(counters.tokens, range);
  if (watts === undefined || tokensPerSecond === undefined) return { absent: { code: "not_enough_points" } };
  if (watts === 0) return { absent: { code: "constant_series", params: { value: 0 } } };
  return { value: tokensPerSecond / watts };
}

function sumOfRates(counters: readonly CounterPoints[], range: WindowRange): number | undefined {
  if (counters.length === 0) return undefined;
  let sum = 0;
  for (const counter of counters) {
    const perSecond = rate(counter, range, { extrapolate: false });
    if (perSecond === undefined) return undefined;
    sum += perSecond;
  }
  return sum;
}
