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
import { complain, readArguments, WRONG_USE } from "./arguments.ts";
import { codeProblems, type Problem } from "./notebook/code_problems.ts";
import { stateProblems } from "./notebook/state_problems.ts";
import { firstUnreadable } from "./notebook/unreadable.ts";

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

const COMMAND = "deno run -A tools/check_notebook.ts";

async function main(): Promise<number> {
  const given = readArguments(COMMAND, {
    args: Deno.args,
    options: { help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if ("wrong" in given) {
    complain(given.wrong);
    return WRONG_USE;
  }
  const { values, positionals } = given.read;
  if (values.help) {
    print(`Usage: ${COMMAND} [NOTEBOOK…]\n`);
    return 0;
  }
  const paths = positionals.length > 0 ? positionals : await projectNotebooks();
  const unreadable = await firstUnreadable("check", paths);
  if (unreadable !== undefined) {
    complain(unreadable);
    return WRONG_USE;
  }
  let failed = 0;
  const lines: string[] = [];
  for (const { path, problems } of await checkNotebooks(paths)) {
    const shown = relative(Deno.cwd(), path);
    if (problems.length > 0) failed++;
    lines.push(...problems.map((problem) => problemLine(shown, problem)));
    if (problems.length === 0) lines.push(`${shown}: ok`);
  }
  print(lines.map((line) => `${line}\n`).join(""));
  return failed > 0 ? 1 : 0;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) Deno.exit(await main());
