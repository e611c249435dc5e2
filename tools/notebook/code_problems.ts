/**
 * Type errors and lint findings of notebook cells. Deno checks and lints no notebook itself.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { isJsonObject, type JsonObject, numberAt, objectAt, stringAt } from "../../src/formats/json.ts";
import type { Notebook } from "../../src/formats/notebook.ts";
import { type CellModule, cellModule, type CellPlace } from "./cell_module.ts";

/** Something wrong in a notebook. */
export interface Problem {
  readonly message: string;
  /** Absent when it is the notebook as a whole. */
  readonly place?: CellPlace;
}

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/**
 * Lint rules that do not hold for a cell: a name is often used by a later cell only, `let` may be set again by the
 * reader, and imports have a stricter check of their own.
 */
const RULES_LEFT_OUT = "no-unused-vars,prefer-const,no-import-prefix";

/** Checks several notebooks in one go; the lists come in the order of the notebooks. */
export async function codeProblems(notebooks: readonly Notebook[]): Promise<readonly (readonly Problem[])[]> {
  const directory = await Deno.makeTempDir({ prefix: "notebook_cells_" });
  try {
    const modules = notebooks.map(cellModule);
    const files = modules.map((_, index) => `${directory}/notebook_${index}.ts`);
    for (const [index, module] of modules.entries()) {
      await Deno.writeTextFile(files[index] ?? "", module.text);
    }
    const found = modules.map((): Problem[] => []);
    await addTypeErrors(found, modules, files);
    await addLintFindings(found, modules, files);
    return found;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function addTypeErrors(found: Problem[][], modules: readonly CellModule[], files: readonly string[]) {
  const { code, stderr } = await deno(["check", "--quiet", "--config", CONFIG, ...files]);
  if (code === 0) return;
  let located = 0;
  // Every error is a paragraph that ends with the line "at FILE:LINE:COLUMN".
  for (const paragraph of stderr.split(/\n\s*\n/)) {
    const at = paragraph.match(/notebook_(\d+)\.ts:(\d+):\d+/);
    const index = Number(at?.[1]);
    if (at === null || modules[index] === undefined) continue;
    located++;
    found[index]?.push({ message: withoutPlace(paragraph), place: modules[index].placeOf(Number(at[2])) });
  }
  if (located === 0) found[0]?.push({ message: `deno check failed: ${stderr.trim()}` });
}

function withoutPlace(paragraph: string): string {
  return paragraph.replace(/^error: /, "").replace(/\n\s*at .*notebook_\d+\.ts:\d+:\d+\s*$/, "").trim();
}

async function addLintFindings(found: Problem[][], modules: readonly CellModule[], files: readonly string[]) {
  const { code, stdout, stderr } = await deno([
    "lint",
    "--json",
    "--config",
    CONFIG,
    `--rules-exclude=${RULES_LEFT_OUT}`,
    ...files,
  ]);
  const report: unknown = code === 0 || stdout.trim() !== "" ? JSON.parse(stdout) : {};
  const diagnostics = isJsonObject(report) ? report["diagnostics"] : undefined;
  if (!Array.isArray(diagnostics)) {
    found[0]?.push({ message: `deno lint failed: ${stderr.trim()}` });
    return;
  }
  for (const diagnostic of diagnostics.filter(isJsonObject)) addLintFinding(found, modules, diagnostic);
}

function addLintFinding(found: Problem[][], modules: readonly CellModule[], diagnostic: JsonObject) {
  const index = Number(stringAt(diagnostic, "filename").match(/notebook_(\d+)\.ts$/)?.[1]);
  const line = numberAt(objectAt(objectAt(diagnostic, "range"), "start"), "line") ?? 0;
  const place = modules[index]?.placeOf(line);
  found[index]?.push({
    message: `${stringAt(diagnostic, "code")}: ${stringAt(diagnostic, "message")}`,
    ...(place === undefined ? {} : { place }),
  });
}

async function deno(args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
