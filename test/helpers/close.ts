/** Comparison of numbers within a relative error. */
import assert from "node:assert/strict";

/** Fails unless the two differ by at most `relative` of the expected value. */
export function assertClose(actual: number, expected: number, relative: number): void {
  const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-300);
  assert.ok(error <= relative || actual === expected, `${actual}, wanted ${expected} within ${relative}`);
}
