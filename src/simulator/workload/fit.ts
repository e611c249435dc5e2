/**
 * Whether samples come from a distribution, or from the same one: pure.
 *
 * @module
 */
import { sorted } from "./distribution.ts";

/** Largest distance of two distribution functions, and how likely one so large is by chance. */
export interface FitTest {
  readonly distance: number;
  readonly pValue: number;
}

/** Kolmogorov–Smirnov against a distribution function; the p-value is the asymptotic one (Kolmogorov 1933). */
export function kolmogorovSmirnov(sample: ArrayLike<number>, cumulative: (value: number) => number): FitTest {
  const ascending = sorted(sample);
  const n = ascending.length;
  let distance = 0;
  for (const [i, value] of ascending.entries()) {
    const expected = cumulative(value);
    distance = Math.max(distance, (i + 1) / n - expected, expected - i / n);
  }
  return { distance, pValue: kolmogorovTail(distance * Math.sqrt(n)) };
}

/** Kolmogorov–Smirnov of two samples; the p-value is the asymptotic one (Smirnov 1939). */
export function kolmogorovSmirnovTwo(first: ArrayLike<number>, second: ArrayLike<number>): FitTest {
  const a = sorted(first);
  const b = sorted(second);
  let i = 0;
  let j = 0;
  let distance = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= value) i++;
    while (j < b.length && b[j]! <= value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  return {
    distance,
    pValue: kolmogorovTail(distance * Math.sqrt(a.length * b.length / (a.length + b.length))),
  };
}

/** P(K > x) of the Kolmogorov distribution: 2 sum of (-1)^(k-1) exp(-2 k² x²); below 0.2 it is 1 to double precision. */
function kolmogorovTail(x: number): number {
  if (!(x > 0.2)) return 1;
  let tail = 0;
  for (let k = 1; k <= 100; k++) {
    const term = 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x);
    tail += term;
    if (Math.abs(term) < 1e-17) break;
  }
  return Math.min(1, Math.max(0, tail));
}
