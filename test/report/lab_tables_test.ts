import assert from "node:assert/strict";
import { parseExposition } from "../../src/parser/parse.ts";
import { factsTable, healthTable, workloadTable } from "../../src/report/lab_tables.ts";
import { requestTable, sampleTable } from "../../src/report/notebook_tables.ts";
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
  assert.match(vllm, /^vllm +vllm 0\.32\.0 simulated +models <b>$/);
  assert.match(gpu, /^gpu +gpu +gpu: no GPU/);
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

Deno.test("workloadTable() has no rows when there are no results", () => {
  assert.equal(workloadTable({}).text.split("\n").length, 1);
});
