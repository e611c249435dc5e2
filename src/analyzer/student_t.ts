/**
 * Student's t distribution: intervals for means of few runs.
 *
 * @module
 */
import { normalQuantile } from "./statistics.ts";

/**
 * Two-sided critical value: |t| exceeds it with probability `p`. Relative error below 1e-5.
 *
 * Method: G. W. Hill, Algorithm 396, Communications of the ACM 13 (1970); exact for 1 and 2 degrees of freedom. Below 3
 * degrees it is off by up to a fifth: there the integral itself is solved.
 *
 * @param degrees of freedom, above 0; fractions are allowed (Welch)
 */
export function studentTCritical(p: number, degrees: number): number {
  if (!(p > 0 && p < 1) || !(degrees >= 1)) {
    throw new RangeError(
      `Cannot give a critical t: p is ${p}, degrees ${degrees}, wanted 0 < p < 1 and 1 or more`,
    );
  }
  if (degrees === 1) return 1 / Math.tan(p * Math.PI / 2);
  if (degrees === 2) return Math.sqrt(2 / (p * (2 - p)) - 2);
  if (degrees < 3) return ofFewDegrees(p, degrees);
  const a = 1 / (degrees - 0.5);
  const b = 48 / (a * a);
  let c = ((20700 * a / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt(a * Math.PI / 2) * degrees;
  let y = Math.pow(d * p, 2 / degrees);
  if (y > 0.05 + a) {
    const x = normalQuantile(p / 2);
    y = x * x;
    if (degrees < 5) c += 0.3 * (degrees - 4.5) * (x + 0.6);
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = Math.expm1(a * y * y);
  } else {
    y =
      ((1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3) + 0.5 / (degrees + 4)) *
            y -
          1) * (degrees + 1) / (degrees + 2) + 1 / y;
  }
  return Math.sqrt(degrees * y);
}

/**
 * With t = √ν / tan φ the tails hold what ∫ sin(φ)^(ν − 1) has up to φ, of what it has up to a right angle. Halves the
 * distance of sin φ until nothing is left of it.
 */
function ofFewDegrees(p: number, degrees: number): number {
  const wanted = p * wholeAngle(degrees - 1);
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (angleUpTo(middle, degrees) < wanted) low = middle;
    else high = middle;
  }
  const sine = (low + high) / 2;
  return Math.sqrt(degrees * (1 - sine * sine)) / sine;
}

/** ∫ sin(φ)^(ν − 1) from 0 to where the sine is u: its series in u². */
function angleUpTo(sine: number, degrees: number): number {
  let factor = sine ** degrees;
  let sum = 0;
  for (let k = 0; k < 10_000; k++) {
    const term = factor / (degrees + 2 * k);
    sum += term;
    if (term < 1e-12 * sum) break;
    factor *= sine * sine * (2 * k + 1) / (2 * k + 2);
  }
  return sum;
}

/** ∫ sin(φ)^a over a right angle: by recurrence from a high power, whose sum over a few angles is exact. */
function wholeAngle(power: number): number {
  const raised = 20;
  const angles = 64;
  let value = 0;
  for (let i = 0; i < angles; i++) {
    value += Math.sin((i + 0.5) * Math.PI / 2 / angles) ** (power + 2 * raised);
  }
  value *= Math.PI / 2 / angles;
  for (let k = raised - 1; k >= 0; k--) value *= (power + 2 * k + 2) / (power + 2 * k + 1);
  return value;
}
