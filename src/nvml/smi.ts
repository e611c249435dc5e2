/**
 * GPUs by NVIDIA's command-line tool, where the library cannot be opened (no permission for FFI, another architecture).
 * A program is started for each read, so it is slow (10 ms to seconds) and never run twice at a time.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Cause } from "../base/cause.ts";
import { withDeadline } from "../collector/deadline.ts";
import type { GpuSample, GpuSource } from "../gpu/types.ts";
import { SampleError } from "../series/types.ts";
import { fieldsOf, parseQuery } from "./smi_text.ts";

/** What a run of the tool left. */
export interface SmiOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the tool is run. */
export interface SmiOptions {
  /** Runs the tool with arguments; called off by the signal. */
  readonly command: (args: readonly string[], signal: AbortSignal) => Promise<SmiOutput>;
  readonly clock: Clock;
  /** Default 10: it has been seen to take 6 s on a machine with many GPUs, and to hang. */
  readonly timeoutSeconds?: number;
}

/** The tool, where it is on the search path and this process may start it. It is not run for that: it may hang. */
export function findSmi(): SmiOptions["command"] | undefined {
  const isWindows = Deno.build.os === "windows";
  const name = isWindows ? "nvidia-smi.exe" : "nvidia-smi";
  const allowed = [{ name: "env", variable: "PATH" }, { name: "run", command: name }] as const;
  if (allowed.some((permission) => Deno.permissions.querySync(permission).state !== "granted")) {
    return undefined;
  }
  const folders = (Deno.env.get("PATH") ?? "").split(isWindows ? ";" : ":");
  if (!folders.some((folder) => folder !== "" && isFile(`${folder}/${name}`))) return undefined;
  return async (args, signal) => {
    const { code, stdout, stderr } = await new Deno.Command(name, { args: [...args], signal }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  };
}

/** False also where it may not be looked: then the tool is not used. */
function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A source that runs the tool at each read. Fields are asked for only where this version of it knows them. */
export function smiSource(options: SmiOptions): GpuSource {
  const { command, clock, timeoutSeconds = 10 } = options;
  let fields: readonly string[] | undefined;
  let running = false;

  async function run(args: readonly string[], signal: AbortSignal): Promise<SmiOutput> {
    if (running) throw new SampleError({ code: "timeout", params: { timeoutSeconds } });
    running = true;
    return await withDeadline(
      (inner) => command(args, inner).finally(() => running = false),
      { clock, timeoutSeconds, signal },
    );
  }

  return {
    simulated: false,
    async read(_timeSeconds, signal): Promise<GpuSample> {
      // One unknown field fails the whole query, and names change between drivers.
      if (fields === undefined) {
        const help = await run(["--help-query-gpu"], signal);
        if (help.code !== 0) return { gpus: [], absent: causeOf(help) };
        fields = fieldsOf(help.stdout);
      }
      const output = await run([`--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"], signal);
      const gpus = parseQuery(output.stdout, fields);
      // With one GPU lost the tool fails, though it may have told of the others before.
      if (output.code !== 0 && gpus.length === 0) return { gpus, absent: causeOf(output) };
      return gpus.length === 0
        ? { gpus, absent: { code: "gpu_none" } }
        : { gpus, details: { by: "nvidia-smi" } };
    },
  };
}

function causeOf({ stdout, stderr }: SmiOutput): Cause {
  const detail = (stderr.trim() || stdout.trim()).split("\n")[0]!.slice(0, 200);
  if (/no devices were found/i.test(detail)) return { code: "gpu_none" };
  if (/insufficient permissions/i.test(detail)) return { code: "gpu_no_permission" };
  if (/gpu is lost|fallen off/i.test(detail)) return { code: "gpu_lost", params: { detail } };
  return { code: "gpu_driver_not_loaded", params: { detail } };
}
