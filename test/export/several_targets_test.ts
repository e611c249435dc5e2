import assert from "node:assert/strict";
import { measureFrames } from "../../src/analyzer/frames.ts";
import { exportMonitoringData } from "../../src/export/export.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { MetricSource } from "../../src/series/types.ts";

/** Servers that show how many requests run, and points that were read of them through it. */
async function counted(): Promise<{ source: MetricSource; readPoints: () => number }> {
  const memory = new MemorySource();
  for (let second = 0; second < 60; second++) {
    for (let server = 0; server < 6; server++) {
      memory.append(`server ${server}`, 1000 + second, {
        ids: [0],
        values: [10 * server + second % 5],
        defined: second > 0
          ? []
          : [{ id: 0, name: "vllm:num_requests_running", labels: { engine: "0" }, type: "gauge" }],
        vanishedIds: [],
        events: [],
        facts: { target: `server ${server}`, kind: "vllm", simulated: true, intervalSeconds: 1 },
      });
    }
  }
  let points = 0;
  const span = await memory.span();
  const source: MetricSource = {
    span: () => Promise.resolve(span),
    describe: () => memory.describe(),
    facts: () => memory.facts(),
    events: (within) => memory.events(within),
    requests: (within) => memory.requests(within),
    async select(selector, within) {
      const series = await memory.select(selector, within);
      points += series.reduce((sum, { values }) => sum + values.length, 0);
      return series;
    },
    async evaluate(query, grid) {
      const series = await memory.evaluate(query, grid);
      points += series.reduce((sum, { values }) => sum + values.length, 0);
      return series;
    },
  };
  return { source, readPoints: () => points };
}

Deno.test("exportMonitoringData() reads of several servers those points only that go into a file", async () => {
  const { source, readPoints } = await counted();
  const directory = await Deno.makeTempDir();
  try {
    const clock = { nowSeconds: () => 2000, sleepUntil: () => Promise.resolve() };
    const paths = await exportMonitoringData(source, { directory, formats: ["csv"], clock });
    const files = paths.filter((path) => /server/.test(path));
    assert.equal(files.length, 6);
    for (const [server, path] of files.entries()) {
      const lines = (await Deno.readTextFile(path)).trimEnd().split("\r\n");
      assert.equal(lines.length, 61);
      assert.equal(lines[1]!.split(",").at(-1), String(10 * server));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  assert.equal(readPoints(), 2 * 6 * 60, "each once for the list and once for its file");
});

Deno.test("measureFrames() asks for a server's own measures, not for those of all servers", async () => {
  const { source } = await counted();
  const asked: string[] = [];
  const listening: MetricSource = {
    ...source,
    evaluate(query, grid) {
      const own = query.selector.matchers?.find(({ label }) => label === "target");
      // A GPU belongs to the machine.
      const ofGpu = "quantity" in query.selector && query.selector.quantity.startsWith("gpu_");
      if (!ofGpu) asked.push(own?.value ?? "all");
      return source.evaluate(query, grid);
    },
  };
  const servers = await measureFrames(listening, { span: { startSeconds: 1000, endSeconds: 1059 } });
  assert.equal(servers.length, 6);
  assert.deepEqual([...new Set(asked)], ["all", ...servers.map(({ target }) => target)]);
  assert.equal(asked.filter((target) => target === "all").length, 1, "which servers there are");
});
