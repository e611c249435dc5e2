/**
 * Checks notebooks: types and lint of their cells, and what a committed notebook must look like.
 *
 *     deno run -A tools/check_notebook.ts [NOTEBOOK…]
 *
 * @module
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseNotebook } from "../src/formats/notebook.ts";
import { codeProblems, type Problem } from "./notebook/code_problems.ts";
import { stateProblems } from "./notebook/state_problems.ts";

/** What is wrong with one notebook. */
export interface NotebookCheck {
  readonly path: string;
  /** Empty when nothing is. */
  readonly problems: readonly Problem[];
}

/** Checks notebooks; the checks come in the order of the paths. */
export async function checkNotebooks(paths: readonly string[]): Promise<readonly NotebookCheck[]> {
  if (paths.length === 0) return [];
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
  const notebooks = texts.map(parseNotebook);
  const code = await codeProblems(notebooks);
  return notebooks.map((notebook, index) => {
    const bytes = new TextEncoder().encode(texts[index]).length;
    return {
      path: paths[index] ?? "",
      problems: [...code[index] ?? [], ...stateProblems(notebook, bytes)],
    };
  });
}

/** A problem as one line: where, then what. */
export function problemLine(path: string, { message, place }: Problem): string {
  const where = place === undefined
    ? path
    : `${path} cell ${place.cellNumber} (${place.cellId}) line ${place.line}`;
  return `${where}: ${message}`;
}

/** Every notebook of the project, sorted. */
export async function projectNotebooks(): Promise<readonly string[]> {
  const found: string[] = [];
  await collect(fileURLToPath(new URL("../notebooks", import.meta.url)), found);
  return found.sort();
}

async function collect(directory: string, found: string[]): Promise<void> {
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory && !entry.name.startsWith(".")) await collect(path, found);
    else if (entry.name.endsWith(".ipynb")) found.push(path);
  }
}

async function main(): Promise<number> {
  const paths = Deno.args.length > 0 ? Deno.args : await projectNotebooks();
  let failed = 0;
  const lines: string[] = [];
  for (const { path, problems } of await checkNotebooks(paths)) {
    const shown = relative(Deno.cwd(), path);
    if (problems.length > 0) failed++;
    lines.push(...problems.map((problem) => problemLine(shown, problem)));
    if (problems.length === 0) lines.push(`${shown}: ok`);
  }
  Deno.stdout.writeSync(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
