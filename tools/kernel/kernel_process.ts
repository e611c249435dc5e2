/**
 * The kernel as a process: started in a process group of its own, so that all that its cells start can be ended with it.
 *
 * @module
 */
import { CONNECTION_FILE, RUNNER_PID } from "../../src/notebook/runner_watch.ts";

/** How many characters of what a kernel wrote to its terminal are kept for the message about its end. */
const KEPT_CHARACTERS = 2_000;

/** A running `deno jupyter --kernel`. */
export class KernelProcess {
  readonly #child: Deno.ChildProcess;
  readonly #readers: ReadableStreamDefaultReader<string>[];
  #written = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#readers = [child.stdout, child.stderr].map((stream) =>
      stream.pipeThrough(new TextDecoderStream()).getReader()
    );
    for (const reader of this.#readers) void this.#keep(reader);
  }

  /** Starts a kernel for a connection file. */
  static start(
    connectionFile: string,
    options: { readonly directory: string; readonly environment?: Readonly<Record<string, string>> },
  ): KernelProcess {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--quiet", "--kernel", "--conn", connectionFile],
      cwd: options.directory,
      env: {
        ...options.environment,
        NO_COLOR: "1",
        // The notebook's setup ends the kernel when this process is gone.
        [RUNNER_PID]: String(Deno.pid),
        [CONNECTION_FILE]: connectionFile,
      },
      detached: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    return new KernelProcess(command.spawn());
  }

  /** Resolves when the process has ended. */
  get ended(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** The end of what it wrote to its terminal: a panic, out of memory. */
  get lastWords(): string {
    return this.#written.trim();
  }

  /** What Jupyter's Stop button does: SIGINT. It ends a kernel whose notebook does not listen for it. */
  interrupt(): void {
    sendSignal(this.#child.pid, "SIGINT");
  }

  /** Ends the process and everything that its cells started and left in its group. Doing it twice is fine. */
  async kill(): Promise<void> {
    // On Windows there are no process groups; the process alone is ended there.
    sendSignal(Deno.build.os === "windows" ? this.#child.pid : -this.#child.pid, "SIGKILL");
    await this.#child.status;
    for (const reader of this.#readers) await reader.cancel();
  }

  async #keep(reader: ReadableStreamDefaultReader<string>): Promise<void> {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      this.#written = (this.#written + value).slice(-KEPT_CHARACTERS);
    }
  }
}

/** Sends a signal; a process (group) that has already ended is what was wanted (macOS says EPERM of a dead group). */
function sendSignal(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)) {
      throw error;
    }
  }
}
