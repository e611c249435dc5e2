import assert from "node:assert/strict";
import { seededRandom, standardNormal } from "../../src/base/random.ts";
import { familiarity, fitStepModel, slowFactor, type StepWork } from "../../src/analyzer/step_model.ts";
import { assertClose } from "../helpers/close.ts";

/** Stretches of an engine of 10 ms a step, 0.5 ms a decoding request, 0.2 ms a prompt token. */
function stretches(count: number, options: { slowFrom?: number; noise?: number } = {}): StepWork[] {
  const random = seededRandom(11);
  return Array.from({ length: count }, (_, i) => {
    const steps = 50 + Math.floor(100 * random.next());
    const decodeTokens = Math.floor(steps * 20 * random.next());
    const computedPromptTokens = Math.floor(5000 * random.next());
    const work = 0.01 * steps + 0.0005 * decodeTokens + 0.0002 * computedPromptTokens;
    const slow = i >= (options.slowFrom ?? Infinity) ? 2 : 1;
    const noise = 1 + (options.noise ?? 0) * standardNormal(random);
    return { elapsedSeconds: work * slow * noise, steps, decodeTokens, computedPromptTokens };
  });
}

Deno.test("fitStepModel() finds the coefficients that made the data", () => {
  const model = fitStepModel(stretches(60))!;
  assertClose(model.perStepSeconds, 0.01, 1e-6);
  assertClose(model.perDecodeSeconds, 0.0005, 1e-6);
  assertClose(model.perPromptSeconds, 0.0002, 1e-6);
  assert.ok(model.residual < 1e-9);
});

Deno.test("fitStepModel() judges a slow spell by the fast times", () => {
  const work = stretches(100, { slowFrom: 75, noise: 0.03 });
  const model = fitStepModel(work)!;
  const fast = work.slice(0, 75).map((one) => slowFactor(model, one)!);
  const slow = work.slice(75).map((one) => slowFactor(model, one)!);
  assert.ok(Math.max(...fast) < 1.15, `${Math.max(...fast)}`);
  assert.ok(Math.min(...slow) > 1.75, `${Math.min(...slow)}`);
});

Deno.test("fitStepModel() does not explain time by prompts that come on a schedule", () => {
  // Twelve prompt tokens in every stretch of three seconds, whatever the engine does: a "model" without any error.
  const random = seededRandom(5);
  const scheduled = Array.from({ length: 60 }, () => {
    const elapsedSeconds = 3;
    const perStep = 0.0135 + 0.001 * random.next();
    const steps = Math.round(elapsedSeconds / perStep);
    return { elapsedSeconds, steps, decodeTokens: 5 * steps, computedPromptTokens: 12 };
  });
  const model = fitStepModel(scheduled)!;
  const slower = { elapsedSeconds: 3, steps: 100, decodeTokens: 500, computedPromptTokens: 12 };
  assert.ok(slowFactor(model, slower)! > 2, `${slowFactor(model, slower)}`);
});

Deno.test("fitStepModel() has no negative coefficient and none at all without enough work", () => {
  const odd = stretches(40).map((one) => ({ ...one, elapsedSeconds: 0.01 * one.steps }));
  const model = fitStepModel(odd)!;
  assert.ok(model.perDecodeSeconds >= 0 && model.perPromptSeconds >= 0);
  assertClose(model.perStepSeconds, 0.01, 1e-6);
  assert.equal(fitStepModel(stretches(29)), undefined);
  assert.equal(
    slowFactor(model, { elapsedSeconds: 1, steps: 0, decodeTokens: 0, computedPromptTokens: 0 }),
    undefined,
  );
});

Deno.test("familiarity() trusts a line below its batches no further than a quarter of their range", () => {
  const batch = (decodeTokens: number): StepWork => ({
    elapsedSeconds: 1,
    steps: 10,
    decodeTokens,
    computedPromptTokens: 0,
  });
  const narrow = fitStepModel(Array.from({ length: 40 }, (_, i) => batch(36 + i % 2)))!;
  assert.equal(familiarity(narrow, batch(36)), "known");
  assert.equal(familiarity(narrow, batch(35)), "known");
  assert.equal(familiarity(narrow, batch(33)), "smaller");
  const wide = fitStepModel(Array.from({ length: 40 }, (_, i) => batch(20 + i)))!;
  assert.equal(familiarity(wide, batch(12)), "known");
  assert.equal(familiarity(wide, batch(10)), "smaller");
  assert.equal(familiarity(wide, batch(60)), "known");
  assert.equal(familiarity(wide, batch(80)), "larger");
});

Deno.test("fitStepModel() takes a month of stretches", () => {
  const model = fitStepModel(stretches(300_000, { noise: 0.02 }))!;
  assertClose(model.perStepSeconds, 0.01, 0.02);
  assert.equal(model.count, 300_000);
});
