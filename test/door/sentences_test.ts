/** What a notebook's reader is told for the slips that are made most. */
import assert from "node:assert/strict";
import * as lab from "#lab";

/** As a cell sees it: without types. */
function make(maker: unknown, ...given: readonly unknown[]): object {
  assert.equal(typeof maker, "function");
  return Reflect.construct(maker as new () => object, [...given]);
}

function ask(on: object, method: string, ...given: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(on, method), on, given);
}

Deno.test("what is exported names the right option, kind or quantity when a cell has a slip", async () => {
  const source = new lab.MemorySource();
  const analyzer = new lab.AdvancedMetricsAnalyzer(source);
  const parser = new lab.VllmMetricsParser({ url: "http://127.0.0.1:9" });
  const workload = new lab.VllmWorkloadSimulator({ apiBase: "http://127.0.0.1:9" });
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => ask(analyzer, "detectAnomalies", "tftt"), /^Cannot read "tftt": .*wanted perhaps ttft/],
    [() => ask(analyzer, "detectChangePoints", "runing"), /wanted perhaps running/],
    [
      () => ask(analyzer, "detectAnomalies", { quantity: "ttft" }),
      /name is an object with quantity, wanted a text/,
    ],
    [() => make(lab.RealTimeMetricsCollector), /targets is not given, wanted a list of addresses/],
    [
      () => make(lab.RealTimeMetricsCollector, { targets: "http://a" }),
      /targets is the text "http:\/\/a", wanted a list/,
    ],
    [
      () => make(lab.RealTimeMetricsCollector, { targets: [], interval: 2 }),
      /no option "interval", wanted intervalSeconds/,
    ],
    [() => make(lab.VllmWorkloadSimulator, { url: "http://a" }), /no option "url", wanted apiBase/],
    [
      () => make(lab.RealTimeMetricsCollector, { targets: [] }),
      /targets is an empty list, wanted a list of addresses \(an empty one for this machine alone: system: true\)/,
    ],
    [() => ask(lab, "wait", -3), /seconds is the number -3, wanted a number of seconds from 0 on/],
    [
      () => ask(workload, "simulateConcurrentLoad", { requests: 0, concurrency: 1 }),
      /requests is the number 0, wanted a whole number from 1 on/,
    ],
    [
      () => ask(parser, "parseMetrics", "<html>not found</html>"),
      /^Cannot parse metrics: no line of the text is a sample, line 1 \("<html>not found<\/html>"\): .*, wanted the text of a \/metrics page$/,
    ],
    [
      () => ask(lab, "exportMonitoringData", source, { directory: "out", formats: [] }),
      /formats is an empty list, wanted a list of one or several of json/,
    ],
    [
      () => ask(source, "select", { quantity: "ttft", labels: {} }, { startSeconds: 0, endSeconds: 1 }),
      /selector has no "labels", wanted matchers/,
    ],
    [
      () =>
        ask(
          source,
          "evaluate",
          { selector: { quantity: "ttft" }, fn: { kind: "rate" }, groupBy: ["engine"] },
          {},
        ),
      /query has no "groupBy", wanted by/,
    ],
    [
      () => make(lab.AdvancedMetricsAnalyzer, source, { windowSecond: 5 }),
      /it takes a source only, wanted the options in the call of its method/,
    ],
    [() => ask(workload, "run", "steady"), /profile is the text "steady", wanted a profile/],
    [() => ask(workload, "simulateSteadyLoad", { rps: 3 }), /no option "rps", wanted ratePerSecond/],
    [() => ask(lab, "latencyChart", Promise.resolve(source)), /source is a promise \(is await missing\?\)/],
    [
      () => ask(lab, "openLab", { url: "http://a" }),
      /no option "url", wanted the environment variable LAB_URL/,
    ],
  ];
  for (const [call, message] of cases) await assert.rejects(async () => await call(), { message });
});

Deno.test("numbers that are missing are n/a, never -Inf", () => {
  for (
    const format of [lab.formatNumber, lab.formatCount, lab.formatSeconds, lab.formatBytes, lab.formatRatio]
  ) {
    assert.equal(Reflect.apply(format, undefined, [undefined]), "n/a", format.name);
  }
});
