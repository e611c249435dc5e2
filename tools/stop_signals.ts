/**
 * The signals by which a person or a system asks a program to end.
 *
 * @module
 */
import { pressCounter } from "../src/base/presses.ts";

/** What {@link stopSignals} returns; disposing stops listening. */
export interface StopSignals extends Disposable {
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP: end in order. */
  readonly signal: AbortSignal;
  /** Aborted by the second, half a second or more after the first: end at once. */
  readonly killSignal: AbortSignal;
}

/** Listens until it is disposed. While it listens, these signals do not end the process by themselves. */
export function stopSignals(): StopSignals {
  const stop = new AbortController();
  const kill = new AbortController();
  const press = pressCounter();
  const onSignal = () => {
    if (press(performance.now() / 1000) > 1) kill.abort(new DOMException("Stopped at once", "AbortError"));
    stop.abort(new DOMException("Stopped", "AbortError"));
  };
  // Windows knows SIGINT and SIGBREAK only.
  const names: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of names) Deno.addSignalListener(name, onSignal);
  return {
    signal: stop.signal,
    killSignal: kill.signal,
    [Symbol.dispose]() {
      for (const name of names) Deno.removeSignalListener(name, onSignal);
    },
  };
}
