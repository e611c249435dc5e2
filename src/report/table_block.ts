/**
 * Tables in which every column says something.
 *
 * @module
 */
import type { Block } from "./document.ts";

/** A table of a page. */
export type TableBlock = Extract<Block, { kind: "table" }>;

/** A column in which no row says anything is left out. */
export function withoutEmptyColumns(table: TableBlock): TableBlock {
  const kept = table.columns.map((_, index) => index).filter((index) =>
    table.rows.some((row) => (row[index] ?? "") !== "")
  );
  return {
    kind: "table",
    columns: kept.map((index) => table.columns[index] ?? ""),
    rows: table.rows.map((row) => kept.map((index) => row[index] ?? "")),
    numeric: kept.flatMap((index, place) => table.numeric?.includes(index) ? [place] : []),
  };
}
