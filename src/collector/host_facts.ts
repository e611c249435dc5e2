/**
 * What the machine is, asked once: by `systeminformation`, which starts programs and is therefore never asked on a tick.
 *
 * @module
 */

/** What the package needs. Without them it throws where nobody can catch it, which would end the program. */
const NEEDED = ["sys", "run", "read", "env"] as const;

/**
 * Model and number of the processor's cores, operating system, memory. Takes some hundred milliseconds; the package is
 * loaded at the first call. A program that may not do all that it does gets what the runtime tells by itself.
 *
 * @throws Error when the package cannot be loaded
 */
export async function readHostFacts(): Promise<Readonly<Record<string, string | number>>> {
  if (NEEDED.some((name) => Deno.permissions.querySync({ name }).state !== "granted")) {
    const { os, arch } = Deno.build;
    return { cpuCores: navigator.hardwareConcurrency, platform: os, architecture: arch };
  }
  const { default: systeminformation } = await import("systeminformation");
  const [cpu, os] = await Promise.all([systeminformation.cpu(), systeminformation.osInfo()]);
  return known({
    cpuModel: `${cpu.manufacturer} ${cpu.brand}`.trim(),
    cpuCores: cpu.cores,
    cpuPhysicalCores: cpu.physicalCores,
    platform: os.platform,
    system: `${os.distro} ${os.release}`.trim(),
    kernel: os.kernel,
    architecture: os.arch,
  });
}

/** Without what came back empty. */
function known(facts: Record<string, string | number>): Record<string, string | number> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== "" && value !== 0));
}
