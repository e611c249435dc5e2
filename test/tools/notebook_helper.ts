/**
 * Notebooks for tests, made from the code of their cells.
 *
 * @module
 */
import {
  type CodeCell,
  formatNotebook,
  type NotebookCell,
  type NotebookOutput,
  parseNotebook,
} from "../../src/formats/notebook.ts";
import { type NotebookRun, runNotebook, type RunNotebookOptions } from "../../tools/run_notebook.ts";

/** Code of a cell, or code with tags. */
export type CellCode = string | { readonly code: string; readonly tags: readonly string[] };

/** A notebook file's text with one code cell per entry. */
export function notebookText(cells: readonly CellCode[]): string {
  return formatNotebook({
    metadata: {},
    cells: cells.map((cell, index): NotebookCell => ({
      kind: "code",
      id: `c${index + 1}`,
      source: typeof cell === "string" ? cell : cell.code,
      metadata: typeof cell === "string" ? {} : { tags: cell.tags },
      outputs: [],
      executionCount: null,
    })),
  });
}

/** Runs cells in a kernel of their own, in a temporary folder. */
export async function runCode(
  cells: readonly CellCode[],
  options: RunNotebookOptions = {},
): Promise<{ run: NotebookRun; cells: readonly CodeCell[]; text: string }> {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/test.ipynb`;
    await Deno.writeTextFile(path, notebookText(cells));
    const run = await runNotebook(path, { timeoutSeconds: 30, ...options });
    const text = await Deno.readTextFile(run.path);
    return { run, text, cells: parseNotebook(text).cells.filter((cell) => cell.kind === "code") };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The outputs in short: stream text, the bundle's content, or the error's name and message. */
export function shortly(outputs: readonly NotebookOutput[] | undefined): readonly string[] {
  return (outputs ?? []).map((output) => {
    switch (output.kind) {
      case "stream":
        return `${output.name}: ${output.text}`;
      case "error":
        return `error: ${output.name}: ${output.message}`;
      default:
        return Object.entries(output.data).map(([type, content]) => `${type}: ${content}`).join(" | ");
    }
  });
}
