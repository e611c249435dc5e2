/** Blocks, step times, profiles, incidents, tokens: the small parts of the engine model. */
import assert from "node:assert/strict";
import { profileFigures } from "../../../src/simulator/engine/profile_figures.ts";
import fc from "fast-check";
import { Answer, naturalLength } from "../../../src/simulator/engine/answer.ts";
import { BlockPool, chainHash, chainStart } from "../../../src/simulator/engine/blocks.ts";
import {
  effectsOf,
  INCIDENT_NAMES,
  INCIDENTS,
  parseIncident,
} from "../../../src/simulator/engine/incidents.ts";
import { kvCapacityTokens, profileNamed, PROFILES } from "../../../src/simulator/engine/profiles.ts";
import { Histogram, oneTwoFive } from "../../../src/simulator/engine/statistics.ts";
import { HEALTHY, stepSeconds } from "../../../src/simulator/engine/step_time.ts";
import { tokenize, tokenizeChat } from "../../../src/simulator/engine/tokenizer.ts";

Deno.test("BlockPool gives the block that has been free longest, and a labelled one last", () => {
  const pool = new BlockPool(5);
  const [a, b, c] = [pool.take(), pool.take(), pool.take()];
  pool.label(a, 11);
  pool.label(b, 22);
  pool.release([a, b, c]);
  assert.equal(pool.freeCount, 4);
  // c held nothing that can be found: it goes to the front. The others wait behind block 4, the tail first.
  assert.deepEqual([pool.take(), pool.take(), pool.take(), pool.take()], [c, 4, b, a]);
});

Deno.test("BlockPool finds a block by content until it is taken, and sharing takes it out of the free ones", () => {
  const pool = new BlockPool(3);
  const block = pool.take();
  pool.label(block, 7);
  pool.release([block]);
  assert.equal(pool.find(7), block);
  pool.share(block);
  assert.equal(pool.freeCount, 1);
  pool.share(block);
  pool.release([block]);
  assert.equal(pool.isFree(block), false, "one of two users is left");
  pool.release([block]);
  pool.take();
  assert.equal(pool.find(7), block, "the other free block went first");
  pool.take();
  assert.equal(pool.find(7), undefined);
  assert.equal(pool.usageRatio, 1);
  assert.throws(() => pool.take(), RangeError);
});

Deno.test("BlockPool keeps two blocks of equal content apart", () => {
  const pool = new BlockPool(4);
  const [a, b] = [pool.take(), pool.take()];
  pool.label(a, 5);
  pool.label(b, 5);
  pool.release([a]);
  pool.take();
  pool.take();
  assert.equal(pool.find(5), b, "the content of a is gone, that of b is not");
});

Deno.test("chainHash() differs when any token before differs, and when the salt does", () => {
  const hash = (tokens: readonly number[], salt = 0) =>
    [0, 4].reduce((parent, at) => chainHash(parent, (index) => tokens[index]!, at, at + 4), chainStart(salt));
  const base = [1, 2, 3, 4, 5, 6, 7, 8];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 1, max: 128_000 }), (at, change) => {
      const other = base.with(at, base[at]! + change);
      assert.notEqual(hash(other), hash(base));
    }),
    { seed: 3 },
  );
  assert.notEqual(hash(base, 1), hash(base));
  assert.ok(Number.isSafeInteger(hash(base)) && hash(base) >= 0);
});

Deno.test("Histogram.observe() puts a value equal to a bound into that bound's bucket", () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.5, 5, 6]) histogram.observe(value);
  histogram.observe(2, 3);
  assert.deepEqual([...histogram.counts], [2, 4, 1, 1]);
  assert.deepEqual([histogram.count, histogram.sum], [8, 19.5]);
});

Deno.test("oneTwoFive() goes up to the maximum, as the recorded servers' buckets do", () => {
  assert.deepEqual(oneTwoFive(1024), [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
  assert.deepEqual(oneTwoFive(512), [1, 2, 5, 10, 20, 50, 100, 200, 500]);
});

/** Batch 1, 32, 128 with 1,000 tokens of context each, in ms, and prefill tokens/s: the table of reference figures. */
const STEPS: readonly (readonly [string, readonly number[], number])[] = [
  ["llama-8b-h100", [6.7, 9.0, 16], 27_700],
  ["llama-8b-a100-80", [10.7, 14.5, 29], 7_400],
  ["llama-8b-a100-40", [14.0, 18.8, 34], 7_400],
  ["llama-8b-l40s", [25, 34, 60], 7_200],
  ["llama-8b-l4", [71, 96], 2_600],
  ["llama-8b-fp8-l4", [36, 61, 137], 2_600],
  ["llama-70b-4xh100", [16.4, 17.9, 23], 12_600],
  ["qwen-7b-a100-80", [10.1, 11.8, 20], 7_800],
  ["llama-8b-awq-4090", [8.0, 15, 56], 3_600],
];

Deno.test("stepSeconds() gives each profile's known step times and prefill rate", () => {
  for (const [name, milliseconds, prefillRate] of STEPS) {
    const { stepTime } = profileNamed(name);
    for (const [index, expected] of milliseconds.entries()) {
      const sequences = [1, 32, 128][index]!;
      const work = { sequences, tokens: sequences, decodeContextTokens: sequences * 1000 };
      const none = { prefillSequences: 0, prefillTokens: 0, prefillContextTokens: 0, prefillAttention: 0 };
      const got = stepSeconds(stepTime, { ...work, ...none }) * 1000;
      assert.ok(
        Math.abs(got / expected - 1) < 0.035,
        `${name} x ${sequences}: ${got} ms, wanted ${expected}`,
      );
    }
    if (stepTime.kind !== "roofline") throw new TypeError("a GPU's steps have the roofline form");
    const rate = stepTime.prefillFlopsPerSecond / (2 * stepTime.parameters);
    assert.ok(Math.abs(rate / prefillRate - 1) < 0.03, `${name}: ${rate} tokens/s, wanted ${prefillRate}`);
  }
});

Deno.test("stepSeconds() of the CPU profile: alone 9-10 ms, eight sequences 15-22 ms", () => {
  const { stepTime } = profileNamed("tiny-llama-cpu");
  const decode = (sequences: number) =>
    1000 * stepSeconds(stepTime, {
      sequences,
      tokens: sequences,
      prefillSequences: 0,
      prefillTokens: 0,
      decodeContextTokens: 250 * sequences,
      prefillContextTokens: 0,
      prefillAttention: 0,
    });
  assert.ok(decode(1) >= 8.7 && decode(1) <= 10, String(decode(1)));
  assert.ok(decode(8) >= 15 && decode(8) <= 22, String(decode(8)));
});

Deno.test("stepSeconds() gets longer as the hardware gets worse, in the part that suffers", () => {
  const { stepTime } = profileNamed("llama-8b-a100-40");
  const decode = {
    sequences: 20,
    tokens: 20,
    prefillSequences: 0,
    prefillTokens: 0,
    decodeContextTokens: 20_000,
    prefillContextTokens: 0,
  };
  const work = { ...decode, prefillAttention: 0 };
  const base = stepSeconds(stepTime, work);
  assert.equal(
    stepSeconds(stepTime, work, { ...HEALTHY, arithmeticRatio: 0.6 }),
    base,
    "decoding is bound by memory",
  );
  assert.ok(stepSeconds(stepTime, work, { ...HEALTHY, bandwidthRatio: 0.5 }) > 1.9 * base);
  assert.ok(stepSeconds(stepTime, work, { ...HEALTHY, hostDelaySeconds: 0.018 }) > base + 0.015);
});

Deno.test("kvCapacityTokens() agrees with what was computed for the profiles", () => {
  const gib = 1024 ** 3;
  const tokens = kvCapacityTokens(40960 * 1024 ** 2, {
    weightBytes: 16.1e9,
    kvBytesPerToken: 131_072,
    utilization: 0.92,
  });
  assert.equal(tokens, 162_248);
  // vllm#10517: 31,232 tokens on a 24 GiB card at 0.90, Llama-3.1-8B BF16.
  const small = kvCapacityTokens(24 * gib, {
    weightBytes: 16.1e9,
    kvBytesPerToken: 131_072,
    utilization: 0.9,
  });
  assert.ok(small > 29_000 && small < 40_000, String(small));
});

Deno.test("every profile can hold one request of the longest kind, and says where it is from", () => {
  for (const { name, limits, sources } of PROFILES) {
    assert.ok((limits.blockCount - 1) * limits.blockSizeTokens >= limits.maxModelLength, name);
    assert.ok(sources.length > 0, name);
  }
  assert.throws(() => profileNamed("nothing"), /wanted one of lab, /);
});

Deno.test("tokenize() gives about four characters a token, covers every character, and repeats itself", () => {
  const text =
    "The simulated server answers with plain words, and counts tokens as others would: about 4 characters each.";
  const count = tokenize(text).length;
  assert.ok(text.length / count > 3 && text.length / count < 5.5, String(text.length / count));
  assert.deepEqual(tokenize(text), tokenize(text));
  assert.equal(tokenize("").length, 0);
  assert.equal(tokenize("模型推論").length, 4);
  assert.ok(tokenize("\u0000\ud800 \n\t").length > 0);
});

Deno.test("Answer's text is tokenized to the ids under which its blocks are cached", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 200 }), (seed, length) => {
      const answer = new Answer(seed);
      const text = Array.from({ length }, (_, index) => answer.piece(index)).join("");
      assert.deepEqual(tokenize(text), Array.from({ length }, (_, index) => answer.tokenId(index)));
    }),
    { seed: 5 },
  );
});

Deno.test("tokenizeChat() begins the next turn with the whole of the last", () => {
  const first = [{ role: "user", content: "Hello" }];
  const next = [...first, { role: "assistant", content: "Hi there" }, { role: "user", content: "Bye" }];
  const ids = tokenizeChat(first);
  assert.deepEqual(tokenizeChat(next).slice(0, ids.length), ids);
});

Deno.test("naturalLength() is at least one token and has the given median", () => {
  const lengths = Array.from(
    { length: 2001 },
    (_, seed) => naturalLength(seed, { medianTokens: 220, sigma: 0.6 }),
  );
  lengths.sort((a, b) => a - b);
  assert.ok(lengths[0]! >= 1);
  assert.ok(Math.abs(lengths[1000]! - 220) < 12, String(lengths[1000]));
});

Deno.test("parseIncident() reads name, start, duration and parameters, and refuses the rest", () => {
  assert.deepEqual(parseIncident("gpu-throttled@60s+30s,clockRatio=0.5"), {
    name: "gpu-throttled",
    atSeconds: 60,
    durationSeconds: 30,
    parameters: { clockRatio: 0.5 },
  });
  assert.deepEqual(parseIncident("hang"), { name: "hang", atSeconds: 0, parameters: {} });
  assert.deepEqual(parseIncident("upgrade@5,version=0.12.0").parameters, { version: "0.12.0" });
  for (const text of ["", "nothing@1s", "hang@soon", "hang@1s,depth=3", "Hang@1s"]) {
    assert.throws(() => parseIncident(text), RangeError, text);
  }
});

Deno.test("effectsOf() changes something for every incident that is not one of the processes", () => {
  const healthy = JSON.stringify(effectsOf([], { maxNumSequences: 16 }));
  for (const name of INCIDENT_NAMES) {
    const { parameters, takesDown } = INCIDENTS[name];
    const effects = effectsOf([{ name, parameters, strength: 1 }], { maxNumSequences: 16 });
    assert.equal(JSON.stringify(effects) === healthy, takesDown, name);
  }
});

Deno.test("effectsOf() ramps with strength and multiplies what acts on the same thing", () => {
  const throttle = { name: "gpu-throttled", parameters: { clockRatio: 0.6, bandwidthRatio: 0.5 } } as const;
  const half = effectsOf([{ ...throttle, strength: 0.5 }], { maxNumSequences: 16 });
  assert.deepEqual(half.conditions, {
    arithmeticRatio: 0.8,
    bandwidthRatio: 0.75,
    overheadFactor: 1,
    hostDelaySeconds: 0,
  });
  const noisy = { name: "noisy-neighbour", parameters: { delaySeconds: 0.02 }, strength: 0.5 } as const;
  const both = effectsOf([{ ...throttle, strength: 1 }, noisy], { maxNumSequences: 16 });
  assert.deepEqual(both.conditions, {
    arithmeticRatio: 0.6,
    bandwidthRatio: 0.5,
    overheadFactor: 1,
    hostDelaySeconds: 0.01,
  });
});

Deno.test("profileFigures() gives the step times of the formula that the profiles were made with", () => {
  // Batch 1 and 32 with 1,000 tokens of context each, computed by hand from data sheets when the profiles were written (ms).
  const wanted: Readonly<Record<string, readonly [number, number]>> = {
    "llama-8b-h100": [6.7, 9.0],
    "llama-8b-a100-80": [10.7, 14.5],
    "llama-8b-a100-40": [14.0, 18.8],
    "llama-8b-l40s": [25, 34],
    "llama-8b-l4": [71, 96],
    "llama-70b-4xh100": [16.4, 17.9],
    "qwen-7b-a100-80": [10.1, 11.8],
    "llama-8b-awq-4090": [8.0, 15],
  };
  for (const [name, [alone, busy]] of Object.entries(wanted)) {
    const figures = profileFigures(profileNamed(name));
    assert.ok(Math.abs(figures.aloneSeconds * 1000 / alone - 1) < 0.02, `${name}: ${figures.aloneSeconds}`);
    assert.ok(Math.abs(figures.busySeconds * 1000 / busy - 1) < 0.03, `${name}: ${figures.busySeconds}`);
  }
  const tiny = profileFigures(profileNamed("tiny-llama-cpu"));
  assert.deepEqual([tiny.cacheTokens, tiny.busySequences], [71 * 32, 4]);
});
