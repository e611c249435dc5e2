/**
 * Showing things under a cell.
 *
 * @module
 */
import {
  ANY_TEXT,
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  DURATION,
  either,
  listOf,
  SIGNAL,
} from "../base/arguments.ts";
import { type Clock, drive, sleep } from "../base/clock.ts";
import { realClock } from "../collector/clock.ts";
import { bundleOf, DISPLAYABLE, type Displayable } from "./displayable.ts";
import { frontend } from "./frontend.ts";
import {
  cellStopped,
  nothingToShow,
  stopSignal,
  takeNotices,
  throwIfQueued,
  throwIfStopped,
} from "./setup.ts";

/**
 * Shows one or several things, each as an output of its own; of an empty list it says that it is empty. Await it, so that
 * it stays in its cell.
 *
 * @throws StoppedError after it, when the reader has pressed Stop meanwhile; before it, in cells that waited behind
 *
 * @example
 * ```ts
 * import { openShippedData, RealTimeDashboard, show } from "#lab";
 *
 * const real = await openShippedData("vllm-0.32.0-cpu");
 * await show(await new RealTimeDashboard(real).snapshot());
 * ```
 */
export async function show(value: Displayable | readonly Displayable[]): Promise<void> {
  throwIfQueued();
  checkArgument("show(await dashboard.snapshot())", { value }, SHOWABLE);
  const all: readonly Displayable[] = Array.isArray(value) ? value : [value];
  for (const one of all) await frontend().display(await bundleOf(one));
  if (all.length === 0) await frontend().write("stdout", `${nothingToShow()}\n`);
  await tellNotices();
  throwIfStopped();
}

/**
 * Writes text or lines as one output. Await it, so that it stays in its cell.
 *
 * @throws StoppedError as {@link show} does
 */
export async function say(text: string | readonly string[]): Promise<void> {
  throwIfQueued();
  checkArgument('say("done")', { text }, LINES);
  const lines = typeof text === "string" ? text : text.join("\n");
  await frontend().write("stdout", `${lines}\n`);
  await tellNotices();
  throwIfStopped();
}

/** Options of {@link live} and {@link wait}: the lab itself will do. */
export interface WaitOptions {
  /** The clock that is waited on; the real one by default. */
  readonly clock?: Clock;
  /** Ends it; by default Jupyter's Stop does. */
  readonly signal?: AbortSignal;
}

const WAIT_CHECKS: Checks<WaitOptions> = { clock: CLOCK, signal: SIGNAL };

const FRAMES: Check = {
  wanted: "frames, such as dashboard.live()",
  accepts: (value) => typeof value === "object" && value !== null && Symbol.asyncIterator in value,
};

const LINES = either("a text or a list of texts", ANY_TEXT, listOf(ANY_TEXT, ""));

const SHOWABLE = either(
  "a picture, a table or { markdown }, or a list of them",
  DISPLAYABLE,
  listOf(DISPLAYABLE, ""),
);

/**
 * Shows frames as they come, each in the place of the one before. The last frame stays and gets its PNG, also when the
 * frames fail or are stopped. On a virtual clock, where nobody watches, only the last is shown; whoever makes the frames
 * lets that time pass.
 *
 * @throws the signal's reason when stopped, or what the frames throw
 *
 * @example
 * ```ts
 * import { live, openLab, RealTimeDashboard, RealTimeMetricsCollector } from "#lab";
 *
 * await using lab = await openLab();
 * await using collector = new RealTimeMetricsCollector(lab.collectorOptions);
 * collector.start();
 * const dashboard = new RealTimeDashboard(collector, lab.viewOptions);
 * await live(dashboard.live({ seconds: 4, everySeconds: 2 }), lab);
 * ```
 */
export async function live(frames: AsyncIterable<Displayable>, options: WaitOptions = {}): Promise<void> {
  const call = "live(dashboard.live(), lab)";
  checkArgument(call, { frames }, FRAMES);
  checkOptions<WaitOptions>(call, options, WAIT_CHECKS, { lenient: true });
  const signal = options.signal ?? stopSignal();
  const watched = options.clock?.drive === undefined;
  const displayId = `lab-${crypto.randomUUID()}`;
  const iterator = frames[Symbol.asyncIterator]();
  let last: Displayable | undefined;
  let shown = false;
  try {
    while (true) {
      const { value, done } = await abortable(iterator.next(), signal);
      if (done) break;
      last = value;
      if (!watched) continue;
      await frontend().display(await bundleOf(value, { png: false }), { displayId, update: shown });
      shown = true;
    }
  } finally {
    // Not awaited: a generator that still waits would hold up the cell that is being stopped.
    iterator.return?.().catch(reportError);
    if (last !== undefined) await frontend().display(await bundleOf(last), { displayId, update: shown });
    if (signal.aborted) cellStopped();
  }
  await tellNotices();
}

/**
 * Lets time pass while background work goes on.
 *
 * @param seconds from 0 on
 * @throws the signal's reason when stopped
 *
 * @example
 * ```ts
 * import { openLab, wait } from "#lab";
 *
 * await using lab = await openLab();
 * await wait(0.5, lab); // on the lab's clock; Stop ends it
 * ```
 */
export async function wait(seconds: number, options: WaitOptions = {}): Promise<void> {
  const call = "wait(5, lab)";
  checkArgument(call, { seconds }, DURATION);
  checkOptions<WaitOptions>(call, options, WAIT_CHECKS, { lenient: true });
  const clock = options.clock ?? realClock();
  const signal = options.signal ?? stopSignal();
  try {
    await drive(clock, () => sleep(clock, seconds, signal));
  } finally {
    if (signal.aborted) cellStopped();
  }
  await tellNotices();
}

async function tellNotices(): Promise<void> {
  const notices = takeNotices();
  if (notices.length > 0) await frontend().write("stderr", notices.map((notice) => `${notice}\n`).join(""));
}

/** The work's result, or the signal's reason if that comes first. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
