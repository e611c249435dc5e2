/**
 * First tokens as each side counted them.
 *
 * @module
 */
import type { MetricSource } from "../series/types.ts";
import { wholeSpan } from "../series/whole_span.ts";

/** Counts of a whole source; absent where a side said nothing. */
export interface WitnessCount {
  /** Requests whose client saw a first token, however they ended; an answer of several sequences counts as many. */
  readonly client?: number;
  /** Increase of the server's TTFT count, not extrapolated. */
  readonly server?: number;
  /** Restarts of the server. */
  readonly resets: number;
  /** Scrapes that failed. */
  readonly failedScrapes: number;
  /** Requests that were cut, or still ran at the end. */
  readonly unfinished: number;
}

/** Counts first tokens over everything that a source holds. */
export async function countWitness(source: MetricSource): Promise<WitnessCount> {
  const span = await source.span();
  if (span === undefined) return { resets: 0, failedScrapes: 0, unfinished: 0 };
  const [requests, events] = await Promise.all([source.requests(span), source.events(span)]);
  const [ttft] = await source.evaluate(
    {
      selector: { quantity: "ttft", part: "count" },
      fn: { kind: "increase", extrapolate: false },
      // What a server counted before it was gone it has counted.
      whileStale: "as_prometheus",
    },
    wholeSpan(span),
  );
  const server = ttft?.values.at(-1);
  const seen = requests.filter((record) => record.chunkTimesSeconds.length > 0);
  return {
    ...(requests.length === 0
      ? {}
      : { client: seen.reduce((sum, { answerCount = 1 }) => sum + answerCount, 0) }),
    ...(server === undefined || Number.isNaN(server) ? {} : { server }),
    resets: events.filter((event) => event.kind === "counter_reset").length,
    failedScrapes: events.filter((event) => event.kind === "scrape_failed" && event.target !== "gpu").length,
    unfinished: requests.filter(({ outcome }) => outcome !== "ok").length,
  };
}
