import assert from "node:assert/strict";
import { kernelSpec, userKernelDirectory, writeKernelSpec } from "../../tools/kernelspec.ts";

Deno.test("kernelSpec() starts the Deno that is given, without colours and without interrupt_mode", () => {
  assert.deepEqual(kernelSpec("/opt/deno"), {
    argv: ["/opt/deno", "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
    env: { NO_COLOR: "1" },
  });
});

Deno.test("kernelSpec() goes through npx when the Deno lies in npx's cache", () => {
  const { argv } = kernelSpec("/home/a/.npm/_npx/05eeecd92f4e18e0/node_modules/@deno/linux-x64-glibc/deno");
  assert.deepEqual(argv.slice(0, 4), ["npx", "-y", "deno@2.9.6", "jupyter"]);
});

Deno.test("userKernelDirectory() follows each system's rule", () => {
  const variables = (values: Record<string, string>) => (name: string) => values[name];
  const table: [typeof Deno.build.os, Record<string, string>, string][] = [
    ["linux", { HOME: "/h" }, "/h/.local/share/jupyter/kernels"],
    ["linux", { HOME: "/h", XDG_DATA_HOME: "/x" }, "/x/jupyter/kernels"],
    ["darwin", { HOME: "/h" }, "/h/Library/Jupyter/kernels"],
    ["windows", { APPDATA: "C:/a" }, "C:/a/jupyter/kernels"],
  ];
  for (const [os, values, wanted] of table) assert.equal(userKernelDirectory(os, variables(values)), wanted);
  assert.throws(() => userKernelDirectory("linux", variables({})), /HOME is not set, wanted a home folder/);
});

Deno.test("writeKernelSpec() writes kernel.json under the name that notebooks ask for", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const file = await writeKernelSpec(directory, kernelSpec("/opt/deno"));
    assert.equal(file, `${directory}/deno/kernel.json`);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(file)), kernelSpec("/opt/deno"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
