/**
 * Which cell of the lab's notebook makes what later cells use, so that a cell that is run too early can say what it
 * waits for.
 *
 * @module
 */

/** A cell: known by what it makes. */
export interface LabCell {
  /** As it stands in the cell: `const lab`. */
  readonly makes: string;
  /** The number of its section's heading. */
  readonly section: number;
}

interface Making {
  readonly section: number;
  /** Another name that the same cell makes, by which it is known. */
  readonly as?: string;
  readonly needs: readonly string[];
}

/** Every name that a cell makes for later ones. */
export const LAB_NAMES: Readonly<Record<string, Making>> = {
  lab: { section: 1, needs: [] },
  parser: { section: 2, needs: ["lab"] },
  samples: { section: 2, needs: ["lab"] },
  histogram: { section: 2, as: "parser", needs: ["lab"] },
  collector: { section: 2, needs: ["lab"] },
  dashboard: { section: 3, needs: ["collector"] },
  workload: { section: 5, needs: ["collector"] },
  alone: { section: 5, needs: ["workload"] },
  users: { section: 5, as: "crowd", needs: ["alone"] },
  crowd: { section: 5, needs: ["alone"] },
  run: { section: 5, needs: ["dashboard", "crowd"] },
  board: { section: 6, needs: ["run"] },
  analyzer: { section: 7, needs: ["run"] },
};

/**
 * The cells that have to be run before a name is there, in their order; none for a name that the lab's notebook does not
 * make.
 *
 * @param isThere whether a name is; default: in this kernel
 */
export function missingCells(
  name: string,
  isThere: (name: string) => boolean = isDefined,
): readonly LabCell[] {
  if (!Object.hasOwn(LAB_NAMES, name)) return [];
  const cells = new Map<string, LabCell>();
  const add = (wanted: string) => {
    const { section, as = wanted, needs } = LAB_NAMES[wanted]!;
    for (const need of needs) if (!isThere(need)) add(need);
    cells.set(as, { makes: `const ${as}`, section });
  };
  add(name);
  return [...cells.values()];
}

/** Whether a cell has made it. What cells declare is no property of the global object: only code sees it. */
function isDefined(name: string): boolean {
  try {
    return new Function(`return typeof ${name} !== "undefined"`)() === true;
  } catch {
    // Declared by a cell that failed before it got its value.
    return false;
  }
}
