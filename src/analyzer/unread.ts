/**
 * Findings about servers of which a span has no read at all: every one failed.
 *
 * @module
 */
import type { Finding } from "./findings.ts";
import type { LookBack } from "./look_back.ts";
import type { LabEvent, TargetFacts, TimeSpan } from "../series/types.ts";
import { isServer } from "../series/facts.ts";
import { trustFindings } from "./trust.ts";

interface Failures {
  readonly events: readonly LabEvent[];
  readonly span: TimeSpan;
}

/** Of all targets whose reads failed. */
export function outagesWithin(facts: readonly TargetFacts[], { events, span }: Failures): Finding[] {
  return failingTargets(events).flatMap((target) => {
    const own = facts.find((fact) => fact.target === target);
    return trustFindings(
      {
        target,
        ...(own === undefined ? {} : { facts: own }),
        intervalSeconds: 1,
        windowSeconds: 0,
        stepSeconds: 0,
        engines: [],
        server: { target, frames: [] },
      },
      events,
      span,
    );
  });
}

/** Of servers beside those that were read: without these they would be passed over in silence. */
export async function neverRead({ source, servers, events }: LookBack, span: TimeSpan): Promise<Finding[]> {
  const read = new Set(servers.flatMap(({ target, facts }) => [target, facts?.target ?? target]));
  if (read.has("")) return [];
  const facts = (await source.facts()).filter((fact) => isServer(fact) && !read.has(fact.target));
  const names = new Set(facts.map(({ target }) => target));
  return outagesWithin(facts, {
    span,
    events: events.filter((event) =>
      event.timeSeconds >= span.startSeconds && "target" in event && names.has(event.target)
    ),
  });
}

function failingTargets(events: readonly LabEvent[]): readonly string[] {
  return [...new Set(events.flatMap((event) => event.kind === "scrape_failed" ? [event.target] : []))];
}
