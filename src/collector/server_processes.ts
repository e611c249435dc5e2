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

/** Reads between two looks for new processes. */
const LOOK_EVERY = 10;

/**
 * Looks between two that ask every process of the machine for its arguments; the others ask only those that the last such
 * look had not seen. A process gives itself its title seconds after its start, so once is not enough.
 */
const WHOLE_LOOK_EVERY = 6;

/** Gives a reader of the server's processes. One that ends in between is left out, without a fuss. */
export function serverProcessReader(options: ServerProcessesOptions): () => readonly ServerProcess[] {
  let found: readonly Found[] = [];
  let settled: ReadonlySet<number> = new Set();
  let reads = 0;
  return () => {
    if (reads % (LOOK_EVERY * WHOLE_LOOK_EVERY) === 0) {
      const pids = options.listPids();
      settled = new Set(pids);
      found = findServer(pids, options);
    } else if (reads % LOOK_EVERY === 0) {
      const young = options.listPids().filter((pid) => !settled.has(pid));
      found = [...found.filter(({ pid }) => settled.has(pid)), ...findServer(young, options)];
    }
    reads++;
    return readAll(found, options);
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

function findServer(pids: readonly number[], { readFile, ownPid }: ServerProcessesOptions): readonly Found[] {
  return pids.flatMap((pid) => {
    const args = argumentsOf(readFile, pid);
    const name = pid === ownPid ? undefined : serverName(args);
    return name === undefined ? [] : [{ pid, name, stat: `/proc/${pid}/stat`, statm: `/proc/${pid}/statm` }];
  });
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
