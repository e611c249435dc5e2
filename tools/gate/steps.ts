/**
 * The gate: everything that must hold before the tests are worth running.
 *
 * @module
 */
import { checkNotebooks, problemLine, projectNotebooks } from "../check_notebook.ts";
import { deno, PROJECT, projectFiles } from "./process.ts";
import { purityProblems } from "./purity.ts";
import type { Step } from "./step.ts";

/** Folders with TypeScript of our own. */
const CODE_FOLDERS: readonly string[] = ["src", "tools", "test", "bench"];

/** Every step, in the order in which a person wants to hear of them. */
export const STEPS: readonly Step[] = [
  { name: "format", run: () => clean(["fmt", "--check"]) },
  { name: "lint", run: () => clean(["lint"]) },
  { name: "types", run: typeProblems },
  { name: "documentation of the public door", run: () => clean(["doc", "--lint", "src/mod.ts"]) },
  { name: "purity", run: purityProblems },
  { name: "notebooks", run: notebookProblems },
  { name: "lockfile", run: lockfileProblems },
];

async function clean(args: readonly string[]): Promise<string> {
  const { code, output } = await deno(args);
  return code === 0 ? "" : output || `deno ${args.join(" ")} ended with code ${code}`;
}

/** The declarations of the purity check replace the platform's own and cannot stand beside them. */
async function typeProblems(): Promise<string> {
  const files = (await projectFiles(CODE_FOLDERS, [".ts"])).filter((file) => file !== "tools/purity.d.ts");
  return await clean(["check", "--quiet", ...files]);
}

async function notebookProblems(): Promise<string> {
  const lines = (await checkNotebooks(await projectNotebooks())).flatMap(({ path, problems }) =>
    problems.map((problem) => problemLine(path.slice(PROJECT.length), problem))
  );
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
