import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openSource } from "../../src/cli/source.ts";

Deno.test("openSource() takes a shipped run by its folder and by its name", async () => {
  const folder = fileURLToPath(new URL("../../data/vllm-0.32.0-restart/", import.meta.url));
  for (const path of [folder, "vllm-0.32.0-restart"]) {
    using opened = await openSource({ path }, "en");
    assert.equal(opened.name, "vllm-0.32.0-restart");
    assert.equal(
      (await opened.source.events(await opened.source.span() ?? { startSeconds: 0, endSeconds: 0 }))
        .some(({ kind }) => kind === "counter_reset"),
      true,
    );
  }
});
