import assert from "node:assert/strict";
import { beforeAfterChart } from "../../src/charts/before_after_chart.ts";
import { clientServerPanel } from "../../src/charts/client_server_panel.ts";
import { readContext } from "../../src/charts/context.ts";
import { quantileColor } from "../../src/charts/latency_panel.ts";
import { markKey, numberWords, unplacedWords } from "../../src/charts/mark_labels.ts";
import { dashOf } from "../../src/charts/panel.ts";
import { latencyChart, requestsChart } from "../../src/charts/source_charts.ts";
import { linearAxis, logAxis } from "../../src/charts/ticks.ts";
import { drawSnapshot } from "../../src/dashboard/snapshot.ts";
import type { LabEvent, MetricSource } from "../../src/series/types.ts";
import { QUANTITIES } from "../../src/catalog/quantities.ts";
import type { QuantityName } from "../../src/catalog/types.ts";
import { chartsText } from "../../src/text/charts.ts";
import { CASES, START } from "../helpers/chart_cases.ts";
import { fakeSource } from "../helpers/fake_source.ts";

/** Texts of a picture, without the elements around them. */
function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text = ""]) => text);
}

Deno.test("titles name their quantity whole in panels of every width, in both languages", async () => {
  const quantities = Object.entries(QUANTITIES).filter(([, { type }]) => type === "histogram");
  for (const language of ["en", "zh-TW"] as const) {
    const titles = chartsText(language).quantities;
    for (const [name] of quantities) {
      const quantity = name as QuantityName;
      const source = fakeSource({
        span: { startSeconds: START, endSeconds: START + 60 },
        facts: [{ target: "a", kind: "vllm", simulated: true, intervalSeconds: 2 }],
        windows: [{ quantity, kind: "histogram_mean", value: () => 1 }],
      });
      for (const width of [281, 400, 720]) {
        const { svg } = await latencyChart(source, { quantity, width, language, timeZone: "UTC" });
        const bold = [...svg.matchAll(/<text[^>]*font-weight="700"[^>]*>([^<]*)/g)].map(([, text]) => text);
        const title = bold.join(" ");
        assert.ok(!title.includes("…"), `${width}: ${title}`);
        const short = /[(（]([^()（）]{1,8})[)）]$/.exec(titles[quantity])?.[1] ?? titles[quantity];
        assert.ok(title.replaceAll(" ", "").includes(short.replaceAll(" ", "")), `${width}: ${title}`);
        assert.ok(title.includes(chartsText(language).simulated), title);
      }
    }
  }
});

Deno.test("linearAxis() and logAxis() leave room above the highest value", () => {
  for (const maximum of [1, 15, 16, 20, 100, 0.95, 1, 1e9]) {
    for (const unit of ["requests", "ratio", "seconds", "bytes"] as const) {
      const [low, high] = linearAxis({ unit, minimum: 0, maximum }).domain;
      assert.ok((high - maximum) / (high - low) >= 0.045, `${maximum} ${unit}: ${high}`);
    }
    const [, high] = logAxis({ unit: "seconds", minimum: maximum / 100, maximum }).domain;
    assert.ok(high > maximum * 1.1, `${maximum}: ${high}`);
  }
});

/** A source with phases that begin at these seconds. */
function withPhases(phases: readonly (readonly [number, string])[]): MetricSource {
  const normal = CASES["normal"];
  assert.ok(normal !== undefined);
  const events: LabEvent[] = phases.map(([second, phase]) => ({
    kind: "workload",
    timeSeconds: START + second,
    target: "load",
    phase,
    state: "begin",
  }));
  return { ...normal, events: () => Promise.resolve(events) };
}

const PHASES = [
  [10, "warm-up"],
  [20, "steady at 60 requests a minute"],
  [110, "burst"],
  [120, "recovery"],
  [200, "ramp"],
] as const;

Deno.test("a chart writes the phases that fit and numbers the others, with their names in a key", async () => {
  const texts = textsOf((await requestsChart(withPhases(PHASES), { timeZone: "UTC" })).svg);
  const key = texts.find((text) => /^1\) .* · 2\) /.test(text)) ?? "";
  for (const [, phase] of PHASES) {
    assert.ok(texts.some((text) => text === phase) || key.includes(phase), `${phase} in ${texts.join("|")}`);
  }
  assert.match(key, /^1\) .+ · 2\) /);
  assert.ok(texts.includes("1") && texts.includes("2"));
});

Deno.test("a dashboard has one key for all its panels", async () => {
  const texts = textsOf((await drawSnapshot(withPhases(PHASES), { timeZone: "UTC" })).svg);
  const keys = texts.filter((text) => /^1\) .* · 2\) /.test(text));
  assert.equal(keys.length, 1, JSON.stringify(texts));
  for (const [, phase] of PHASES) {
    assert.ok(texts.some((text) => text === phase) || keys[0]?.includes(phase), `${phase}: ${keys[0]}`);
  }
});

Deno.test("unplacedWords() gives place to bad marks first and names a word once", () => {
  const mark = (timeSeconds: number, label: string, bad = false) => ({ timeSeconds, label, bad });
  const marks = [mark(10, "steady"), mark(12, "restart", true), mark(14, "steady")];
  const place = { width: 200, fontSize: 10, scaleX: (time: number) => time };
  assert.deepEqual(unplacedWords(marks, place), ["steady"]);
  const numbers = numberWords(unplacedWords(marks, place));
  assert.deepEqual([...numbers], [["steady", 1]]);
  assert.equal(markKey(numbers), "1) steady");
});

Deno.test("clientServerPanel() promises the client in its title only where it has its lines", async () => {
  const title = async (name: string, change: Partial<MetricSource> = {}) => {
    const source = CASES[name];
    assert.ok(source !== undefined);
    return (await clientServerPanel(await readContext({ ...source, ...change }, { timeZone: "UTC" }))).title;
  };
  assert.equal(await title("normal"), "TTFT: client and server");
  const source = CASES["normal"];
  const onlyServer = await title("normal", {
    requests: () => Promise.resolve([]),
    evaluate: async (query, grid) =>
      "quantity" in query.selector && query.selector.quantity.startsWith("client_")
        ? []
        : await source?.evaluate(query, grid) ?? [],
  });
  assert.equal(onlyServer, "Time to first token (TTFT)");
});

Deno.test("a legend says the highest value of lines that end before the span does, as that of a run that is over", async () => {
  const source = fakeSource({
    span: { startSeconds: START, endSeconds: START + 120 },
    facts: [{ target: "a", kind: "vllm", simulated: false, intervalSeconds: 2 }],
    windows: [0.5, 0.95].map((quantile) => ({
      quantity: "ttft" as const,
      kind: "histogram_bounded_quantile" as const,
      quantile,
      unit: "seconds" as const,
      value: (time: number) => time > START + 90 ? undefined : quantile * (time === START + 60 ? 4 : 2),
    })),
  });
  const { svg } = await latencyChart(source, { timeZone: "UTC" });
  assert.match(svg, />max:<\/text>/);
  assert.match(svg, />p50<tspan[^>]*>2 s</);
  assert.match(svg, />p95<tspan[^>]*>3\.8 s</);
  assert.doesNotMatch(svg, /n\/a/);
});

Deno.test("the median, the highest quantile and the mean have the same colours in every latency panel", () => {
  const colors = (quantiles: readonly number[]) =>
    quantiles.map((_, index) => quantileColor(quantiles, index));
  assert.deepEqual(colors([0.5, 0.95]), [0, 1]);
  assert.deepEqual(colors([0.95]), [1]);
  assert.deepEqual(colors([0.5]), [0]);
  const many = colors([0.5, 0.9, 0.95, 0.99]);
  assert.equal(new Set([...many, 2, 3]).size, 6);
  assert.deepEqual([many[0], many.at(-1)], [0, 1]);
});

Deno.test("no two lines of a panel look alike to who cannot tell colours: each has a dash of its own", async () => {
  const dashes = (svg: string) =>
    [...svg.matchAll(/h16" stroke="[^"]*" stroke-width="2"(?: stroke-dasharray="([^"]*)")?/g)].map((
      [, dash],
    ) => dash ?? "whole");
  const source = CASES["normal"];
  assert.ok(source !== undefined);
  // p50 and p95 are told apart by the band and their order.
  assert.deepEqual(dashes((await latencyChart(source, { timeZone: "UTC" })).svg).sort(), [
    "1.4,2",
    "4,2.5",
    "whole",
    "whole",
  ]);
  assert.deepEqual([0, 1, 2, 3].map(dashOf), [false, "dashed", "dotted", "dashdot"]);
});

Deno.test("beforeAfterChart() says how much a figure changed, and nothing where that is not known", async () => {
  const row = (before: number, after: number) => ({
    label: "TTFT p95",
    unit: "seconds" as const,
    before: { value: before, count: 10 },
    after: { value: after, count: 10 },
  });
  const pairs = [[1.8, 0.9], [1, 1.153], [1, 1.001], [0.1, 2.3], [0, 1], [NaN, 1]] as const;
  const { svg } = await beforeAfterChart(pairs.map(([before, after]) => row(before, after)));
  const changes = [...svg.matchAll(/>([^<]*\(n = 10\))</g)].map(([, text = ""]) => text).filter((_, k) =>
    k % 2 === 1
  );
  assert.deepEqual(changes, [
    "900 ms, -50% (n = 10)",
    "1.15 s, +15% (n = 10)",
    "1 s, 0% (n = 10)",
    "2.3 s, ×23 (n = 10)",
    "1 s (n = 10)",
    "1 s (n = 10)",
  ]);
});
