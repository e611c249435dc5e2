/**
 * The processes of a vLLM server on this machine: API server, engine core, workers.
 *
 * @module
 */
import { parseProcess, type ProcessReading, type ReadText } from "./proc_files.ts";

/** A process of the server, with its use so far. */
export interface ServerProcess extends ProcessReading {
  readonly pid: number;
}

/** How processes are found. */
export interface ServerProcessesOptions {
  readonly readText: ReadText;
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
    return found.flatMap(({ pid, name }) => {
      const stat = tryRead(options.readText, `/proc/${pid}/stat`);
      const status = tryRead(options.readText, `/proc/${pid}/status`);
      if (stat === undefined || status === undefined || !/^VmRSS:/m.test(status)) return [];
      return [{ ...parseProcess(stat, status), pid, name }];
    });
  };
}

interface Found {
  readonly pid: number;
  readonly name: string;
}

function findServer(pids: readonly number[], { readText, ownPid }: ServerProcessesOptions): readonly Found[] {
  return pids.flatMap((pid) => {
    const args = (tryRead(readText, `/proc/${pid}/cmdline`) ?? "").split("\0").filter((arg) => arg !== "");
    const name = pid === ownPid ? undefined : serverName(args);
    return name === undefined ? [] : [{ pid, name }];
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

function tryRead(readText: ReadText, path: string): string | undefined {
  try {
    return readText(path);
  } catch {
    return undefined; // It has ended meanwhile, or is another user's.
  }
}
