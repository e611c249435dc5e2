/**
 * The limits of a container: control groups, version 2, version 1, and both at once.
 * Format: the kernel's admin-guide/cgroup-v2 and cgroup-v1/memory.
 *
 * @module
 */
import type { ReadFile } from "./proc_files.ts";
import { TextScanner } from "./text_scanner.ts";

/** The files that tell this process's limits. A limit holds for all groups below: every level up to the root counts. */
interface CgroupFiles {
  readonly memory?: {
    readonly version: 1 | 2;
    readonly limits: readonly string[];
    readonly usage: string;
    readonly stat: string;
  };
  readonly cpu?: { readonly version: 1 | 2; readonly directories: readonly string[] };
}

/** What they say. A limit that is not set is absent. */
export interface CgroupReading {
  readonly memoryLimitBytes?: number;
  /** In use, without the page cache that the kernel drops first (inactive files). */
  readonly memoryUsedBytes?: number;
  /** Processor time per time: 1.5 means one and a half cores. */
  readonly cpuLimitCores?: number;
}

const ROOT = "/sys/fs/cgroup";

/**
 * Finds the files. In a container with its own namespace the path is "/" and its files lie at the mount's root;
 * without one the path is the host's and may not be mounted, then the root's files are taken.
 */
function findCgroup(readFile: ReadFile): CgroupFiles {
  const own = tryRead(readFile, "/proc/self/cgroup");
  if (own === undefined) return {};
  const paths = ownPaths(own);
  const memory = findMemory(readFile, paths);
  const cpu = findCpu(readFile, paths);
  return { ...(memory === undefined ? {} : { memory }), ...(cpu === undefined ? {} : { cpu }) };
}

/** Reads between two looks at limits, which somebody has to change by hand, and at which group this process is in. */
const LIMITS_EVERY = 10;
const GROUP_EVERY = 60;

/** Gives a reader that asks for the use each time, and seldom for what seldom changes. */
export function cgroupReader(readFile: ReadFile): () => CgroupReading {
  let files: CgroupFiles = {};
  let limits: CgroupReading = {};
  let reads = 0;
  return () => {
    if (reads % GROUP_EVERY === 0) files = findCgroup(readFile);
    if (reads % LIMITS_EVERY === 0) limits = readLimits(files, readFile);
    reads++;
    const memoryUsedBytes = readMemoryUse(files, readFile);
    return memoryUsedBytes === undefined ? limits : { ...limits, memoryUsedBytes };
  };
}

function readLimits({ memory, cpu }: CgroupFiles, readFile: ReadFile): CgroupReading {
  const bytes = smallest((memory?.limits ?? []).map((path) => memoryLimit(tryRead(readFile, path))));
  const cores = smallest(
    (cpu?.directories ?? []).map((directory) => cpuLimit(cpu!.version, directory, readFile)),
  );
  return {
    ...(bytes === undefined ? {} : { memoryLimitBytes: bytes }),
    ...(cores === undefined ? {} : { cpuLimitCores: cores }),
  };
}

const scanner = new TextScanner();
const decoder = new TextDecoder();

function readMemoryUse({ memory }: CgroupFiles, readFile: ReadFile): number | undefined {
  if (memory === undefined) return undefined;
  const used = tryNumber(readFile, memory.usage);
  if (!(used > 0)) return undefined;
  const cache = tryNumber(
    readFile,
    memory.stat,
    memory.version === 2 ? "inactive_file " : "total_inactive_file ",
  );
  return Math.max(0, used - (cache > 0 ? cache : 0));
}

/** The file's number, or that of the line which begins so; NaN where there is none. */
function tryNumber(readFile: ReadFile, path: string, line = ""): number {
  try {
    const text = scanner.over(readFile(path));
    while (!text.isAtEnd && !text.take(line)) text.skipLine();
    return text.number();
  } catch {
    return NaN;
  }
}

/** Lines `id:controllers:path`; version 2 has id 0 and no controllers. */
function ownPaths(text: string): { v2?: string; memory?: string; cpu?: string } {
  const paths: { v2?: string; memory?: string; cpu?: string } = {};
  for (const [, controllers, path] of text.matchAll(/^\d+:([^:]*):(.*)$/gm)) {
    const names = controllers!.split(",");
    if (controllers === "") paths.v2 = path!;
    if (names.includes("memory")) paths.memory = path!;
    if (names.includes("cpu")) paths.cpu = path!;
  }
  return paths;
}

function findMemory(readFile: ReadFile, paths: ReturnType<typeof ownPaths>): CgroupFiles["memory"] {
  const version = paths.memory === undefined ? 2 : 1;
  const base = version === 2 ? ROOT : `${ROOT}/memory`;
  const limitName = version === 2 ? "memory.max" : "memory.limit_in_bytes";
  const usageName = version === 2 ? "memory.current" : "memory.usage_in_bytes";
  const levels = levelsOf(base, paths.memory ?? paths.v2);
  const at = levels.find((level) => tryRead(readFile, `${level}/${usageName}`) !== undefined);
  if (at === undefined) return undefined;
  return {
    version,
    limits: levels.map((level) => `${level}/${limitName}`).filter((path) =>
      tryRead(readFile, path) !== undefined
    ),
    usage: `${at}/${usageName}`,
    stat: `${at}/memory.stat`,
  };
}

function findCpu(readFile: ReadFile, paths: ReturnType<typeof ownPaths>): CgroupFiles["cpu"] {
  const version = paths.cpu === undefined ? 2 : 1;
  const bases = version === 2 ? [ROOT] : [`${ROOT}/cpu`, `${ROOT}/cpu,cpuacct`];
  const file = version === 2 ? "cpu.max" : "cpu.cfs_quota_us";
  for (const base of bases) {
    const directories = levelsOf(base, paths.cpu ?? paths.v2)
      .filter((level) => tryRead(readFile, `${level}/${file}`) !== undefined);
    if (directories.length > 0) return { version, directories };
  }
  return undefined;
}

/** Every directory from the group's own up to the mount's root. */
function levelsOf(base: string, path: string | undefined): string[] {
  const levels: string[] = [];
  for (let at = path === "/" ? "" : path ?? ""; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    levels.push(base + at);
  }
  levels.push(base);
  return levels;
}

/** "max" in version 2, the largest page-aligned number (above 2^62) in version 1: no limit. */
function memoryLimit(text: string | undefined): number | undefined {
  const bytes = Number(text?.trim());
  return bytes >= 0 && bytes < 2 ** 60 ? bytes : undefined;
}

function cpuLimit(version: 1 | 2, directory: string, readFile: ReadFile): number | undefined {
  const [quota, period] = version === 2
    ? (tryRead(readFile, `${directory}/cpu.max`) ?? "").trim().split(" ")
    : [
      tryRead(readFile, `${directory}/cpu.cfs_quota_us`),
      tryRead(readFile, `${directory}/cpu.cfs_period_us`),
    ];
  const cores = Number(quota) / Number(period);
  return cores > 0 && Number.isFinite(cores) ? cores : undefined;
}

function smallest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Absent where the file is not there; whoever may not read /sys at all has been told so before this is asked. */
function tryRead(readFile: ReadFile, path: string): string | undefined {
  try {
    return decoder.decode(readFile(path));
  } catch {
    return undefined;
  }
}
