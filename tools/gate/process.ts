/**
 * Running Deno as a child, for the steps of the gate.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** The project's folder, with a slash at its end. */
export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** Options of a child that must not colour its output, whatever the reader's environment asks for. */
export const WITHOUT_COLOURS: Pick<Deno.CommandOptions, "env" | "clearEnv"> = {
  clearEnv: true,
  env: Object.fromEntries(
    Object.entries({ ...Deno.env.toObject(), NO_COLOR: "1" }).filter(([name]) =>
      name !== "FORCE_COLOR" && name !== "CLICOLOR_FORCE"
    ),
  ),
};

/** What a child came to. */
export interface ChildResult {
  readonly code: number;
  /** Both streams, first errors. */
  readonly output: string;
}

/** Runs `deno ARGS` in the project's folder and keeps what it prints. */
export async function deno(
  args: readonly string[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<ChildResult> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: PROJECT,
    ...WITHOUT_COLOURS,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).output();
  const decoder = new TextDecoder();
  return { code, output: `${decoder.decode(stderr)}${decoder.decode(stdout)}` };
}

/** Files under folders of the project that end in one of the endings, sorted, relative to the project. */
export async function projectFiles(
  folders: readonly string[],
  endings: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of folders) await collect(folder, endings, found);
  return found.sort();
}

async function collect(folder: string, endings: readonly string[], found: string[]): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) await collect(path, endings, found);
    else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
  }
}

/** A folder that does not exist yet has no files. */
async function entriesOf(folder: string): Promise<readonly Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(PROJECT + folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
