/**
 * Makes the Deno kernel known to JupyterLab and VS Code.
 *
 *     deno task kernel [--project]
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { complain, readArguments, WRONG_USE } from "./arguments.ts";

/** Name of the kernelspec; notebooks name it, so that no front end asks which kernel to take. */
export const KERNEL_NAME = "deno";

/** The version that the project is tested with, for machines where Deno itself comes through npx. */
const DENO_PACKAGE = "deno@2.9.6";

/** The content of kernel.json. */
export interface KernelSpec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The kernelspec for a Deno. It has no `interrupt_mode`: with "message" a waiting cell would hang for good, while
 * SIGINT is what the notebooks' `setup()` listens for.
 *
 * @param denoPath the running Deno; inside npx's cache, which may be cleared any day, npx is asked instead
 */
export function kernelSpec(denoPath: string): KernelSpec {
  const command = isInNpxCache(denoPath) ? ["npx", "-y", DENO_PACKAGE] : [denoPath];
  return {
    argv: [...command, "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
    env: { NO_COLOR: "1" },
  };
}

/** True for a path inside npm's cache of npx. */
export function isInNpxCache(path: string): boolean {
  return /[/\\]_npx[/\\]/.test(path);
}

/**
 * Where Jupyter looks for kernels of this user.
 *
 * @throws TypeError when the system does not say where the home folder is
 */
export function userKernelDirectory(
  os: typeof Deno.build.os,
  variable: (name: string) => string | undefined,
): string {
  const wanted = os === "windows" ? "APPDATA" : "HOME";
  const home = variable(wanted);
  if (home === undefined || home === "") {
    throw new TypeError(`Cannot write kernelspec: ${wanted} is not set, wanted a home folder`);
  }
  if (os === "windows") return `${home}/jupyter/kernels`;
  if (os === "darwin") return `${home}/Library/Jupyter/kernels`;
  return `${variable("XDG_DATA_HOME") || `${home}/.local/share`}/jupyter/kernels`;
}

/**
 * Writes `deno/kernel.json` under a folder of kernels; returns the file's path.
 *
 * @throws Error that names the folder, when it cannot be written
 */
export async function writeKernelSpec(kernelsDirectory: string, spec: KernelSpec): Promise<string> {
  const directory = `${kernelsDirectory}/${KERNEL_NAME}`;
  const file = `${directory}/kernel.json`;
  try {
    await Deno.mkdir(directory, { recursive: true });
    await Deno.writeTextFile(file, JSON.stringify(spec, null, 2) + "\n");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const reason = error.message.replace(/ \(os error \d+\).*$/, "");
    throw new Error(`Cannot write to ${kernelsDirectory}: ${reason}`, { cause: error });
  }
  return file;
}

const HELP = `deno task kernel [--project]

Makes this Deno known to JupyterLab and VS Code as the kernel "deno".
  --project   only for this project: writes .jupyter/ here; start JupyterLab with JUPYTER_PATH=.jupyter
`;

async function main(): Promise<number> {
  const given = readArguments("deno task kernel", {
    args: Deno.args,
    options: { project: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if ("wrong" in given) {
    complain(given.wrong);
    return WRONG_USE;
  }
  const { values } = given.read;
  if (values.help) {
    print(HELP);
    return 0;
  }
  const denoPath = Deno.execPath();
  let file: string;
  try {
    const directory = values.project
      ? fileURLToPath(new URL("../.jupyter/kernels", import.meta.url))
      : userKernelDirectory(Deno.build.os, (name) => Deno.env.get(name));
    file = await writeKernelSpec(directory, kernelSpec(denoPath));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    complain(`${error.message}; --project writes into this project`);
    return WRONG_USE;
  }
  print(`Wrote ${file}\n`);
  if (isInNpxCache(denoPath)) {
    print(
      `This Deno lies in npm's cache, which may be cleared: the kernel starts through npx -y ${DENO_PACKAGE}.\n`,
    );
  }
  if (values.project) print("Start JupyterLab with JUPYTER_PATH=.jupyter\n");
  print("JupyterLab: uvx --from jupyterlab jupyter-lab. VS Code: Select Kernel, Jupyter Kernel, Deno.\n");
  return 0;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) Deno.exit(await main());
