/**
 * What the commands share: printing, exit codes, the one error that ends a command with a clear line.
 *
 * @module
 */
import { pressCounter } from "../base/presses.ts";

const encoder = new TextEncoder();

/** Exit codes of every task. */
export const EXIT = {
  ok: 0,
  /** It ran, and something that had to hold did not. */
  failed: 1,
  /** Wrong use, or a target that cannot be watched. */
  usage: 2,
  /** Stopped by Ctrl-C; what was collected is kept. */
  interrupted: 130,
} as const;

/** Ends a command: one line on stderr and this exit code. */
export class CliError extends Error {
  override readonly name = "CliError";
  constructor(message: string, readonly exitCode: number = EXIT.usage, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Writes lines to standard output; results only, so that it can be piped. */
export function print(text = ""): void {
  writeAll(Deno.stdout, text + "\n");
}

/** Writes lines to standard error: progress, warnings, errors. */
export function note(text: string): void {
  writeAll(Deno.stderr, text + "\n");
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch (error) {
    // The reader has gone (`| head`): there is nobody left to tell.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/**
 * A signal that aborts on the first Ctrl-C; a second Ctrl-C ends the process at once. Signals within half a
 * second of the first are the same Ctrl-C, which may come both from the terminal and from a task runner.
 * Dispose it when the command is over, else the process keeps listening.
 */
export function interruptSignal(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const press = pressCounter();
  const onInterrupt = () => {
    if (press(performance.now() / 1000) > 1) Deno.exit(EXIT.interrupted);
    controller.abort(new DOMException("interrupted", "AbortError"));
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  // A supervisor stops with SIGTERM; Windows has no such signal to listen to.
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onInterrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      Deno.removeSignalListener("SIGINT", onInterrupt);
      if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", onInterrupt);
    },
  };
}
