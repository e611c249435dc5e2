/**
 * What is known of targets, put together over time.
 *
 * @module
 */
import type { TargetFacts } from "./types.ts";

/** Later facts over earlier ones of the same target; details and reasons of absence are put together by key. */
export function mergeFacts(earlier: TargetFacts | undefined, later: TargetFacts): TargetFacts {
  const details = { ...earlier?.details, ...later.details };
  const absent = { ...earlier?.absent, ...later.absent };
  return {
    ...earlier,
    ...later,
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(Object.keys(absent).length === 0 ? {} : { absent }),
  };
}
