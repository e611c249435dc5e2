/**
 * The browser's files: our own scripts and style, and uPlot's, as text to be put into a page or served.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../live/page/", import.meta.url);

/** A script or style of our own by its file name. */
export function readPageFile(name: string): Promise<string> {
  return readFile(new URL(name, FOLDER), "utf8");
}

/** uPlot as a classic script that leaves a global, and its style. */
export async function readUplot(): Promise<{ readonly script: string; readonly style: string }> {
  // The package's main file lies beside the built ones, which its exports do not name.
  const folder = new URL(".", import.meta.resolve("uplot"));
  const read = (name: string) => readFile(fileURLToPath(new URL(name, folder)), "utf8");
  const [script, style] = await Promise.all([read("uPlot.iife.min.js"), read("uPlot.min.css")]);
  return { script, style };
}

/** What a script imports, all of it files beside it. */
const IMPORT = /^import\s[^"]*"\.\/([\w.]+)";\n/gm;

/** A script of our own and all that it imports, by file name, each behind what it needs itself. */
export async function readScripts(entry: string): Promise<ReadonlyMap<string, string>> {
  const read = new Map<string, string>();
  const begun = new Set<string>();
  const visit = async (name: string) => {
    if (begun.has(name)) return;
    begun.add(name);
    const text = await readPageFile(name);
    for (const [, needed = ""] of text.matchAll(IMPORT)) await visit(needed);
    read.set(name, text);
  };
  await visit(entry);
  return read;
}

/**
 * A script of our own with all that it imports as one script. They import only each other, no two declare the
 * same name, and no string holds what begins a block comment: those hold types, which a browser does not need.
 */
export async function bundleScripts(entry: string): Promise<string> {
  const texts = [...(await readScripts(entry)).values()];
  return texts.map((text) =>
    text
      .replace(/\/\*\*[\s\S]*?\*\//g, "")
      .replace(IMPORT, "")
      .replace(/^export (?=function|const|class)/gm, "")
      .replace(/\n\s*\n+/g, "\n")
  ).join("\n");
}
