/**
 * The machine as it stands now: from /proc on Linux, from the platform's own calls elsewhere.
 *
 * @module
 */
import { cpus } from "node:os";
import { cpuUsage } from "node:process";
import type { Cause } from "../base/cause.ts";
import { findCgroup, readCgroup } from "./cgroup.ts";
import type { CgroupFiles, CgroupReading } from "./cgroup.ts";
import { KeptFiles } from "./kept_files.ts";
import {
  type CpuTimes,
  type DeviceBytes,
  type MemoryReading,
  parseDiskstats,
  parseLoadavg,
  parseMeminfo,
  parseNetDev,
  parsePressure,
  parseProcess,
  parseStat,
  type ProcessReading,
  type ReadText,
} from "./proc_files.ts";
import { type ServerProcess, serverProcessReader } from "./server_processes.ts";

/** Everything that was read. A part that cannot be had is in `absent` with its cause, under its own name. */
export interface HostReading {
  readonly cpu?: { readonly all: CpuTimes; readonly cores: readonly CpuTimes[] };
  readonly memory?: MemoryReading;
  readonly load?: readonly [number, number, number];
  readonly cgroup?: CgroupReading;
  readonly process?: ProcessReading;
  readonly pressure?: ReadonlyMap<string, ReturnType<typeof parsePressure>>;
  readonly network?: readonly DeviceBytes[];
  readonly disks?: readonly DeviceBytes[];
  /** Of a vLLM server on this machine. */
  readonly servers?: readonly ServerProcess[];
  readonly absent: Readonly<Record<string, Cause>>;
}

/** Reads the machine once: everything, or only what moves fast (processor and memory; the rest is then left out). */
export interface HostReader {
  (extent?: "all" | "fast"): HostReading;
  /** Frees what is kept between reads. */
  close?(): void;
}

type PartReaders = { readonly [K in keyof Parts]-?: () => HostReading[K] | undefined };
type Parts = { -readonly [K in Exclude<keyof HostReading, "absent">]?: HostReading[K] | undefined };

/** Where a part is to be found, for the reason why it is not. */
const PART_PATHS: Readonly<Record<keyof Parts, string>> = {
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

/**
 * Reads /proc and /sys through the given function: a test gives recorded files.
 *
 * @param listPids numbers of all processes; without it no server's processes are looked for
 */
export function procHostReader(readText: ReadText, listPids?: () => readonly number[]): HostReader {
  let cgroupFiles: CgroupFiles | undefined;
  const servers = listPids && serverProcessReader({ readText, listPids, ownPid: Deno.pid });
  const parts: PartReaders = {
    cpu: () => parseStat(readText("/proc/stat")),
    memory: () => parseMeminfo(readText("/proc/meminfo")),
    load: () => parseLoadavg(readText("/proc/loadavg")),
    cgroup: () => readCgroup(cgroupFiles ??= findCgroup(readText), readText),
    process: () => parseProcess(readText("/proc/self/stat"), readText("/proc/self/status")),
    pressure: () => readPressure(readText),
    network: () => parseNetDev(readText("/proc/net/dev")),
    disks: () => parseDiskstats(readText("/proc/diskstats")),
    servers: () => servers?.(),
  };
  return (extent) => readParts(parts, extent);
}

/** What the platform's own calls tell without /proc (macOS, Windows, Linux without the permission): no limits, no pressure. */
export function platformHostReader(why: Cause): HostReader {
  const missing = { cgroup: why, pressure: why, network: why, disks: why, servers: why };
  const parts: PartReaders = {
    cpu: platformCpu,
    memory: platformMemory,
    load: () => platformLoad(),
    process: () => ({
      name: "deno",
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
export function defaultHostReader(readText?: ReadText): HostReader {
  const system = readText === undefined ? systemFiles() : { readText, close: () => {} };
  try {
    system.readText("/proc/stat");
    return Object.assign(procHostReader(system.readText, listProcesses), { close: system.close });
  } catch (error) {
    system.close();
    return platformHostReader(causeOfRead(error, "/proc"));
  }
}

/**
 * Files under /proc and /sys, with kept handles but for other processes' (they come and go). Deno opens them only to
 * `--allow-all`; a prompt in the middle of a measurement is no use, so none is caused.
 */
function systemFiles(): { readonly readText: ReadText; readonly close: () => void } {
  const kept = new KeptFiles();
  let granted = false;
  const readText = (path: string) => {
    granted ||= Deno.permissions.querySync({ name: "read", path }).state === "granted";
    if (!granted) throw new Deno.errors.NotCapable(`Cannot read ${path}: no permission, wanted --allow-all`);
    return /^\/proc\/\d/.test(path) ? Deno.readTextFileSync(path) : kept.read(path);
  };
  return { readText, close: () => kept.close() };
}

/** Numbers of all processes that can be seen. */
function listProcesses(): readonly number[] {
  const pids: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) if (/^\d+$/.test(name)) pids.push(Number(name));
  return pids;
}

function readParts(parts: PartReaders, extent: "all" | "fast" = "all"): HostReading {
  const absent: Record<string, Cause> = {};
  const read = <T>(name: keyof Parts, from: () => T): T | undefined => {
    try {
      return from();
    } catch (error) {
      absent[name] = causeOfRead(error, PART_PATHS[name]);
      return undefined;
    }
  };
  const fast: Parts = { cpu: read("cpu", parts.cpu), memory: read("memory", parts.memory) };
  if (extent === "fast") return withoutMissing(fast, absent);
  const reading: Parts = {
    ...fast,
    load: read("load", parts.load),
    cgroup: read("cgroup", parts.cgroup),
    process: read("process", parts.process),
    pressure: read("pressure", parts.pressure),
    network: read("network", parts.network),
    disks: read("disks", parts.disks),
    servers: read("servers", parts.servers),
  };
  return withoutMissing(reading, absent);
}

function withoutMissing(reading: Parts, absent: Readonly<Record<string, Cause>>): HostReading {
  const known = Object.fromEntries(Object.entries(reading).filter(([, value]) => value !== undefined));
  return { ...known, absent };
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

function readPressure(readText: ReadText): ReadonlyMap<string, ReturnType<typeof parsePressure>> {
  const resources = ["cpu", "memory", "io"];
  return new Map(
    resources.map((resource) => [resource, parsePressure(readText(`/proc/pressure/${resource}`))]),
  );
}

function platformCpu(): { all: CpuTimes; cores: CpuTimes[] } {
  const cores = cpus().map(({ times }) => {
    const busy = times.user + times.nice + times.sys + times.irq;
    return { busy, total: busy + times.idle, iowait: 0, steal: 0 };
  });
  if (cores.length === 0) throw new Deno.errors.NotSupported("Cannot read the cores' times: none given");
  const sum = (pick: (core: CpuTimes) => number) => cores.reduce((total, core) => total + pick(core), 0);
  return { all: { busy: sum((c) => c.busy), total: sum((c) => c.total), iowait: 0, steal: 0 }, cores };
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
