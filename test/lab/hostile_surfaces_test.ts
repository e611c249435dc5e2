import assert from "node:assert/strict";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { marked } from "marked";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { resultLines } from "../../src/cli/finish.ts";
import { RealTimeDashboard } from "../../src/dashboard/dashboard.ts";
import { LiveFeed } from "../../src/dashboard/live_feed.ts";
import { terminalView } from "../../src/dashboard/terminal.ts";
import { exportMonitoringData } from "../../src/export/export.ts";
import { parseExposition } from "../../src/parser/parse.ts";
import { factsTable } from "../../src/report/lab_tables.ts";
import { requestTable } from "../../src/report/notebook_tables.ts";
import { renderReport } from "../../src/report/render.ts";
import { reportCharts } from "../../src/report/report_charts.ts";
import type { MemorySource } from "../../src/series/memory_source.ts";
import { HOSTILE_TEXTS, sourceOfText } from "../helpers/hostile_source.ts";

/** What no surface for people may hold: controls but tab and line ends, marks that reorder or hide text. */
const UNSHOWN = new RegExp(
  "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f" +
    "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]",
);

type Kind = "html" | "markdown" | "terminal";
type Surface = readonly [name: string, kind: Kind, draw: (source: MemorySource) => Promise<string> | string];

const ALL = { startSeconds: -Infinity, endSeconds: Infinity };

const reportOf = (source: MemorySource) => new AdvancedMetricsAnalyzer(source).generatePerformanceReport();

/** Every surface that people look at. */
const SURFACES: readonly Surface[] = [
  ["snapshot", "html", async (source) => (await new RealTimeDashboard(source).snapshot()).svg],
  ["page overview", "html", async (source) => (await new RealTimeDashboard(source).page("overview")).svg],
  ...(["latency", "engine", "gpu", "system"] as const).map((page): Surface => [
    `page ${page}`,
    "html",
    async (source) => (await new RealTimeDashboard(source).page(page)).svg,
  ]),
  ["interactive page", "html", async (source) => (await new RealTimeDashboard(source).interactive()).page],
  ["statistics", "html", async (source) => (await new RealTimeDashboard(source).detailedStats()).html],
  ["report page", "html", async (source) => {
    const charts = await reportCharts(source, { language: "en", timeZone: "UTC" });
    return renderReport(await reportOf(source), { format: "html", charts });
  }],
  ["facts table", "html", async (source) => factsTable(await source.facts()).html],
  ["requests table", "html", async (source) => requestTable(await source.requests(ALL)).html],
  ["report", "markdown", async (source) => renderReport(await reportOf(source), { format: "markdown" })],
  ["facts as text", "terminal", async (source) => factsTable(await source.facts()).text],
  ["requests as text", "terminal", async (source) => requestTable(await source.requests(ALL)).text],
  ["report text", "terminal", async (source) => renderReport(await reportOf(source), { format: "text" })],
  ["dashboard text", "terminal", (source) => terminalView(source, { width: 100 })],
  ["result lines", "terminal", async (source) => {
    const report = await reportOf(source);
    return (await resultLines(source, { language: "en", report })).join("\n");
  }],
];

/** How often each element stands there; and nothing that would run or load. */
function shape(html: string): Readonly<Record<string, number>> {
  const { document } = parseHTML(`<!doctype html><html><body>${html}</body></html>`);
  const counts: Record<string, number> = {};
  for (const element of document.querySelectorAll("*")) {
    counts[element.localName] = (counts[element.localName] ?? 0) + 1;
    for (const { name, value } of element.attributes) {
      assert.doesNotMatch(name, /^on/i);
      if (/^(href|src|xlink:href|action|formaction|srcdoc)$/i.test(name)) {
        assert.doesNotMatch(value, /javascript:|evil\.test/i);
      }
    }
  }
  return counts;
}

const NEW_ELEMENTS =
  /^(script|img|a|svg|iframe|style|title|textarea|hr|h1|h2|h3|blockquote|em|strong|del|input|object)$/;

/** Elements that a text could have made, as often as with a harmless one. */
function ofConcern(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([name]) => NEW_ELEMENTS.test(name)).sort());
}

async function drawn([, kind, draw]: Surface, source: MemorySource): Promise<string> {
  const text = await draw(source);
  return kind === "markdown" ? await marked.parse(text) : text;
}

Deno.test("no text from elsewhere becomes markup, a link, or a terminal's command on any surface", async () => {
  const harmless = sourceOfText("harmless");
  const expected = new Map<string, Readonly<Record<string, number>>>();
  for (const surface of SURFACES) {
    if (surface[1] !== "terminal") expected.set(surface[0], ofConcern(shape(await drawn(surface, harmless))));
  }
  for (const text of [...HOSTILE_TEXTS, HOSTILE_TEXTS.join("")]) {
    const source = sourceOfText(text);
    for (const surface of SURFACES) {
      const [name, kind] = surface;
      const where = `${name}: ${JSON.stringify(text)}`;
      const page = await drawn(surface, source);
      assert.doesNotMatch(page, UNSHOWN, where);
      if (kind !== "terminal") assert.deepEqual(ofConcern(shape(page)), expected.get(name), where);
    }
  }
});

Deno.test("no text from elsewhere breaks a data file, or runs in a spreadsheet", async () => {
  const clock = { nowSeconds: () => 1_795_552_000, sleepUntil: () => Promise.resolve() };
  for (const text of [...HOSTILE_TEXTS, HOSTILE_TEXTS.join("")]) {
    const directory = await Deno.makeTempDir();
    try {
      const formats = ["json", "csv", "csv_long", "openmetrics", "parquet"] as const;
      const paths = await exportMonitoringData(sourceOfText(text), { directory, formats, clock });
      const inside = [...Deno.readDirSync(directory)].map(({ name }) => join(directory, name)).sort();
      assert.deepEqual([...paths].sort(), inside, "all files lie in the folder");
      for (const path of paths) await checkFile(path, text);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }
});

async function checkFile(path: string, text: string): Promise<void> {
  const where = `${path}: ${JSON.stringify(text)}`;
  if (path.endsWith(".parquet")) return;
  const content = await Deno.readTextFile(path);
  if (path.endsWith(".json")) JSON.parse(content);
  if (path.endsWith(".csv")) {
    const [head, ...rows] = csvRows(content);
    for (const row of rows) {
      assert.equal(row.length, head!.length, where);
      for (const field of row) {
        assert.ok(!/^[=+\-@\t\r]/.test(field) || Number.isFinite(Number(field)), where);
      }
    }
  }
  if (/\.(txt|om|openmetrics|prom)$/.test(path)) {
    const errors: string[] = [];
    parseExposition(content, { onError: ({ reason }) => errors.push(reason) });
    assert.deepEqual(errors, [], where);
  }
}

/** RFC 4180. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|$)/gy;
  while (field.lastIndex < text.length) {
    const [, raw, end] = field.exec(text) ?? assert.fail(`no field at ${field.lastIndex}`);
    rows.at(-1)!.push(raw!.startsWith('"') ? raw!.slice(1, -1).replaceAll('""', '"') : raw!);
    if (end !== "," && field.lastIndex < text.length) rows.push([]);
  }
  return rows;
}

Deno.test("no text from elsewhere breaks the live page's stream", async () => {
  for (const text of [...HOSTILE_TEXTS, HOSTILE_TEXTS.join("")]) {
    const feed = new LiveFeed(sourceOfText(text), { timeZone: "UTC", notes: true });
    const { data } = await feed.snapshot();
    assert.doesNotMatch(data, /[\r\n]/, JSON.stringify(text));
    assert.doesNotMatch(data, UNSHOWN, JSON.stringify(text));
    JSON.parse(data);
    for (const [path, { body, type }] of await feed.files()) {
      if (type.startsWith("text/html")) assert.doesNotMatch(String(body), /<script>alert|onerror=/, path);
    }
  }
});
