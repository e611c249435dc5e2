import assert from "node:assert/strict";
import { growingSource } from "../../bench/feed_source.ts";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { readContext } from "../../src/charts/context.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { findingsStrip } from "../../src/dashboard/findings_strip.ts";
import { interactiveDashboard } from "../../src/dashboard/interactive.ts";
import { drawPage } from "../../src/dashboard/overview.ts";
import { pageFindings, readFindings } from "../../src/dashboard/page_finding.ts";
import type { MetricSource } from "../../src/series/types.ts";
import { CASES } from "../helpers/chart_cases.ts";

const OPTIONS = { timeZone: "UTC", id: "p" };
const HOSTILE = `"><script>alert(1)</script>&amp;`;

/** A case whose server has a name that is markup. */
function hostile(): MetricSource {
  const source = CASES["reset"];
  assert.ok(source !== undefined);
  const events = async (span: Parameters<MetricSource["events"]>[0]) =>
    (await source.events(span)).map((event) => "target" in event ? { ...event, target: HOSTILE } : event);
  const facts = async () =>
    (await source.facts()).map((each) => each.kind === "vllm" ? { ...each, target: HOSTILE } : each);
  return {
    span: () => source.span(),
    describe: () => source.describe(),
    facts,
    events,
    requests: (span) => source.requests(span),
    select: (selector, span) => source.select(selector, span),
    evaluate: (query, grid) => source.evaluate(query, grid),
  };
}

Deno.test("the overview says first what the diagnosis found, the gravest on top", async () => {
  const { svg } = await drawPage(await openShippedData("vllm-0.32.0-cpu"), "overview", OPTIONS);
  const [limit, failing, panel] = [
    "Sequence limit · critical",
    "Requests fail · warning",
    "Time to first token",
  ]
    .map((text) => svg.indexOf(`>${text}`));
  assert.ok(limit !== undefined && failing !== undefined && panel !== undefined);
  assert.ok(limit > 0 && limit < failing && failing < panel);
  assert.match(svg, /<desc[^>]*>Sequence limit · critical/);
});

Deno.test("other pages and the snapshot have no findings", async () => {
  const { svg } = await drawPage(await openShippedData("vllm-0.32.0-cpu"), "latency", OPTIONS);
  assert.doesNotMatch(svg, /Sequence limit/);
});

Deno.test("findingsStrip() of a source without anything says that there is no verdict", async () => {
  const source = CASES["empty"];
  assert.ok(source !== undefined);
  const strip = await findingsStrip(await readContext(source, OPTIONS), { x: 0, width: 800 });
  assert.ok(strip !== undefined);
  assert.match(strip.svg, /Cannot tell/);
  assert.match(strip.description, /no data in this time/);
});

Deno.test("findingsStrip() leaves out what is said of other targets than the one asked for", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const of = async (target: string) =>
    await findingsStrip(await readContext(source, { ...OPTIONS, target }), { x: 0, width: 800 });
  assert.match((await of("vllm"))?.description ?? "", /Sequence limit/);
  assert.equal(await of("another"), undefined);
});

Deno.test("findings with names that are markup stay text in picture and page", async () => {
  const { svg } = await drawPage(hostile(), "overview", OPTIONS);
  assert.match(svg, /Server restarted[^<]*&lt;script&gt;/);
  assert.doesNotMatch(svg, /<script/);
  const { page } = await interactiveDashboard(hostile(), OPTIONS);
  assert.match(page, /<strong>Server restarted[^<]*&lt;script&gt;/);
  assert.doesNotMatch(page, /<script>alert/);
});

Deno.test("readFindings() judges the last quarter of an hour of a longer span, and says so", async () => {
  const { source, scrape } = await growingSource(1, 2);
  for (let tick = 0; tick < 600; tick++) scrape();
  const context = await readContext(source, OPTIONS);
  const { title, judgedEnd } = await readFindings(context);
  assert.equal(judgedEnd, true);
  assert.match(title, /^Findings of the last 15 minutes, at \d\d:\d\d:\d\d$/);
  const strip = await findingsStrip(context, { x: 0, width: 800 });
  assert.match(strip?.svg ?? "", />Findings of the last 15 minutes/);
});

Deno.test("pageFindings() tells a verdict on several servers once, with the name of each that fits", async () => {
  const { findings } = await new AdvancedMetricsAnalyzer(await openShippedData("vllm-0.32.0-cpu")).diagnose();
  const [first] = findings;
  assert.ok(first !== undefined);
  const on = (targets: readonly string[]) => {
    const [told, ...others] = pageFindings(targets.map((target) => ({ ...first, target })), {
      language: "en",
      timeZone: "UTC",
    });
    assert.ok(told !== undefined && others.length === 0);
    return told;
  };
  const [one, two, five] = [["a"], ["a", "b"], ["a", "b", "c", "d", "e"]].map(on);
  assert.match(one?.heading ?? "", / · a$/);
  assert.match(two?.heading ?? "", / · a, b$/);
  assert.match(five?.heading ?? "", / · a, b, c and 2 more$/);
  assert.equal(two?.sentence, `a: ${one?.sentence}`);
});

Deno.test("pageFindings() of none is none", () => {
  assert.deepEqual(pageFindings([], { language: "en", timeZone: "UTC" }), []);
});
