import assert from "node:assert/strict";
import { hasCompiler, standin } from "./standin.ts";

const FOLDER = new URL("./standin/", import.meta.url).pathname;

/** Python with nvidia-ml-py: whatever LAB_PYTHON says, which must have it, else the search path's where that has it. */
const named = Deno.env.get("LAB_PYTHON");
const python = named ?? (hasClient("python3") ? "python3" : undefined);

function hasClient(command: string): boolean {
  try {
    const args = ["-c", "import pynvml"];
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

// Shown as ignored without gcc or nvidia-ml-py (pip install nvidia-ml-py): the recorded answers are compared either way.
Deno.test({
  name: "oracle.json is what the installed nvidia-ml-py reads from the stand-in, digit by digit",
  ignore: !hasCompiler || python === undefined,
  async fn() {
    const library = standin();
    const { stdout, success } = await new Deno.Command(python!, {
      args: [`${FOLDER}oracle.py`],
      env: {
        NVML_STANDIN_STATE: `${FOLDER}oracle.state`,
        LD_LIBRARY_PATH: library.slice(0, library.lastIndexOf("/")),
      },
      stderr: "null",
    }).output();
    assert(success, `${python} could not read the stand-in: is nvidia-ml-py installed there?`);
    // As texts: a number above 2^53 must not be rounded before it is compared.
    const recorded = Deno.readTextFileSync(`${FOLDER}oracle.json`);
    assert.equal(withoutSpace(new TextDecoder().decode(stdout)), withoutSpace(recorded));
  },
});

function withoutSpace(text: string): string {
  return text.replaceAll(/\s+/g, "");
}
