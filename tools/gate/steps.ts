/**
 * The gate: everything that must hold before the tests are worth running.
 *
 * @module
 */
import { relative } from "node:path";
import { checkNotebooks, problemLine, projectNotebooks } from "../check_notebook.ts";
import { replayNotebook } from "../notebooks.ts";
import { deno, PROJECT, projectFiles } from "./process.ts";
import { purityProblems } from "./purity.ts";
import type { Step } from "./step.ts";

/** Folders with TypeScript of our own. */
const CODE_FOLDERS: readonly string[] = ["src", "tools", "test", "bench"];

/** Every step, in the order in which a person wants to hear of them. */
export const STEPS: readonly Step[] = [
  { name: "format", run: (signal) => clean(["fmt", "--check"], signal) },
  { name: "lint", run: (signal) => clean(["lint"], signal) },
  { name: "types", run: typeProblems },
  {
    name: "documentation of the public door",
    run: (signal) => clean(["doc", "--lint", "src/mod.ts"], signal),
  },
  { name: "purity", run: purityProblems },
  { name: "notebooks", run: notebookProblems },
  { name: "notebooks give what is written in them", run: replayProblems },
  { name: "lockfile", run: lockfileProblems },
];

async function clean(args: readonly string[], signal: AbortSignal): Promise<string> {
  const { code, output } = await deno(args, { signal });
  return code === 0 ? "" : output || `deno ${args.join(" ")} ended with code ${code}`;
}

/** The declarations of the purity check replace the platform's own and cannot stand beside them. */
async function typeProblems(signal: AbortSignal): Promise<string> {
  const files = (await projectFiles(CODE_FOLDERS, [".ts", ".js"])).filter((file) =>
    file !== "tools/purity.d.ts"
  );
  return await clean(["check", "--quiet", ...files], signal);
}

async function notebookProblems(): Promise<string> {
  const lines = (await checkNotebooks(await projectNotebooks())).flatMap(({ path, problems }) =>
    problems.map((problem) => problemLine(path.slice(PROJECT.length), problem))
  );
  return lines.join("\n");
}

/** Runs every notebook again, as `deno task notebooks` does, and compares: a failing cell or another output is a problem. */
async function replayProblems(signal: AbortSignal): Promise<string> {
  const lines: string[] = [];
  for (const path of await projectNotebooks()) {
    if (signal.aborted) break;
    const problem = await replayNotebook(path, { write: false, signal });
    if (problem !== "") lines.push(`${relative(PROJECT, path)}: ${problem}`);
  }
  return lines.join("\n");
}

/** A registry that rewrites addresses puts its host on every package of the lockfile: then it works in one place only. */
async function lockfileProblems(): Promise<string> {
  const text = await Deno.readTextFile(`${PROJECT}deno.lock`);
  const words = ['"tarball"', "http"].filter((word) => text.includes(word));
  return words.length === 0
    ? ""
    : `deno.lock holds ${words.join(" and ")}: it names the registry of one machine`;
}
