/**
 * The end of a kernel whose runner has gone without ending it (`kill -9`, out of memory): nobody else would.
 *
 * @module
 */
import process from "node:process";

/** Process id of the runner that started this kernel. */
export const RUNNER_PID = "LAB_RUNNER_PID";
/** File with this kernel's ports and key, which the runner would have removed. */
export const CONNECTION_FILE = "LAB_CONNECTION_FILE";

/** Between two looks. */
const EVERY_MS = 2_000;

/**
 * Looks every two seconds whether the runner named in the environment is still there. When it is not, the connection file
 * is removed and this process ends, with all that its cells started. Without a runner, as in JupyterLab, does nothing.
 *
 * @returns ends the watch
 */
export function watchRunner(
  variables: (name: string) => string | undefined = (name) => Deno.env.get(name),
): () => void {
  const pid = Number(variables(RUNNER_PID) ?? "");
  if (!Number.isInteger(pid) || pid <= 1) return () => {};
  const file = variables(CONNECTION_FILE) ?? "";
  // A killed process that nobody has waited for still has its number, but no children any more.
  const isParent = Deno.ppid === pid;
  const timer = setInterval(() => {
    if (exists(pid) && (!isParent || Deno.ppid === pid)) return;
    clearInterval(timer);
    endKernel(file);
  }, EVERY_MS);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}

function exists(pid: number): boolean {
  try {
    // Signal 0 is only checked, not sent.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is a process.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function endKernel(connectionFile: string): never {
  try {
    if (connectionFile !== "") Deno.removeSync(connectionFile);
  } finally {
    endGroup();
  }
}

/** The runner gave this process a group of its own, in which its cells' children are too. */
function endGroup(): never {
  try {
    if (Deno.build.os !== "windows") Deno.kill(-Deno.pid, "SIGKILL");
  } finally {
    Deno.exit(1);
  }
}
