/**
 * Findings that come again and again, each once.
 *
 * @module
 */
import type { TimeSpan } from "../series/types.ts";
import type { Finding } from "./findings.ts";

/** The same verdict on the same server and engine, of outages by the same cause, however often it held. */
export interface Recurrence {
  /** The gravest: the first of them in the order given, of outages the longest. */
  readonly finding: Finding;
  /** How many episodes, 1 or more. */
  readonly times: number;
  /** All episodes together; where they overlap that time counts once. */
  readonly heldSeconds: number;
  /** From the first episode's start to the last one's end. */
  readonly span: TimeSpan;
}

/** In the order in which each verdict first stands among the findings. */
export function recurrences(findings: readonly Finding[]): Recurrence[] {
  const groups = Map.groupBy(
    findings,
    ({ code, target, engine, params }) =>
      // A refused key and a silent server are two troubles: one must not be told in the name of both.
      JSON.stringify([
        code,
        target,
        engine ?? null,
        code === "scrapes_failing" ? params.cause ?? null : null,
      ]),
  );
  return [...groups.values()].map((group) => {
    const spans = group.map(({ span }) => span).toSorted((a, b) => a.startSeconds - b.startSeconds);
    const startSeconds = spans[0]!.startSeconds;
    let [heldSeconds, endSeconds] = [0, startSeconds];
    for (const span of spans) {
      heldSeconds += Math.max(0, span.endSeconds - Math.max(span.startSeconds, endSeconds));
      endSeconds = Math.max(endSeconds, span.endSeconds);
    }
    return { finding: gravest(group), times: group.length, heldSeconds, span: { startSeconds, endSeconds } };
  });
}

/** The first; of outages, which weigh alike, the longest: a lost scrape must not stand for 20 s of silence. */
function gravest(group: readonly Finding[]): Finding {
  const gap = ({ params }: Finding) => Number(params.gapSeconds ?? 0);
  return group.reduce((one, next) => next.severity === one.severity && gap(next) > gap(one) ? next : one);
}

/** So many servers are named, where only some things are told. */
const MOST_SERVERS = 8;

/**
 * The first so many, and after them what weighs most on each server that is not among them yet: of several servers none is
 * left out for being well.
 */
export function foremost(found: readonly Recurrence[], count: number): Recurrence[] {
  const first = found.slice(0, count);
  const named = new Set(first.map(({ finding }) => finding.target));
  const others = [...Map.groupBy(found, ({ finding }) => finding.target)]
    .flatMap(([target, [one]]) => named.has(target) || one === undefined ? [] : [one]);
  return [...first, ...others.slice(0, Math.max(0, MOST_SERVERS - named.size))];
}
