import assert from "node:assert/strict";
import { parseExposition } from "../../src/parser/parse.ts";
import { factsTable, healthTable, workloadTable } from "../../src/report/lab_tables.ts";
import { requestTable, sampleTable } from "../../src/report/notebook_tables.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";
import type { WorkloadResult } from "../../src/simulator/workload/results.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";
import type { RequestRecord } from "../../src/series/types.ts";

const record: RequestRecord = {
  id: "r1",
  target: "workload",
  model: "m",
  endpoint: "completions",
  phase: "steady",
  outcome: "ok",
  dueSeconds: 100,
  sentSeconds: 100,
  chunkTimesSeconds: Float64Array.of(100.5, 100.6, 100.7),
  endSeconds: 100.7,
  promptTokens: 12,
  outputTokens: 3,
  finishReason: "stop",
  engine: "raw",
  trust: "good",
};

Deno.test("factsTable() says what is absent with its cause in words", () => {
  const { text } = factsTable([
    { target: "vllm", simulated: true, kind: "vllm", version: "0.32.0", models: ["<b>"] },
    { target: "gpu", simulated: false, kind: "gpu", absent: { gpu: { code: "gpu_none" } } },
  ]);
  const [, vllm = "", gpu = ""] = text.split("\n");
  assert.match(vllm, /^vllm +vLLM 0\.32\.0 simulated +models <b>$/);
  assert.match(gpu, /^gpu +GPU +GPU: no GPU/);
});

Deno.test("healthTable() names the newest failure and leaves the cell empty when there was none", () => {
  const rows = healthTable([
    {
      id: "a",
      intervalSeconds: 1,
      scrapes: 3,
      failures: 1,
      gaps: 1,
      resets: 0,
      lastError: { cause: { code: "http_status", params: { status: 503 } } },
    },
    { id: "b", intervalSeconds: 0.1, scrapes: 30, failures: 0, gaps: 0, resets: 0 },
  ], { language: "zh-TW" }).text.split("\n");
  assert.match(rows[1]!, /^a +1 s +3 +1 +1 +0 +.*503/);
  assert.match(rows[2]!, /^b +100 ms +30 +0 +0 +0$/);
});

Deno.test("sampleTable() shows labels as they stand and counts what it leaves out", () => {
  const [family] = parseExposition(
    '# HELP x <i>\n# TYPE x gauge\nx{a="1\\n"} 1\nx{a="2"} NaN\nx{a="3"} +Inf\n',
  );
  const table = sampleTable(family!, { rows: 2 });
  assert.ok(table.html.includes("x (gauge): &lt;i&gt;"));
  assert.ok(
    table.text.includes('a="1\\n"') && table.text.includes("NaN") && table.text.endsWith("and 1 more"),
  );
});

Deno.test("requestTable() gives TTFT, TPOT and E2E, and n/a where nothing came", () => {
  const failed: RequestRecord = {
    ...record,
    id: "r2",
    outcome: "timeout",
    chunkTimesSeconds: new Float64Array(0),
  };
  const [, good = "", bad = ""] = requestTable([record, failed]).text.split("\n");
  assert.match(good, /^r1 +ok \(stop\) +12 +3 +500 ms +100 ms +700 ms$/);
  assert.match(bad, /^r2 +timed out \(stop\) +12 +3 +n\/a +n\/a/);
});

Deno.test("factsTable() names facts in the reader's language, and why a server gives no answer", () => {
  const { text } = factsTable([
    {
      target: "vllm",
      simulated: false,
      absent: { answer: { code: "connection_refused", params: { url: "http://a:1" } } },
    },
    {
      target: "gpu",
      simulated: true,
      kind: "gpu",
      details: { driver_version: "simulated", gpus: 1, gpu0: "NVIDIA L4", unheard_of: 3 },
    },
  ], { language: "zh-TW" });
  const [, vllm = "", gpu = ""] = text.split("\n");
  assert.match(vllm, /^vllm +沒有回應：/);
  assert.match(gpu, /驅動程式 模擬，GPU 數 1，GPU 0 NVIDIA L4，unheard_of 3$/);
});

/** Requests of one run, by their outcomes. */
async function loadOf(server: VllmServer): Promise<WorkloadResult> {
  const clock = new VirtualClock(1_767_603_600);
  const { fetch, stop } = server(clock);
  const users = new VllmWorkloadSimulator({ apiBase: "http://sim:8000/v1", clock, fetch });
  const result = await users.simulateSteadyLoad({ durationSeconds: 3, ratePerSecond: 30, drainSeconds: 1 });
  await stop();
  return result;
}

type VllmServer = (clock: VirtualClock) => {
  readonly fetch: typeof fetch;
  readonly stop: () => Promise<void>;
};

Deno.test("workloadTable() says below the table what became of requests that did not end well", async () => {
  const cut = await loadOf((clock) => {
    const server = SimulatedVllm.inProcess({ clock, seed: 1 });
    return { fetch: server.fetch, stop: () => server.stop() };
  });
  assert.ok(cut.summary.byOutcome.unfinished > 0);
  const { ok, unfinished } = cut.summary.byOutcome;
  const told = workloadTable({ fast: cut }).text.split("\n").slice(2).join("\n");
  assert.match(told, new RegExp(`fast: Requests: 90 = ${ok} ok \\+ ${unfinished} `));
  assert.match(
    told,
    new RegExp(`fast: ${unfinished} of the requests were cut because they ran on after the end`),
  );

  const refused = await loadOf(() => ({
    fetch: (input) =>
      Promise.resolve(
        String(input).endsWith("/models")
          ? Response.json({ data: [{ id: "m" }] })
          : Response.json({ error: { message: "no such model" } }, { status: 404 }),
      ),
    stop: () => Promise.resolve(),
  }));
  // In a narrow window "c = 32" would be three lines; a long name may be.
  const first = (name: string) =>
    /<td style="([^"]*)">/.exec(workloadTable({ [name]: refused }).html)?.[1] ?? "";
  assert.match(first("c = 32"), /nowrap/);
  assert.doesNotMatch(first("thirty-two users of one model at once"), /nowrap/);
  const { text } = workloadTable({ wrong: refused }, { language: "zh-TW" });
  assert.match(text, /^wrong +0 \/ /m);
  assert.match(text, /^wrong：.*no such model/m);
});

Deno.test("workloadTable() has no rows when there are no results", () => {
  assert.equal(workloadTable({}).text.split("\n").length, 1);
});
