/**
 * Finds and opens the NVIDIA management library, so that nothing can unmap it again.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { NVML_SYMBOLS, type NvmlFunctions } from "./abi.ts";

/** The opened library, or why there is none. */
export type OpenedLibrary =
  | { readonly path: string; readonly functions: NvmlFunctions }
  | { readonly absent: Cause };

/** The name by which the loader knows it on Linux. */
const LINUX_NAME = "libnvidia-ml.so.1";

/** Where it may be, in this order. A bare name goes through the loader's search (ld.so.cache, LD_LIBRARY_PATH at start). */
export function libraryPaths(os: typeof Deno.build.os, arch: typeof Deno.build.arch): readonly string[] {
  if (os === "windows") {
    return ["C:\\Windows\\System32\\nvml.dll", "C:\\Program Files\\NVIDIA Corporation\\NVSMI\\nvml.dll"];
  }
  if (os !== "linux") return [];
  return [
    LINUX_NAME,
    "libnvidia-ml.so",
    `/usr/lib/wsl/lib/${LINUX_NAME}`,
    `/usr/local/nvidia/lib64/${LINUX_NAME}`,
    `/run/nvidia/driver/usr/lib/${arch}-linux-gnu/${LINUX_NAME}`,
  ];
}

/**
 * Opens the library and keeps it mapped to the end of the process. It is never closed: a call after the closing, or a
 * closing during a call, is a crash of the whole process.
 *
 * @param path instead of the usual places
 */
export function openLibrary(path?: string): OpenedLibrary {
  // A permission for the library's path alone does not do: handles are pointers, and making one needs the whole.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return { absent: { code: "gpu_no_permission", params: { wanted: "--allow-ffi" } } };
  }
  const candidates = path === undefined ? libraryPaths(Deno.build.os, Deno.build.arch) : [path];
  let unusable: string | undefined;
  for (const candidate of candidates) {
    try {
      const { symbols } = Deno.dlopen(candidate, NVML_SYMBOLS);
      pin(candidate);
      return { path: candidate, functions: symbols };
    } catch (error) {
      // A file that is there but lacks a function that R470 had is worth telling; one that is not there is not.
      const said = error instanceof Error ? error.message : String(error);
      if (!/could not open library/i.test(said)) unusable ??= said.slice(0, 200);
    }
  }
  const library = path ?? (Deno.build.os === "windows" ? "nvml.dll" : LINUX_NAME);
  const detail = unusable === undefined ? {} : { detail: unusable };
  return { absent: { code: "gpu_library_not_found", params: { library, ...detail } } };
}

/** `RTLD_NOW | RTLD_NODELETE` of dlfcn.h on Linux. */
const NOW_AND_NEVER_UNMAP = 0x2 | 0x1000;

/**
 * Deno unmaps its libraries when a program ends by an uncaught error, even while a call is inside one: a segmentation fault
 * instead of a message. A second reference that forbids unmapping prevents that. Elsewhere than on Linux there is no such
 * flag, and calls are made from one worker only, which survives it.
 */
function pin(path: string): void {
  if (Deno.build.os !== "linux") return;
  try {
    const libc = Deno.dlopen("libc.so.6", { dlopen: { parameters: ["buffer", "i32"], result: "pointer" } });
    libc.symbols.dlopen(new TextEncoder().encode(`${path}\0`), NOW_AND_NEVER_UNMAP);
  } catch {
    // musl has another name for it, and its dlclose never unmaps.
  }
}
