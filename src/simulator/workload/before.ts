/**
 * Work that is waited for only so long.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { onAbort } from "./on_abort.ts";

/** Shared: an abort without a reason makes an error with a stack each time. */
const ENDED_FIRST = new Error("the work ended first");

/**
 * The result of work that ends before an instant and before a signal; else undefined, at that instant or at the signal. The
 * work itself goes on.
 *
 * @param untilSeconds Infinity for no such instant
 * @throws what the work throws in time
 */
export async function before<T>(
  work: Promise<T>,
  untilSeconds: number,
  options: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<T | undefined> {
  const { clock, signal } = options;
  const over = new AbortController();
  const late = Promise.withResolvers<undefined>();
  const giveUp = () => late.resolve(undefined);
  const stopListening = onAbort(signal, giveUp);
  // Called off below when the work ends first: then nobody asks any more.
  if (untilSeconds !== Infinity) clock.sleepUntil(untilSeconds, over.signal).then(giveUp, giveUp);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    over.abort(ENDED_FIRST);
    stopListening();
  }
}
