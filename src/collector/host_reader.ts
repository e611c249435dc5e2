/**
 * The machine as it stands now: from /proc on Linux, from the platform's own calls elsewhere.
 *
 * @module
 */
import { cpus } from "node:os";
import { cpuUsage } from "node:process";
import type { Cause } from "../base/cause.ts";
import { cgroupReader, type CgroupReading } from "./cgroup.ts";
import { KeptFiles } from "./kept_files.ts";
import {
  type CpuReading,
  type CpuTimes,
  type DeviceBytes,
  type MemoryReading,
  pageBytesOf,
  parseDiskstats,
  parseLoadavg,
  parseMeminfo,
  parseNetDev,
  parsePressure,
  parseProcessCpu,
  parseProcessPages,
  parseStat,
  type PressureReading,
  type ProcessReading,
  type ReadFile,
} from "./proc_files.ts";
import { type ServerProcess, serverProcessReader } from "./server_processes.ts";

/** The parts of a reading. */
export interface HostParts {
  readonly cpu: CpuReading;
  readonly memory: MemoryReading;
  readonly load: readonly [number, number, number];
  readonly cgroup: CgroupReading;
  /** The lab's own. */
  readonly process: ProcessReading;
  /** By resource: cpu, memory, io. */
  readonly pressure: ReadonlyMap<string, PressureReading>;
  readonly network: readonly DeviceBytes[];
  readonly disks: readonly DeviceBytes[];
  /** Of a vLLM server on this machine. */
  readonly servers: readonly ServerProcess[];
}

/** Everything that was read. A part that cannot be had is in `absent` with its cause, under its own name. */
export interface HostReading extends Partial<HostParts> {
  readonly absent: Readonly<Record<string, Cause>>;
}

/**
 * How much is read: processor and memory; also what moves within a second (limits, network, disks, processes of a server); or
 * everything (load, pressure, this process).
 */
export type HostExtent = "fast" | "second" | "all";

/** Reads the machine once. What does not belong to the extent is left out. */
export interface HostReader {
  (extent?: HostExtent): HostReading;
  /** Frees what is kept between reads. */
  close?(): void;
}

type PartName = keyof HostParts;
type PartReaders = { readonly [K in PartName]: () => HostParts[K] | undefined };
type Parts = { -readonly [K in PartName]?: HostParts[K] };

/** Where a part is to be found, for the reason why it is not. */
const PART_PATHS: Readonly<Record<PartName, string>> = {
  cpu: "/proc/stat",
  memory: "/proc/meminfo",
  load: "/proc/loadavg",
  cgroup: "/sys/fs/cgroup",
  process: "/proc/self/stat",
  pressure: "/proc/pressure",
  network: "/proc/net/dev",
  disks: "/proc/diskstats",
  servers: "/proc",
};

/** How /proc is read. */
export interface ProcReaderOptions {
  /** Reads a file; a test gives recorded ones. */
  readonly readFile: ReadFile;
  /** Numbers of all processes; without it no server's processes are looked for. */
  readonly listPids?: () => readonly number[];
  /** Read each core too. */
  readonly perCore?: boolean;
  /** This process's own processor time, where something quicker than its file tells it. */
  readonly ownCpuSeconds?: () => number;
}

/** Reads /proc and /sys. */
export function procHostReader(options: ProcReaderOptions): HostReader {
  const { readFile, listPids, perCore = false } = options;
  const { ownCpuSeconds = () => parseProcessCpu(readFile("/proc/self/stat")) } = options;
  let pageSize: number | undefined;
  const pageBytes = () => pageSize ??= ownPageBytes(readFile);
  const servers = listPids && serverProcessReader({ readFile, listPids, pageBytes, ownPid: Deno.pid });
  const parts: PartReaders = {
    cpu: () => parseStat(readFile("/proc/stat"), perCore),
    memory: () => parseMeminfo(readFile("/proc/meminfo")),
    load: () => parseLoadavg(readFile("/proc/loadavg")),
    cgroup: cgroupReader(readFile),
    process: () => ({
      cpuSeconds: ownCpuSeconds(),
      residentBytes: parseProcessPages(readFile("/proc/self/statm")) * pageBytes(),
    }),
    pressure: () => readPressure(readFile),
    network: () => parseNetDev(readFile("/proc/net/dev")),
    disks: () => parseDiskstats(readFile("/proc/diskstats")),
    servers: () => servers?.(),
  };
  return (extent) => readParts(parts, extent);
}

function ownPageBytes(readFile: ReadFile): number {
  const pages = parseProcessPages(readFile("/proc/self/statm"));
  return pageBytesOf(readFile("/proc/self/status"), pages);
}

/** What the platform's own calls tell without /proc (macOS, Windows, Linux without the permission): no limits, no pressure. */
export function platformHostReader(why: Cause): HostReader {
  const missing = { cgroup: why, pressure: why, network: why, disks: why, servers: why };
  const parts: PartReaders = {
    cpu: platformCpu,
    memory: platformMemory,
    load: () => platformLoad(),
    process: () => ({
      cpuSeconds: processCpuSeconds(),
      residentBytes: Deno.memoryUsage().rss,
    }),
    cgroup: () => undefined,
    pressure: () => undefined,
    network: () => undefined,
    disks: () => undefined,
    servers: () => undefined,
  };
  return (extent) => {
    const reading = readParts(parts, extent);
    return { ...reading, absent: { ...missing, ...reading.absent } };
  };
}

/** /proc where it can be read, else the platform's calls, with the reason for what is missing then. */
export function defaultHostReader(
  options: { readonly readFile?: ReadFile; readonly perCore?: boolean } = {},
): HostReader {
  const { readFile, perCore = false } = options;
  const system = readFile === undefined ? systemFiles() : { readFile, close: () => {} };
  try {
    system.readFile("/proc/stat");
    const reader = procHostReader({
      readFile: system.readFile,
      listPids: listProcesses,
      perCore,
      ownCpuSeconds: processCpuSeconds,
    });
    return Object.assign(reader, { close: system.close });
  } catch (error) {
    system.close();
    return platformHostReader(causeOfRead(error, "/proc"));
  }
}

/**
 * Files under /proc and /sys, with kept handles but for arguments of processes (asked for once). Deno opens them only to
 * `--allow-all`; a prompt in the middle of a measurement is no use, so none is caused.
 */
function systemFiles(): { readonly readFile: ReadFile; readonly close: () => void } {
  const kept = new KeptFiles();
  let granted = false;
  const readFile = (path: string) => {
    granted ||= Deno.permissions.querySync({ name: "read", path }).state === "granted";
    if (!granted) throw new Deno.errors.NotCapable(`Cannot read ${path}: no permission, wanted --allow-all`);
    return path.endsWith("/cmdline") ? Deno.readFileSync(path) : kept.read(path);
  };
  return { readFile, close: () => kept.close() };
}

/** Numbers of all processes that can be seen. */
function listProcesses(): readonly number[] {
  const pids: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) if (/^\d+$/.test(name)) pids.push(Number(name));
  return pids;
}

const FAST = ["cpu", "memory"] as const;
const SECOND = [...FAST, "cgroup", "network", "disks", "servers"] as const;
const PARTS: Readonly<Record<HostExtent, readonly PartName[]>> = {
  fast: FAST,
  second: SECOND,
  all: [...SECOND, "load", "process", "pressure"],
};

function readParts(parts: PartReaders, extent: HostExtent = "all"): HostReading {
  const read: Parts = {};
  const absent: Record<string, Cause> = {};
  for (const name of PARTS[extent]) readPart(parts, name, { read, absent });
  return { ...read, absent };
}

function readPart<K extends PartName>(
  parts: PartReaders,
  name: K,
  into: { readonly read: Parts; readonly absent: Record<string, Cause> },
): void {
  try {
    const part = parts[name]();
    if (part !== undefined) into.read[name] = part;
  } catch (error) {
    into.absent[name] = causeOfRead(error, PART_PATHS[name]);
  }
}

/** Elsewhere than on Linux the file's absence is the platform's; on Linux it is this kernel's or this container's. */
function causeOfRead(error: unknown, path: string): Cause {
  const { NotCapable, NotFound, NotSupported, PermissionDenied } = Deno.errors;
  if (error instanceof NotCapable || error instanceof PermissionDenied) {
    return { code: "no_permission", params: { path } };
  }
  const missing = error instanceof NotSupported || (error instanceof NotFound && Deno.build.os !== "linux");
  if (missing) return { code: "not_on_this_platform", params: { platform: Deno.build.os } };
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "file_not_readable", params: { path, detail: detail.slice(0, 200) } };
}

const RESOURCES = ["cpu", "memory", "io"].map((name) => ({ name, path: `/proc/pressure/${name}` }));

function readPressure(readFile: ReadFile): ReadonlyMap<string, PressureReading> {
  const all = new Map<string, PressureReading>();
  for (const { name, path } of RESOURCES) all.set(name, parsePressure(readFile(path)));
  return all;
}

function platformCpu(): CpuReading {
  const cores = cpus().map(({ times }) => {
    const busy = times.user + times.nice + times.sys + times.irq;
    return { busy, total: busy + times.idle, iowait: 0, steal: 0 };
  });
  if (cores.length === 0) throw new Deno.errors.NotSupported("Cannot read the cores' times: none given");
  const sum = (pick: (core: CpuTimes) => number) => cores.reduce((total, core) => total + pick(core), 0);
  const all = { busy: sum((c) => c.busy), total: sum((c) => c.total), iowait: 0, steal: 0 };
  return { all, coreCount: cores.length, cores };
}

function platformMemory(): MemoryReading {
  const info = Deno.systemMemoryInfo();
  return {
    totalBytes: info.total,
    availableBytes: info.available,
    swapTotalBytes: info.swapTotal,
    swapFreeBytes: info.swapFree,
  };
}

function platformLoad(): readonly [number, number, number] {
  // Windows has no such figure, and the call answers zeros there.
  if (Deno.build.os === "windows") {
    throw new Deno.errors.NotSupported("Cannot read the load: Windows has none");
  }
  const [one = 0, five = 0, fifteen = 0] = Deno.loadavg();
  return [one, five, fifteen];
}

function processCpuSeconds(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1e6;
}
