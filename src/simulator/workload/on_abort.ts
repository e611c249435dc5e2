/**
 * Listening to a signal to which thousands listen.
 *
 * @module
 */

/** Who listens to a signal, in order. The signal itself has one listener for all of them. */
const listening = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls a listener once when the signal aborts; at once when it has. An `EventTarget` looks through all its listeners for
 * every one that is added or removed: with a thousand requests in flight that took more time than reading their answers.
 *
 * @returns what takes the listener off again; calling it twice, or afterwards, does nothing
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => {};
  }
  const listeners = listening.get(signal) ?? startListening(signal);
  // A set holds a function once: two requests that pass the same one are two listeners all the same.
  const own = () => listener();
  listeners.add(own);
  return () => listeners.delete(own);
}

function startListening(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  listening.set(signal, listeners);
  signal.addEventListener("abort", () => {
    for (const listener of [...listeners]) listener();
    listeners.clear();
  }, { once: true });
  return listeners;
}
