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

Deno.test("openSource() says what a server was asked for where it has none of it", async () => {
  const fake = fakeServer([]);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => fake.fetch(request.url),
  );
  const prometheus = `http://127.0.0.1:${server.addr.port}`;
  const match = [{ label: "job", operator: "=", value: "nope" }] as const;
  const time = { from: 1_700_000_000, to: 1_700_000_100 };
  for (
    const [options, wanted] of [
      [{ prometheus }, "holds no series of a server of language models, or of the lab"],
      [{ prometheus, match }, "holds no series that meets every --match"],
      [{ prometheus, match, ...time }, "holds no series that meets every --match, in that time"],
      [
        { prometheus, ...time },
        "holds no series of a server of language models, or of the lab, in that time",
      ],
    ] as const
  ) {
    await assert.rejects(openSource({ options }, "en"), { message: `${prometheus} ${wanted}` });
  }
  await assert.rejects(openSource({ options: { prometheus, match } }, "zh-TW"), {
    message: `${prometheus} 中沒有符合所有 --match 條件的資料`,
  });
});
