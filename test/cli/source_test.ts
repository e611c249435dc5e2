import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openSource } from "../../src/cli/source.ts";
import { fakeServer } from "../remote/fake_server.ts";

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

Deno.test("openSource() tells of one moment of a server, however long a command takes", async () => {
  const labels = { job: "vllm", instance: "h:8000" };
  const nowMs = performance.timeOrigin + performance.now();
  const series = ["up", "vllm:num_requests_running"].map((__name__) => ({
    labels: { ...labels, __name__ },
    points: Array.from({ length: 60 }, (_, i) => [Math.round(nowMs / 1000) - 300 + i, "1"] as const),
  }));
  const fake = fakeServer(series);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => fake.fetch(request.url),
  );
  using opened = await openSource(
    { options: { prometheus: `http://127.0.0.1:${server.addr.port}`, last: 600 } },
    "en",
  );
  const span = await opened.source.span();
  const lists = () => fake.requests.filter((request) => request.startsWith("series")).length;
  const before = lists();
  const now = performance.now;
  performance.now = () => now.call(performance) + 120_000;
  try {
    assert.deepEqual(await opened.source.span(), span);
  } finally {
    performance.now = now;
  }
  assert.equal(lists(), before);
});
