/**
 * The processes of a vLLM server on this machine: API server, engine core, workers.
 *
 * @module
 */
import { parseProcessCpu, parseProcessPages, type ProcessReading, type ReadFile } from "./proc_files.ts";

/** A process of the server, with its use so far. */
export interface ServerProcess extends ProcessReading {
  readonly pid: number;
  /** What it is called: `vllm serve`, `VLLM::EngineCore`. */
  readonly name: string;
}

/** How processes are found. */
export interface ServerProcessesOptions {
  readonly readFile: ReadFile;
  /** Size of a page of memory. */
  readonly pageBytes: () => number;
  /** Numbers of all processes. */
  readonly listPids: () => readonly number[];
  /** Never counted: the lab itself may have "vllm" in its arguments. */
  readonly ownPid: number;
}

/** Reads between two looks for new processes. Listing them all costs as much as many reads. */
const LOOK_EVERY = 15;

/** Looks at which a new process is asked for its arguments: it gives itself its title some seconds after its start. */
const ASKED_TIMES = 3;

/** Looks between two that ask every process, whatever its age: a script may become a server minutes after its start. */
const WHOLE_LOOK_EVERY = 20;

/**
 * Gives a reader of the server's processes. One that ends in between is left out, without a fuss, and others are looked for at
 * the next read: a server that starts again has new ones.
 */
export function serverProcessReader(options: ServerProcessesOptions): () => readonly ServerProcess[] {
  let found: readonly Found[] = [];
  /** How often each process was asked. */
  let asked: ReadonlyMap<number, number> = new Map();
  let looks = 0;
  let readsLeft = 0;

  function look(): void {
    const isWhole = looks++ % WHOLE_LOOK_EVERY === 0;
    const times = new Map<number, number>();
    const known = new Map(found.map((process) => [process.pid, process]));
    const next: Found[] = [];
    for (const pid of options.listPids()) {
      const before = asked.get(pid) ?? 0;
      const isDue = isWhole || before < ASKED_TIMES;
      times.set(pid, isDue ? before + 1 : before);
      const process = isDue ? findServer(pid, options) : known.get(pid);
      if (process !== undefined) next.push(process);
    }
    asked = times;
    found = next;
  }

  return () => {
    if (readsLeft === 0) look();
    readsLeft = readsLeft === 0 ? LOOK_EVERY - 1 : readsLeft - 1;
    const read = readAll(found, options);
    if (read.length < found.length) {
      found = found.filter(({ pid }) => read.some((process) => process.pid === pid));
      readsLeft = 0;
    }
    return read;
  };
}

function readAll(
  found: readonly Found[],
  { readFile, pageBytes }: ServerProcessesOptions,
): readonly ServerProcess[] {
  const read: ServerProcess[] = [];
  for (const { pid, name, stat, statm } of found) {
    try {
      const cpuSeconds = parseProcessCpu(readFile(stat));
      read.push({ pid, name, cpuSeconds, residentBytes: parseProcessPages(readFile(statm)) * pageBytes() });
    } catch {
      // It has ended meanwhile, or is another user's.
    }
  }
  return read;
}

interface Found {
  readonly pid: number;
  readonly name: string;
  readonly stat: string;
  readonly statm: string;
}

function findServer(pid: number, { readFile, ownPid }: ServerProcessesOptions): Found | undefined {
  const name = pid === ownPid ? undefined : serverName(argumentsOf(readFile, pid));
  return name === undefined
    ? undefined
    : { pid, name, stat: `/proc/${pid}/stat`, statm: `/proc/${pid}/statm` };
}

/**
 * What a server's process is called, undefined for any other. vLLM's engine and workers give themselves titles
 * (`VLLM::EngineCore`); the API server is a Python program `vllm serve …` or `-m vllm.entrypoints.…`. A process that only
 * mentions vLLM (an editor, a search) is none.
 */
export function serverName(args: readonly string[]): string | undefined {
  const title = /^(VLLM::\S+)/.exec(args[0] ?? "")?.[1];
  if (title !== undefined) return title;
  const program = (args[0] ?? "").split("/").at(-1) ?? "";
  const rest = /^python[\d.]*$/.test(program) ? args.slice(1) : args;
  if ((rest[0] ?? "").split("/").at(-1) === "vllm" && rest[1] === "serve") return "vllm serve";
  const module = rest[rest.indexOf("-m") + 1];
  return rest.includes("-m") && /^vllm\.entrypoints\./.test(module ?? "") ? "vllm serve" : undefined;
}

const decoder = new TextDecoder();

/** None where it has ended meanwhile, or is another user's. */
function argumentsOf(readFile: ReadFile, pid: number): readonly string[] {
  try {
    return decoder.decode(readFile(`/proc/${pid}/cmdline`)).split("\0").filter((arg) => arg !== "");
  } catch {
    return [];
  }
}
