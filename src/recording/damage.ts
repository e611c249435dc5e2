/**
 * How a damaged file shows itself, in words that say what to do.
 *
 * @module
 */

/**
 * What to throw instead of an error of SQLite's, or of a row that is none, while a file is read; any other error as it is.
 *
 * @param action what was tried: "open", "read", "record into"
 */
export function damageOf(action: string, path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const ofDatabase = "code" in error && error.code === "ERR_SQLITE_ERROR" &&
    /malformed|not a database|corrupt|disk I\/O/i.test(error.message);
  if (!ofDatabase && !(error instanceof SyntaxError)) return error;
  return new RangeError(
    `Cannot ${action} ${path}: it is damaged (${error.message}), wanted a whole file; deno task repair saves what is whole`,
    { cause: error },
  );
}
