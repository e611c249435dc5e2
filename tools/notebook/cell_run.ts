/**
 * Runs one cell in a kernel and waits until all of its outputs have come.
 *
 * @module
 */
import { numberAt, stringAt } from "../../src/formats/json.ts";
import { isKernelError, type Kernel, KernelTimeoutError } from "../kernel/kernel.ts";
import type { KernelMessage } from "../kernel/messages.ts";
import type { OutputCollector } from "./outputs.ts";

/** How a cell ended. */
export type CellStatus = "ok" | "error" | "syntax_error" | "timeout" | "kernel_died" | "stopped";

/** The end of a cell. */
export interface CellEnd {
  readonly status: CellStatus;
  readonly executionCount: number | null;
  /** The error's name and message; "" when it ended well. */
  readonly name: string;
  readonly message: string;
  /** False when the kernel is dead or hung: nothing more can be run in it. */
  readonly kernelUsable: boolean;
}

/** Options of {@link runCell}. */
export interface CellRunOptions {
  readonly timeoutSeconds: number;
  /** Interrupts the cell, as Jupyter's Stop button does. */
  readonly signal?: AbortSignal;
  /** How long an interrupted cell may take to end by itself. */
  readonly graceSeconds: number;
}

/** The message by which a cell's end is marked in the stream of outputs. */
const MARKER = "lab_outputs_complete";
const MARKER_SECONDS = 20;

/** A kernel and the collector that listens to it. */
export interface CellContext {
  readonly kernel: Kernel;
  readonly collector: OutputCollector;
}

/** Runs code as a cell. Never rejects for what the code or the kernel does: that is the returned end. */
export async function runCell(
  context: CellContext,
  code: string,
  options: CellRunOptions,
): Promise<CellEnd> {
  const { kernel, collector } = context;
  const before = errorCount(collector);
  try {
    const { reply, interrupted } = await execute(kernel, code, options);
    await drain(kernel);
    const end = endOf(reply, errorCount(collector) > before);
    if (end.status === "syntax_error") {
      // The kernel shows nothing for code that it cannot parse.
      collector.add({ kind: "error", name: end.name, message: end.message, traceback: [end.message] });
    }
    return interrupted === undefined ? end : { ...end, status: interrupted };
  } catch (error) {
    if (error instanceof Interrupted) {
      return lost(collector, error.status, `${error.message}; the kernel did not stop and was ended`);
    }
    if (!isKernelError(error)) throw error;
    const status = error instanceof KernelTimeoutError ? "timeout" : "kernel_died";
    return lost(collector, status, error.message);
  }
}

/** An interrupted cell that did not end. */
class Interrupted extends Error {
  constructor(readonly status: "timeout" | "stopped", message: string) {
    super(message);
  }
}

interface Execution {
  readonly reply: KernelMessage;
  /** Why it was interrupted before it ended; undefined when it was not. */
  readonly interrupted: "timeout" | "stopped" | undefined;
}

async function execute(kernel: Kernel, code: string, options: CellRunOptions): Promise<Execution> {
  const reply = kernel.request("shell", {
    type: "execute_request",
    content: {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    },
  });
  const first = await Promise.race([reply, interruption(options, reply)]);
  if (typeof first !== "string") return { reply: first, interrupted: undefined };

  interruptUntil(kernel, reply);
  const why = first === "timeout" ? `no end within ${options.timeoutSeconds} s` : "stopped";
  const late = await Promise.race([
    reply.catch((error) => {
      // A notebook that does not listen for SIGINT is ended by it: that is the stop that was asked for.
      throw isKernelError(error) ? new Interrupted(first, why) : error;
    }),
    seconds(options.graceSeconds, reply),
  ]);
  if (late === undefined) throw new Interrupted(first, why);
  return { reply: late, interrupted: first };
}

/** Between two interrupts of one cell. */
const INTERRUPT_AGAIN_MS = 700;

/**
 * Interrupts, and again until the work has ended: an interrupt that comes before the cell has begun to wait for anything
 * stops nothing.
 */
function interruptUntil(kernel: Kernel, work: Promise<unknown>): void {
  kernel.interrupt();
  const timer = setInterval(() => kernel.interrupt(), INTERRUPT_AGAIN_MS);
  const clear = () => clearInterval(timer);
  work.then(clear, clear);
}

/** Resolves when the time is over or the signal says stop; never when the work ends before. */
function interruption(options: CellRunOptions, work: Promise<unknown>): Promise<"timeout" | "stopped"> {
  return new Promise((resolve) => {
    const { signal } = options;
    const timer = setTimeout(() => resolve("timeout"), options.timeoutSeconds * 1000);
    const onAbort = () => resolve("stopped");
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const clear = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    work.then(clear, clear);
  });
}

/** Resolves after a time; its timer does not outlive the work. */
function seconds(count: number, work: Promise<unknown>): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), count * 1000);
    const clear = () => clearTimeout(timer);
    work.then(clear, clear);
  });
}

/**
 * Waits until every output of the last cell has come. The kernel says that a cell has ended before its last outputs
 * have left; a marker sent down the same queue, after them, arrives after them.
 */
async function drain(kernel: Kernel): Promise<void> {
  const id = crypto.randomUUID();
  const marked = kernel.waitFor(
    (message) => message.type === MARKER && message.content["id"] === id,
    { timeoutSeconds: MARKER_SECONDS },
  );
  marked.catch(() => undefined);
  await kernel.request("shell", {
    type: "execute_request",
    content: {
      code: `await Deno.jupyter.broadcast("${MARKER}", { id: "${id}" }); undefined`,
      silent: true,
      store_history: false,
      allow_stdin: false,
    },
  }, { timeoutSeconds: MARKER_SECONDS });
  await marked;
}

function endOf(reply: KernelMessage, errorShown: boolean): CellEnd {
  const executionCount = numberAt(reply.content, "execution_count");
  if (reply.content["status"] === "ok" && !errorShown) {
    return { status: "ok", executionCount, name: "", message: "", kernelUsable: true };
  }
  return {
    status: errorShown ? "error" : "syntax_error",
    executionCount,
    name: errorShown ? stringAt(reply.content, "ename") || "Error" : "SyntaxError",
    message: stringAt(reply.content, "evalue") || "the cell could not be run",
    kernelUsable: true,
  };
}

function lost(
  collector: OutputCollector,
  status: "timeout" | "stopped" | "kernel_died",
  message: string,
): CellEnd {
  const name = status === "kernel_died" ? "KernelDied" : status === "timeout" ? "Timeout" : "Stopped";
  collector.add({ kind: "error", name, message, traceback: [`${name}: ${message}`] });
  return { status, executionCount: null, name, message, kernelUsable: false };
}

function errorCount(collector: OutputCollector): number {
  return collector.lastCell.filter((output) => output.kind === "error").length;
}
