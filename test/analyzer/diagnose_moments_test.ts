/** Since when, for how long, how many: what a finding says beyond its windows. */
import assert from "node:assert/strict";
import { sleep } from "../../src/base/clock.ts";
import { diagnose } from "../../src/analyzer/diagnose.ts";
import type { Finding } from "../../src/analyzer/findings.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import type { Labels, MetricType } from "../../src/parser/types.ts";
import { findingLine } from "../../src/report/finding_line.ts";
import { verdictSentence } from "../../src/report/findings_blocks.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { IncidentName, IncidentParameters } from "../../src/simulator/engine/incidents.ts";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";

const START = Date.UTC(2026, 0, 5, 9) / 1000;

interface Watched {
  readonly incident?: IncidentName;
  readonly parameters?: IncidentParameters;
  /** Seconds before the incident, and of it: the run ends with it. */
  readonly cleanSeconds: number;
  readonly incidentSeconds: number;
  readonly requestsPerMinute: number;
  readonly profile?: string;
}

/** A simulated server under a steady load, watched until it is stopped in the middle of an incident. */
async function watch(run: Watched): Promise<RealTimeMetricsCollector> {
  const clock = new VirtualClock(START);
  const server = SimulatedVllm.inProcess({
    clock,
    seed: 1,
    ...(run.profile ? { profile: run.profile } : {}),
  });
  const { fetch } = server;
  const collector = new RealTimeMetricsCollector({
    targets: [{ id: "vllm", url: server.url }],
    intervalSeconds: 1,
    clock,
    fetch,
    system: false,
    gpu: server.gpus,
  });
  const workload = new VllmWorkloadSimulator({ apiBase: server.apiBase, clock, fetch, seed: 1 });
  collector.addSampler(workload.sampler);
  await clock.drive(async () => {
    collector.start();
    const load = workload.simulateSteadyLoad({
      durationSeconds: run.cleanSeconds + run.incidentSeconds,
      requestsPerMinute: run.requestsPerMinute,
    });
    await sleep(clock, run.cleanSeconds);
    if (run.incident !== undefined) await server.incidents.start(run.incident, run.parameters);
    await sleep(clock, run.incidentSeconds);
    await collector.stop();
    await load;
    await server.stop();
  });
  return collector;
}

const codes = (findings: readonly Finding[]) => findings.map(({ code }) => code);

Deno.test("diagnose() tells a noisy neighbour, however early in a run it comes", async () => {
  const runs: Omit<Watched, "incident">[] = [
    { cleanSeconds: 60, incidentSeconds: 60, requestsPerMinute: 60 },
    { cleanSeconds: 40, incidentSeconds: 40, requestsPerMinute: 60 },
    { cleanSeconds: 150, incidentSeconds: 90, requestsPerMinute: 240, profile: "llama-8b-a100-40" },
  ];
  for (const run of runs) {
    const { findings } = await diagnose(await watch({ ...run, incident: "noisy-neighbour" }));
    const name = JSON.stringify(run);
    assert.equal(findings[0]!.code, "engine_slow", name);
    assert.equal(findings[0]!.params.cause, "host", name);
    assert.equal(codes(findings).includes("healthy"), false, name);
    // It takes five seconds to its full strength.
    const late = findings[0]!.span.startSeconds - (START + run.cleanSeconds);
    assert.ok(late >= 0 && late <= 6, `${late} s after it began, ${name}`);
  }
});

Deno.test("diagnose() calls the same run healthy when nothing comes", async () => {
  for (const requestsPerMinute of [60, 100]) {
    const { findings } = await diagnose(
      await watch({ cleanSeconds: 60, incidentSeconds: 60, requestsPerMinute }),
    );
    assert.equal(findings[0]!.code, "healthy");
  }
});

Deno.test("diagnose() does not call new users with prompts of their own a cold cache", async () => {
  const surge = { incident: "arrival-surge", parameters: { factor: 3 } } as const;
  const { findings } = await diagnose(
    await watch({ ...surge, cleanSeconds: 150, incidentSeconds: 90, requestsPerMinute: 60 }),
  );
  assert.equal(codes(findings).includes("prefix_cache_cold"), false, codes(findings).join());
});

Deno.test("diagnose() tells what only the last window shows, with less confidence, unless it must be confirmed", async () => {
  const source = await watch({
    incident: "noisy-neighbour",
    cleanSeconds: 90,
    incidentSeconds: 15,
    requestsPerMinute: 100,
  });
  const [finding] = (await diagnose(source)).findings;
  assert.equal(finding!.code, "engine_slow");
  assert.deepEqual([finding!.confidence, finding!.params.windows, finding!.params.extent], [
    "low",
    1,
    "last_window",
  ]);
  assert.match(verdictSentence(finding!, "en"), / Only the last look shows it: it may have just begun\.$/);
  const confirmed = (await diagnose(source, { confirmedOnly: true })).findings;
  assert.equal(codes(confirmed).includes("engine_slow"), false);
});

/** Points of made-up series, one a second. */
function sourceOf(
  series: readonly {
    readonly name: string;
    readonly type: MetricType;
    readonly labels: Labels;
    readonly at: (second: number) => number;
  }[],
  seconds: number,
): MemorySource {
  const source = new MemorySource();
  for (let second = 0; second <= seconds; second++) {
    source.append("vllm", START + second, {
      ids: series.map((_, id) => id),
      values: series.map((one) => one.at(second)),
      defined: second > 0 ? [] : series.map(({ name, type, labels }, id) => ({ id, name, type, labels })),
      vanishedIds: [],
      events: [],
      facts: { target: "vllm", kind: "vllm", simulated: true, intervalSeconds: 1 },
    });
  }
  return source;
}

Deno.test("diagnose() tells a stuck engine from its last step on, and how many requests are stuck at least", async () => {
  const engine = (name: string, running: (second: number) => number, steps: (second: number) => number) => {
    const labels = { engine: name, model_name: "m" };
    return [
      { name: "vllm:num_requests_running", type: "gauge", labels, at: running } as const,
      { name: "vllm:iteration_tokens_total_count", type: "histogram", labels, at: steps } as const,
    ];
  };
  const { findings } = await diagnose(sourceOf([
    ...engine("0", () => 3, (second) => 40 * second),
    // It had nothing to do until a moment before it got stuck.
    ...engine("1", (second) => second < 70 ? 0 : 1, (second) => 40 * Math.min(second, 73)),
  ], 150));
  const hung = findings.find(({ code }) => code === "engine_hung")!;
  assert.equal(hung.engine, "1");
  assert.deepEqual([hung.span.startSeconds - START, hung.startsWithinSeconds], [73, 1]);
  assert.match(verdictSentence(hung, "en"), /at least 1 request runs\.$/);
  assert.equal(hung.evidence.find(({ quantity }) => quantity === "steps")!.value, 0);
});

Deno.test("diagnose() counts failures over the whole time that a finding names", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const failing = (await diagnose(source)).findings.find(({ code }) => code === "requests_failing")!;
  const span = (await source.span())!;
  const rows = await source.requests(span);
  const failed = rows.filter(({ outcome }) => outcome === "error");
  const [count, share] = failing.evidence;
  const { startSeconds, endSeconds } = count!.window;
  const ended = rows.filter((one) => one.endSeconds! > startSeconds && one.endSeconds! <= endSeconds);
  assert.equal(count!.value, failed.length);
  assert.equal(count!.value, failing.params.failed);
  assert.equal(share!.value, failed.length / ended.length);
  // It begins with the first of them.
  assert.equal(failing.span.startSeconds, Math.min(...failed.map((one) => one.endSeconds!)));
  assert.match(
    findingLine(failing, { language: "en", timeZone: "UTC" }),
    /: 8 requests failed, 3\.81% of those/,
  );
});

Deno.test("findingLine() says how exactly the beginning is known where it is a window's", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const limit = (await diagnose(source)).findings.find(({ code }) => code === "sequence_limit")!;
  const line = (startsWithinSeconds: number) =>
    findingLine({ ...limit, startsWithinSeconds }, { language: "en", timeZone: "UTC" });
  assert.match(line(1), /^\d\d:\d\d:\d\d to /);
  assert.match(line(30), /^\d\d:\d\d:\d\d \(or up to 30 s later\) to /);
});
