import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** As docs/gpu.md has them; a prompt would wait for ever, so there is none. */
const NARROW = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env=NO_COLOR,FORCE_COLOR,CLICOLOR_FORCE,LAB_API_KEY,LAB_WEBHOOK",
];

Deno.test("monitor watches, serves its page and writes its files without all permissions; the machine is n/a", async () => {
  const folder = await Deno.makeTempDir();
  await using server = await SimulatedVllm.start();
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", ...NARROW, MAIN, "monitor", "--url", server.url, "--seconds", "2", "--page"],
        ...["--fail-on", "running>99", "--out", folder],
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 0, text);
    assert.doesNotMatch(text, /Requires|NotCapable|permission denied/i);
    // Running and waiting are read; processor and GPU, the last two columns, are not.
    assert.match(text, /^\d\d:\d\d:\d\d +0 +0 .* n\/a +n\/a$/m);
    const written = Array.from(Deno.readDirSync(folder), ({ name }) => name.replace(/\d{8}T\d{6}Z/, "TIME"));
    for (const name of ["recording.sqlite", "report.html", "monitoring_TIME.json"]) {
      assert.ok(written.includes(name), `${name} in ${written}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
