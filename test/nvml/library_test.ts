import assert from "node:assert/strict";
import { libraryPaths, openLibrary } from "../../src/nvml/library.ts";
import { openNvml } from "../../src/nvml/mod.ts";

Deno.test("libraryPaths() asks the loader first, then WSL and containers; elsewhere there is none", () => {
  assert.deepEqual(libraryPaths("linux", "x86_64"), [
    "libnvidia-ml.so.1",
    "libnvidia-ml.so",
    "/usr/lib/wsl/lib/libnvidia-ml.so.1",
    "/usr/local/nvidia/lib64/libnvidia-ml.so.1",
    "/run/nvidia/driver/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1",
  ]);
  assert.deepEqual(libraryPaths("windows", "x86_64").length, 2);
  assert.deepEqual(libraryPaths("darwin", "aarch64"), []);
});

Deno.test("openLibrary() tells a file that is not there from one that is none", () => {
  const granted = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  const opened = openLibrary("/no/such/libnvidia-ml.so.1");
  const none = openLibrary(new URL(import.meta.url).pathname);
  if (!granted) {
    const refused = { absent: { code: "gpu_no_permission", params: { wanted: "--allow-ffi" } } };
    assert.deepEqual([opened, none], [refused, refused]);
    return;
  }
  assert.deepEqual(opened, {
    absent: { code: "gpu_library_not_found", params: { library: "/no/such/libnvidia-ml.so.1" } },
  });
  assert("absent" in none && none.absent.code === "gpu_library_not_found");
});

Deno.test("openNvml() without a library is a source that says so", async () => {
  const source = openNvml({ path: "/no/such/libnvidia-ml.so.1" });
  const { gpus, absent } = await source.read(0, new AbortController().signal);
  assert.equal(source.simulated, false);
  assert.deepEqual(gpus, []);
  assert(absent?.code === "gpu_library_not_found" || absent?.code === "gpu_no_permission");
});
