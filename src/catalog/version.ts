/**
 * Versions as vLLM writes them: `0.10.1.1`, `0.6.6.post1`, `v0.32.0rc1+cu130`.
 *
 * @module
 */

/** Negative, zero or positive, as `a` is older than, the same as or newer than `b`, by their leading numbers. */
export function compareVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let part = 0; part < Math.max(left.length, right.length); part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether both are known and the first is older. */
export function isBefore(version: string | undefined, other: string | undefined): boolean {
  return version !== undefined && other !== undefined && compareVersions(version, other) < 0;
}

/** Whether a text begins like a version. */
export function isVersion(text: string): boolean {
  return /^v?\d+(\.\d+)+/.test(text);
}

function numbersOf(version: string): number[] {
  const leading = /^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? "";
  return leading === "" ? [] : leading.split(".").map(Number);
}

/**
 * The option that shows a metric which the server hides: "deprecated in X.Y, hidden in X.(Y+1) behind
 * `--show-hidden-metrics-for-version=X.Y`, removed in X.(Y+2)" (vLLM's policy).
 */
export function showHiddenOption(version: string): string {
  const [major = 0, minor = 0] = numbersOf(version);
  return `--show-hidden-metrics-for-version=${major}.${Math.max(0, minor - 1)}`;
}
