/**
 * The processes that bench/parser.ts measures: one per language, asked line by line.
 *
 * @module
 */

const HERE = new URL(".", import.meta.url);

/** A process that measures parsers. */
export class Peer {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";

  /** @param args what to start, with its arguments */
  constructor(args: readonly string[]) {
    const [command = "", ...others] = args;
    this.#child = new Deno.Command(command, {
      args: others,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The CPU seconds of some passes over some files. */
  async measure(mode: string, passes: number, files: readonly string[]): Promise<number> {
    await this.#writer.write(new TextEncoder().encode(`${mode} ${passes} ${files.join(" ")}\n`));
    const [seconds = ""] = (await this.#line()).split(" ");
    return Number(seconds);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.#child.status;
  }

  async #line(): Promise<string> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("Cannot measure a parser: its process ended, wanted an answer");
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return line;
  }
}

/** A peer, or why it is not there. */
export type PeerStart = { readonly peer: Peer } | { readonly absent: string };

/** This engine. */
export function startDeno(): Peer {
  const worker = new URL("parser_worker.ts", HERE).pathname;
  return new Peer([Deno.execPath(), "run", "-A", "--quiet", worker]);
}

/** The official Python client, where Python and the package are there. */
export async function startPython(): Promise<PeerStart> {
  const check = await run("python3", ["-c", "import prometheus_client"]);
  if (check !== "") return { absent: `the Python client is not installed (${check})` };
  return { peer: new Peer(["python3", new URL("parser_client.py", HERE).pathname]) };
}

/**
 * Prometheus' and VictoriaMetrics' parsers, where Go is there: built once from their modules into the user's cache
 * (about 20 MB of downloads and a minute of work the first time).
 */
export async function startGo(): Promise<PeerStart> {
  const version = await run("go", ["version"]);
  if (version !== "") return { absent: `Go is not installed (${version})` };
  const folder = `${cacheFolder()}/vllm-notebook-lab/parser-bench`;
  await Deno.mkdir(folder, { recursive: true });
  const names = ["main.go", "go.mod", "go.sum"];
  for (const name of names) await Deno.copyFile(new URL(`parser_go/${name}`, HERE), `${folder}/${name}`);
  const problem = await run("go", ["build", "-o", "parserbench", "."], folder);
  return problem === ""
    ? { peer: new Peer([`${folder}/parserbench`]) }
    : { absent: `Go modules do not build (${problem})` };
}

function cacheFolder(): string {
  return Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? Deno.makeTempDirSync()}/.cache`;
}

/** "" when a command succeeds, else the last line of what it says. */
async function run(command: string, args: string[], cwd?: string): Promise<string> {
  try {
    const options = { args, stdout: "null", stderr: "piped", ...(cwd === undefined ? {} : { cwd }) } as const;
    const { success, stderr } = await new Deno.Command(command, options).output();
    return success ? "" : new TextDecoder().decode(stderr).trimEnd().split("\n").at(-1) || "it failed";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "not found";
    throw error;
  }
}
