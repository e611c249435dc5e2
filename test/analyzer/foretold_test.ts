import assert from "node:assert/strict";
import { workloadOf } from "../../bench/diagnosis_cases.ts";
import { runWorld } from "../../bench/diagnosis_world.ts";
import { foretell } from "../../src/analyzer/foretold.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { MetricSource, Series } from "../../src/series/types.ts";
import { fitSource } from "../../src/simulator/server/fit_source.ts";
import { profileNamed } from "../../src/simulator/engine/profiles.ts";

const PROFILE = profileNamed("llama-8b-l40s");
const WORKLOAD = workloadOf(PROFILE, 4);

function near(value: number, wanted: number, share: number): void {
  assert.ok(Math.abs(value / wanted - 1) <= share, `${value}, wanted ${wanted} within ${share}`);
}

Deno.test("foretell() finds the load, is near what was measured, and says what a lower limit would do", async () => {
  const source = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 400, gpu: false });
  const told = await foretell(source, { profile: PROFILE, limits: { maxNumSequences: 4 }, seed: 1 });
  assert.ok(!("absent" in told));
  near(told.load.requestsPerSecond, WORKLOAD.requestsPerSecond, 0.1);
  near(told.load.promptTokens, WORKLOAD.promptTokens, 0.02);
  near(told.load.outputTokens, WORKLOAD.outputTokens, 0.1);
  assert.ok(told.believable, `off by ${told.modelError}`);
  near(told.asItIs.itlMeanSeconds, told.measured.itlMeanSeconds, 0.1);
  assert.ok(told.measured.runningMean > 4.5, "else a limit of 4 would change nothing");
  // The limit that it was asked of: never more than four run, more comes in than goes out.
  assert.ok(told.changed.runningMean <= 4);
  assert.ok(told.changed.overloaded && !told.asItIs.overloaded);
  assert.ok(told.changed.ttftMeanSeconds > 10 * told.asItIs.ttftMeanSeconds);
  // What really happens with that limit.
  const limited = runWorld({
    profile: PROFILE,
    workload: WORKLOAD,
    limits: { maxNumSequences: 4 },
    seed: 12,
    seconds: 400,
    gpu: false,
  });
  const seen = await foretell(limited, { profile: PROFILE, limits: {}, seed: 1 });
  assert.ok(!("absent" in seen));
  // Who waited at the end had come too: the load is what came, not what was served.
  near(seen.load.requestsPerSecond, WORKLOAD.requestsPerSecond, 0.1);
  assert.ok(seen.measured.outputTokensPerSecond < 0.9 * WORKLOAD.requestsPerSecond * seen.load.outputTokens);
  // A load that only just fits waits by chance; how far off TTFT is stands there.
  assert.ok(told.ttftFactor < 1.5 && seen.ttftFactor >= 1, `off by ${told.ttftFactor}`);
  near(told.changed.itlMeanSeconds, seen.measured.itlMeanSeconds, 0.1);
  near(told.changed.outputTokensPerSecond, seen.measured.outputTokensPerSecond, 0.1);
});

Deno.test("foretell() answers another rate, with the same seed the same", async () => {
  const source = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 200, gpu: false });
  const options = { profile: PROFILE, limits: {}, requestsPerSecond: 8, seed: 1 };
  const told = await foretell(source, options);
  assert.ok(!("absent" in told));
  near(told.changed.outputTokensPerSecond, 2 * told.asItIs.outputTokensPerSecond, 0.1);
  assert.deepEqual(await foretell(source, options), told);
});

Deno.test("foretell() says which figure is missing", async () => {
  assert.deepEqual(await foretell(new MemorySource(), { profile: PROFILE, limits: {}, seed: 1 }), {
    absent: { code: "no_data" },
  });
  const source = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 60, gpu: false });
  const told = await foretell(source, { profile: PROFILE, limits: {}, engine: "7", seed: 1 });
  assert.ok("absent" in told && told.absent.code === "no_first_tokens_in_window" && told.quantity === "ttft");
});

/** Two servers in one recording, whose engines have the same label. */
function sideBySide(servers: Readonly<Record<string, MemorySource>>): MetricSource {
  const [first] = Object.values(servers);
  return {
    span: () => first!.span(),
    describe: () => first!.describe(),
    facts: async () =>
      (await Promise.all(
        Object.entries(servers).map(async ([target, source]) =>
          (await source.facts()).map((facts) => ({ ...facts, target }))
        ),
      )).flat(),
    select: async (selector, span) => {
      const found = await Promise.all(
        Object.entries(servers).map(async ([target, source]) => {
          const matchers = (selector.matchers ?? []).filter(({ label, value }) =>
            label !== "target" || value !== target
          );
          if (matchers.some(({ label }) => label === "target")) return [];
          const series = await source.select({ ...selector, matchers }, span);
          return series.map((one): Series => ({ ...one, labels: { ...one.labels, target } }));
        }),
      );
      return found.flat();
    },
    evaluate: (query, grid) => {
      const { matchers = [] } = query.selector;
      const target = matchers.find(({ label }) => label === "target");
      assert.ok(target, "figures of all servers together are no server's");
      return servers[target.value]!.evaluate({
        ...query,
        selector: { ...query.selector, matchers: matchers.filter((one) => one !== target) },
      }, grid);
    },
    requests: () => Promise.resolve([]),
    events: () => Promise.resolve([]),
  };
}

Deno.test("of several servers fitSource() takes one, with its own limits, and foretell() its load only", async () => {
  const world = { profile: PROFILE, seed: 11, seconds: 120, gpu: false };
  const quick = profileNamed("llama-8b-h100");
  const a = runWorld({ ...world, workload: WORKLOAD });
  const b = runWorld({ ...world, profile: quick, workload: workloadOf(quick, 4) });
  const source = sideBySide({ a, b });
  const fit = await fitSource(source);
  assert.equal(fit.target, "a");
  assert.deepEqual(fit.profile.stepTime, (await fitSource(a)).profile.stepTime);
  const options = { profile: fit.profile, limits: {} };
  const told = await foretell(source, { ...options, target: "a" });
  assert.deepEqual(told, await foretell(a, options));
  const other = await fitSource(source, { target: "b" });
  assert.equal(other.target, "b");
  assert.deepEqual(other.profile.stepTime, (await fitSource(b)).profile.stepTime);
  for (const wrong of [{ target: "c" }, { engine: "7" }]) {
    await assert.rejects(
      fitSource(source, wrong),
      /no such server and engine, wanted one of a engine 0, b engine 0/,
    );
  }
});

Deno.test("fitSource() takes no number for the sequence limit at which nothing waited, and says what it assumed", async () => {
  const world = { profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 200, gpu: false };
  const free = await fitSource(runWorld(world));
  assert.equal(free.profile.limits.maxNumSequences, 256);
  assert.ok(free.assumed.includes("maxNumSequences"));
  const limited = await fitSource(runWorld({ ...world, limits: { maxNumSequences: 4 } }));
  assert.equal(limited.profile.limits.maxNumSequences, 4);
  assert.ok(!limited.assumed.includes("maxNumSequences"));
});

Deno.test("foretell() with the profile of fitSource() is near what was measured: no stalls on top of fitted means", async () => {
  const source = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 300, gpu: false });
  const { profile } = await fitSource(source);
  const told = await foretell(source, { profile, limits: {} });
  assert.ok(!("absent" in told));
  near(told.asItIs.itlMeanSeconds, told.measured.itlMeanSeconds, 0.05);
});

Deno.test("foretell() counts no time before the first request and after the last", async () => {
  const loaded = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 200, gpu: false });
  const span = (await loaded.span())!;
  // The same, with ten minutes of nothing read after it.
  const source: MetricSource = {
    span: () => Promise.resolve({ ...span, endSeconds: span.endSeconds + 600 }),
    describe: () => loaded.describe(),
    facts: () => loaded.facts(),
    select: (selector, wanted) => loaded.select(selector, wanted),
    evaluate: (query, grid) => loaded.evaluate(query, grid),
    requests: (wanted) => loaded.requests(wanted),
    events: (wanted) => loaded.events(wanted),
  };
  const told = await foretell(source, { profile: PROFILE, limits: {} });
  assert.ok(!("absent" in told));
  near(told.load.requestsPerSecond, WORKLOAD.requestsPerSecond, 0.1);
});

Deno.test("foretell() refuses a cache too small for one request and rates that say nothing; a flood takes no minutes", async () => {
  const source = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 100, gpu: false });
  await assert.rejects(
    foretell(source, { profile: PROFILE, limits: { blockCount: 5 } }),
    /5 KV blocks .* have room for 64 tokens, wanted \d+ for one request of this load/,
  );
  for (const requestsPerSecond of [0.0001, 1e9]) {
    await assert.rejects(
      foretell(source, { profile: PROFILE, limits: {}, requestsPerSecond }),
      /a rate from 0.05 to 10000 requests a second/,
    );
  }
  const told = await foretell(source, { profile: PROFILE, limits: {}, requestsPerSecond: 10_000 });
  assert.ok(!("absent" in told) && told.changed.overloaded && told.changed.waitingMean > 100_000);
});

Deno.test("fitSource() fits a server that does not count what its prefix cache knew", async () => {
  const source = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 120, gpu: false });
  const old: MetricSource = {
    span: () => source.span(),
    describe: () => source.describe(),
    facts: () => source.facts(),
    select: (selector, span) =>
      "quantity" in selector && selector.quantity === "prefix_cache_hits"
        ? Promise.resolve([])
        : source.select(selector, span),
    evaluate: (query, grid) => source.evaluate(query, grid),
    requests: (span) => source.requests(span),
    events: (span) => source.events(span),
  };
  assert.ok((await fitSource(old)).medianError < 0.1);
});
