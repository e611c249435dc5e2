/**
 * NVIDIA GPUs by the driver's management library.
 *
 * @module
 */
import type { GpuSample, GpuSource } from "../gpu/types.ts";
import { openLibrary } from "./library.ts";
import { NvmlSession } from "./session.ts";

/** Where the library is, if not in the usual places. */
export interface NvmlOptions {
  readonly path?: string;
}

/**
 * Opens the library, or tells why there is none: a source whose samples are absent with their cause (no library, driver not
 * loaded, no permission, no GPU). Nothing is thrown.
 */
export function openNvml(options: NvmlOptions = {}): GpuSource {
  const library = openLibrary(options.path);
  if ("absent" in library) {
    const sample: GpuSample = { gpus: [], absent: library.absent };
    return { simulated: false, read: () => Promise.resolve(sample) };
  }
  const session = new NvmlSession(library.functions);
  return { simulated: false, read: (timeSeconds) => Promise.resolve(session.read(timeSeconds)) };
}
