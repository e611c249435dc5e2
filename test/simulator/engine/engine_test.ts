import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../../src/base/random.ts";
import type { Engine } from "../../../src/simulator/engine/engine.ts";
import type { EngineLimits } from "../../../src/simulator/engine/types.ts";
import { ids, request, runOut, smallEngine } from "./fixtures.ts";

Deno.test("Engine cuts a prompt longer than the budget in chunks; its first token comes with the last", () => {
  const engine = smallEngine();
  engine.submit(request("a", ids(0, 40), 3), 0);
  const seen = runOut(engine);
  // 16 + 16 + 8 tokens: three steps for the prompt, whose last gives token 1, then one step a token.
  assert.deepEqual(seen.map(({ timeSeconds }) => timeSeconds), [3, 4, 5]);
  assert.equal(seen.at(-1)?.output.finishReason, "length");
  const { histograms } = engine.statistics;
  assert.equal(histograms.timeToFirstToken.sum, 3);
  assert.equal(histograms.iterationTokens.count, 3, "a step that only prefills a middle chunk adds nothing");
  assert.equal(histograms.iterationTokens.sum, 40 + 3, "the whole prompt is booked with its last chunk");
  assert.equal(histograms.prefill.sum, 3);
  assert.equal(histograms.decode.sum, 2);
  assert.equal(histograms.timePerOutputToken.sum, 1);
});

Deno.test("Engine serves running requests before waiting ones, within the budget of a step", () => {
  const engine = smallEngine();
  engine.submit(request("a", ids(0, 12), 4), 0);
  engine.submit(request("b", ids(100, 12), 4), 0);
  const plan = engine.begin(0)!;
  assert.deepEqual([plan.work.sequences, plan.work.tokens], [2, 16], "12 of a, 4 of b");
  engine.complete(1);
  const second = engine.begin(1)!;
  assert.deepEqual([second.work.prefillTokens, second.work.decodeContextTokens], [8, 13]);
  engine.complete(2);
  assert.equal(engine.statistics.outputTokens, 3);
});

Deno.test("Engine keeps more than max_num_seqs waiting, first come first served", () => {
  const engine = smallEngine({ maxNumSequences: 2 });
  for (const [index, id] of ["a", "b", "c"].entries()) engine.submit(request(id, ids(index * 100, 3), 2), 0);
  engine.begin(0);
  assert.deepEqual([engine.running, engine.waiting], [2, 1]);
  engine.complete(1);
  assert.deepEqual(engine.statistics.gauges, { running: 2, waiting: 1, kvUsageRatio: 2 / 16 });
  const order = runOut(engine, 1).filter(({ output }) => output.finishReason).map(({ output }) =>
    output.request.id
  );
  assert.deepEqual(order, ["a", "b", "c"]);
  assert.equal(engine.statistics.histograms.queue.sum, 2, "c waits for the steps of a and b");
});

Deno.test("Engine does not see a request that arrives during a step until the step has ended", () => {
  const engine = smallEngine();
  engine.submit(request("a", ids(0, 3), 2), 0);
  engine.begin(0);
  engine.submit(request("b", ids(50, 3), 1, { arrivalSeconds: 0.5 }), 0.5);
  engine.complete(1);
  assert.equal(engine.begin(1)!.work.sequences, 2);
  engine.complete(2);
  assert.equal(engine.statistics.histograms.timeToFirstToken.sum, 1 + 1.5);
  assert.equal(
    engine.statistics.histograms.queue.sum,
    0,
    "the engine's clock starts when it takes the request in",
  );
});

Deno.test("Engine finds a shared prefix again by whole blocks, and counts queries and hits at admission", () => {
  const engine = smallEngine();
  const shared = ids(0, 10);
  engine.submit(request("a", [...shared, 500], 1), 0);
  runOut(engine);
  engine.submit(request("b", [...shared, 600], 1), 10);
  const seen = runOut(engine, 10);
  assert.equal(seen[0]?.output.cachedTokens, 8, "two whole blocks of four");
  assert.equal(engine.statistics.prefixQueriedTokens, 22);
  assert.equal(engine.statistics.prefixHitTokens, 8);
  assert.equal(engine.statistics.cachedPromptTokens, 8);
});

Deno.test("Engine always computes at least one token of a prompt that is wholly cached", () => {
  const engine = smallEngine();
  engine.submit(request("a", ids(0, 8), 1), 0);
  engine.submit(request("b", ids(0, 8), 1), 5);
  runOut(engine);
  assert.equal(engine.statistics.prefixHitTokens, 4, "of two blocks only the first may be reused");
});

Deno.test("Engine shares blocks within one step: samples of one prompt are computed once", () => {
  const engine = smallEngine({ maxBatchedTokens: 64 });
  const group = { n: 2, remaining: 2, longestOutputTokens: 0 };
  engine.submit(request("a", ids(0, 9), 2, { group }), 0);
  engine.submit(request("b", ids(0, 9), 3, { group }), 0);
  assert.equal(engine.begin(0)!.work.prefillTokens, 9 + 1);
  engine.complete(1);
  runOut(engine, 1);
  const { samples, longestOutputTokens, outputTokens } = engine.statistics.histograms;
  assert.deepEqual([samples.count, samples.sum, longestOutputTokens.sum, outputTokens.count], [1, 2, 3, 2]);
});

Deno.test("Engine preempts the last of the batch when blocks run out, and computes it anew", () => {
  const engine = smallEngine({ blockCount: 9 });
  engine.submit(request("a", ids(0, 12), 12), 0);
  engine.submit(request("b", ids(100, 12), 8), 0);
  const seen = runOut(engine);
  const ends = seen.filter(({ output }) => output.finishReason);
  assert.deepEqual(ends.map(({ output }) => output.request.id), ["a", "b"]);
  assert.equal(engine.statistics.preemptions, 1);
  assert.equal(engine.statistics.histograms.preemptions.sum, 1);
  assert.equal(engine.statistics.promptTokens, 24, "a prompt is counted once, however often it is computed");
  assert.equal(engine.statistics.prefixQueriedTokens, 24, "nor is its cache asked twice in the statistics");
  assert.equal(engine.statistics.outputTokens, 20);
  assert.equal(engine.freeBlocks, 8);
});

Deno.test("Engine admits a request only when its whole prompt fits, and the head of the queue blocks", () => {
  const engine = smallEngine({ blockCount: 11, maxNumSequences: 4 });
  engine.submit(request("a", ids(0, 16), 8), 0);
  engine.submit(request("big", ids(100, 28), 1), 0);
  engine.submit(request("tiny", ids(200, 1), 1), 0);
  engine.begin(0);
  assert.deepEqual([engine.running, engine.waiting], [1, 2]);
});

Deno.test("Engine lets a cut request go at the next step; its tokens stay counted, its end nowhere", () => {
  const engine = smallEngine();
  engine.submit(request("a", ids(0, 4), 10), 0);
  engine.begin(0);
  engine.complete(1);
  engine.begin(1);
  engine.abort("a");
  assert.deepEqual(engine.complete(2), [], "the token of the step under way reaches nobody");
  assert.equal(engine.begin(2), undefined);
  const { statistics } = engine;
  assert.equal(engine.freeBlocks, engine.usableBlocks);
  assert.deepEqual(statistics.gauges, { running: 0, waiting: 0, kvUsageRatio: 0 });
  assert.deepEqual([statistics.promptTokens, statistics.outputTokens, statistics.aborted], [4, 1, 1]);
  assert.deepEqual([statistics.finished.stop, statistics.finished.length], [0, 0]);
  assert.deepEqual([statistics.histograms.timeToFirstToken.count, statistics.histograms.e2e.count], [1, 0]);
});

Deno.test("Engine moves no gauge between the steps", () => {
  const engine = smallEngine();
  engine.submit(request("a", ids(0, 4), 10), 0);
  engine.begin(0);
  assert.deepEqual(engine.statistics.gauges, { running: 0, waiting: 0, kvUsageRatio: 0 });
  engine.complete(1);
  assert.equal(engine.statistics.gauges.running, 1);
});

Deno.test("Engine ends with stop where the model stops, and computes one step for nothing when it learns late", () => {
  const steps = (late: boolean) => {
    const engine = smallEngine();
    engine.submit(request("a", ids(0, 4), 10, { stopAfterTokens: 3, stopFoundLate: late }), 0);
    const seen = runOut(engine);
    assert.equal(seen.at(-1)?.output.finishReason, "stop");
    assert.equal(engine.statistics.outputTokens, 3);
    return engine.statistics.steps;
  };
  assert.equal(steps(false), 3);
  assert.equal(steps(true), 4);
});

Deno.test("Engine under asynchronous scheduling holds a finished request's place for one more plan", () => {
  const engine = smallEngine({ asyncScheduling: true, maxNumSequences: 1 });
  engine.submit(request("a", ids(0, 4), 1), 0);
  engine.submit(request("b", ids(50, 4), 1), 0);
  const seen = runOut(engine);
  assert.deepEqual(seen.map(({ output, timeSeconds }) => [output.request.id, timeSeconds]), [["a", 1], [
    "b",
    2,
  ]]);
  assert.equal(engine.freeBlocks, engine.usableBlocks);
});

Deno.test("Engine with speculation gives several tokens a step and counts drafts", () => {
  const engine = smallEngine({ speculation: { draftTokens: 3, acceptanceRatio: 1 } });
  engine.submit(request("a", ids(0, 4), 9), 0);
  const seen = runOut(engine);
  assert.deepEqual(seen.map(({ output }) => output.tokens), [1, 4, 4]);
  assert.deepEqual(engine.statistics.drafts, { steps: 2, tokens: 6, accepted: 6, acceptedAt: [2, 2, 2] });
  assert.equal(engine.freeBlocks, engine.usableBlocks);
});

Deno.test("Engine refuses what can never fit and what it knows already", () => {
  const engine = smallEngine();
  assert.throws(() => engine.submit(request("a", ids(0, 60), 10), 0), RangeError);
  assert.throws(() => engine.submit(request("a", [], 10), 0), RangeError);
  engine.submit(request("a", ids(0, 4), 1), 0);
  assert.throws(() => engine.submit(request("a", ids(0, 4), 1), 0), RangeError);
});

const mixes = fc.record({
  seed: fc.integer(),
  limits: fc.record({
    blockCount: fc.integer({ min: 17, max: 34 }),
    maxNumSequences: fc.integer({ min: 1, max: 12 }),
    maxBatchedTokens: fc.integer({ min: 4, max: 80 }),
    prefixCaching: fc.boolean(),
    asyncScheduling: fc.boolean(),
    reserveFullPrompt: fc.boolean(),
    watermarkRatio: fc.constantFrom(0, 0.05),
    longPrefillThresholdTokens: fc.constantFrom(0, 8),
    speculation: fc.option(fc.constant({ draftTokens: 3, acceptanceRatio: 0.6 }), { nil: undefined }),
  }),
  requests: fc.array(
    fc.record({
      prompt: fc.integer({ min: 1, max: 40 }),
      shared: fc.integer({ min: 0, max: 30 }),
      maxTokens: fc.integer({ min: 1, max: 24 }),
      stopAfterTokens: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      stopFoundLate: fc.boolean(),
      gapSeconds: fc.constantFrom(0, 0, 0, 0, 0.5, 20),
      abortAfterSeconds: fc.option(fc.double({ min: 0, max: 30, noNaN: true }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 24, size: "max" },
  ),
});

/** A mix with its invariants checked at every step. */
function checkMix(
  { seed, limits, requests }: typeof mixes extends fc.Arbitrary<infer Mix> ? Mix : never,
): Engine {
  const { speculation, ...others } = limits;
  const all: Partial<EngineLimits> = { ...others, ...(speculation === undefined ? {} : { speculation }) };
  const engine = smallEngine(all, { random: seededRandom(seed) });
  const aborts: { id: string; timeSeconds: number }[] = [];
  const wanted = new Map<string, number>();
  let arrival = 0;
  for (const [index, asked] of requests.entries()) {
    arrival += asked.gapSeconds;
    const id = `r${index}`;
    const prompt = [...ids(0, Math.min(asked.shared, asked.prompt)), ...ids(1000 * (index + 1), 40)].slice(
      0,
      asked.prompt,
    );
    const { maxTokens, stopAfterTokens, stopFoundLate } = asked;
    const stop = stopAfterTokens === undefined ? {} : { stopAfterTokens };
    engine.submit(
      request(id, prompt, maxTokens, { arrivalSeconds: arrival, stopFoundLate, ...stop }),
      arrival,
    );
    wanted.set(id, Math.min(maxTokens, stopAfterTokens ?? Infinity));
    if (asked.abortAfterSeconds !== undefined) {
      aborts.push({ id, timeSeconds: arrival + asked.abortAfterSeconds });
    }
  }
  const got = new Map<string, number>();
  const ended = new Set<string>();
  const cut = new Set<string>();
  let now = 0;
  for (let step = 0; engine.hasWork; step++) {
    assert.ok(step < 20_000, "it ends");
    for (const { id } of aborts.filter(({ timeSeconds }) => timeSeconds <= now)) {
      engine.abort(id);
      if (!ended.has(id)) cut.add(id);
    }
    const plan = engine.begin(now);
    assert.ok(engine.running <= limits.maxNumSequences);
    if (plan === undefined) {
      now = Math.max(now, engine.nextArrivalSeconds ?? now);
      continue;
    }
    assert.ok(plan.work.tokens <= limits.maxBatchedTokens && plan.work.tokens >= plan.work.sequences);
    assert.ok(engine.freeBlocks >= 0 && engine.freeBlocks <= engine.usableBlocks);
    now += plan.durationSeconds;
    for (const { request: { id }, firstIndex, tokens, finishReason } of engine.complete(now)) {
      assert.equal(firstIndex, got.get(id) ?? 0, "tokens come in order");
      assert.ok(!ended.has(id) && !cut.has(id));
      got.set(id, firstIndex + tokens);
      if (finishReason !== undefined) ended.add(id);
    }
  }
  const { statistics } = engine;
  assert.equal(engine.freeBlocks, engine.usableBlocks, "no block is lost");
  assert.equal(engine.unfinished, 0);
  assert.equal(ended.size + cut.size, requests.length, "every request ends or was cut");
  for (const id of ended) assert.equal(got.get(id), wanted.get(id));
  const total = [...got.values()].reduce((sum, tokens) => sum + tokens, 0);
  assert.equal(statistics.outputTokens, total);
  assert.equal(statistics.finished.stop + statistics.finished.length, ended.size);
  assert.equal(statistics.histograms.timeToFirstToken.count, got.size);
  assert.ok(statistics.prefixHitTokens <= statistics.prefixQueriedTokens);
  assert.ok(statistics.cachedPromptTokens <= statistics.promptTokens);
  // One sample for each step after a request's first: with speculation a step gives several tokens.
  assert.ok(statistics.histograms.interTokenLatency.count <= total - got.size);
  if (speculation === undefined) {
    assert.equal(statistics.histograms.interTokenLatency.count, total - got.size);
  }
  return engine;
}

Deno.test("Engine loses no block or token over 10,000 random mixes", () => {
  const seen = { preemptions: 0, hits: 0, cut: 0, drafts: 0 };
  fc.assert(
    fc.property(mixes, (mix) => {
      const { statistics } = checkMix(mix);
      seen.preemptions += statistics.preemptions;
      seen.hits += statistics.prefixHitTokens;
      seen.cut += statistics.aborted;
      seen.drafts += statistics.drafts.accepted;
    }),
    { numRuns: 10_000, seed: 20261125 },
  );
  for (const [what, count] of Object.entries(seen)) {
    assert.ok(count > 500, `the mixes have ${what}: ${count}`);
  }
});
