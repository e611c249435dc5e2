import assert from "node:assert/strict";
import { diagnose } from "../../src/analyzer/diagnose.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { findingLine } from "../../src/report/finding_line.ts";

Deno.test("findingLine() says when, the verdict with its numbers, and the option to change", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const { findings, span } = await diagnose(source);
  const limit = findings.find(({ code }) => code === "sequence_limit")!;
  const zone = { timeZone: "UTC" } as const;
  assert.match(
    findingLine(limit, { language: "en", ...zone }),
    /^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d: The number of requests at once is the limit: running stays at 8 while \d+ wait \(median\), .*\. Try --max-num-seqs 16: Let more/,
  );
  const { endSeconds } = limit.span;
  assert.match(findingLine(limit, { language: "en", ...zone, endSeconds }), /^Since \d\d:\d\d:\d\d: /);
  assert.match(
    findingLine(limit, { language: "zh-TW", ...zone }),
    /至 .*：瓶頸是同時執行數：.*建議 --max-num-seqs 16：/,
  );
  assert.ok(span!.endSeconds > endSeconds);
});

Deno.test("findingLine() gives a calm verdict no time and no advice, and one of several servers its name", () => {
  const healthy = {
    code: "idle",
    severity: "info",
    confidence: "high",
    target: "",
    span: { startSeconds: 0, endSeconds: 60 },
    evidence: [],
    falsifiedBy: [],
    advice: [{ code: "send_load" }],
    next: "longer_run",
    params: {},
    consequences: [],
  } as const;
  const line = findingLine(healthy, { language: "en", timeZone: "UTC" });
  assert.equal(line, "The server did nothing: no request ran.");
  const of = (language: "en" | "zh-TW", several: boolean) =>
    findingLine({ ...healthy, target: "10.0.0.2:8000", engine: "1" }, { language, timeZone: "UTC", several });
  assert.equal(of("en", false), "engine 1: The server did nothing: no request ran.");
  assert.equal(of("en", true), "10.0.0.2:8000 · engine 1: The server did nothing: no request ran.");
  const grave = { ...healthy, severity: "critical", target: "10.0.0.2:8000" } as const;
  assert.match(
    findingLine(grave, { language: "en", timeZone: "UTC", several: true }),
    /^10\.0\.0\.2:8000: 00:00:00 to 00:01:00: The server did nothing: no request ran\. Try: /,
  );
  assert.match(of("zh-TW", true), /^10\.0\.0\.2:8000 · .+：/);
});
