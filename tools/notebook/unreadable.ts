/**
 * Paths that were given as notebooks and are none.
 *
 * @module
 */
import { parseNotebook } from "../../src/formats/notebook.ts";

/** The first of the paths that cannot be read as a notebook, as one sentence; undefined when all can. */
export async function firstUnreadable(
  action: "check" | "run",
  paths: readonly string[],
): Promise<string | undefined> {
  for (const path of paths) {
    const problem = await problemOf(path);
    if (problem !== undefined) return `Cannot ${action} ${path}: ${problem}, wanted a notebook`;
  }
  return undefined;
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    parseNotebook(await Deno.readTextFile(path));
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/ \(os error \d+\).*$/s, "").replace(/^Cannot [^:]+: /, "")
      .replace(/, wanted [^,]*$/, "");
  }
}
