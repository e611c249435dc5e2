/**
 * Showing things under a cell.
 *
 * @module
 */
import { type Clock, drive, sleep } from "../base/clock.ts";
import { realClock } from "../collector/clock.ts";
import { bundleOf, type Displayable } from "./displayable.ts";
import { frontend } from "./frontend.ts";
import { cellStopped, stopSignal, takeBackgroundErrors, throwIfQueued, throwIfStopped } from "./setup.ts";

/**
 * Shows one or several things, each as an output of its own. Await it, so that it stays in its cell.
 *
 * @throws StoppedError after it, when the reader has pressed Stop meanwhile; before it, in cells that waited behind
 */
export async function show(value: Displayable | readonly Displayable[]): Promise<void> {
  throwIfQueued();
  for (const one of Array.isArray(value) ? value : [value]) {
    await frontend().display(await bundleOf(one));
  }
  await tellBackgroundErrors();
  throwIfStopped();
}

/**
 * Writes text or lines as one output. Await it, so that it stays in its cell.
 *
 * @throws StoppedError as {@link show} does
 */
export async function say(text: string | readonly string[]): Promise<void> {
  throwIfQueued();
  const lines = typeof text === "string" ? text : text.join("\n");
  await frontend().write("stdout", `${lines}\n`);
  await tellBackgroundErrors();
  throwIfStopped();
}

/** Options of {@link live} and {@link wait}: the lab itself will do. */
export interface WaitOptions {
  /** The clock that is waited on; the real one by default. */
  readonly clock?: Clock;
  /** Ends it; by default Jupyter's Stop does. */
  readonly signal?: AbortSignal;
}

/**
 * Shows frames as they come, each in the place of the one before. The last frame stays and gets its PNG, also when the
 * frames fail or are stopped. On a virtual clock, where nobody watches, only the last is shown; whoever makes the frames
 * lets that time pass.
 *
 * @throws the signal's reason when stopped, or what the frames throw
 */
export async function live(frames: AsyncIterable<Displayable>, options: WaitOptions = {}): Promise<void> {
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
  await tellBackgroundErrors();
}

/**
 * Lets time pass while background work goes on.
 *
 * @throws the signal's reason when stopped
 */
export async function wait(seconds: number, options: WaitOptions = {}): Promise<void> {
  const clock = options.clock ?? realClock();
  const signal = options.signal ?? stopSignal();
  try {
    await drive(clock, () => sleep(clock, seconds, signal));
  } finally {
    if (signal.aborted) cellStopped();
  }
  await tellBackgroundErrors();
}

async function tellBackgroundErrors(): Promise<void> {
  const errors = takeBackgroundErrors();
  if (errors.length > 0) await frontend().write("stderr", errors.map((error) => `${error}\n`).join(""));
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
