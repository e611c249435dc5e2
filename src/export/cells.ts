/**
 * One cell of a CSV file: RFC 4180 quoting, numbers, times, and no formulas.
 *
 * @module
 */
import { csvField } from "../base/escape.ts";

/**
 * Text as a cell, quoted where RFC 4180 asks for it. A text that a spreadsheet would run as a formula gets an apostrophe
 * in front (OWASP, "CSV Injection").
 */
export function textCell(text: string): string {
  return csvField(text);
}

/** A number as a cell: shortest digits that read back as the same double; `NaN`, `inf`, `-inf`; absent is empty. */
export function numberCell(value: number | undefined): string {
  if (value === undefined) return "";
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "inf";
  return value === -Infinity ? "-inf" : String(value);
}

/** A time as two cells: ISO 8601 in UTC with milliseconds, and Unix seconds. Absent: two empty cells. */
export function timeCells(timeSeconds: number | undefined): string {
  if (timeSeconds === undefined) return ",";
  return `${isoTime(timeSeconds)},${numberCell(timeSeconds)}`;
}

/** ISO 8601 in UTC with milliseconds (rounded). */
export function isoTime(timeSeconds: number): string {
  return new Date(Math.round(timeSeconds * 1000)).toISOString();
}

/** A time for file names: `20261125T031502Z`. */
export function fileStamp(timeSeconds: number): string {
  return isoTime(timeSeconds).replace(/\.\d+Z$/, "Z").replaceAll(/[-:]/g, "");
}

/** Cells to a line with RFC 4180's line end. */
export function csvLine(cells: readonly string[]): string {
  return cells.join(",") + "\r\n";
}
