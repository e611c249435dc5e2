import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import type { Finding } from "../../src/analyzer/findings.ts";
import { FINDING_CODES } from "../../src/analyzer/findings.ts";
import type { PerformanceReport } from "../../src/analyzer/performance_report.ts";
import { verdictSentence } from "../../src/report/findings_blocks.ts";
import { renderReport } from "../../src/report/render.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import { LANGUAGES } from "../../src/text/language.ts";

const WINDOW = { startSeconds: 1_795_551_884, endSeconds: 1_795_551_914 };
const HOSTILE = "<script>alert(1)</script>|`x`\u001b[31m";

const FINDING: Finding = {
  code: "sequence_limit",
  severity: "critical",
  confidence: "high",
  target: HOSTILE,
  engine: HOSTILE,
  span: WINDOW,
  evidence: [{
    quantity: "waiting_median",
    window: WINDOW,
    value: 13,
    unit: "requests",
    formula: "quantile(0.5, waiting)",
    limit: 0,
  }, {
    quantity: "kv_cache_usage_mean",
    window: WINDOW,
    value: 0.0612,
    unit: "ratio",
    formula: "avg(kv_cache_usage)",
  }],
  falsifiedBy: ["kv_full"],
  advice: [{ code: "raise_sequence_limit", flag: "--max-num-seqs", value: 48 }],
  next: "itl_p99_at_higher_limit",
  params: { limit: 24 },
  consequences: ["overload"],
};

function reportWith(findings: readonly Finding[]): PerformanceReport {
  return {
    span: WINDOW,
    facts: [{ target: HOSTILE, simulated: true, version: HOSTILE, models: [HOSTILE], address: HOSTILE }],
    simulated: true,
    diagnosis: {
      span: WINDOW,
      findings,
      windowSeconds: 30,
      stepSeconds: 10,
      windows: 1,
      blind: [],
      stepModels: [],
    },
    averages: [{
      quantity: "running",
      unit: "requests",
      perSecond: false,
      labels: { model_name: HOSTILE },
      count: 1,
      current: 1,
      mean: 1,
      minimum: 1,
      maximum: 1,
      p50: 1,
      p99: 1,
    }],
    latencies: [],
    anomalies: [],
    changes: [],
    biases: [],
    absent: [],
    scrapes: { failed: 0, restarts: 0 },
  };
}

Deno.test("renderReport() escapes what a server says in every format", () => {
  const report = reportWith([FINDING]);
  const html = renderReport(report, { format: "html", charts: [{ title: HOSTILE, svg: "<svg></svg>" }] });
  assert.equal(html.includes("<script"), false);
  assert.ok(html.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
  assert.ok(html.includes("<svg></svg>"), "drawings of the caller are embedded");
  const text = renderReport(report, { format: "text" });
  assert.equal(text.includes("\u001b"), false);
  const markdown = renderReport(report, { format: "markdown" });
  assert.equal(markdown.includes("<script"), false);
  assert.equal(/[^\\]\|`/.test(markdown), false, "a pipe of a label does not split a cell");
});

Deno.test("renderReport() puts the verdict first and quotes its numbers", () => {
  const { engine: _engine, ...finding } = FINDING;
  const text = renderReport(reportWith([finding]), { format: "text" });
  assert.match(
    text,
    /Verdict\n-------\nThe number of requests at once is the limit: running stays at 24 while 13 wait \(median\), with the KV cache 6\.12% used\.\n/,
  );
  assert.match(text, /\(--max-num-seqs 48\)/);
  assert.match(text, /This would be wrong if:\n {2}- KV cache usage exceeds 90% while requests wait/);
  assert.match(text, /These numbers come from a simulated server\./);
});

Deno.test("renderReport() names the language of the page", () => {
  const page = renderReport(reportWith([FINDING]), { format: "html", language: "zh-TW" });
  assert.match(page, /<html lang="zh-TW">/);
  assert.match(page, /<title>效能報告<\/title>/);
  assert.match(page, /執行數停在 24/);
});

Deno.test("renderReport() begins its headings where it is told, those of findings too, none below six", () => {
  const levels = (headingLevel: number) =>
    [
      ...renderReport(reportWith(["0", "1", "2", "3"].map((engine) => ({ ...FINDING, engine }))), {
        headingLevel,
      }).matchAll(/^(#+) /gm),
    ]
      .map((match) => match[1]?.length);
  const usual = levels(1);
  assert.deepEqual(usual.slice(0, 4), [1, 2, 2, 3]);
  assert.deepEqual(levels(3), usual.map((level = 0) => level + 2));
  assert.equal(Math.max(...levels(5).map((level = 0) => level)), 6);
  for (const wrong of [0, 7, 1.5]) assert.throws(() => levels(wrong), RangeError);
});

Deno.test("renderReport() says which of several servers each sentence of the verdict is about", () => {
  const findings = ["a:1", "b:1", "c:1", "d:1"].map((target) => {
    const { engine: _engine, ...finding } = FINDING;
    return { ...finding, target };
  });
  const facts = ["a:1", "b:1", "c:1", "d:1"].map((
    target,
  ) => ({ target, kind: "vllm", simulated: false } as const));
  const sole = renderReport({ ...reportWith(findings.slice(0, 1)), facts: facts.slice(0, 1) }, {
    format: "markdown",
  });
  assert.match(sole, /## Verdict\n\n\*\*The number of requests/);
  const text = renderReport({ ...reportWith(findings), facts }, { format: "markdown" });
  assert.match(text, /## Verdict\n\n\*\*a:1: The number of requests/);
  assert.match(text, /Just as serious:\n\n- b:1: The number .+\n- c:1: The number /);
  assert.match(text, /1 more findings?\n\n- d:1: The number /);
});

Deno.test("renderReport() folds findings after the third", () => {
  const findings = ["0", "1", "2", "3", "4"].map((engine) => ({ ...FINDING, engine }));
  const text = renderReport(reportWith(findings), { format: "text" });
  assert.equal(text.split("Measure next:").length - 1, 3);
  assert.match(text, /2 more findings/);
});

Deno.test("renderReport() tells a finding of several episodes once, with how many", () => {
  const text = renderReport(reportWith([FINDING, FINDING, FINDING]), { format: "text" });
  assert.equal(text.split("Measure next:").length - 1, 1);
  assert.match(text, /the gravest of 3 times/);
});

Deno.test("renderReport() throws for a language that does not exist", () => {
  const options = { language: "fr" } as unknown as { language: "en" };
  assert.throws(() => renderReport(reportWith([]), options), RangeError);
});

Deno.test("verdictSentence() has a sentence for every code in every language, n/a where a number is missing", () => {
  for (const language of LANGUAGES) {
    for (const code of FINDING_CODES) {
      const sentence = verdictSentence({ ...FINDING, code, evidence: [], params: {} }, language);
      assert.ok(sentence.length > 5, `${language} ${code}`);
      assert.equal(sentence.includes("undefined"), false);
    }
  }
});

Deno.test("renderReport() of a server that never answered says why its reads failed, not what it lacks", async () => {
  const source = new MemorySource();
  source.append("vllm", 1000, {
    ids: [],
    values: [],
    defined: [],
    vanishedIds: [],
    events: [],
    facts: { target: "vllm", simulated: false, address: "http://127.0.0.1:8000/metrics", intervalSeconds: 1 },
  });
  for (let second = 1; second <= 5; second++) {
    const timeSeconds = 1000 + second;
    const cause = { code: "connection_refused" } as const;
    source.fail("vllm", timeSeconds, {
      kind: "scrape_failed",
      timeSeconds,
      target: "vllm",
      cause,
      durationSeconds: 0,
    });
  }
  const report = await new AdvancedMetricsAnalyzer(source).generatePerformanceReport();
  const text = renderReport(report, { format: "text" });
  assert.match(
    text,
    /5 scrapes failed over 4 s \(connection refused: nothing listens there\); that time is unknown\./,
  );
  assert.match(text, /No verdict: connection refused: nothing listens there\./);
  assert.match(text, /Requests running; .+: connection refused: nothing listens there/);
  assert.doesNotMatch(text, /has no metric/);
  const chinese = renderReport(report, { format: "text", language: "zh-TW" });
  assert.match(chinese, /4 s 內有 5 次抓取失敗（連線被拒絕：沒有程式在該處監聽）/);
});
