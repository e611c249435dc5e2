/**
 * What a file that is no recording looks like, by its first bytes: a person who gave the wrong file is told so.
 *
 * @module
 */

/** By content, not by name. "unknown": bytes of no kind that is known here, such as a recording whose header is gone. */
export type FileKind = "sqlite" | "csv" | "json" | "html" | "parquet" | "gzip" | "zstd" | "text" | "unknown";

/** Bytes that are looked at. */
const HEAD_BYTES = 4096;

/** Reads the beginning of a file. @throws Error when it cannot be read */
export function fileKind(path: string): FileKind {
  using file = Deno.openSync(path);
  const head = new Uint8Array(HEAD_BYTES);
  const length = file.readSync(head) ?? 0;
  return kindOfBytes(head.subarray(0, length));
}

const MAGIC: readonly (readonly [FileKind, string])[] = [
  ["sqlite", "SQLite format 3\0"],
  ["parquet", "PAR1"],
  ["gzip", "\x1f\x8b"],
  ["zstd", "\x28\xb5\x2f\xfd"],
];

/** The kind of a file that begins with these bytes. */
export function kindOfBytes(head: Uint8Array): FileKind {
  const latin = Array.from(head.subarray(0, 16), (byte) => String.fromCharCode(byte)).join("");
  const known = MAGIC.find(([, magic]) => latin.startsWith(magic));
  if (known !== undefined) return known[0];
  const text = textOf(head);
  if (text === undefined) return "unknown";
  const start = text.trimStart();
  if (/^[{[]/.test(start)) return "json";
  if (/^<(!doctype|html|\?xml)/i.test(start)) return "html";
  return looksLikeCsv(text) ? "csv" : "text";
}

/** Undefined for bytes that are no text; a character cut by the end of what was read does not count. */
function textOf(head: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    // deno-lint-ignore no-control-regex -- control characters are what tells bytes from text
    return text.trim() === "" || /[\x00-\x08\x0e-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined; // not UTF-8: no text
  }
}

/** The first two lines have the same number of separators. */
function looksLikeCsv(text: string): boolean {
  const [first = "", second = ""] = text.split(/\r?\n/);
  return [",", ";", "\t"].some((separator) => {
    const count = first.split(separator).length;
    return count > 1 && (second === "" || second.split(separator).length >= count);
  });
}

const NAMES: Readonly<Partial<Record<FileKind, string>>> = {
  csv: "CSV",
  json: "JSON",
  html: "HTML",
  parquet: "Parquet",
  gzip: "a gzip file",
  zstd: "a zstd file",
  text: "text",
};

/** `CSV`, `a gzip file`; undefined where nothing can be said. */
export function fileKindName(kind: FileKind): string | undefined {
  return NAMES[kind];
}
