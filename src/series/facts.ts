/**
 * What is known of targets, put together over time.
 *
 * @module
 */
import type { TargetFacts } from "./types.ts";

/**
 * Later facts over earlier ones of the same target; details are put together by key. Reasons of absence come as a whole:
 * what is no longer among them has come back.
 */
export function mergeFacts(earlier: TargetFacts | undefined, later: TargetFacts): TargetFacts {
  const details = { ...earlier?.details, ...later.details };
  return {
    ...earlier,
    ...later,
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}
