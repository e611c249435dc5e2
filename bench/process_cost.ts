/**
 * What a process has taken so far, looked at from outside.
 *
 * @module
 */

/**
 * Processor time of all threads of a process so far, from the scheduler's own account in nanoseconds: the usual one counts
 * in hundredths of a second, and a watcher takes a few of these a minute. Undefined when the process has ended.
 */
export function cpuSeconds(pid: number): number | undefined {
  try {
    let nanoseconds = 0;
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ")[0]);
    }
    return nanoseconds > 0 ? nanoseconds / 1e9 : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Memory that it holds now. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1] ?? NaN) * 1024;
}

/** Waits on the machine's clock. */
export function seconds(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, duration * 1000)));
}

/** Ends a process; one that has ended already stays so. */
export async function endProcess(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
  await child.status;
}
