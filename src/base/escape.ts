/**
 * Text from elsewhere made harmless for each place where it may stand. Whatever a server sends is hostile until it went
 * through one of these.
 *
 * @module
 */

/**
 * What no output wants: C0 and C1 controls (tab and line ends apart), marks that reorder or hide text, halves of
 * surrogate pairs, non-characters. XML 1.0 forbids most of them even as entities.
 */
const UNWANTED = new RegExp(
  [
    "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]",
    "[\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff\\ufffe\\uffff]",
    "[\\ud800-\\udbff](?![\\udc00-\\udfff])",
    "(?<![\\ud800-\\udbff])[\\udc00-\\udfff]",
  ].join("|"),
  "g",
);

/** Removes what cannot be shown or would deceive; tabs and line ends stay. */
export function stripControls(text: string): string {
  return text.replace(UNWANTED, "");
}

/** One line of visible text: controls removed, runs of white space made one space. */
export function singleLine(text: string): string {
  return stripControls(text).replace(/\s+/g, " ").trim();
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For XML and SVG, in text and in attribute values of either quote. */
export function escapeXml(text: string): string {
  return stripControls(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** For HTML, in text and in quoted attribute values. Not for script, style or unquoted places: nothing may stand there. */
export function escapeHtml(text: string): string {
  return escapeXml(text);
}

/**
 * JSON for a `<script>` element: cannot end the element, open a comment, or break a string.
 *
 * @throws TypeError when the value cannot be JSON (a cycle, a bigint)
 */
export function scriptJson(value: unknown): string {
  return (JSON.stringify(value) ?? "null").replace(/[<>&\u2028\u2029]/g, (character) => {
    return "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
  });
}

/**
 * For Markdown (CommonMark, GitHub tables and autolinks, Jupyter with its `$` mathematics): one line, every sign that
 * could begin markup where it stands is escaped. What is plain in its place (`a_b`, `12:30`, `2026-11-25`) stays readable.
 */
export function escapeMarkdown(text: string): string {
  return singleLine(text)
    // Jupyter hands markdown's output on as HTML, where a backslash would not do.
    .replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
    .replace(/[\\`*[\]|~$]/g, "\\$&")
    // An underscore within a word is no emphasis.
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_")
    // Headings, lists and rules begin at the start of a line only.
    .replace(/^(\s*)([#+=-])/, "$1\\$2").replace(/^(\s*\d+)([.)])(?=\s|$)/, "$1\\$2")
    // Addresses would become links by themselves.
    .replace(/:(?=\/\/)|(?<=\bwww)\.|@/gi, "\\$&");
}

/**
 * One CSV field by RFC 4180. Text that a spreadsheet would run as a formula gets a leading apostrophe.
 *
 * @param value a number is written as it is (NaN and infinities as JavaScript spells them); undefined is the empty field
 */
export function csvField(value: string | number | boolean | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = value.replaceAll("\0", "");
  const harmless = /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** For a terminal: one line, and no character that could move the cursor, colour, retitle or reorder. */
export function escapeTerminal(text: string): string {
  return singleLine(text);
}

/** Shortens in the middle, where names differ least: `meta-llama/Llam…8E-Instruct-FP8`. Counts characters, not bytes. */
export function shortenMiddle(text: string, maxLength: number): string {
  const characters = [...text];
  if (characters.length <= maxLength) return text;
  if (maxLength <= 1) return "…".slice(0, Math.max(0, maxLength));
  const head = Math.ceil((maxLength - 1) / 2);
  const tail = maxLength - 1 - head;
  return characters.slice(0, head).join("") + "…" + (tail > 0 ? characters.slice(-tail).join("") : "");
}
