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

/**
 * Modules of our own as one script, in the order given. They import only each other, one line an import, no two declare
 * the same name, and no string holds what begins a block comment: those hold types, which a browser does not need.
 */
export async function bundleScripts(names: readonly string[]): Promise<string> {
  const texts = await Promise.all(names.map(readPageFile));
  return texts.map((text) =>
    text
      .replace(/\/\*\*[\s\S]*?\*\//g, "")
      .replace(/^import .*;\n/gm, "")
      .replace(/^export (?=function|const|class)/gm, "")
      .replace(/\n\s*\n+/g, "\n")
  ).join("\n");
}
