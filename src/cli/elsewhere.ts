/**
 * What was measured is not lost for a folder that takes no files: it goes into a temporary one, and that is said.
 *
 * @module
 */
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import { errorLine } from "./options.ts";
import { CliError, EXIT, note } from "./terminal.ts";

/**
 * Writes into the folder, or, where that fails (a full disk, a folder that is gone), into a new temporary one.
 *
 * @param write all of it, again when the first folder took only a part
 * @throws CliError (exit 1) when neither takes it
 */
export async function writeSomewhere<Written>(
  directory: string,
  language: Language,
  write: (directory: string) => Promise<Written>,
): Promise<Written> {
  try {
    return await write(directory);
  } catch (error) {
    const line = fileLine(error);
    if (line === undefined) throw error;
    const other = await temporaryFolder(line);
    note(cliText(language).writtenElsewhere(line, other));
    try {
      return await write(other);
    } catch (second) {
      const secondLine = fileLine(second);
      if (secondLine === undefined) throw second;
      throw new CliError(secondLine, EXIT.failed);
    }
  }
}

async function temporaryFolder(why: string): Promise<string> {
  try {
    return await Deno.makeTempDir({ prefix: "lab-" });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CliError(why, EXIT.failed, { cause: error });
  }
}

/** What a disk refused, as one line; undefined for a mistake of the program. */
function fileLine(error: unknown): string | undefined {
  if (error instanceof CliError) return error.message;
  return errorLine(error);
}
