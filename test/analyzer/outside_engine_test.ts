import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { doubtOf, outsideEngine, outsideOf } from "../../src/analyzer/outside_engine.ts";
import { sleep } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { clientServerChart } from "../../src/charts/client_server_panel.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { latencyWays } from "../../src/report/latency_ways.ts";
import { renderReport } from "../../src/report/render.ts";
import { summariseRun } from "../../src/report/run_summary.ts";
import { runSummaryLines } from "../../src/report/run_summary_lines.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { MetricSource, RequestRecord } from "../../src/series/types.ts";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";
import { outsideRemark, outsideSentence } from "../../src/text/outside.ts";
import { assertClose } from "../helpers/close.ts";

const T0 = Date.UTC(2026, 0, 5, 9) / 1000;
const URL_ = "http://127.0.0.1:8000";

/** Seconds that a request takes to the server, and a chunk back from it. */
const THERE = 0.007;
const BACK = 0.02;

/** A simulated server behind a way of known length, watched from before its load until after it. */
async function watched(
  options: { readonly stranger?: boolean; readonly loadSeconds?: number; readonly tailSeconds?: number } = {},
): Promise<RealTimeMetricsCollector> {
  const { stranger = false, loadSeconds = 20, tailSeconds = 5 } = options;
  const clock = new VirtualClock(T0);
  const server = SimulatedVllm.inProcess({ clock, seed: 3 });
  const front: typeof fetch = async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : String(input));
    if (pathname.endsWith("/completions")) await sleep(clock, THERE);
    return await server.fetch(input, init);
  };
  const users = (seed: number) =>
    new VllmWorkloadSimulator({ apiBase: `${URL_}/v1`, clock, fetch: front, seed });
  const workload = users(1);
  const collector = new RealTimeMetricsCollector({
    targets: [URL_],
    intervalSeconds: 1,
    clock,
    fetch: server.fetch.bind(server),
    system: false,
    gpu: false,
    samplers: [workload.sampler],
  });
  await clock.drive(async () => {
    server.incidents.start("slow-network", { delaySeconds: BACK, burstSeconds: 0 });
    collector.start();
    await sleep(clock, 2);
    await Promise.all([
      workload.simulateSteadyLoad({ durationSeconds: loadSeconds, requestsPerMinute: 120, maxTokens: 20 }),
      ...(stranger ? [users(2).simulateSteadyLoad({ durationSeconds: 5, requestsPerMinute: 60 })] : []),
    ]);
    await sleep(clock, tailSeconds);
    await collector.stop();
  });
  return collector;
}

async function shown(source: MetricSource, language: "en" | "zh-TW") {
  const report = await new AdvancedMetricsAnalyzer(source).generatePerformanceReport();
  return {
    summary: runSummaryLines(await summariseRun(source), { language }).join("\n"),
    report: renderReport(report, { format: "text", language }),
    ways: (await latencyWays(source, { quantity: "ttft", language })).text,
    chart: (await clientServerChart(source, { quantity: "ttft", language })).svg,
  };
}

Deno.test("outsideEngine() is the way to the server and back, which only the client sees", async () => {
  const source = await watched();
  const span = (await source.span())!;
  const { ttft, e2e } = await outsideEngine(source, { span });
  assert.ok(ttft !== undefined && "seconds" in ttft && e2e !== undefined && "seconds" in e2e);
  assertClose(ttft.seconds, THERE + BACK, 1e-4);
  assertClose(e2e.seconds, THERE + BACK, 1e-4);
  const rows = await source.requests(span);
  assert.equal(ttft.count, rows.length);
  assert.equal(ttft.client, undefined);
  // A span that begins and ends in the middle of the load: the same requests on both sides.
  const middle = { startSeconds: T0 + 7.4, endSeconds: T0 + 16.2 };
  const part = (await outsideEngine(source, { span: middle })).ttft!;
  assert.ok("seconds" in part && part.count > 5 && part.count < rows.length);
  assertClose(part.seconds, THERE + BACK, 1e-4);
});

Deno.test("what lies outside the engine stands in summary, report, ways and chart, in both languages", async () => {
  const source = await watched();
  const { summary, report, ways, chart } = await shown(source, "en");
  const line =
    /Outside the engine: TTFT 27 ms; E2E 27 ms \(the client's mean minus the server's, of the same requests: network, /;
  assert.match(summary, line);
  assert.match(report, line);
  assert.match(
    ways,
    /outside the engine: users' mean minus the server's, last 30 s +27 ms +\S+ ms − \S+ ms of \d+ requests/,
  );
  assert.match(chart, /Outside the engine: 27 ms/);
  const chinese = await shown(source, "zh-TW");
  assert.match(chinese.summary, /引擎之外：TTFT 27 ms；E2E 27 ms（同一批請求的用戶端平均減伺服器平均：/);
  assert.match(chinese.report, /引擎之外：TTFT 27 ms；/);
  assert.match(chinese.ways, /引擎之外：使用者平均減伺服器平均，最近 30 s +27 ms/);
  assert.match(chinese.chart, /引擎之外：27 ms/);
});

Deno.test("what lies outside the engine is n/a with both counts when others use the server", async () => {
  const source = await watched({ stranger: true });
  const { summary, report, chart } = await shown(source, "en");
  const line =
    /Outside the engine: n\/a: clients saw \d+, the server counted \d+ \(others use it, requests were cut, reads failed, or it restarted\)/;
  assert.match(summary, line);
  assert.match(report, line);
  // Of a subtitle its end may be cut.
  assert.match(chart, /Outside the engine: n\/a: clients saw/);
});

// The capture's client sent one request for five answers: 193 rows with a first token, 198 at the server.
Deno.test("what lies outside the engine is n/a when requests asked for several answers", async () => {
  const { summary } = await shown(await openShippedData("vllm-0.32.0-cpu"), "en");
  assert.match(
    summary,
    /Outside the engine: n\/a: requests asked for several answers: the server counts each \(198\), a client the request \(193\)/,
  );
});

Deno.test("outsideOf() lets clocks of two machines run apart by their rates over long answers", () => {
  // 50 millionths to either side: of 40 s that is 4 ms, of 0.3 s less than what stamps differ by.
  const of = (client: number, server: number) =>
    outsideOf({ count: 4, mean: client }, { count: 4, mean: server })!;
  const within = (client: number, server: number) => {
    const one = of(client, server);
    return "absent" in one ? one.absent.code : one.withinError === true;
  };
  assert.deepEqual(
    [within(40, 40.0039), within(40, 39.9961), within(40, 40.0041), within(40, 39.9959)],
    [true, true, "client_shorter", false],
  );
  assert.deepEqual([within(0.3, 0.30009), within(0.3, 0.30011)], [true, "client_shorter"]);
});

Deno.test("outsideOf() says within error, and n/a where the client's mean is the shorter one", () => {
  const of = (client: number, server: number) =>
    outsideOf({ count: 4, mean: client }, { count: 4, mean: server })!;
  const sentence = (client: number, server: number) => outsideSentence({ ttft: of(client, server) }, "en");
  assert.match(sentence(0.02, 0.01), /^Outside the engine: TTFT 10 ms \(the client's/);
  assert.match(
    sentence(0.01005, 0.01),
    /^Outside the engine: TTFT 50 µs, within the error of the two clocks \(/,
  );
  assert.match(
    sentence(0.00995, 0.01),
    /^Outside the engine: TTFT -50 µs, within the error of the two clocks \(/,
  );
  assert.equal(
    sentence(0.008, 0.01),
    "Outside the engine: n/a: the client's mean is 2 ms shorter than the server's (a clock was set, or they are not the same requests)",
  );
  assert.equal(outsideOf(undefined, { count: 4, mean: 1 }), undefined);
  assert.equal(outsideOf({ count: 4, mean: 1 }, undefined), undefined);
  const limited = outsideOf({ count: 4, mean: 0.5 }, { count: 4, mean: 0.4 }, { upToSeconds: 0.06 })!;
  assert.match(
    outsideSentence({ e2e: limited }, "en"),
    /^Outside the engine: E2E 100 ms, of which the client may have added up to 60 ms \(/,
  );
});

Deno.test("doubtOf() tells a client that was a limit, with its lag where a phase's end tells it", () => {
  const row = (trust: RequestRecord["trust"], second = 0.2): RequestRecord => ({
    id: "a",
    target: "w",
    model: "m",
    endpoint: "completions",
    phase: "p",
    outcome: "ok",
    dueSeconds: 0,
    sentSeconds: 0,
    chunkTimesSeconds: Float64Array.of(0.1, second),
    engine: "raw",
    trust,
  });
  const end = (lagP99Seconds: number) =>
    ({
      kind: "workload",
      timeSeconds: 1,
      target: "w",
      phase: "p",
      state: "end",
      plan: { lagP99Seconds },
    }) as const;
  assert.equal(doubtOf([row("good"), row("not_measured")], [end(0.4)]), undefined);
  assert.equal(doubtOf([], []), undefined);
  assert.deepEqual(doubtOf([row("good"), row("client_limited")], []), {});
  assert.deepEqual(doubtOf([row("client_adds")], [end(0.004), end(0.006)]), { upToSeconds: 0.006 });
  // The first token was read together with the second.
  assert.deepEqual(doubtOf([row("good", 0.1)], []), {});
});

Deno.test("outsideSentence() says what the client may have added once for both latencies", () => {
  const one = (client: number) =>
    outsideOf({ count: 4, mean: client }, { count: 4, mean: 0.1 }, { upToSeconds: 0.007 })!;
  assert.match(
    outsideSentence({ ttft: one(0.103), e2e: one(0.104) }, "en"),
    /^Outside the engine: TTFT 3 ms; E2E 4 ms, all of which may be the client's own lag, up to 7 ms \(p99\) \(the client's mean /,
  );
  // It is said of both, so the longer one decides whether a lag can be all of it.
  assert.match(
    outsideSentence({ ttft: one(0.103), e2e: one(0.11) }, "en"),
    /^Outside the engine: TTFT 3 ms; E2E 10 ms, of which the client may have added up to 7 ms \(the client's mean /,
  );
  assert.equal(
    outsideRemark(one(0.103), "en"),
    "103 ms − 100 ms of 4 requests; all of which may be the client's own lag, up to 7 ms (p99)",
  );
  assert.match(
    outsideSentence({ ttft: one(0.103), e2e: one(0.104) }, "zh-TW"),
    /^引擎之外：TTFT 3 ms；E2E 4 ms，可能全是用戶端自身的延遲，最多 7 ms（p99）（/,
  );
});

Deno.test("outsideEngine() of servers read at times of their own is n/a where the sides may hold other requests", async () => {
  const random = seededRandom(49);
  const outcomes = { exact: 0, absent: 0 };
  for (let round = 0; round < 40; round++) {
    // 5 ms outside; who is slower than others makes up for one who is on one side alone.
    const requests = Array.from({ length: 120 }, (_, i) => {
      const sentSeconds = T0 + 3 + 90 * random.next();
      return {
        target: i % 2 === 0 ? "a" : "b",
        sentSeconds,
        first: sentSeconds + 0.05 + 0.5 * random.next(),
      };
    });
    const source = new MemorySource();
    for (const [target, offset] of [["a", 0.3], ["b", round % 2 === 0 ? 0.3 : 0.9]] as const) {
      for (let second = 0; second <= 120; second++) {
        const time = T0 + second + offset;
        const own = requests.filter((one) => one.target === target && one.first <= time);
        const sum = own.reduce((all, one) => all + one.first - one.sentSeconds - 0.005, 0);
        source.append(target, time, {
          ids: [0, 1, 2],
          values: [own.length, sum, own.length],
          defined: second > 0 ? [] : ["count", "sum", "bucket"].map((part, id) => ({
            id,
            name: `vllm:time_to_first_token_seconds_${part}`,
            labels: part === "bucket" ? { le: "+Inf" } : {},
            type: "histogram" as const,
          })),
          vanishedIds: [],
          events: [],
        });
      }
    }
    const rows = requests.map(({ sentSeconds, first }, index): RequestRecord => ({
      id: String(index),
      target: "workload",
      model: "m",
      endpoint: "chat",
      phase: "",
      outcome: "ok",
      dueSeconds: sentSeconds,
      sentSeconds,
      chunkTimesSeconds: Float64Array.of(first),
      endSeconds: first,
      engine: "raw",
      trust: "good",
    }));
    const from = 10 + 30 * random.next();
    const span = { startSeconds: T0 + from, endSeconds: T0 + from + 50 };
    const { ttft } = await outsideEngine(source, { span, requests: rows, doubt: null });
    assert.ok(ttft !== undefined);
    if ("absent" in ttft) outcomes.absent++;
    else {
      outcomes.exact++;
      assertClose(ttft.seconds, 0.005, 1e-3);
    }
  }
  assert.ok(outcomes.exact >= 20 && outcomes.absent > 5, JSON.stringify(outcomes));
});
