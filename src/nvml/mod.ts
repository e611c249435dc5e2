/**
 * NVIDIA GPUs by the driver's management library, or by nvidia-smi where the library cannot be opened.
 *
 * @module
 */
import { checkOptions, CLOCK, POSITIVE, TEXT } from "../base/arguments.ts";
import type { Clock } from "../base/clock.ts";
import { realClock } from "../collector/clock.ts";
import type { GpuSample, GpuSource } from "../gpu/types.ts";
import { openLibrary } from "./library.ts";
import { findSmi, smiSource } from "./smi.ts";
import { NvmlWorkerSource } from "./worker_source.ts";

/** Where the library is, and how long a read may take. */
export interface NvmlOptions {
  /** Instead of the usual places; then nvidia-smi is not tried. */
  readonly path?: string;
  /** Default 2. A call that takes longer is a failed read; nothing else waits for it. */
  readonly timeoutSeconds?: number;
  /** Default: the machine's. Time limits and slow readings follow it. */
  readonly clock?: Clock;
}

/**
 * The NVIDIA GPUs of this machine, read through NVML, for a collector. Nothing is thrown: where there are none, every sample says why (no library, driver not loaded, no
 * permission, no GPU). Calls are made on a thread of their own, started at the first read; dispose of the source to end it.
 *
 * @example
 * ```ts
 * import { openNvml } from "#lab";
 *
 * const source = openNvml();
 * const { gpus, absent } = await source.read(Date.now() / 1000, new AbortController().signal);
 * console.log(gpus.length, absent?.code);
 * await source[Symbol.asyncDispose]?.();
 * ```
 */
export function openNvml(options: NvmlOptions = {}): GpuSource {
  checkOptions<NvmlOptions>("openNvml()", options, { path: TEXT, timeoutSeconds: POSITIVE, clock: CLOCK });
  const { path, timeoutSeconds = 2, clock = realClock() } = options;
  const library = openLibrary(path);
  if ("path" in library) return new NvmlWorkerSource({ path: library.path, clock, timeoutSeconds });
  const smi = path === undefined ? findSmi() : undefined;
  if (smi !== undefined) return smiSource({ command: smi, clock });
  const sample: GpuSample = { gpus: [], absent: library.absent };
  return { simulated: false, read: () => Promise.resolve(sample) };
}
