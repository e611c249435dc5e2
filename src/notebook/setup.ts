/**
 * The first call of a notebook: what keeps it alive when it is stopped and when a background task fails.
 *
 * @module
 */
import { type Language, LANGUAGES } from "../text/language.ts";
import { NOTEBOOK_TEXT } from "../text/notebook.ts";
import { RUNNER_PID, watchRunner } from "./runner_watch.ts";
import { StoppedQueue } from "./stopped_queue.ts";

/** The error that ends a cell when the reader presses Stop. */
export class StoppedError extends Error {
  override readonly name = "Stopped";
}

interface State {
  readonly language: Language;
  stop: AbortController;
  /** Cells that wait behind the one that was stopped. */
  readonly queue: StoppedQueue;
  /** Messages of background errors that have not been told yet. */
  readonly errors: string[];
  /** Sentences to be told once, by what they are about: a newer one takes the place of an older. */
  readonly notices: Map<string, string>;
  /** The lab that was set up has been closed. */
  labClosed: boolean;
  readonly dispose: () => void;
}

let state: State | undefined;

/**
 * Call it in the first cell; calling it again starts afresh. From then on:
 * - Stop (SIGINT) ends what waits on {@link stopSignal} and the cells queued behind it, instead of ending the kernel with
 *   all its data;
 * - an error of a background task is kept and told under the next output, instead of freezing every timer in silence;
 * - a kernel whose runner was killed ends by itself, instead of staying for good.
 *
 * @throws RangeError when `LAB_LANG` is no language of the lab
 */
export function setup(options: { readonly language?: Language } = {}): void {
  teardown();
  const language = options.language ?? languageFromEnvironment();
  const errors: string[] = [];
  // A runner ends the queue itself, and wants the closing cells to run.
  const queue = new StoppedQueue({ off: Deno.env.get(RUNNER_PID) !== undefined });
  const onStop = () => {
    const stopped = state?.stop;
    if (state !== undefined) state.stop = new AbortController();
    queue.stop();
    stopped?.abort(stoppedError(NOTEBOOK_TEXT[language].stopped));
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    keepError(errors, event.reason);
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    keepError(errors, event.error ?? event.message);
  };
  const stopWatching = watchRunner();
  Deno.addSignalListener("SIGINT", onStop);
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);

  const dispose = () => {
    stopWatching();
    Deno.removeSignalListener("SIGINT", onStop);
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onError);
    state = undefined;
  };
  state = {
    language,
    stop: new AbortController(),
    queue,
    errors,
    notices: new Map(),
    labClosed: false,
    dispose,
  };
}

/** What {@link setup} was told to speak; undefined before it. */
export function languageOfSetup(): Language | undefined {
  return state?.language;
}

/** What stands for an empty list. */
export function nothingToShow(): string {
  return NOTEBOOK_TEXT[state?.language ?? "en"].nothingToShow;
}

/** The lab is closed: what fails from now on, until the next {@link setup}, may fail for that. */
export function labHasClosed(): void {
  if (state !== undefined) state.labClosed = true;
}

/** Whether {@link labHasClosed} was told. */
export function isLabClosed(): boolean {
  return state?.labClosed === true;
}

/** Takes the listeners of {@link setup} away. */
export function teardown(): void {
  state?.dispose();
}

/**
 * A signal for a load or a wait in a cell: aborted when the reader presses Stop; the next call gives a fresh one, but in
 * cells that were waiting behind the stopped one: there it is aborted from the beginning. Without {@link setup} it never
 * is.
 */
export function stopSignal(): AbortSignal {
  if (state === undefined) return new AbortController().signal;
  return state.queue.refuses() ? AbortSignal.abort(notRunError(state.language)) : state.stop.signal;
}

/**
 * Before an output: refuses it in cells that were waiting behind a stopped one.
 *
 * @throws StoppedError
 */
export function throwIfQueued(): void {
  if (state?.queue.refuses()) throw notRunError(state.language);
}

/**
 * After an output: ends the cell when Stop was pressed while it was being made, so that what has come so far is seen.
 *
 * @throws StoppedError
 */
export function throwIfStopped(): void {
  if (state?.queue.takeStop()) throw stoppedError(NOTEBOOK_TEXT[state.language].stopped);
}

/** The stopped cell is about to end with an error of its own. */
export function cellStopped(): void {
  state?.queue.takeStop();
}

/** Has a sentence told under the next output, in place of an earlier one about the same; nothing without {@link setup}. */
export function tellLater(about: string, sentence: string): void {
  state?.notices.set(about, sentence);
}

/** Errors of background tasks and what {@link tellLater} was given since the last call, as sentences; each is given once. */
export function takeNotices(): readonly string[] {
  if (state === undefined) return [];
  const { language, errors, notices } = state;
  const told = [...notices.values()];
  notices.clear();
  return [...errors.splice(0).map((message) => NOTEBOOK_TEXT[language].backgroundError(message)), ...told];
}

/**
 * `LAB_LANG`, the usual one when it is not set.
 *
 * @param usual what the notebook speaks by itself
 */
export function languageFromEnvironment(
  variables: (name: string) => string | undefined = (name) => Deno.env.get(name),
  usual: Language = "en",
): Language {
  const wanted = variables("LAB_LANG") || usual;
  const language = LANGUAGES.find((known) => known.toLowerCase() === wanted.toLowerCase());
  if (language === undefined) {
    throw new RangeError(
      `Cannot set up notebook: LAB_LANG is "${wanted}", wanted one of ${LANGUAGES.join(", ")}`,
    );
  }
  return language;
}

/** Its stack would be that of the signal listener, which says nothing: the message alone is shown. */
function stoppedError(message: string): StoppedError {
  const error = new StoppedError(message);
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

function notRunError(language: Language): StoppedError {
  return stoppedError(NOTEBOOK_TEXT[language].notRun);
}

/** Whoever pressed Stop knows it: background work that ends for it is no failure. */
function keepError(errors: string[], reason: unknown): void {
  if (reason instanceof StoppedError) return;
  const message = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  if (errors.length < MOST_ERRORS_KEPT && !errors.includes(message)) errors.push(message);
}

/** A timer that fails every 100 ms must not fill the memory. */
const MOST_ERRORS_KEPT = 20;
