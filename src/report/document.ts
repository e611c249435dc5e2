/**
 * A page as data: what renderers turn into text, Markdown or HTML. All strings are plain text, not yet escaped.
 *
 * @module
 */

/** A part of a page. */
export type Block =
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string; readonly strong?: boolean }
  | { readonly kind: "list"; readonly lead?: string; readonly items: readonly string[] }
  | {
    readonly kind: "table";
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
    /** Indexes of the columns of numbers: aligned right, never broken. */
    readonly numeric?: readonly number[];
  }
  /** A finding's card begins; `tone` colours it, `detail` says how sure it is, and when. It ends with the next one or the next heading of level 1 or 2. */
  | {
    readonly kind: "finding";
    readonly tone: "critical" | "warning" | "info";
    readonly text: string;
    readonly detail: string;
  }
  /** A drawing made by this project: the only thing that is put into a page as it is. */
  | { readonly kind: "svg"; readonly title: string; readonly svg: string };
