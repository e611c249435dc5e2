/**
 * How far a share that was counted may lie from the true one.
 *
 * @module
 */

/** A share and of how many it is one. */
export interface CountedShare {
  /** 0 to 1. */
  readonly share: number;
  /** 1 or more. */
  readonly count: number;
}

/**
 * Variance of a share's estimate with one more of either kind (Agresti and Caffo, The American Statistician 54, 2000):
 * none of twelve is no proof of never.
 */
export function shareVariance({ share, count }: CountedShare): number {
  const adjusted = (share * count + 1) / (count + 2);
  return adjusted * (1 - adjusted) / (count + 2);
}
