import assert from "node:assert/strict";
import { fitTerminal, terminalWidth } from "../../src/base/terminal_text.ts";
import { sparkline, terminalView } from "../../src/dashboard/terminal.ts";
import { CASES, LONG_NAME } from "../helpers/chart_cases.ts";
import { latencyServers } from "../helpers/latency_servers.ts";
import { watchServers } from "../helpers/three_servers.ts";

Deno.test("terminalView() fills 80 columns and at most 24 rows, whatever it shows", async () => {
  for (const [name, source] of Object.entries(CASES)) {
    for (const language of ["en", "zh-TW"] as const) {
      const lines = (await terminalView(source, { timeZone: "Asia/Taipei", language })).split("\n");
      assert.ok(lines.length <= 24, `${name}: ${lines.length} rows`);
      for (const line of lines) assert.equal(terminalWidth(line), 80, `${name}: ${line}`);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(lines.join(""), /[\u0000-\u001f\u007f-\u009f\u202e]|undefined|NaN/);
    }
  }
});

Deno.test("terminalView() shows whole numbers beside a sparkline in narrow terminals, or none", async () => {
  const source = CASES.normal;
  assert.ok(source !== undefined);
  for (const language of ["en", "zh-TW"] as const) {
    for (const columns of [10, 20, 30, 40, 50, 60, 63, 64, 70]) {
      const view: string = await terminalView(source, { timeZone: "UTC", columns, language });
      const lines = view.split("\n");
      assert.deepEqual([...new Set(lines.map(terminalWidth))], [columns]);
      if (columns < 30) continue;
      const running = lines.filter((line) => /[▁-█]{6,} +13( +(max|最大) 14)? *$/.test(line));
      assert.equal(running.length, 1, `${columns}: ${view}`);
    }
  }
});

Deno.test("terminalView() of several servers says which quantile of which server, and who restarted", async () => {
  const { collector } = await watchServers({ seconds: 100, crashSeconds: 40 });
  const text = await terminalView(collector, { timeZone: "UTC" });
  for (const name of ["server-1", "server-2", "server-3"]) {
    for (const latency of ["TTFT", "ITL"]) assert.match(text, new RegExp(`${latency} p95 ${name} `));
  }
  assert.match(text, /server-2: restart/);
  // A name may look like a quantile's. Of these servers the TTFT is known; here it stands for ITL.
  const named = latencyServers({ "rack-p40": () => [0.05], "p9-node": () => [0.05] }, 60);
  const lines = await terminalView({
    span: () => named.span(),
    describe: () => named.describe(),
    facts: () => named.facts(),
    select: (selector, span) => named.select(selector, span),
    evaluate: (query, grid) =>
      named.evaluate(
        "quantity" in query.selector ? { ...query, selector: { quantity: "ttft" } } : query,
        grid,
      ),
    requests: (span) => named.requests(span),
    events: (span) => named.events(span),
  }, { timeZone: "UTC" });
  for (const name of ["rack-p40", "p9-node"]) assert.match(lines, new RegExp(`ITL p95 ${name} `));
});

Deno.test("terminalView() keeps to a small terminal", async () => {
  const source = CASES.long_names;
  assert.ok(source !== undefined);
  const lines = (await terminalView(source, { timeZone: "UTC", columns: 60, rows: 10 })).split("\n");
  assert.equal(lines.length, 10);
  assert.deepEqual([...new Set(lines.map(terminalWidth))], [60]);
});

const DATA = {
  span: { startSeconds: 0, endSeconds: 80 },
  timeZone: "UTC",
  unit: "requests",
  scale: "linear",
  lines: [],
  marks: [],
  gaps: [],
  limits: [],
} as const;

Deno.test("sparkline() shows the highest value of each column, gaps and restarts", () => {
  const line = { timesSeconds: [0, 5, 10, 20, 30, 35, 70], values: [0, 1, 2, 4, 7, 14, 14] };
  assert.equal(sparkline({ data: DATA }, line, { columns: 8 }), "▂▂▃█   █");
  const panel = {
    data: {
      ...DATA,
      gaps: [{ startSeconds: 41, endSeconds: 59 }],
      marks: [{ timeSeconds: 61, label: "restart", bad: true }],
    },
  };
  assert.equal(sparkline(panel, line, { columns: 8 }), "▂▂▃█░░╎█");
});

Deno.test("sparkline() of nothing and of zeros", () => {
  assert.equal(sparkline({ data: DATA }, { timesSeconds: [], values: [] }, { columns: 4 }), "    ");
  assert.equal(sparkline({ data: DATA }, { timesSeconds: [0, 70], values: [0, 0] }, { columns: 4 }), "▁  ▁");
});

Deno.test("fitTerminal() counts wide characters and never cuts one in half", () => {
  assert.equal(fitTerminal("記憶體", 8), "記憶體  ");
  assert.equal(fitTerminal("記憶體使用率", 8), "記憶體… ");
  assert.equal(fitTerminal("7.5", 6, "right"), "   7.5");
  assert.equal(fitTerminal(LONG_NAME, 10), "meta-llam…");
  assert.equal(fitTerminal("\u001b[31mred", 10), "[31mred   ");
  assert.equal(fitTerminal("abc", 0), "");
});
