/**
 * Linux' own figures about the machine, read from the texts under /proc. Format: proc(5). Only texts in, numbers out.
 *
 * @module
 */

/** Reads a whole small file. Throws when it cannot. */
export type ReadText = (path: string) => string;

/** Clock ticks since boot, summed over what a core did. Only differences mean anything. */
export interface CpuTimes {
  /** user, nice, system, irq, softirq and steal: not idle and not waiting for a disk. */
  readonly busy: number;
  readonly total: number;
  readonly iowait: number;
  readonly steal: number;
}

/**
 * `/proc/stat`: all cores together, then each. Guest time is already inside user and is not added again.
 *
 * @throws SyntaxError when it has no line `cpu`
 */
export function parseStat(text: string): { readonly all: CpuTimes; readonly cores: readonly CpuTimes[] } {
  const rows: CpuTimes[] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith("cpu")) break;
    const ticks = line.split(/\s+/).slice(1, 9).map(Number);
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = ticks;
    const busy = user + nice + system + irq + softirq + steal;
    rows.push({ busy, total: busy + idle + iowait, iowait, steal });
  }
  const [all, ...cores] = rows;
  if (all === undefined) throw new SyntaxError("Cannot read /proc/stat: it does not begin with cpu");
  return { all, cores };
}

/** Memory of the machine in bytes. */
export interface MemoryReading {
  readonly totalBytes: number;
  /** What programs can still get without swapping (the kernel's estimate). */
  readonly availableBytes: number;
  readonly swapTotalBytes?: number;
  readonly swapFreeBytes?: number;
}

/**
 * `/proc/meminfo`. Before Linux 3.14 there is no MemAvailable: free memory, buffers and cache stand in for it.
 *
 * @throws SyntaxError without MemTotal or anything to tell what is free
 */
export function parseMeminfo(text: string): MemoryReading {
  const bytes = new Map<string, number>();
  for (const [, name, kilobytes] of text.matchAll(/^(\w+):\s+(\d+) kB$/gm)) {
    bytes.set(name!, Number(kilobytes) * 1024);
  }
  const free = bytes.get("MemFree");
  const older = free === undefined
    ? undefined
    : free + (bytes.get("Buffers") ?? 0) + (bytes.get("Cached") ?? 0);
  const totalBytes = bytes.get("MemTotal");
  const availableBytes = bytes.get("MemAvailable") ?? older;
  if (totalBytes === undefined || availableBytes === undefined) {
    throw new SyntaxError("Cannot read /proc/meminfo: no MemTotal or MemAvailable");
  }
  const swapTotalBytes = bytes.get("SwapTotal");
  const swapFreeBytes = bytes.get("SwapFree");
  return {
    totalBytes,
    availableBytes,
    ...(swapTotalBytes === undefined ? {} : { swapTotalBytes }),
    ...(swapFreeBytes === undefined ? {} : { swapFreeBytes }),
  };
}

/**
 * `/proc/loadavg`: mean number of runnable or uninterruptible tasks over 1, 5 and 15 minutes.
 *
 * @throws SyntaxError when it does not begin with three numbers
 */
export function parseLoadavg(text: string): readonly [number, number, number] {
  const [one, five, fifteen] = text.split(" ").slice(0, 3).map(Number);
  if (
    one === undefined || five === undefined || fifteen === undefined || Number.isNaN(one + five + fifteen)
  ) {
    throw new SyntaxError("Cannot read /proc/loadavg: it does not begin with three numbers");
  }
  return [one, five, fifteen];
}

/** The kernel's USER_HZ, which is 100 on every architecture that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** A process's use so far. */
export interface ProcessReading {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/**
 * `/proc/PID/stat` and `/proc/PID/status`. The name may hold spaces and parentheses; it ends at the last one.
 *
 * @throws SyntaxError when a field is missing (a zombie has no memory: its VmRSS is absent)
 */
export function parseProcess(stat: string, status: string): ProcessReading {
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (open < 0 || Number.isNaN(ticks) || resident === undefined) {
    throw new SyntaxError("Cannot read a process: no times in its stat or no VmRSS in its status");
  }
  return {
    name: stat.slice(open + 1, close),
    cpuSeconds: ticks / TICKS_PER_SECOND,
    residentBytes: Number(resident) * 1024,
  };
}

/** `/proc/pressure/X`: seconds in which some task (`some`) or all tasks (`full`) waited for the resource, since boot. */
export function parsePressure(
  text: string,
): { readonly someSeconds?: number; readonly fullSeconds?: number } {
  const some = /^some .*total=(\d+)/m.exec(text)?.[1];
  const full = /^full .*total=(\d+)/m.exec(text)?.[1];
  return {
    ...(some === undefined ? {} : { someSeconds: Number(some) / 1e6 }),
    ...(full === undefined ? {} : { fullSeconds: Number(full) / 1e6 }),
  };
}

/** Bytes through a device since boot. */
export interface DeviceBytes {
  readonly device: string;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** `/proc/net/dev`, without the loopback: received and sent. */
export function parseNetDev(text: string): DeviceBytes[] {
  const devices: DeviceBytes[] = [];
  for (const line of text.split("\n").slice(2)) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const device = line.slice(0, colon).trim();
    const fields = line.slice(colon + 1).trim().split(/\s+/);
    if (device !== "lo") devices.push({ device, inBytes: Number(fields[0]), outBytes: Number(fields[8]) });
  }
  return devices;
}

/** A sector of `/proc/diskstats` is always 512 bytes, whatever the disk's own sectors are. */
const SECTOR_BYTES = 512;

/** `/proc/diskstats`, whole disks only (no partitions, loop, ram or mapped devices): read and written. */
export function parseDiskstats(text: string): DeviceBytes[] {
  const devices: DeviceBytes[] = [];
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/\s+/);
    const device = fields[2];
    if (device === undefined || fields.length < 14 || !isWholeDisk(device)) continue;
    devices.push({
      device,
      inBytes: Number(fields[5]) * SECTOR_BYTES,
      outBytes: Number(fields[9]) * SECTOR_BYTES,
    });
  }
  return devices;
}

function isWholeDisk(device: string): boolean {
  return /^(sd[a-z]+|hd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+|md\d+)$/.test(device);
}
