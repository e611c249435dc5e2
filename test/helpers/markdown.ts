/**
 * Markdown as the formatter leaves it, for pages whose facts a test writes.
 *
 * @module
 */

/** A table; the first row is its head. Cells must not hold `|`. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |\n`;
  const [head = [], ...body] = rows;
  return line(head) + line(widths.map((width) => "-".repeat(width))) + body.map(line).join("");
}
