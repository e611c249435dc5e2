/**
 * A run of a search that goes on no longer than it has to.
 *
 * @module
 */
import { type Clock, drive } from "../../base/clock.ts";
import type { RequestRecord } from "../../series/types.ts";
import type { IsOver } from "./find_max.ts";
import type { RunOptions, WorkloadProfile } from "./load_options.ts";
import type { WorkloadResult } from "./results.ts";

/** Runs a load to its end, or until its signal. */
export type RunProfile = (profile: WorkloadProfile, options?: RunOptions) => Promise<WorkloadResult>;

/** It is looked at again when there are so many more requests than at the last look. */
const MORE = 1.1;
const FIRST_LOOK = 10;

/**
 * Runs a load until `isOver` says what it has shown for sure. What runs then is cut: of a server that drops such requests nothing is
 * left; for one that answers them all the same the next run waits as long as this one has sent, at most as long as a drain.
 */
export async function runUntilSure(profile: WorkloadProfile, options: {
  readonly run: RunProfile;
  readonly isOver: IsOver;
  readonly clock: Clock;
  readonly drainSeconds: number;
  readonly signal: AbortSignal | undefined;
}): Promise<WorkloadResult> {
  const { run, isOver, clock, signal } = options;
  const sure = new AbortController();
  const ended: RequestRecord[] = [];
  let next = FIRST_LOOK;
  let shown: ReturnType<IsOver>;
  const startSeconds = clock.nowSeconds();
  const result = await run(profile, {
    signal: signal === undefined ? sure.signal : AbortSignal.any([signal, sure.signal]),
    onRecord(record) {
      ended.push(record);
      // A server that fails may be lost: what became of it is seen at the run's own end.
      if (record.outcome !== "ok") next = Infinity;
      if (shown !== undefined || ended.length < next) return;
      next = ended.length * MORE;
      shown = isOver(ended, clock.nowSeconds() - startSeconds);
      if (shown !== undefined) sure.abort();
    },
  });
  if (shown === undefined || result.stopped?.code !== "cancelled" || signal?.aborted === true) return result;
  if (shown === "fails") {
    const nowSeconds = clock.nowSeconds();
    const untilSeconds = nowSeconds + Math.min(nowSeconds - startSeconds, options.drainSeconds);
    // Ctrl-C ends the pause: the search sees it itself.
    await drive(clock, () => clock.sleepUntil(untilSeconds, signal)).catch((error) => {
      if (signal?.aborted !== true) throw error;
    });
  }
  // Nobody stopped it: it had said what it was asked.
  const { stopped: _stopped, ...whole } = result;
  return whole;
}
