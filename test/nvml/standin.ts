/** The stand-in library, built with gcc once a process. */
import { NvmlSession } from "../../src/nvml/session.ts";
import { openLibrary } from "../../src/nvml/library.ts";
import { WireReader, WireWriter } from "../../src/nvml/wire.ts";
import type { GpuSample } from "../../src/gpu/types.ts";

/** Which driver it plays. */
export type Variant = "all" | "old" | "535";

const SOURCE = new URL("./standin/", import.meta.url);

/** Where this process builds and keeps its state: every test file of a run shares it, as they share the library. */
const FOLDER = `${Deno.env.get("TMPDIR") ?? "/tmp"}/nvml-standin-${Deno.pid}`;

/** False where there is no gcc: the tests that need it are then shown as ignored. */
export const hasCompiler = canRun("gcc");

function canRun(command: string): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Path of the built library. */
export function standin(variant: Variant = "all"): string {
  const folder = `${FOLDER}/${variant}`;
  const path = `${folder}/libnvidia-ml.so.1`;
  Deno.env.set("NVML_STANDIN_STATE", `${FOLDER}/state`);
  try {
    Deno.statSync(path);
    return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.mkdirSync(folder, { recursive: true });
  const maps = { all: [], old: ["old-driver.map"], "535": ["driver-535.map"] }[variant]
    .map((map) => `-Wl,--version-script=${new URL(map, SOURCE).pathname}`);
  const args = [
    "-O2",
    "-std=gnu11",
    "-fPIC",
    "-fvisibility=hidden",
    "-shared",
    "-Wl,-soname,libnvidia-ml.so.1",
    ...maps,
  ];
  const source = new URL("nvml_standin.c", SOURCE).pathname;
  const { success, stderr } = new Deno.Command("gcc", {
    args: [...args, "-o", path, source, "-lpthread", "-lm"],
  }).outputSync();
  if (!success) throw new Error(`Cannot build the stand-in: ${new TextDecoder().decode(stderr)}`);
  return path;
}

/** Path of the state file, for child processes. */
export function statePath(): string {
  return `${FOLDER}/state`;
}

/** Puts another state in place of the present one, all at once. */
export function setState(text: string): void {
  Deno.mkdirSync(FOLDER, { recursive: true });
  Deno.writeTextFileSync(`${FOLDER}/state.new`, text);
  Deno.renameSync(`${FOLDER}/state.new`, `${FOLDER}/state`);
}

/** A session whose readings come as the lab's thread gets them: packed, copied, unpacked. */
export interface SampledSession {
  read(timeSeconds: number): GpuSample;
}

/** A session on the stand-in in the given state; closed at the end. */
export function withSession(
  state: string,
  use: (session: SampledSession) => void,
  variant: Variant = "all",
): void {
  const path = standin(variant);
  setState(state);
  const library = openLibrary(path);
  if ("absent" in library) throw new Error(`Cannot open the stand-in: ${JSON.stringify(library.absent)}`);
  const session = new NvmlSession(library.functions);
  const writer = new WireWriter();
  const reader = new WireReader();
  try {
    use({
      read(timeSeconds) {
        const wire = writer.pack(session.read(timeSeconds));
        const values = new Float64Array(wire.size);
        writer.write(wire.form, values);
        return reader.unpack(structuredClone(wire), values);
      },
    });
  } finally {
    session.close();
  }
}
