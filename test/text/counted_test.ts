import assert from "node:assert/strict";
import { FINDING_CODES } from "../../src/analyzer/findings.ts";
import { ALARMS_EN } from "../../src/text/alarms_en.ts";
import { ANALYZER_EN } from "../../src/text/analyzer_en.ts";
import { CLI_EN } from "../../src/text/cli_en.ts";
import { counted, plural } from "../../src/text/counted.ts";
import { REPORT_EN } from "../../src/text/report_en.ts";
import { RUN_SUMMARY_EN } from "../../src/text/run_summary_en.ts";
import { TABLES_EN } from "../../src/text/tables_en.ts";
import { WORKLOAD_EN } from "../../src/text/workload_en.ts";

Deno.test("counted() takes the plural for every count but 1", () => {
  const rows = [
    [1, "1 request"],
    ["1", "1 request"],
    [0, "0 requests"],
    ["1.5", "1.5 requests"],
    ["12k", "12k requests"],
    ["n/a", "n/a requests"],
  ] as const;
  for (const [count, text] of rows) assert.equal(counted(count, "request"), text);
  assert.equal(counted(1, "runs", "run"), "1 runs");
  assert.equal(plural(2, "is", "are"), "are");
});

/** Every sentence in which something is counted, with one of it. */
const OF_ONE: readonly (readonly [string, string])[] = [
  ...FINDING_CODES.map((code) => [code, ANALYZER_EN.verdicts[code](() => "1")] as const),
  ["broken", ALARMS_EN.broken("x>1", 1, "2", "")],
  ["alarmed", ALARMS_EN.alarmed(1, "2")],
  ["webhookWorks", ALARMS_EN.webhookWorks("host", 1)],
  ["webhookLost", ALARMS_EN.webhookLost("host", 1)],
  [
    "objective",
    ALARMS_EN.objective({
      objective: "x",
      gaps: false,
      share: "100%",
      met: "1",
      total: "1",
      wanted: "99%",
      verdict: "met_so_far",
    }),
  ],
  ["sent", CLI_EN.sent("1")],
  ["lostPace", CLI_EN.lostPace("1 s", "1")],
  ["windows", REPORT_EN.windows("1", { width: "30 s" })],
  ["more", REPORT_EN.more("1")],
  ["failedScrapes", RUN_SUMMARY_EN.failedScrapes(1)],
  ["resets", RUN_SUMMARY_EN.resets(1)],
  ["witnessesAgree", TABLES_EN.witnessesAgree(1)],
  ["witnessesDiffer", TABLES_EN.witnessesDiffer(1, 2)],
  ["ofRequests", TABLES_EN.ofRequests(1)],
  ["tokenBudget", WORKLOAD_EN.stopped.tokenBudget("1")],
  ["failures", WORKLOAD_EN.stopped.failures("1", "refused")],
  ["goodput", WORKLOAD_EN.goodput("1", "1", "100%", "20%", "100%", "1")],
  ["leftOut", WORKLOAD_EN.leftOut("1")],
  ["probe", WORKLOAD_EN.probe("1", "100%", "1", "30 s", "holds")],
  ["cutByDrain", WORKLOAD_EN.cutByDrain("1")],
];

Deno.test("English sentences count one thing in the singular", () => {
  const plurals =
    /\b1 (?:(?!of )\w+ )?(?:requests|samples|scrapes|windows|findings|failures|calls|alarms|values|tokens|times|resets|preemptions|request wait|request run)\b(?! per)/;
  for (const [name, text] of OF_ONE) {
    assert.doesNotMatch(text, plurals, `${name}: ${text}`);
  }
});
