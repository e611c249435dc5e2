import assert from "node:assert/strict";
import { capacityOf, learntLimits, type ServerCapacity } from "../../src/analyzer/capacity_report.ts";
import { diagnose } from "../../src/analyzer/diagnose.ts";
import type { Reading } from "../../src/base/cause.ts";
import { sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { MetricType } from "../../src/parser/types.ts";
import { profileNamed } from "../../src/simulator/engine/profiles.ts";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";
import type { TargetFacts } from "../../src/series/types.ts";
import { assertClose } from "../helpers/close.ts";
import { watchServers } from "../helpers/three_servers.ts";
import { ids, request, smallEngine } from "../simulator/engine/fixtures.ts";

function valueOf(reading: Reading): number {
  assert.ok("value" in reading, JSON.stringify(reading));
  return reading.value;
}

function causeOf(reading: object): string {
  assert.ok("absent" in reading, JSON.stringify(reading));
  return (reading.absent as { code: string }).code;
}

Deno.test("capacityOf() of the recorded server gives what its 105 scrapes add up to by hand", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const [server, ...others] = await capacityOf(source);
  assert.ok(server !== undefined && others.length === 0);
  const { little, places, kv, utilization } = server;
  // Sums of the two gauges over the scrapes: 492 running, 527 waiting. The last scrape: 178 requests, 992.7695322036743 s.
  assert.ok("ratio" in little);
  assertClose(little.observed, (492 + 527) / 105, 1e-9);
  assertClose(little.meanSeconds, 992.7695322036743 / 178, 1e-9);
  assertClose(little.expected, 992.7695322036743 / 104.0022869, 1e-6);
  assert.equal(little.consistent, true);
  // 198 first tokens (its last scrape), 178 ended.
  assert.equal(little.begunOnly, 20);
  assertClose(valueOf(places.mean), 492 / 105, 1e-9);
  assert.equal(valueOf(places.most), 8);
  assert.equal(causeOf(places.limit), "sequence_limit_unknown");
  assert.equal(causeOf(server.bindsFirst), "sequence_limit_unknown");
  // 72 blocks of 32 tokens; 68 of the 71 that can be used were.
  assert.equal(valueOf(kv.tokens), 2304);
  assertClose(valueOf(kv.peakUsage), 68 / 71, 1e-9);
  assertClose(valueOf(kv.promptTokens), 32_945 / 178, 1e-9);
  assertClose(valueOf(kv.outputTokens), 21_439 / 178, 1e-9);
  assertClose(valueOf(kv.sharedShare), 16_672 / 35_782, 1e-9);
  // A request: 185.08 + 120.44 tokens, 86.24 of them shared. On average, with nothing shared: 185.08 + 60.22 + 16 = 261.3, 8.8 times;
  // shared: (2304 - 86.24) / 175.1 = 12.7. At the end: 10 blocks, 7.2 times; shared (2304 - 96) / 224 (7 blocks) = 9.9.
  assert.deepEqual(kv.room, { mean: { least: 8, most: 12 }, atEnd: { least: 7, most: 9 } });
  // Requests always waited from the 19th to the 52nd scrape (10 became 85 ended) and from the 59th to the 78th (105 became 166).
  assertClose(valueOf(utilization.served), 178 / 104.0022869, 1e-6);
  assertClose(valueOf(utilization.highest), 61 / 19, 1e-3);
  assertClose(utilization.stretchSeconds, 19, 1e-3);
  assertClose(valueOf(utilization.ratio), 178 / 104.0022869 / (61 / 19), 1e-3);
});

Deno.test("capacityOf() has no rate and no law for a server that restarted and was not read meanwhile", async () => {
  const [server] = await capacityOf(await openShippedData("vllm-0.32.0-restart"));
  assert.equal(causeOf(server!.little), "reset_in_window");
  assert.equal(causeOf(server!.utilization.served), "not_read_throughout");
  assert.equal(causeOf(server!.utilization.ratio), "not_read_throughout");
  assert.equal(valueOf(server!.kv.tokens), 2304);
  assert.deepEqual(await capacityOf(new MemorySource()), []);
});

Deno.test("capacityOf() counts as many requests into the cache as the engine runs without a preemption", async () => {
  for (
    const [blockCount, prompt, output] of [[101, 30, 10], [100, 30, 10], [64, 17, 10], [201, 50, 33]] as const
  ) {
    const blockSizeTokens = 4;
    const tokens = blockCount * blockSizeTokens;
    const [server] = await capacityOf(written({ tokens, blockSizeTokens, prompt, output, limit: 1000 }));
    const { room } = server!.kv;
    assert.ok("atEnd" in room);
    const preemptions = (count: number) => {
      const engine = smallEngine({
        blockSizeTokens,
        blockCount,
        maxNumSequences: 1000,
        maxBatchedTokens: 100_000,
        maxModelLength: 1000,
        prefixCaching: false,
      });
      for (let i = 0; i < count; i++) engine.submit(request(`r${i}`, ids(i * 1000, prompt), output), 0);
      for (let second = 0; engine.begin(second) !== undefined; second++) engine.complete(second + 1);
      return engine.statistics.preemptions;
    };
    const fits = room.atEnd.least;
    const name = `${blockCount} blocks: ${fits}`;
    assert.equal(preemptions(fits), 0, name);
    assert.ok(preemptions(fits + 1) > 0, name);
  }
});

Deno.test("capacityOf() tells which limit binds first by what fits at least and at most", async () => {
  // 10 blocks a request at its end: 10 fit. On average 30 + 5 + 2 tokens: 400 / 37 = 10.8.
  const cache = { tokens: 404, blockSizeTokens: 4, prompt: 30, output: 10 };
  const first = async (limit: number | undefined) => {
    const [server] = await capacityOf(written({ ...cache, ...(limit === undefined ? {} : { limit }) }));
    return server!.bindsFirst;
  };
  assert.deepEqual(await first(10), { limit: "sequence_limit" });
  assert.deepEqual(await first(11), { limit: "kv_cache" });
  assert.deepEqual(await first(9), { limit: "sequence_limit" });
  assert.equal(causeOf(await first(undefined)), "sequence_limit_unknown");
  const wide = written({ ...cache, prompt: 4, output: 36, limit: 13 });
  // At the end 10, on average 4 + 18 + 2 = 24 tokens: 16.
  assert.deepEqual((await capacityOf(wide))[0]!.bindsFirst, { limit: "either" });
});

Deno.test("capacityOf() finds Little's law in each of two simulated servers, and no utilisation where nothing waited", async () => {
  const { collector } = await watchServers({ count: 2, seconds: 120, crashSeconds: Infinity });
  const servers = await capacityOf(collector);
  assert.deepEqual(servers.map(({ target }) => target).sort(), ["server-1", "server-2"]);
  for (const { target, little, utilization } of servers) {
    assert.ok("ratio" in little && little.consistent, `${target}: ${JSON.stringify(little)}`);
    assert.equal(little.begunOnly, 0);
    assert.equal(causeOf(utilization.ratio), "nothing_waited");
    // Each is sent two requests a second for all but the last five seconds.
    assertClose(valueOf(utilization.served), 2 * 115 / 120, 0.1);
  }
  await collector.stop();
});

Deno.test("capacityOf() of a simulated server that is sent too much finds its limit, and that it served all it can", async () => {
  const clock = new VirtualClock(1_767_603_600);
  const server = SimulatedVllm.inProcess({ clock, seed: 3 });
  const { fetch, url, apiBase } = server;
  const targets = [{ id: "s", url }];
  const collector = new RealTimeMetricsCollector({
    targets,
    intervalSeconds: 1,
    clock,
    fetch,
    system: false,
    gpu: false,
  });
  const load = new VllmWorkloadSimulator({ apiBase, clock, fetch, seed: 1 });
  await clock.drive(async () => {
    collector.start();
    const running = load.simulateSteadyLoad({ durationSeconds: 280, requestsPerMinute: 240 });
    await sleep(clock, 300);
    await running;
    await collector.stop();
  });
  const { findings } = await diagnose(collector);
  const [capacity] = await capacityOf(collector, { learntLimits: learntLimits(findings) });
  const { places, little, bindsFirst, utilization, kv } = capacity!;
  // The profile of a server that is asked for no other.
  const { limits } = profileNamed();
  assert.equal(valueOf(places.limit), limits.maxNumSequences);
  assert.equal(valueOf(places.most), limits.maxNumSequences);
  assert.equal(valueOf(kv.tokens), limits.blockCount * limits.blockSizeTokens);
  assert.deepEqual(bindsFirst, { limit: "sequence_limit" });
  assert.ok("ratio" in little && little.consistent, JSON.stringify(little));
  // Its queue only ever grew, but for the start and the end.
  assert.ok(utilization.stretchSeconds > 250 && valueOf(utilization.ratio) > 0.93);
});

Deno.test("learntLimits() takes what a finding saw, and not what a target told", async () => {
  const told = await diagnose(await openShippedData("vllm-0.32.0-cpu"));
  // The server ran with --max-num-seqs 8 and tells nobody.
  assert.deepEqual(learntLimits(told.findings), { vllm: 8 });
  const finding = told.findings[0]!;
  const saw = (learnt: string, limit: number) => ({ ...finding, target: "a", params: { learnt, limit } });
  assert.deepEqual(learntLimits([saw("plateau", 8), saw("plateau", 6), saw("facts", 99)]), { a: 8 });
  const source = written({ tokens: 404, blockSizeTokens: 4, prompt: 30, output: 10 });
  const [server] = await capacityOf(source, { learntLimits: { vllm: 10 } });
  assert.deepEqual(server!.places.limit, { value: 10 });
  assert.equal(server!.places.limitFrom, "plateau");
});

/**
 * A server read once a second for five minutes: two requests always run, three wait from the second minute on; one ends a second
 * in the first minute, two a second from then on.
 */
function written(
  of: {
    readonly tokens: number;
    readonly blockSizeTokens: number;
    readonly prompt: number;
    readonly output: number;
    readonly limit?: number;
  },
): MemorySource {
  const source = new MemorySource();
  const cache = {
    engine: "0",
    block_size: String(of.blockSizeTokens),
    num_gpu_blocks: String(of.tokens / of.blockSizeTokens),
  };
  const columns: readonly [string, MetricType, (second: number, ended: number) => number][] = [
    ["vllm:num_requests_running", "gauge", () => 2],
    ["vllm:num_requests_waiting", "gauge", (second) => second > 60 ? 3 : 0],
    ["vllm:kv_cache_usage_perc", "gauge", (second) => second > 60 ? 0.5 : 0.25],
    ["vllm:cache_config_info", "gauge", () => 1],
    ["vllm:e2e_request_latency_seconds_count", "histogram", (_, ended) => ended],
    ["vllm:e2e_request_latency_seconds_sum", "histogram", (_, ended) => 2.5 * ended],
    ["vllm:request_prompt_tokens_count", "histogram", (_, ended) => ended],
    ["vllm:request_prompt_tokens_sum", "histogram", (_, ended) => of.prompt * ended],
    ["vllm:request_generation_tokens_count", "histogram", (_, ended) => ended],
    ["vllm:request_generation_tokens_sum", "histogram", (_, ended) => of.output * ended],
  ];
  const facts: TargetFacts = {
    target: "vllm",
    kind: "vllm",
    simulated: false,
    ...(of.limit === undefined ? {} : { maxNumSequences: of.limit }),
  };
  for (let second = 0; second <= 300; second++) {
    const ended = second + Math.max(0, second - 60);
    source.append("vllm", 1000 + second, {
      ids: columns.map((_, id) => id),
      values: columns.map(([, , value]) => value(second, ended)),
      defined: second > 0 ? [] : columns.map(([name, type], id) => ({
        id,
        name,
        type,
        labels: name.endsWith("_info") ? cache : { engine: "0" },
      })),
      vanishedIds: [],
      events: [],
      ...(second === 0 ? { facts } : {}),
    });
  }
  return source;
}

Deno.test("capacityOf() gives a full server's rate, its places and its cache by closed form", async () => {
  const source = written({ tokens: 404, blockSizeTokens: 4, prompt: 30, output: 10, limit: 4 });
  const server: ServerCapacity = (await capacityOf(source))[0]!;
  // 540 requests in 300 s; 2 a second while 3 waited.
  assertClose(valueOf(server.utilization.served), 540 / 300, 1e-9);
  assertClose(valueOf(server.utilization.highest), 2, 1e-9);
  assertClose(server.utilization.stretchSeconds, 239, 1e-9);
  assertClose(valueOf(server.utilization.ratio), 0.9, 1e-9);
  assert.deepEqual(server.places, {
    mean: { value: 2 },
    most: { value: 2 },
    limit: { value: 4 },
    limitFrom: "facts",
  });
  assertClose(valueOf(server.kv.meanUsage), (61 * 0.25 + 240 * 0.5) / 301, 1e-9);
  assert.equal(valueOf(server.kv.peakUsage), 0.5);
  // L = 2 + 3 × 240 / 301, λW = 1.8 × 2.5.
  const { little } = server;
  assert.ok("ratio" in little);
  assertClose(little.ratio, (2 + 720 / 301) / 4.5, 1e-9);
  assert.equal(little.consistent, true);
  assert.equal(causeOf(server.kv.sharedShare), "quantity_not_exposed");
});
