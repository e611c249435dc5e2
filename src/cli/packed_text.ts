/**
 * Text files that may be packed: traces and data sets are handed around as `.gz`.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { fileKindName, kindOfBytes } from "../recording/file_kind.ts";

/** Largest text that a packed file may hold: a few kilobytes can unpack to all of the memory. */
const MOST_BYTES = 1024 ** 3;

/**
 * A file's text, unpacked where it is gzip: every member of it, as `cat a.gz b.gz` and bgzip make several.
 *
 * @throws Deno.errors for what cannot be opened; SyntaxError for what is no text, or is packed and broken
 */
export async function readPackedText(path: string): Promise<string> {
  const bytes = await Deno.readFile(path);
  const plain = kindOfBytes(bytes) === "gzip" ? unpacked(bytes, path) : bytes;
  const kind = plain.length === 0 ? "text" : kindOfBytes(plain.subarray(0, HEAD_BYTES));
  if (BINARY.has(kind)) {
    throw new SyntaxError(
      `Cannot read ${path}: ${fileKindName(kind) ?? "bytes"}, wanted text or gzip of text`,
    );
  }
  return new TextDecoder().decode(plain);
}

const HEAD_BYTES = 4096;
const BINARY: ReadonlySet<string> = new Set(["sqlite", "parquet", "gzip", "zstd", "unknown"]);

function unpacked(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw new SyntaxError(
      isTooLarge
        ? `Cannot unpack ${path}: more than ${MOST_BYTES} bytes, wanted a smaller file`
        : `Cannot unpack ${path}: its gzip is broken or cut short, wanted it whole`,
      { cause: error },
    );
  }
}
