import assert from "node:assert/strict";
import { join } from "node:path";
import { profileOf } from "../../src/cli/profile_file.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { profileNamed } from "../../src/simulator/engine/profiles.ts";
import { fitSource } from "../../src/simulator/server/fit_source.ts";

Deno.test("profileOf() reads what `fit --out` wrote, leaves names alone and refuses other files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "mine.json");
    const { profile } = await fitSource(await openShippedData("vllm-0.32.0-cpu"));
    for (const each of [profile, profileNamed("llama-8b-h100")]) {
      await Deno.writeTextFile(path, JSON.stringify(each, null, 2));
      assert.deepEqual(await profileOf(path), JSON.parse(JSON.stringify(each)));
    }
    assert.equal(await profileOf("llama-8b-h100"), "llama-8b-h100");
    await assert.rejects(profileOf(join(folder, "none.json")), /there is no such file/);
    const broken = [
      "",
      "null",
      "{}",
      JSON.stringify({ ...profile, limits: {} }),
      JSON.stringify({ ...profile, stepTime: null }),
    ];
    for (const text of broken) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(profileOf(path), /wanted a file that `deno task fit --out FILE` wrote/, text);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
