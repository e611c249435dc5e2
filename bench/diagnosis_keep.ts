/**
 * Outcomes that are kept in a file, so that an evaluation of hours can be made in parts and by several processes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

/** What an outcome depends on besides its case. */
export type KeptOptions = Readonly<Record<string, string | number | boolean | null>>;

/** One JSON value a line: first what made it, then a pair of key and outcome each. */
export class KeptOutcomes {
  readonly #path: string | undefined;
  readonly #outcomes: Map<string, unknown>;

  private constructor(path: string | undefined, outcomes: Map<string, unknown>) {
    this.#path = path;
    this.#outcomes = outcomes;
  }

  /**
   * Reads what is there, or begins a file; without a path nothing is kept. A last line that was cut is left out.
   *
   * @throws Error when the file's outcomes are of other options or of other code
   */
  static async open(path: string | undefined, options: KeptOptions): Promise<KeptOutcomes> {
    if (path === undefined) return new KeptOutcomes(undefined, new Map());
    const made = JSON.stringify({
      ...options,
      code: await codeOf(new URL("./diagnosis.ts", import.meta.url)),
    });
    const text = await Deno.readTextFile(path).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (text === undefined || text === "") {
      await Deno.writeTextFile(path, `${made}\n`, { append: true });
      return new KeptOutcomes(path, new Map());
    }
    const [first, ...lines] = text.split("\n");
    if (first !== made) {
      throw new Error(`Cannot go on with ${path}: it was made by ${first}, wanted ${made}`);
    }
    // After a line that was cut the next begins on its own.
    if (!text.endsWith("\n")) await Deno.writeTextFile(path, "\n", { append: true });
    return new KeptOutcomes(path, new Map(lines.flatMap(pairOf)));
  }

  /** Undefined where it is not known yet. */
  get<T>(key: string): T | undefined {
    return this.#outcomes.get(key) as T | undefined;
  }

  /** Keeps it, at the file's end: several processes may do so. */
  async add(key: string, outcome: unknown): Promise<void> {
    this.#outcomes.set(key, outcome);
    if (this.#path === undefined) return;
    await Deno.writeTextFile(this.#path, `${JSON.stringify([key, outcome])}\n`, { append: true });
  }
}

function pairOf(line: string): [string, unknown][] {
  try {
    const pair: unknown = JSON.parse(line);
    return Array.isArray(pair) && typeof pair[0] === "string" ? [[pair[0], pair[1]]] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** A digest of a module and of all that it imports. */
async function codeOf(module: URL): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", module.href] })
    .output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    readonly modules: readonly { readonly specifier: string }[];
  };
  const files = modules.map(({ specifier }) => specifier).filter((one) => one.startsWith("file:")).sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(await Deno.readFile(fileURLToPath(file)));
  return hash.digest("hex").slice(0, 16);
}
