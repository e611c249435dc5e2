/**
 * The code cells of a notebook as one TypeScript module, with the way back from its lines to the cells.
 *
 * @module
 */
import type { Notebook } from "../../src/formats/notebook.ts";

/** A place in a notebook. */
export interface CellPlace {
  /** 1-based among the code cells. */
  readonly cellNumber: number;
  readonly cellId: string;
  /** 1-based within the cell. */
  readonly line: number;
}

/** A module made of cells. */
export interface CellModule {
  readonly text: string;
  /** The place of a line (1-based) of the text. */
  placeOf(line: number): CellPlace;
}

/**
 * Joins the cells in order, as the kernel runs them: names of earlier cells are known in later ones. Each cell imports
 * what it uses, so that it runs alone; in one module a name is imported once.
 */
export function cellModule(notebook: Notebook): CellModule {
  const starts: { readonly line: number; readonly cellNumber: number; readonly cellId: string }[] = [];
  const imported = new Set<string>();
  let text = "";
  let line = 1;
  for (const cell of notebook.cells) {
    if (cell.kind !== "code") continue;
    starts.push({ line, cellNumber: starts.length + 1, cellId: cell.id });
    // The semicolon keeps a cell's last expression apart from a bracket that begins the next.
    text += `${importedOnce(cell.source, imported)}\n;\n`;
    line += cell.source.split("\n").length + 1;
  }
  return {
    text: `${text}export {};\n`,
    placeOf(wanted) {
      const start = starts.findLast((one) => one.line <= wanted);
      return {
        cellNumber: start?.cellNumber ?? 0,
        cellId: start?.cellId ?? "",
        line: start === undefined ? wanted : wanted - start.line + 1,
      };
    },
  };
}

/** A cell without the names that cells before it have imported; its lines stay where they are. */
function importedOnce(source: string, imported: Set<string>): string {
  return source.replace(/^import \{([^}]*)\} from ("[^"]*");$/gm, (whole, list: string, from: string) => {
    const names = list.split(",").map((name) => name.trim()).filter((name) => name !== "");
    const fresh = names.filter((name) => !imported.has(`${name} ${from}`));
    for (const name of names) imported.add(`${name} ${from}`);
    if (fresh.length === names.length) return whole;
    const lines = whole.split("\n").length - 1;
    return `import { ${fresh.join(", ")} } from ${from};${"\n".repeat(lines)}`;
  });
}
