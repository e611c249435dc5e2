import assert from "node:assert/strict";
import { basename } from "node:path";
import { makeRunDirectory } from "../../src/cli/runs.ts";

Deno.test("makeRunDirectory() gives runs that begin in the same second a folder each", async () => {
  const parent = await Deno.makeTempDir();
  try {
    const paths = await Promise.all(
      [1, 2, 3].map(() => makeRunDirectory(1_795_615_200, undefined, `${parent}/runs`)),
    );
    assert.deepEqual(paths.map((path) => basename(path)).sort(), [
      "2026-11-25T14-00-00Z",
      "2026-11-25T14-00-00Z-2",
      "2026-11-25T14-00-00Z-3",
    ]);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});
