import assert from "node:assert/strict";
import { checkLittle, findKnee, kvTokensFor, utilization } from "../../src/analyzer/capacity.ts";
import { costOf } from "../../src/analyzer/cost.ts";
import { whatIf } from "../../src/analyzer/what_if.ts";
import { exponential, seededRandom } from "../../src/base/random.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import type { MetricType } from "../../src/parser/types.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import { profileNamed } from "../../src/simulator/engine/profiles.ts";
import { assertClose } from "../helpers/close.ts";

Deno.test("checkLittle() holds for an M/M/1 queue and refuses short windows", () => {
  // rho 0.8, mu 1: L = 4, W = 5, lambda 0.8.
  const check = checkLittle({ seconds: 1000, meanInSystem: 4, finished: 800, meanSeconds: 5 });
  assert.ok("ratio" in check && check.consistent && check.expected === 4);
  const off = checkLittle({ seconds: 1000, meanInSystem: 6, finished: 800, meanSeconds: 5 });
  assert.equal("consistent" in off && off.consistent, false);
  const short = checkLittle({ seconds: 30, meanInSystem: 4, finished: 24, meanSeconds: 5 });
  assert.equal("absent" in short && short.absent.code, "window_not_covered");
});

Deno.test("findKnee() finds where an M/M/1 curve bends", () => {
  // W = 1 / (1 - rho): on scaled axes the farthest point from the chord of 0.05..0.95 solves 1/(1-rho)^2 = slope of the chord.
  const levels = Array.from({ length: 91 }, (_, i) => 0.05 + i * 0.01).map((rho) => ({
    throughput: rho,
    latencySeconds: 1 / (1 - rho),
  }));
  const knee = findKnee(levels);
  assert.ok("throughput" in knee);
  const slope = (1 / 0.05 - 1 / 0.95) / 0.9;
  assert.ok(Math.abs(knee.throughput - (1 - 1 / Math.sqrt(slope))) < 0.006, `${knee.throughput}`);
  assert.equal("absent" in findKnee(levels.slice(0, 2)), true);
  assert.equal(utilization(5, 10), 0.5);
});

Deno.test("kvTokensFor() counts whole blocks and shared beginnings once", () => {
  const need = kvTokensFor({ concurrency: 10, promptTokens: 1000, outputTokens: 200, sharedShare: 0.8 });
  assert.equal(need.peak, 800 + 10 * 400);
  assertClose(need.mean, 800 + 10 * (200 + 100 + 8), 1e-12);
});

Deno.test("checkLittle() takes ten times the mean time, and a tenth to either side, exactly", () => {
  const window = { seconds: 50, meanInSystem: 2, finished: 20, meanSeconds: 5 };
  assert.deepEqual(checkLittle(window), { observed: 2, expected: 2, ratio: 1, consistent: true });
  assert.deepEqual(checkLittle({ ...window, seconds: 49.6 }), {
    absent: { code: "window_not_covered", params: { coveredSeconds: 50, windowSeconds: 50 } },
  });
  assert.deepEqual(checkLittle({ ...window, seconds: 30, meanSeconds: 3.26 }), {
    absent: { code: "window_not_covered", params: { coveredSeconds: 30, windowSeconds: 33 } },
  });
  const consistent = (meanInSystem: number) => {
    const check = checkLittle({ ...window, meanInSystem });
    return "ratio" in check && check.consistent;
  };
  assert.deepEqual([1.79, 1.81, 2.19, 2.21].map(consistent), [false, true, true, false]);
  // Half a request a second, each there for half a second: a quarter of one on average.
  const single = checkLittle({ seconds: 8, meanInSystem: 0.25, finished: 4, meanSeconds: 0.5 });
  assert.deepEqual(single, { observed: 0.25, expected: 0.25, ratio: 1, consistent: true });
  assert.ok("ratio" in checkLittle({ seconds: 0.5, meanInSystem: 0.1, finished: 1, meanSeconds: 0.05 }));
  const instant = checkLittle({ ...window, meanSeconds: 0 });
  assert.ok("ratio" in instant && Number.isNaN(instant.ratio) && !instant.consistent);
});

Deno.test("checkLittle() of a window in which nothing ended, or of no length, has a cause", () => {
  const window = { seconds: 100, meanInSystem: 2, finished: 40, meanSeconds: 5 };
  for (const empty of [{ finished: 0 }, { seconds: 0 }, { finished: NaN }, { seconds: NaN }]) {
    assert.deepEqual(checkLittle({ ...window, ...empty }), { absent: { code: "no_requests_in_window" } });
  }
});

Deno.test("findKnee() scales both axes over all levels, in whatever order, and names the level as it was given", () => {
  const levels = [
    { throughput: 30, latencySeconds: 3 },
    { throughput: 10, latencySeconds: 2 },
    { throughput: 20, latencySeconds: 1 },
  ];
  // x 0, 1/2, 1; y 1/2, 0, 1: x - y is -1/2, 1/2, 0.
  assert.deepEqual(findKnee(levels), { throughput: 20, latencySeconds: 1, index: 2, sharpness: 0.5 });
  // x 0, 1/2, 1; y 0, 1/5, 1.
  const [low, middle, high] = [1, 2, 6].map((seconds, i) => ({
    throughput: 10 * i,
    latencySeconds: seconds,
  }));
  const bend = findKnee([low!, middle!, high!]);
  assert.ok("sharpness" in bend && bend.index === 1 && Math.abs(bend.sharpness - 0.3) < 1e-12);
  const line = [10, 20, 30].map((throughput) => ({ throughput, latencySeconds: throughput / 10 }));
  const knee = findKnee(line);
  assert.ok("sharpness" in knee && Math.abs(knee.sharpness) < 1e-12, "a straight line has no knee");
  const constant = { absent: { code: "constant_series" } };
  assert.deepEqual(findKnee(line.map((level) => ({ ...level, throughput: 5 }))), constant);
  assert.deepEqual(findKnee(line.map((level) => ({ ...level, latencySeconds: 5 }))), constant);
  assert.deepEqual(findKnee(line.slice(1)), {
    absent: { code: "not_enough_points", params: { count: 2, wanted: 3 } },
  });
});

Deno.test("utilization() of a server that can do nothing is not a number", () => {
  assert.equal(utilization(3, 4), 0.75);
  assert.ok(Number.isNaN(utilization(3, 0)));
});

Deno.test("kvTokensFor() rounds what is shared and what each request has to whole blocks", () => {
  const load = { concurrency: 3, promptTokens: 100, outputTokens: 30 };
  // Shared 25, own 75: 2 blocks and 3 times 7 of 16 tokens; on average half an output and half a block are open.
  assert.deepEqual(kvTokensFor({ ...load, sharedShare: 0.25 }), {
    mean: 25 + 3 * (75 + 15 + 8),
    peak: 32 + 3 * 112,
  });
  assert.deepEqual(kvTokensFor({ ...load, sharedShare: 0.25, blockSizeTokens: 10 }), {
    mean: 25 + 3 * (75 + 15 + 5),
    peak: 30 + 3 * 110,
  });
  assert.deepEqual(kvTokensFor(load), { mean: 3 * (100 + 15 + 8), peak: 3 * 144 });
});

Deno.test("whatIf() says that a higher limit ends the queue, and that it is a model", () => {
  const load = { requestsPerSecond: 6, promptTokens: 1000, sharedTokens: 800, outputTokens: 200 };
  const run = (maxNumSequences: number) =>
    whatIf(profileNamed("llama-8b-a100-40"), load, {
      random: seededRandom(4),
      limits: { maxNumSequences },
      seconds: 120,
    });
  const tight = run(16);
  const wide = run(64);
  assert.equal(tight.model, true);
  assert.ok(tight.overloaded && tight.waitingMean > 20 && tight.runningMean > 15.5);
  assert.ok(!wide.overloaded && wide.waitingMean < 1 && wide.ttft.mean < tight.ttft.mean / 20);
  assert.deepEqual(run(64), wide, "the same seed gives the same answer");
});

/** A server and a GPU, one point a second. */
function poweredSource(seconds: number): MemorySource {
  const source = new MemorySource();
  const labels = { engine: "0", model_name: "m" };
  for (let second = 0; second <= seconds; second++) {
    const defined = (list: readonly [string, "counter" | "gauge"][]) =>
      second > 0 ? [] : list.map(([name, type], id) => ({
        id,
        name,
        type,
        labels: name.startsWith("lab") ? { gpu: "0" } : labels,
      }));
    const shared = { vanishedIds: [], events: [] };
    source.append("vllm", 1000 + second, {
      ids: [0],
      values: [50 * second],
      defined: defined([["vllm:generation_tokens_total", "counter"]]),
      ...shared,
    });
    source.append("gpu", 1000 + second, {
      ids: [0],
      values: [400],
      defined: defined([["lab_gpu_power_watts", "gauge"]]),
      ...shared,
    });
  }
  return source;
}

Deno.test("costOf() gives energy and money by token from power and price", async () => {
  const cost = await costOf(poweredSource(3600), { pricePerGpuHour: 2.5 });
  const value = (reading: typeof cost.money) => "value" in reading ? reading.value : NaN;
  assertClose(value(cost.outputTokens), 180_000, 1e-12);
  assertClose(value(cost.energyJoules), 400 * 3600, 1e-9);
  assertClose(value(cost.joulesPerOutputToken), 8, 1e-9);
  assertClose(value(cost.kilowattHoursPerMillionOutputTokens), 8e6 / 3.6e6, 1e-9);
  assertClose(value(cost.money), 2.5, 1e-9);
  assertClose(value(cost.moneyPerMillionOutputTokens), 2.5 / 0.18, 1e-9);
});

Deno.test("costOf() says what is missing and estimates what was wasted", async () => {
  const cost = await costOf(await openShippedData("vllm-0.32.0-cpu"));
  assert.equal("absent" in cost.energyJoules && cost.energyJoules.absent.code, "gpu_not_sampled");
  assert.equal("absent" in cost.money && cost.money.absent.code, "price_not_given");
  const { recomputed, aborted, share } = cost.wasted;
  assert.ok("value" in recomputed && "value" in aborted && "value" in share);
  // 2 preemptions of requests with prompts of 181 tokens on average, and outputs of 21439 / 178 tokens (its last scrape).
  assertClose(recomputed.value, 2 * (35_782 / 198 + 21_439 / 178), 1e-3);
  assert.ok(share.value > 0 && share.value < 0.1, `${share.value}`);
});

Deno.test("checkLittle() holds for a queue whose closed form is known (M/M/c)", () => {
  const cases = [{ servers: 1, load: 0.7 }, { servers: 4, load: 0.75 }, { servers: 10, load: 0.9 }];
  for (const { servers, load } of cases) {
    const seen = queue({ servers, arrivalRate: load * servers, customers: 300_000, seed: 3 });
    const check = checkLittle(seen);
    assert.ok("ratio" in check && Math.abs(check.ratio - 1) < 0.01, `${servers}: ${JSON.stringify(check)}`);
    // Erlang's C formula: mean number in the system = ρ C / (1 - ρ) + c ρ.
    const expected = load * erlangC(servers, servers * load) / (1 - load) + servers * load;
    assert.ok(
      Math.abs(check.observed / expected - 1) < 0.05,
      `${servers}: ${check.observed}, wanted ${expected}`,
    );
    assert.equal(utilization(load * servers, servers), load);
  }
});

/**
 * Poisson arrivals, exponential service of mean 1, first come first served. The number in the system is read at regular times, as a
 * gauge is; the time in it is that of each customer, as a histogram's sum.
 */
function queue(of: { servers: number; arrivalRate: number; customers: number; seed: number }) {
  const random = seededRandom(of.seed);
  const freeAt = new Array<number>(of.servers).fill(0);
  const arrivals: number[] = [];
  const ends: number[] = [];
  let now = 0;
  for (let i = 0; i < of.customers; i++) {
    now += exponential(random, 1 / of.arrivalRate);
    const server = freeAt.indexOf(Math.min(...freeAt));
    freeAt[server] = Math.max(now, freeAt[server]!) + exponential(random, 1);
    arrivals.push(now);
    ends.push(freeAt[server]!);
  }
  const meanSeconds = ends.reduce((sum, end, i) => sum + end - arrivals[i]!, 0) / of.customers;
  ends.sort((a, b) => a - b);
  let [arrived, ended, read, readings] = [0, 0, 0, 0];
  for (let time = 0.5; time < now; time++) {
    while (arrivals[arrived]! <= time) arrived++;
    while (ends[ended]! <= time) ended++;
    read += arrived - ended;
    readings++;
  }
  return { seconds: now, meanInSystem: read / readings, finished: of.customers, meanSeconds };
}

/** Probability that an arrival waits, for `erlangs` of offered load. */
function erlangC(servers: number, erlangs: number): number {
  let blocked = 1;
  for (let k = 1; k <= servers; k++) blocked = erlangs * blocked / (k + erlangs * blocked);
  const load = erlangs / servers;
  return blocked / (1 - load + load * blocked);
}

Deno.test("findKnee() is where the curve of an M/M/1 queue is as steep as its chord", () => {
  // W = 1 / (1 - λ) from 0 to .95: slope T / .95 with T = 1 / .05 - 1, so (1 - λ)² = .95 / T = .05, λ = .7764.
  const levels = Array.from(
    { length: 96 },
    (_, i) => ({ throughput: i / 100, latencySeconds: 1 / (1 - i / 100) }),
  );
  const knee = findKnee(levels);
  assert.ok("index" in knee && Math.abs(knee.throughput - 0.7764) < 0.006, JSON.stringify(knee));
});

Deno.test("whatIf() keeps Little's law within 1 % and serves what arrives below capacity", () => {
  for (const [name, rate] of [["llama-8b-a100-40", 6], ["llama-8b-l40s", 4]] as const) {
    const load = { requestsPerSecond: rate, promptTokens: 1000, sharedTokens: 800, outputTokens: 200 };
    const result = whatIf(profileNamed(name), load, { random: seededRandom(5), seconds: 1500 });
    const stay = result.ttft.mean + (load.outputTokens - 1) * result.itl.mean;
    const expected = result.requestsPerSecond * stay;
    const inSystem = result.runningMean + result.waitingMean;
    assert.ok(Math.abs(inSystem / expected - 1) < 0.01, `${name}: ${inSystem}, wanted ${expected}`);
    assert.ok(Math.abs(result.requestsPerSecond / rate - 1) < 0.03, `${name}: ${result.requestsPerSecond}`);
    const perRequest = result.outputTokensPerSecond / result.requestsPerSecond;
    assert.ok(Math.abs(perRequest / load.outputTokens - 1) < 0.01, `${perRequest} tokens a request`);
    assert.equal(result.overloaded, false);
  }
});

Deno.test("costOf() of a run in which nothing ended calls all its tokens those of cut requests, and none recomputed", async () => {
  const source = new MemorySource();
  const histograms = [
    "vllm:e2e_request_latency_seconds",
    "vllm:request_generation_tokens",
    "vllm:time_to_first_token_seconds",
  ];
  const defined = [
    ...["generation_tokens", "prompt_tokens", "num_preemptions"].map((
      name,
    ) => [`vllm:${name}_total`, "counter"]),
    ...histograms.flatMap((name) => ["count", "sum"].map((part) => [`${name}_${part}`, "histogram"])),
  ].map(([name, type], id) => ({ id, name: name!, labels: {}, type: type as MetricType }));
  [[0, 0, 0, 0, 0, 0, 0, 0, 0], [500, 40, 0, 0, 0, 0, 0, 4, 2]].forEach((values, second) => {
    source.append("s", second, {
      ids: defined.map(({ id }) => id),
      values,
      defined: second === 0 ? defined : [],
      vanishedIds: [],
      events: [],
    });
  });
  const { wasted, outputTokens } = await costOf(source);
  assert.deepEqual([outputTokens, wasted.aborted, wasted.recomputed], [{ value: 500 }, { value: 500 }, {
    value: 0,
  }]);
  assert.deepEqual(wasted.share, { value: 500 / 540 });
});
