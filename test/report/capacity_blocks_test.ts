import assert from "node:assert/strict";
import type { ServerCapacity } from "../../src/analyzer/capacity_report.ts";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { capacityBlocks } from "../../src/report/capacity_blocks.ts";
import { renderReport } from "../../src/report/render.ts";
import type { Language } from "../../src/text/language.ts";
import { EMPTY_REPORT } from "../helpers/empty_report.ts";

const ABSENT = { absent: { code: "no_data" } } as const;

const SERVER: ServerCapacity = {
  target: "a",
  little: {
    observed: 12,
    expected: 10,
    ratio: 1.2,
    consistent: false,
    finishedPerSecond: 2,
    meanSeconds: 5,
    begunOnly: 7,
  },
  places: { mean: { value: 6 }, most: { value: 8 }, limit: { value: 16 }, limitFrom: "facts" },
  kv: {
    tokens: { value: 40_000 },
    meanUsage: { value: 0.25 },
    peakUsage: { value: 0.5 },
    promptTokens: { value: 1000 },
    outputTokens: { value: 200 },
    sharedShare: { value: 0.8 },
    room: { mean: { least: 36, most: 124 }, atEnd: { least: 33, most: 97 } },
  },
  bindsFirst: { limit: "sequence_limit" },
  utilization: {
    served: { value: 2 },
    highest: { value: 4 },
    stretchSeconds: 15,
    ratio: { value: 0.5 },
  },
};

function values(capacity: readonly ServerCapacity[], language: Language = "en"): string[][] {
  const table = capacityBlocks({ ...EMPTY_REPORT, capacity }, language).find(({ kind }) => kind === "table");
  assert.ok(table?.kind === "table");
  return table.rows.map((row) => [...row]);
}

Deno.test("capacityBlocks() tells each figure with what it is held against", () => {
  assert.deepEqual(values([SERVER]), [
    [
      "Little's law (L = λW)",
      "12 running and waiting against 2/s finished × E2E 5 s = 10; ratio 1.2: they do not: more were inside than ended requests account for (7 more began than ended)",
    ],
    ["Places used", "6 (37.5%) on average, 8 (50%) at most of 16"],
    ["KV cache", "40000 tokens; 25% used on average, 50% at most"],
    [
      "Room for requests of 1000 + 200 tokens, up to 80% of the prompt shared",
      "36–124 at once on average, 33–97 if all are at their end",
    ],
    ["Which limit binds first", "the sequence limit (16): the KV cache has room for it"],
    ["Utilisation", "50%: 2/s finished over the whole time, 4/s at most in 15 s of waiting"],
  ]);
  assert.deepEqual(capacityBlocks(EMPTY_REPORT, "en"), []);
  assert.deepEqual(capacityBlocks({ ...EMPTY_REPORT, capacity: [] }, "en"), []);
});

Deno.test("capacityBlocks() names each of several servers, and the cause of every figure that is not there", () => {
  const unknown: ServerCapacity = {
    target: "b",
    little: { absent: { code: "window_not_covered", params: { coveredSeconds: 30, windowSeconds: 56 } } },
    places: { mean: { value: 2 }, most: { value: 3 }, limit: { absent: { code: "sequence_limit_unknown" } } },
    kv: {
      tokens: ABSENT,
      meanUsage: ABSENT,
      peakUsage: ABSENT,
      promptTokens: ABSENT,
      outputTokens: ABSENT,
      sharedShare: ABSENT,
      room: ABSENT,
    },
    bindsFirst: { absent: { code: "sequence_limit_unknown" } },
    utilization: {
      served: { value: 2 },
      highest: { absent: { code: "nothing_waited", params: { seconds: 15 } } },
      stretchSeconds: 0,
      ratio: { absent: { code: "nothing_waited", params: { seconds: 15 } } },
    },
  };
  const rows = values([SERVER, unknown]);
  assert.deepEqual(rows.map(([target]) => target), [...Array(6).fill("a"), ...Array(6).fill("b")]);
  const limit = "the sequence limit (--max-num-seqs) is neither told nor seen";
  assert.deepEqual(rows.slice(6).map((row) => row[2]), [
    "n/a: not enough history yet: 30 s of 56 s",
    `2 on average, 3 at most; of how many: n/a: ${limit}`,
    "n/a: no data in this time",
    "n/a: no data in this time",
    `n/a: ${limit}`,
    "2/s finished; of how much: n/a: requests never waited for 15 s on end, so the server was not seen full",
  ]);
  for (const row of values([SERVER, unknown], "zh-TW")) assert.match(row[2]!, /\p{Script=Han}/u);
});

Deno.test("renderReport() has the capacity of the recorded server, in every format", async () => {
  const analyzer = new AdvancedMetricsAnalyzer(await openShippedData("vllm-0.32.0-cpu"));
  const report = await analyzer.generatePerformanceReport();
  for (const format of ["markdown", "html", "text"] as const) {
    const page = renderReport(report, { format });
    assert.match(page, /Capacity/);
    // The limit that the server was started with and does not tell.
    assert.match(
      page,
      /4\.69 \(58\.6%\) on average, 8 \(100%\) at most of 8 \(not told: running stopped there\)/,
    );
    assert.match(page, /8–12 at once on average, 7–9 if all are at their end/);
  }
});
