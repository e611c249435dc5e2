/**
 * A table that shows itself as HTML in a notebook and as text elsewhere.
 *
 * @module
 */
import { ANY_TEXT, type Check, checkArgument, checkOptions, type Checks, listOf } from "../base/arguments.ts";
import { escapeHtml, escapeTerminal } from "../base/escape.ts";

/** Rendered twice: `html` for a notebook, `text` for a terminal and for readers without HTML. */
export interface RenderedTable {
  /** A whole `table`, with its notes; inline styles only. */
  readonly html: string;
  /** Lines with aligned columns, control characters escaped. */
  readonly text: string;
}

/** A column's heading, and whether its cells are numbers (aligned right). */
export interface TableColumn {
  /** Plain text. */
  readonly title: string;
  /** Default false: text, aligned left. */
  readonly numeric?: boolean;
  /** Text that stays on one line, such as a state or a time. */
  readonly whole?: boolean;
}

/** What {@link renderTable} takes besides columns and rows. */
export interface TableOptions {
  /** Above the table. */
  readonly caption?: string;
  /** Below the table, one paragraph each. */
  readonly notes?: readonly string[];
}

const CHECKS: Checks<TableOptions> = { caption: ANY_TEXT, notes: listOf(ANY_TEXT, "a list of texts") };

const COLUMNS: Check = {
  wanted: "a list of columns, { title }",
  accepts: (value) =>
    Array.isArray(value) &&
    value.every((each) => typeof each === "object" && each !== null && typeof each.title === "string"),
};

const ROWS = listOf(listOf(ANY_TEXT, ""), "a list of rows, each a list of texts");

/**
 * Renders a table. Cells are plain text and are escaped here, for HTML and for the terminal; a row shorter than the
 * columns leaves the rest empty.
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): RenderedTable {
  const call = 'renderTable([{ title: "name" }], [["first row"], ["second row"]])';
  checkArgument(call, { columns }, COLUMNS);
  checkArgument(call, { rows }, ROWS);
  checkOptions<TableOptions>(call, options, CHECKS);
  return { html: html(columns, rows, options), text: text(columns, rows, options) };
}

/** A column of words has room for two or three of them, and for what it says where that is shorter. */
const WORDS_EM = 9;
/** Width of a usual character. */
const CHARACTER_EM = 0.6;

/** Inline styles only: an untrusted notebook keeps them, and drops style elements. */
function html(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string {
  const styles = columns.map((column, i) => {
    // A number that is broken into two lines is read wrong.
    if (column.numeric) return "text-align:right;white-space:nowrap";
    if (column.whole) return "text-align:left;white-space:nowrap";
    // A narrow page gives a column of words no more than its longest one: too little to be read in.
    const longest = Math.max(0, ...rows.map((row) => textWidth(escapeTerminal(row[i] ?? ""))));
    return `text-align:left;min-width:${Math.min(WORDS_EM, Math.ceil(longest * CHARACTER_EM))}em`;
  });
  const head = columns.map(({ title }, i) =>
    `<th scope="col" style="${styles[i] ?? ""}">${escapeHtml(title)}</th>`
  ).join("");
  const body = rows.map((row) =>
    `<tr>${
      columns.map((_, i) => `<td style="${styles[i] ?? ""}">${escapeHtml(row[i] ?? "")}</td>`).join("")
    }</tr>`
  );
  const caption = options.caption === undefined
    ? ""
    : `<caption style="text-align:left">${escapeHtml(options.caption)}</caption>`;
  const notes = (options.notes ?? []).map((note) => `<p>${escapeHtml(note)}</p>`).join("");
  return `<table>${caption}<thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>${notes}`;
}

function text(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string {
  const cells = [columns.map((column) => column.title), ...rows].map((row) =>
    columns.map((_, i) => escapeTerminal(row[i] ?? ""))
  );
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => textWidth(row[i]!))));
  const lines = cells.map((row) =>
    row.map((cell, i) => {
      const padding = " ".repeat(widths[i]! - textWidth(cell));
      return columns[i]!.numeric ? padding + cell : cell + padding;
    }).join("  ").trimEnd()
  );
  return [
    ...(options.caption === undefined ? [] : [escapeTerminal(options.caption)]),
    ...lines,
    ...(options.notes ?? []).map(escapeTerminal),
  ]
    .join("\n");
}

/** Columns of a terminal that a text takes: East Asian wide characters take two. */
function textWidth(value: string): number {
  let width = 0;
  for (const character of value) {
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
          character,
        )
        ? 2
        : 1;
  }
  return width;
}
