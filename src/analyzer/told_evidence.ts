/**
 * Numbers that are shown for a verdict: those that tell of the requests it speaks of.
 *
 * @module
 */
import { evidenceOf, type Numbers } from "./evidence.ts";
import type { Evidence, EvidenceQuantity } from "./findings.ts";
import type { Moment, Witness } from "./rules/rule.ts";

/** Of the time that those who wait will have waited at least, a queue time of less than this part is of others. */
const LEAST_PART = 0.1;

/**
 * Whether the queue time is that of requests before those that wait: a server counts it when a request ends, so that it may read 0
 * beside a long queue.
 */
export function isQueueTimePending(
  { waiting_median: waiting = 0, queue_time_mean: queued, finish_rate: finishes }: Numbers,
): boolean {
  if (!(waiting > 0) || queued === undefined) return false;
  if (finishes === undefined) return queued === 0;
  // Little's law: so many wait, so many leave in a second. Where none leaves nobody knows how long it will be.
  return finishes === 0 || queued < LEAST_PART * waiting / finishes;
}

/** Told of a request's wait when it is over. */
const OF_THE_WAIT: ReadonlySet<EvidenceQuantity> = new Set(["queue_time_mean", "ttft_mean"]);

/** The witnesses' numbers, without a queue time (and the TTFT beside it) of requests that did not wait. */
export function evidenceFrom(witnesses: readonly Witness[], moment: Moment): Evidence[] {
  const showsWait = witnesses.some(({ quantity }) => quantity === "queue_time_mean");
  const isPending = showsWait && isQueueTimePending(moment.numbers);
  return witnesses.flatMap(({ quantity, ...extra }) =>
    isPending && OF_THE_WAIT.has(quantity) ? [] : evidenceOf(quantity, moment, extra) ?? []
  );
}

/** What is said where a queue time was left out. */
export function pendingParam(
  witnesses: readonly Witness[],
  moment: Moment,
): { readonly pending?: "yes" } {
  const showsWait = witnesses.some(({ quantity }) => quantity === "queue_time_mean");
  return showsWait && isQueueTimePending(moment.numbers) ? { pending: "yes" } : {};
}
