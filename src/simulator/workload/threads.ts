/**
 * How many threads share a phase of load out, and what falls to each: pure.
 *
 * @module
 */
import { peakRate } from "./pacer.ts";
import type { LoadMode, PhasePlan } from "./plan.ts";

/** So many threads, or as many as the load is worth. */
export type Threads = number | "auto";

/** Why fewer threads than asked for shared a load out. */
export type ThreadsLimit =
  /** All users of a conversation draw their words from one source, and begin with the same. */
  | "conversation"
  /** More threads than users, or than requests that may be in flight, would have nothing to do. */
  | "users"
  /** With a fetch or clock of one's own, or behind a proxy, there is no thread but the caller's. */
  | "own_thread";

/** The most that can be asked for. */
export const MOST_THREADS = 64;

/** Whether so many threads can be asked for. */
export function isThreadCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MOST_THREADS;
}

/** Streams that a thread is given: of 200, one on two shared cores is off by 2 to 5 ms at p99 of TTFT, two by 1. */
const STREAMS_A_THREAD = 100;
/** Beyond this, `auto` adds none: nothing was measured there. */
const MOST_AUTOMATIC = 4;

/** In an open loop no more at once than this, where nobody says otherwise. */
export const DEFAULT_MAX_IN_FLIGHT = 2048;

/** The number of threads for a phase, and why it is not the one that was asked for. */
export function threadsFor(
  plan: PhasePlan,
  asked: Threads,
  cores: number,
): { readonly threads: number; readonly limit?: ThreadsLimit } {
  const wanted = asked === "auto" ? automatic(plan.mode, cores) : asked;
  if (wanted === 1) return { threads: 1 };
  if (plan.prompts.kind === "conversation") return { threads: 1, ...limitOf(asked, "conversation") };
  const most = mostAtOnce(plan.mode);
  return most < wanted ? { threads: most, ...limitOf(asked, "users") } : { threads: wanted };
}

function limitOf(asked: Threads, limit: ThreadsLimit): { readonly limit?: ThreadsLimit } {
  return asked === "auto" ? {} : { limit };
}

function automatic(mode: LoadMode, cores: number): number {
  return Math.max(1, Math.min(Math.ceil(streamsOf(mode) / STREAMS_A_THREAD), cores, MOST_AUTOMATIC));
}

/** How long answers take, and so how many streams a schedule has at once, is the server's doing: a second is assumed. */
function streamsOf(mode: LoadMode): number {
  if (mode.kind === "closed") return mode.users;
  return Math.min(peakRate(mode.arrivals), mostAtOnce(mode));
}

function mostAtOnce(mode: LoadMode): number {
  return mode.kind === "closed" ? mode.users : mode.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
}

/** Of things that are dealt out in turn, how many fall to one of the threads: 7 among 2 are 4 and 3. */
export function shareOf(total: number, thread: { readonly index: number; readonly count: number }): number {
  return Math.max(0, Math.ceil((total - thread.index) / thread.count));
}
