/**
 * What is known of targets, put together over time.
 *
 * @module
 */
import type { TargetFacts } from "./types.ts";

/**
 * Later facts over earlier ones of the same target; details are put together by key. Reasons of absence come as a whole:
 * what is no longer among them has come back. A version that is another than before becomes one of the earlier ones.
 */
export function mergeFacts(earlier: TargetFacts | undefined, later: TargetFacts): TargetFacts {
  const details = { ...earlier?.details, ...later.details };
  const versions = earlierVersions(earlier, later);
  return {
    ...earlier,
    ...later,
    ...(versions.length === 0 ? {} : { earlierVersions: versions }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

function earlierVersions(earlier: TargetFacts | undefined, later: TargetFacts): readonly string[] {
  const current = later.version ?? earlier?.version;
  const before = [
    ...(earlier?.earlierVersions ?? []),
    ...(earlier?.version === undefined ? [] : [earlier.version]),
    ...(later.earlierVersions ?? []),
  ];
  return [...new Set(before)].filter((version) => version !== current);
}

/** Whether a target is a server, not a machine, its GPUs or a load. */
export function isServer({ kind }: TargetFacts): boolean {
  return kind !== "host" && kind !== "gpu" && kind !== "workload";
}

/** Whether a source holds several servers, so that a sentence must say which one it is about. */
export function hasSeveralServers(facts: readonly TargetFacts[]): boolean {
  return facts.filter(isServer).length > 1;
}
