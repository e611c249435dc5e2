import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { lostPaceOf } from "../../src/analyzer/run_faults.ts";
import { openRecording } from "../../src/recording/recording.ts";
import { createRecording } from "../../src/recording/writer.ts";
import { renderReport } from "../../src/report/render.ts";
import { summariseRun } from "../../src/report/run_summary.ts";
import { runSummaryLines } from "../../src/report/run_summary_lines.ts";
import { sourceOf } from "../helpers/engine_series.ts";

/** Two engines of a simulated server, the second of which falls behind. */
function slowMachine(lost: number) {
  const of = (engine: string, name: string, type: "counter" | "gauge", at: (second: number) => number) => ({
    name,
    type,
    labels: { engine },
    at,
  });
  return sourceOf([
    of("0", "lab_simulation_lost_pace_total", "counter", () => 3),
    of("1", "lab_simulation_lost_pace_total", "counter", (second) => second < 30 ? 1 : 1 + lost),
    of("0", "lab_simulation_late_seconds", "gauge", () => 0.001),
    of("1", "lab_simulation_late_seconds", "gauge", (second) => second === 30 ? 1.5 : 0.01),
    of("0", "vllm:num_requests_running", "gauge", () => 1),
  ], 60);
}

Deno.test("lostPaceOf() counts what was lost within the span, and tells nothing where nothing was", async () => {
  const source = slowMachine(4);
  const span = (await source.span())!;
  assert.deepEqual(await lostPaceOf(source, span), { times: 4, worstSeconds: 1.5 });
  assert.equal(await lostPaceOf(source, { ...span, startSeconds: span.startSeconds + 40 }), undefined);
  const kept = slowMachine(0);
  assert.equal(await lostPaceOf(kept, (await kept.span())!), undefined);
});

Deno.test("report and summary say that the simulated server's machine was too slow", async () => {
  const source = slowMachine(4);
  const page = renderReport(await new AdvancedMetricsAnalyzer(source).generatePerformanceReport());
  assert.match(
    page,
    /could not keep its schedule, for this machine was too busy: 4 times, up to 1\.5 s late\./,
  );
  assert.ok(page.indexOf("could not keep") < page.indexOf("Verdict"));
  const lines = runSummaryLines(await summariseRun(source), { language: "zh-TW" });
  assert.match(lines.at(-1)!, /跟不上自己的時程：4 次，最多落後 1\.5 s/);
});

Deno.test("a recording that was cut off says so whenever it is opened, one that was closed does not", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const writer = createRecording(`${folder}/r.sqlite`);
    for (let time = 1000; time < 1040; time++) {
      writer.append("vllm", time, {
        ids: [0],
        values: [time],
        defined: time === 1000 ? [{ id: 0, name: "g", labels: {}, type: "gauge" }] : [],
        vanishedIds: [],
        events: [],
      });
    }
    // What a kill leaves: the file and its log.
    for (const end of ["", "-wal"]) {
      await Deno.copyFile(`${folder}/r.sqlite${end}`, `${folder}/cut.sqlite${end}`);
    }
    writer.close();
    for (const opening of ["first", "second"]) {
      using cut = openRecording(`${folder}/cut.sqlite`);
      const report = await new AdvancedMetricsAnalyzer(cut).generatePerformanceReport();
      assert.equal(report.cutSeconds, 1039, opening);
      assert.match(renderReport(report), /no end mark: what wrote it was cut off at 1970-01-01T00:17:19Z/);
    }
    using whole = openRecording(`${folder}/r.sqlite`);
    assert.equal((await summariseRun(whole))?.cutSeconds, undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
