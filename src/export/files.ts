/**
 * Files that are either whole or not there.
 *
 * @module
 */

/** Text is gathered to pieces of about this many characters before it is written. */
const PIECE_CHARACTERS = 65_536;

/**
 * Writes chunks to `path` through a neighbour that is renamed at the end, so that no reader ever sees half a file and a
 * failure leaves the old one. Never holds more than a piece.
 *
 * @returns the bytes written
 * @throws the error of the disk or of the chunks; the neighbour is removed
 */
export async function writeAtomically(
  path: string,
  chunks: AsyncIterable<string | Uint8Array>,
): Promise<number> {
  const part = `${path}.part`;
  const file = await Deno.open(part, { write: true, create: true, truncate: true });
  let bytes = 0;
  try {
    try {
      for await (const piece of encodedPieces(chunks)) {
        for (let from = 0; from < piece.length;) from += await file.write(piece.subarray(from));
        bytes += piece.length;
      }
    } finally {
      file.close();
    }
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(ignoreMissing);
    throw namedError(path, error);
  }
  return bytes;
}

/**
 * Writes a text so that its file is whole or as it was. What is no plain file (`/dev/stdout`, a pipe) is written as it is.
 *
 * @throws the error of the disk
 */
export async function writeText(path: string, text: string): Promise<void> {
  if (await isPlainOrNew(path)) await writeAtomically(path, once(text));
  else await Deno.writeTextFile(path, text);
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

async function isPlainOrNew(path: string): Promise<boolean> {
  try {
    // A link stays one: what it leads to is written.
    return (await Deno.lstat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

/** A disk that refuses a piece does not say of which file. */
function namedError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !/\(os error \d+\)$/.test(error.message)) return error;
  const state = error.message.replace(/ \(os error \d+\)$/, "");
  return new Error(`Cannot write ${path}: ${state}, wanted a disk that takes it`, { cause: error });
}

/**
 * As {@link writeAtomically}, for something that writes to a path itself.
 *
 * @returns the bytes written
 */
export async function makeAtomically(path: string, make: (path: string) => Promise<void>): Promise<number> {
  const part = `${path}.part`;
  try {
    await make(part);
    const { size } = await Deno.stat(part);
    await Deno.rename(part, path);
    return size;
  } catch (error) {
    await Deno.remove(part).catch(ignoreMissing);
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function* encodedPieces(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let gathered: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    if (typeof chunk !== "string") {
      yield encoder.encode(gathered.join(""));
      gathered = [];
      length = 0;
      yield chunk;
      continue;
    }
    gathered.push(chunk);
    length += chunk.length;
    if (length < PIECE_CHARACTERS) continue;
    yield encoder.encode(gathered.join(""));
    gathered = [];
    length = 0;
  }
  yield encoder.encode(gathered.join(""));
}

/**
 * Makes the directory, with those above it.
 *
 * @throws Error that names the directory when it cannot be made or written
 */
export async function prepareDirectory(directory: string): Promise<void> {
  try {
    await Deno.mkdir(directory, { recursive: true });
    const probe = await Deno.makeTempFile({ dir: directory, prefix: ".writable-" });
    await Deno.remove(probe);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const state = message.replace(/ \(os error \d+\).*$/s, "");
    throw new Error(`Cannot export to ${directory}: ${state}, wanted a directory that can be written`, {
      cause,
    });
  }
}

/** A text as part of a file name: anything but letters, digits, `.`, `_`, `-` becomes `_`; never empty, never hidden. */
export function fileNamePart(text: string): string {
  const safe = text.replaceAll(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._]+/, "").slice(0, 80);
  return safe === "" ? "unnamed" : safe;
}
