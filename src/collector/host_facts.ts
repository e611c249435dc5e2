/**
 * What the machine is, asked once: by `systeminformation`, which starts programs and is therefore never asked on a tick.
 *
 * @module
 */

/**
 * Model and number of the processor's cores, operating system, memory. Takes some hundred milliseconds; the package is
 * loaded at the first call.
 *
 * @throws Error when the package cannot be loaded or may not ask
 */
export async function readHostFacts(): Promise<Readonly<Record<string, string | number>>> {
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
