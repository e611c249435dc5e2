/**
 * Two parts of the time beside each other: English.
 *
 * @module
 */
import type { PageCompareText } from "./page_compare.ts";

/** English. */
export const PAGE_COMPARE_EN: PageCompareText = {
  keepA: "Keep as A",
  keepB: "Keep as B",
  end: "End comparing",
  hint: "Zoom to one time and keep it as A, then to another and keep it as B.",
  title: "A and B compared",
  figure: "Figure",
  difference: "B against A",
  kinds: { mean: "mean", highest: "highest", p50: "p50", p95: "p95", rate: "rate" },
  note:
    "Each figure is over all of its time, not a mean of what the lines show. Not told apart: the buckets that hold both overlap.",
  failed: "The figures could not be read; try again.",
  same: "the same",
  higher: (share) => `${share} higher`,
  lower: (share) => `${share} lower`,
  times: (factor) => `${factor} times as high`,
  points: (points, isHigher) => `${points} points ${isHigher ? "higher" : "lower"}`,
  fromZero: "none in A",
  notTold: "not told apart",
  onlyIn: (letter) => `only in ${letter}`,
  nothing: "Nothing was read in either time.",
};
