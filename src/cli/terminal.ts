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
  try {
    writeAll(Deno.stderr, text + "\n");
  } catch (error) {
    // Where errors are told is full or closed: that cannot be told, and is no reason to stop the work.
    if (!(error instanceof Error)) throw error;
  }
}

const gone = new AbortController();

/** Aborted when nobody reads standard output any more (`| head`): what would go on for its lines alone may end. */
export const readerGone: AbortSignal = gone.signal;

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    // The reader has gone: there is nobody left to tell.
    if (stream === Deno.stdout) gone.abort();
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
  // A supervisor stops with SIGTERM; Windows has no such signal to listen to. SIGHUP is left alone, so that nohup works.
  const names: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const name of names) Deno.addSignalListener(name, onInterrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of names) Deno.removeSignalListener(name, onInterrupt);
    },
  };
}
