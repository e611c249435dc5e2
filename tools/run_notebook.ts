/**
 * Runs a notebook with the Deno kernel and writes it with its outputs, without Python.
 *
 *     deno run -A tools/run_notebook.ts NOTEBOOK [--out FILE] [--timeout SECONDS]
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../src/formats/json.ts";
import {
  type CodeCell,
  formatNotebook,
  type Notebook,
  type NotebookCell,
  parseNotebook,
} from "../src/formats/notebook.ts";
import { complain, readArguments, WRONG_USE } from "./arguments.ts";
import { Kernel } from "./kernel/kernel.ts";
import { type CellEnd, type CellStatus, runCell } from "./notebook/cell_run.ts";
import { type CellOutputs, OutputCollector } from "./notebook/outputs.ts";
import { machinePaths, secret, withoutMachinePaths } from "./notebook/privacy.ts";
import { firstUnreadable } from "./notebook/unreadable.ts";
import { stopSignals } from "./stop_signals.ts";

/** Where a run stands; called when a cell begins and when it has ended. */
export interface CellProgress {
  readonly state: "begin" | "end";
  /** 1-based among the code cells that have code. */
  readonly number: number;
  readonly count: number;
  readonly cellId: string;
  /** The heading above the cell; "" when there is none. */
  readonly heading: string;
  /** Present at the end. */
  readonly status?: CellStatus;
  readonly durationSeconds?: number;
  readonly outputCount?: number;
}

/** Options of {@link runNotebook}. */
export interface RunNotebookOptions {
  /** File to write; the notebook itself when absent. */
  readonly out?: string;
  /** How long one cell may take; default 300. */
  readonly timeoutSeconds?: number;
  /** Variables for the kernel, over those of this process: `LAB_MODE`, `LAB_URL`, `TZ`, … */
  readonly env?: Readonly<Record<string, string>>;
  readonly onCell?: (progress: CellProgress) => void;
  /** Stops as Jupyter's Stop button does; closing cells still run, then everything is written. */
  readonly signal?: AbortSignal;
  /** Ends the kernel at once; what has come so far is written. */
  readonly killSignal?: AbortSignal;
  /** How long an interrupted cell may take to end by itself; default 3. */
  readonly graceSeconds?: number;
  /** How long each closing cell may take after a failure or a stop; default 20. */
  readonly closingSeconds?: number;
}

/** What ended a run before its last cell. */
export interface CellFailure {
  readonly kind: Exclude<CellStatus, "ok">;
  /** 1-based among the code cells that have code. */
  readonly cellNumber: number;
  readonly cellId: string;
  readonly name: string;
  readonly message: string;
}

/** What a run came to. */
export interface NotebookRun {
  /** The file that was written. */
  readonly path: string;
  /** Cells that were run. */
  readonly cellCount: number;
  readonly durationSeconds: number;
  /** Absent when every cell ended well. */
  readonly failure?: CellFailure;
}

/** Cells with this tag run even after a failure or a stop, as long as the kernel lives: save, export, clean up. */
export const CLOSING_TAG = "closing";

/**
 * Runs the cells in order in a fresh kernel whose working directory is the notebook's folder. At the first failure the
 * rest is left out, but for cells tagged {@link CLOSING_TAG}. Whatever happens, the outputs so far are written, and the
 * kernel is ended with everything that its cells started.
 *
 * @throws when the notebook cannot be read or written, or no kernel can be started
 */
export async function runNotebook(path: string, options: RunNotebookOptions = {}): Promise<NotebookRun> {
  const startMs = performance.now();
  const notebook = parseNotebook(await Deno.readTextFile(path));
  const kernel = await Kernel.start({
    directory: dirname(resolve(path)),
    ...(options.env === undefined ? {} : { environment: options.env }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const collector = new OutputCollector();
  kernel.listen((message) => collector.take(message));
  const onKill = () => void kernel.kill();
  options.killSignal?.addEventListener("abort", onKill, { once: true });

  const runs = new Map<string, { outputs: CellOutputs; end: CellEnd }>();
  let failure: CellFailure | undefined;
  try {
    failure = await runCells({ kernel, collector }, { notebook, runs, options });
  } finally {
    options.killSignal?.removeEventListener("abort", onKill);
    await kernel.stop();
  }
  const out = options.out ?? path;
  await writeWhole(out, formatNotebook(executed(notebook, runs)));
  return {
    path: out,
    cellCount: runs.size,
    durationSeconds: (performance.now() - startMs) / 1000,
    ...(failure === undefined ? {} : { failure }),
  };
}

interface RunState {
  readonly notebook: Notebook;
  readonly runs: Map<string, { outputs: CellOutputs; end: CellEnd }>;
  readonly options: RunNotebookOptions;
}

async function runCells(
  context: { readonly kernel: Kernel; readonly collector: OutputCollector },
  state: RunState,
): Promise<CellFailure | undefined> {
  const { notebook, runs, options } = state;
  const cells = notebook.cells.filter(hasCode);
  let failure: CellFailure | undefined;
  for (const [index, cell] of cells.entries()) {
    if (failure !== undefined && !isClosing(cell)) continue;
    const place = {
      number: index + 1,
      count: cells.length,
      cellId: cell.id,
      heading: headingAbove(notebook, cell),
    };
    if (failure === undefined && options.signal?.aborted === true) {
      failure = stoppedBefore(place);
      if (!isClosing(cell)) continue;
    }
    options.onCell?.({ state: "begin", ...place });
    const startMs = performance.now();
    const outputs = context.collector.beginCell();
    const end = await runCell(context, cell.source, cellOptions(options, failure !== undefined));
    runs.set(cell.id, { outputs, end });
    options.onCell?.({
      state: "end",
      ...place,
      status: end.status,
      durationSeconds: (performance.now() - startMs) / 1000,
      outputCount: outputs.outputs.length,
    });
    failure ??= failureOf(end, place);
    if (!end.kernelUsable) break;
  }
  return failure;
}

/** Closing cells are not stopped by the signal that has already been given; they have a shorter time instead. */
function cellOptions(options: RunNotebookOptions, closing: boolean) {
  const graceSeconds = options.graceSeconds ?? 3;
  if (closing) return { timeoutSeconds: options.closingSeconds ?? 20, graceSeconds };
  return {
    timeoutSeconds: options.timeoutSeconds ?? 300,
    graceSeconds,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

/** Stopped between two cells. */
function stoppedBefore(place: { number: number; cellId: string }): CellFailure {
  return {
    kind: "stopped",
    cellNumber: place.number,
    cellId: place.cellId,
    name: "Stopped",
    message: "stopped",
  };
}

function failureOf(end: CellEnd, place: { number: number; cellId: string }): CellFailure | undefined {
  if (end.status === "ok") return undefined;
  return {
    kind: end.status,
    cellNumber: place.number,
    cellId: place.cellId,
    name: end.name,
    message: end.message,
  };
}

function hasCode(cell: NotebookCell): cell is CodeCell {
  return cell.kind === "code" && cell.source.trim() !== "";
}

function isClosing(cell: CodeCell): boolean {
  const tags = cell.metadata["tags"];
  return Array.isArray(tags) && tags.includes(CLOSING_TAG);
}

function headingAbove(notebook: Notebook, cell: NotebookCell): string {
  const above = notebook.cells.slice(0, notebook.cells.indexOf(cell));
  const headings = above.flatMap((one) =>
    one.kind === "markdown" ? [...one.source.matchAll(/^#+ +(.+)$/gm)] : []
  );
  return headings.at(-1)?.[1]?.trim() ?? "";
}

/** The notebook with the outputs of this run only, without times of execution and without paths of this machine. */
function executed(notebook: Notebook, runs: RunState["runs"]): Notebook {
  const projectDirectory = fileURLToPath(new URL("..", import.meta.url));
  const replacements = [
    ...secret(Deno.env.get("LAB_API_KEY") ?? ""),
    ...machinePaths(projectDirectory, Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE")),
  ];
  const cells = notebook.cells.map((cell): NotebookCell => {
    const metadata = withoutExecutionTimes(cell.metadata);
    if (cell.kind !== "code") return { ...cell, metadata };
    const run = runs.get(cell.id);
    return {
      ...cell,
      metadata,
      outputs: run?.outputs.outputs.map((output) => withoutMachinePaths(output, replacements)) ?? [],
      executionCount: run?.end.executionCount ?? null,
    };
  });
  return { cells, metadata: { ...notebook.metadata, ...KERNEL_METADATA } };
}

function withoutExecutionTimes(metadata: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== "execution"));
}

/** JupyterLab picks the kernel without asking only when the name is that of an installed kernelspec. */
const KERNEL_METADATA: JsonObject = {
  kernelspec: { name: "deno", display_name: "Deno", language: "typescript" },
  language_info: {
    name: "typescript",
    file_extension: ".ts",
    mimetype: "text/x.typescript",
    codemirror_mode: "typescript",
    pygments_lexer: "typescript",
    nbconvert_exporter: "script",
  },
};

/** Writes beside the file, then puts it in its place: a full disk or a kill leaves the old file whole. */
async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await Deno.writeTextFile(partial, text);
    await Deno.rename(partial, path);
  } catch (error) {
    await Deno.remove(partial).catch(() => {}); // Whether there is a part or not, the first error is the one to tell.
    throw error;
  }
}

const COMMAND = "deno run -A tools/run_notebook.ts";

const USAGE = `Usage: ${COMMAND} NOTEBOOK [--out FILE] [--timeout SECONDS]`;

async function main(): Promise<number> {
  const given = readArguments(COMMAND, {
    args: Deno.args,
    options: {
      out: { type: "string" },
      timeout: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
    allowPositionals: true,
  });
  if ("wrong" in given) {
    complain(given.wrong);
    return WRONG_USE;
  }
  const { values, positionals } = given.read;
  if (values.help) {
    Deno.stdout.writeSync(new TextEncoder().encode(`${USAGE}\n`));
    return 0;
  }
  const path = positionals[0];
  const timeoutSeconds = values.timeout === undefined ? 300 : Number(values.timeout);
  if (path === undefined || positionals.length > 1) {
    complain(USAGE);
    return WRONG_USE;
  }
  if (!(timeoutSeconds > 0)) {
    complain(`Cannot run ${path}: --timeout is ${JSON.stringify(values.timeout)}, wanted seconds above 0`);
    return WRONG_USE;
  }
  const problem = await firstUnreadable("run", [path]);
  if (problem !== undefined) {
    complain(problem);
    return WRONG_USE;
  }
  using stop = stopSignals();
  const run = await runNotebook(path, {
    timeoutSeconds,
    ...(values.out === undefined ? {} : { out: values.out }),
    signal: stop.signal,
    killSignal: stop.killSignal,
    onCell: ({ state, number, count, heading, status, durationSeconds, outputCount }) => {
      if (state === "begin") return;
      const time = `${durationSeconds?.toFixed(1)} s`;
      complain(`cell ${number} of ${count}: ${status}, ${time}, outputs: ${outputCount}  ${heading}`);
    },
  });
  const { failure } = run;
  complain(`${run.path}: ${run.cellCount} cells in ${run.durationSeconds.toFixed(1)} s`);
  if (failure === undefined) return 0;
  complain(
    `cell ${failure.cellNumber} (${failure.cellId}): ${failure.kind}: ${failure.name}: ${failure.message}`,
  );
  return failure.kind === "stopped" ? 130 : 1;
}

if (import.meta.main) Deno.exit(await main());
