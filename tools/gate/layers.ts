/**
 * The layers of `src`, and what each may import. Read by the gate and by the architecture test.
 *
 * @module
 */

/** From the inside out. */
export type Layer = "pure" | "text" | "edge" | "view" | "door";

/** The first path that a file begins with decides; longer ones stand first. Paths are relative to `src/`. */
const LAYERS: readonly (readonly [string, Layer])[] = [
  ["base/", "pure"],
  ["parser/", "pure"],
  ["catalog/", "pure"],
  ["series/", "pure"],
  ["gpu/", "pure"],
  ["analyzer/", "pure"],
  ["formats/", "pure"],
  ["simulator/engine/", "pure"],
  ["text/", "text"],
  ["export/html", "view"],
  ["simulator/", "edge"],
  ["collector/", "edge"],
  ["recording/", "edge"],
  ["nvml/", "edge"],
  ["remote/", "edge"],
  ["live/", "edge"],
  ["export/", "edge"],
  ["charts/", "view"],
  ["dashboard/", "view"],
  ["report/", "view"],
  ["notebook/", "door"],
  ["notebook.ts", "door"],
  ["cli/", "door"],
  ["mod.ts", "door"],
  ["mod_types.ts", "door"],
];

/** What files of a layer may import. */
export const MAY_IMPORT: Readonly<Record<Layer, readonly Layer[]>> = {
  pure: ["pure"],
  // Sentences are made of codes and numbers, which are pure.
  text: ["text", "pure"],
  edge: ["edge", "pure"],
  view: ["view", "text", "pure"],
  door: ["door", "view", "edge", "text", "pure"],
};

/**
 * The layer of a file.
 *
 * @param path relative to the project, `src/…`
 * @param text the file's text: in `simulator/workload`, files whose first comment says so are pure
 * @returns undefined when the table does not know it
 */
export function layerOf(path: string, text: string): Layer | undefined {
  const within = path.replace(/^src\//, "");
  if (within.startsWith("simulator/workload/") && saysPure(text)) return "pure";
  return LAYERS.find(([prefix]) => within.startsWith(prefix))?.[1];
}

function saysPure(text: string): boolean {
  return /\bpure\b/.test(text.match(/^\/\*\*[\s\S]*?\*\//)?.[0] ?? "");
}
