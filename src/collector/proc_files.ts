/**
 * Linux' own figures about the machine, read from the texts under /proc. Format: proc(5). Only bytes in, numbers out.
 *
 * @module
 */
import { TextScanner } from "./text_scanner.ts";

/** Reads a whole small file; the bytes may be replaced by the next read. Throws when it cannot. */
export type ReadFile = (path: string) => Uint8Array;

/** All parsers here run to their end before the next begins. */
const scanner = new TextScanner();

/** Clock ticks since boot, summed over what a core did. Only differences mean anything. */
export interface CpuTimes {
  /** user, nice, system, irq, softirq and steal: not idle and not waiting for a disk. */
  readonly busy: number;
  readonly total: number;
  readonly iowait: number;
  readonly steal: number;
}

/** All cores together, how many there are, and each where that was asked for. */
export interface CpuReading {
  readonly all: CpuTimes;
  readonly coreCount: number;
  readonly cores: readonly CpuTimes[];
}

/**
 * `/proc/stat`: all cores together, then each. Guest time is already inside user and is not added again.
 *
 * @param perCore read each core too: on large machines that is most of the work
 * @throws SyntaxError when it has no line `cpu`
 */
export function parseStat(bytes: Uint8Array, perCore = false): CpuReading {
  const text = scanner.over(bytes);
  if (!text.take("cpu ")) throw new SyntaxError("Cannot read /proc/stat: it does not begin with cpu");
  const all = cpuTimes(text);
  const cores: CpuTimes[] = [];
  let coreCount = 0;
  for (text.skipLine(); text.take("cpu"); text.skipLine()) {
    coreCount++;
    if (!perCore) continue;
    text.skipWords(1); // The core's number.
    cores.push(cpuTimes(text));
  }
  return { all, coreCount, cores };
}

/** user, nice, system, idle, iowait, irq, softirq, steal; Linux 2.4 had the first four. */
function cpuTimes(text: TextScanner): CpuTimes {
  const ticks = () => {
    const value = text.number();
    return value >= 0 ? value : 0; // NaN: no such column.
  };
  const early = ticks() + ticks() + ticks();
  const idle = ticks();
  const iowait = ticks();
  const interrupts = ticks() + ticks();
  const steal = ticks();
  const busy = early + interrupts + steal;
  return { busy, total: busy + idle + iowait, iowait, steal };
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
export function parseMeminfo(bytes: Uint8Array): MemoryReading {
  const text = scanner.over(bytes);
  let total = NaN;
  let free = NaN;
  let available = NaN;
  let buffers = 0;
  let cached = 0;
  let swapTotal = NaN;
  let swapFree = NaN;
  // The last of these is SwapFree; what follows is of no interest.
  for (; !text.isAtEnd && Number.isNaN(swapFree); text.skipLine()) {
    if (text.take("MemTotal:")) total = text.number();
    else if (text.take("MemFree:")) free = text.number();
    else if (text.take("MemAvailable:")) available = text.number();
    else if (text.take("Buffers:")) buffers = text.number();
    else if (text.take("Cached:")) cached = text.number();
    else if (text.take("SwapTotal:")) swapTotal = text.number();
    else if (text.take("SwapFree:")) swapFree = text.number();
  }
  if (Number.isNaN(available)) available = free + buffers + cached;
  if (Number.isNaN(total + available)) {
    throw new SyntaxError("Cannot read /proc/meminfo: no MemTotal or MemAvailable");
  }
  const memory = { totalBytes: total * 1024, availableBytes: available * 1024 };
  if (Number.isNaN(swapTotal + swapFree)) return memory;
  return { ...memory, swapTotalBytes: swapTotal * 1024, swapFreeBytes: swapFree * 1024 };
}

/**
 * `/proc/loadavg`: mean number of runnable or uninterruptible tasks over 1, 5 and 15 minutes.
 *
 * @throws SyntaxError when it does not begin with three numbers
 */
export function parseLoadavg(bytes: Uint8Array): readonly [number, number, number] {
  const text = scanner.over(bytes);
  const load = [text.number(), text.number(), text.number()] as const;
  if (Number.isNaN(load[0] + load[1] + load[2])) {
    throw new SyntaxError("Cannot read /proc/loadavg: it does not begin with three numbers");
  }
  return load;
}

/** The kernel's USER_HZ, which is 100 on every architecture that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** A process's use so far. */
export interface ProcessReading {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

const CLOSING_PARENTHESIS = 41;

/**
 * `/proc/PID/stat`: processor time in seconds, user's and kernel's. The name may hold spaces and parentheses; it ends at
 * the last one.
 *
 * @throws SyntaxError when the fields are missing
 */
export function parseProcessCpu(bytes: Uint8Array): number {
  const text = scanner.over(bytes);
  const named = text.skipPastLast(CLOSING_PARENTHESIS);
  text.skipWords(11);
  const ticks = text.number() + text.number();
  if (!named || Number.isNaN(ticks)) throw new SyntaxError("Cannot read a process: no times in its stat");
  return ticks / TICKS_PER_SECOND;
}

/**
 * `/proc/PID/statm`: resident pages.
 *
 * @throws SyntaxError when it has none: a process that has ended has no memory
 */
export function parseProcessPages(bytes: Uint8Array): number {
  const text = scanner.over(bytes);
  text.skipWords(1);
  const pages = text.number();
  if (!(pages > 0)) throw new SyntaxError("Cannot read a process: no resident pages in its statm");
  return pages;
}

/** Sizes of a page on the processors that Linux runs on. */
const PAGE_BYTES = [4096, 16_384, 65_536];

/**
 * How large a page is: the resident memory of one process, told in kB by its `status` and in pages by its `statm`. They are
 * read one after the other, so the quotient is only near the size that it means.
 *
 * @throws SyntaxError when either does not tell
 */
export function pageBytesOf(status: Uint8Array, pages: number): number {
  const text = scanner.over(status);
  while (!text.isAtEnd && !text.take("VmRSS:")) text.skipLine();
  const quotient = text.number() * 1024 / pages;
  const size = PAGE_BYTES.find((bytes) => quotient > bytes / 2 && quotient < bytes * 2);
  if (size === undefined) throw new SyntaxError("Cannot tell the size of a page: no VmRSS in status");
  return size;
}

const EQUALS_SIGN = 61;

/** Seconds since boot in which some task or all tasks waited for a resource. */
export interface PressureReading {
  readonly someSeconds?: number;
  readonly fullSeconds?: number;
}

/** `/proc/pressure/X`: a line `some` and a line `full`, of which either may be missing. */
export function parsePressure(bytes: Uint8Array): PressureReading {
  const text = scanner.over(bytes);
  let some = NaN;
  let full = NaN;
  for (; !text.isAtEnd; text.skipLine()) {
    if (text.take("some ")) some = lastOfFour(text);
    else if (text.take("full ")) full = lastOfFour(text);
  }
  return {
    ...(Number.isNaN(some) ? {} : { someSeconds: some / 1e6 }),
    ...(Number.isNaN(full) ? {} : { fullSeconds: full / 1e6 }),
  };
}

/** `avg10=… avg60=… avg300=… total=MICROSECONDS` */
function lastOfFour(text: TextScanner): number {
  for (let i = 0; i < 4; i++) if (!text.skipPast(EQUALS_SIGN)) return NaN;
  return text.number();
}

/** Bytes through a device since boot. */
export interface DeviceBytes {
  readonly device: string;
  readonly inBytes: number;
  readonly outBytes: number;
}

const COLON = 58;

/** `/proc/net/dev`, without the loopback: received and sent. */
export function parseNetDev(bytes: Uint8Array): DeviceBytes[] {
  const text = scanner.over(bytes);
  const devices: DeviceBytes[] = [];
  text.skipLine();
  for (text.skipLine(); !text.isAtEnd; text.skipLine()) {
    const device = text.word(COLON);
    if (!text.take(":") || device === "lo") continue;
    const inBytes = text.number();
    text.skipWords(7);
    devices.push({ device, inBytes, outBytes: text.number() });
  }
  return devices;
}

/** A sector of `/proc/diskstats` is always 512 bytes, whatever the disk's own sectors are. */
const SECTOR_BYTES = 512;

/** `/proc/diskstats`, whole disks only (no partitions, loop, ram or mapped devices): read and written. */
export function parseDiskstats(bytes: Uint8Array): DeviceBytes[] {
  const text = scanner.over(bytes);
  const devices: DeviceBytes[] = [];
  for (; !text.isAtEnd; text.skipLine()) {
    text.skipWords(2); // Major and minor number.
    const device = text.word();
    if (!isWholeDisk(device)) continue;
    text.skipWords(2); // Reads, and those merged.
    const read = text.number();
    text.skipWords(3); // Milliseconds, writes, and those merged.
    const written = text.number();
    if (Number.isNaN(read + written)) continue;
    devices.push({ device, inBytes: read * SECTOR_BYTES, outBytes: written * SECTOR_BYTES });
  }
  return devices;
}

/** What each name was found to be: a machine has few, and they stay. */
const wholeDisks = new Map<string, boolean>();

function isWholeDisk(device: string): boolean {
  let whole = wholeDisks.get(device);
  if (whole === undefined) {
    whole = /^(sd[a-z]+|hd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+|md\d+)$/.test(device);
    if (wholeDisks.size < 1000) wholeDisks.set(device, whole);
  }
  return whole;
}
