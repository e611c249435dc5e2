/** Every figure is worked out by hand, from round rates that make each term a round time. */
import assert from "node:assert/strict";
import {
  HEALTHY,
  type LinearStep,
  type RooflineStep,
  stepParts,
  stepSeconds,
} from "../../../src/simulator/engine/step_time.ts";
import type { StepWork } from "../../../src/simulator/engine/types.ts";
import { assertClose } from "../../helpers/close.ts";

const ROOFLINE: RooflineStep = {
  kind: "roofline",
  weightBytes: 8e9,
  parameters: 4e9,
  kvBytesPerToken: 1e5,
  weightBytesPerSecond: 1e12, // 8 ms
  kvBytesPerSecond: 5e11, // 0.2 µs a token
  prefillFlopsPerSecond: 1e14, // 80 µs a token
  decodeFlopsPerSecond: 2e14, // 40 µs a token
  overheadSeconds: 0.002,
  overheadPerSequenceSeconds: 0.0001,
};

const LINEAR: LinearStep = {
  kind: "linear",
  constantSeconds: 0.004,
  perSequenceSeconds: 0.001,
  perPrefillTokenSeconds: 0.0005,
  perContextTokenSeconds: 0.00001,
  perPrefillAttentionSeconds: 1e-6,
};

/** Ten requests: nine decode, one computes 200 tokens of its prompt behind 100 that it has. */
const WORK: StepWork = {
  sequences: 10,
  prefillSequences: 1,
  tokens: 209,
  prefillTokens: 200,
  decodeContextTokens: 9000,
  prefillContextTokens: 1000,
  prefillAttention: 20_000,
};

/** Nine that decode alone: weights are read longer than is computed. */
const DECODE: StepWork = {
  ...WORK,
  sequences: 9,
  prefillSequences: 0,
  tokens: 9,
  prefillTokens: 0,
  prefillContextTokens: 0,
  prefillAttention: 0,
};

Deno.test("stepSeconds() of a roofline adds the longer of weights and arithmetic, the cache, and the host", () => {
  // 200 · 80 µs + 9 · 40 µs = 16.36 ms > 8 ms; 10 000 · 0.2 µs = 2 ms; 2 ms + 10 · 0.1 ms = 3 ms.
  assertClose(stepSeconds(ROOFLINE, WORK), 0.01636 + 0.002 + 0.003, 1e-12);
  // 9 · 40 µs < 8 ms; 9000 · 0.2 µs = 1.8 ms; 2.9 ms.
  assertClose(stepSeconds(ROOFLINE, DECODE), 0.008 + 0.0018 + 0.0029, 1e-12);
});

Deno.test("stepSeconds() of a linear step adds its terms: 4 + 10 + 100 + 100 + 20 ms", () => {
  assertClose(stepSeconds(LINEAR, WORK), 0.234, 1e-12);
});

Deno.test("stepSeconds() on ailing hardware stretches the part that the condition names", () => {
  const rows = [
    [ROOFLINE, WORK, { arithmeticRatio: 0.5 }, 0.03272 + 0.002 + 0.003],
    [ROOFLINE, DECODE, { bandwidthRatio: 0.5 }, 0.016 + 0.0036 + 0.0029],
    [ROOFLINE, WORK, { overheadFactor: 3, hostDelaySeconds: 0.01 }, 0.01636 + 0.002 + 0.009 + 0.01],
    [LINEAR, WORK, { arithmeticRatio: 0.5 }, 0.014 + 0.24 + 0.1],
    [LINEAR, WORK, { bandwidthRatio: 0.5 }, 0.014 + 0.12 + 0.2],
    [LINEAR, WORK, { overheadFactor: 3, hostDelaySeconds: 0.01 }, 0.042 + 0.01 + 0.12 + 0.1],
  ] as const;
  for (const [model, work, conditions, seconds] of rows) {
    assertClose(stepSeconds(model, work, { ...HEALTHY, ...conditions }), seconds, 1e-12);
  }
});

Deno.test("stepParts() gives operations, bytes, and the device's share of the step", () => {
  const { deviceRatio, operations, bytes } = stepParts(ROOFLINE, WORK);
  assertClose(deviceRatio, 0.01836 / 0.02136, 1e-12);
  assert.equal(operations, 2 * 4e9 * 209);
  assert.equal(bytes, 8e9 + 1e5 * 10_000);
  assert.deepEqual(stepParts(LINEAR, WORK), { deviceRatio: 1, operations: 0, bytes: 0 });
});
