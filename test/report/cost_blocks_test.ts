import assert from "node:assert/strict";
import { costOf } from "../../src/analyzer/cost.ts";
import { judgeShare } from "../../src/analyzer/objectives.ts";
import { summarizeObjectives } from "../../src/analyzer/objective_summaries.ts";
import { parseObjective } from "../../src/cli/alarms.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { costBlocks, objectiveLines, objectiveSentence } from "../../src/report/cost_blocks.ts";
import { EMPTY_REPORT } from "../helpers/empty_report.ts";
import { seriesSource } from "../helpers/alarm_source.ts";

Deno.test("costBlocks() tells what is not known by its cause, in no row, when power and price are missing", async () => {
  const cost = await costOf(await openShippedData("vllm-0.32.0-cpu"));
  const blocks = costBlocks({ ...EMPTY_REPORT, cost }, "en");
  const table = blocks.find((block) => block.kind === "table");
  assert.ok(table?.kind === "table");
  assert.deepEqual(table.rows.map((row) => row[1]), [
    "21.9k",
    "602",
    "462",
    "1.83%",
  ]);
  const causes = blocks.find((block) => block.kind === "list");
  assert.ok(causes?.kind === "list");
  assert.deepEqual([causes.lead, ...causes.items], [
    "Not available:",
    "Energy of the GPUs; Energy for a million output tokens: GPUs are not watched here",
    "Price of the GPUs for this time; Price of a million output tokens: no price of a GPU-hour was given (--gpu-hour-price)",
  ]);
  assert.deepEqual(costBlocks(EMPTY_REPORT, "en"), []);
});

Deno.test("objectiveLines() tells share, budget and the bucket border that stood in for the limit", async () => {
  const source = seriesSource([
    { timeSeconds: 60, seconds: 0.2, count: 90 },
    { timeSeconds: 120, seconds: 0.7, count: 10 },
  ]);
  const span = { startSeconds: 0, endSeconds: 120 };
  const [one, ...rest] = await summarizeObjectives(source, [parseObjective("ttft=600ms@95%")], span);
  assert.equal(rest.length, 0);
  const [line, ...alerts] = objectiveLines(one!, "en");
  // 10 of 100 missed, 5 may be: burnt at twice its pace, as much overspent as there was. No page: 2 < 14.4.
  assert.equal(
    line,
    "Objective ttft=600ms@95% (ttft): 90% of 100 requests (90), wanted 95%: missed. " +
      "Error budget spent 2 times over; counted by the bucket border 500 ms, the nearest not above 600 ms",
  );
  assert.deepEqual(alerts, []);
  assert.match(objectiveLines(one!, "zh-TW")[0]!, /未達成/);
});

Deno.test("objectiveSentence() loses none of the few that missed to rounding", () => {
  const told = (met: number, wanted: number) =>
    objectiveSentence("o", judgeShare({ met, total: 10_000 }, wanted), "en");
  assert.equal(told(9996, 0.9999), "Objective o: 99.96% of 10000 requests (9996), wanted 99.99%: missed.");
  assert.match(told(9986, 0.999), /: 99\.86% of 10000 requests \(9986\), wanted 99\.9%: missed so far/);
  assert.match(told(9990, 0.999), /: 99\.9% of 10000 requests \(9990\), wanted 99\.9%: met so far/);
  assert.match(told(9499, 0.95), /: 94\.99% of 10000 requests \(9499\), wanted 95%: missed so far/);
});

Deno.test("parseObjective() reads limits and share, and refuses what is none", () => {
  assert.deepEqual(parseObjective("ttft=500ms,itl=50ms@99.9%"), {
    text: "ttft=500ms,itl=50ms@99.9%",
    objective: { ttftSeconds: 0.5, itlSeconds: 0.05, share: 0.999 },
  });
  assert.equal(parseObjective("e2e=2s").objective.share, 0.99);
  for (
    const text of ["ttft=500ms@100%", "ttft=500ms@0%", "ttft=500ms@99", "ttft=500ms@9%@9%", "ttft@99%", ""]
  ) {
    assert.throws(() => parseObjective(text), SyntaxError, text);
  }
});
