/**
 * Buckets of vLLM's histograms.
 *
 * @module
 */
import { boundsOf } from "../../src/simulator/server/metrics_text.ts";
import { loadShape } from "../../src/simulator/server/shape.ts";

const SHAPE = loadShape("0.32.0");

/** Bounds of a family's buckets, ascending and without +Inf, as a recorded vLLM 0.32 has them. */
export function vllmBuckets(family: string, maxModelLength = 32_768): readonly number[] {
  return boundsOf(SHAPE, family, maxModelLength);
}
