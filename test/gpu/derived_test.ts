import assert from "node:assert/strict";
import { joulesPerToken, tokensPerJoule } from "../../src/gpu/derived.ts";

/** A counter that rises evenly, read every `stepSeconds` from `phase` on. */
function counter(
  perSecond: number,
  options: { stepSeconds: number; phase?: number; count?: number; from?: number },
) {
  const { stepSeconds, phase = 0, count = 200, from = 1e6 } = options;
  const timesSeconds = Float64Array.from({ length: count }, (_, k) => phase + k * stepSeconds);
  return { timesSeconds, values: timesSeconds.map((time) => from + perSecond * time) };
}

const range = { endSeconds: 100, rangeSeconds: 60 };

Deno.test("joulesPerToken() divides power by token rate although GPUs and server are read at other times", () => {
  // Two GPUs of 300 W and 500 W, read every second; 400 tokens a second, read every 2 s, a little later: 2 J a token.
  const energyJoules = [counter(300, { stepSeconds: 1 }), counter(500, { stepSeconds: 1, phase: 0.25 })];
  const tokens = [counter(150, { stepSeconds: 2, phase: 0.7 }), counter(250, { stepSeconds: 2, phase: 0.7 })];
  const near = (reading: ReturnType<typeof joulesPerToken>, wanted: number) =>
    assert("value" in reading && Math.abs(reading.value - wanted) < 1e-9, JSON.stringify(reading));
  near(joulesPerToken({ energyJoules, tokens }, range), 2);
  near(tokensPerJoule({ energyJoules, tokens }, range), 0.5);
});

Deno.test("joulesPerToken() is absent, not too small, when a GPU was not read", () => {
  const whole = counter(300, { stepSeconds: 1 });
  const lost = counter(300, { stepSeconds: 1, count: 41 });
  const tokens = [counter(100, { stepSeconds: 1 })];
  const absent = { absent: { code: "not_enough_points" } };
  assert.deepEqual(joulesPerToken({ energyJoules: [whole, lost], tokens }, range), absent);
  assert.deepEqual(joulesPerToken({ energyJoules: [], tokens }, range), absent);
  assert.deepEqual(tokensPerJoule({ energyJoules: [whole], tokens: [] }, range), absent);
});

Deno.test("joulesPerToken() has no value without a token", () => {
  const energyJoules = [counter(60, { stepSeconds: 1 })];
  const tokens = [counter(0, { stepSeconds: 1 })];
  assert.deepEqual(joulesPerToken({ energyJoules, tokens }, range), {
    absent: { code: "no_tokens_in_window" },
  });
  assert.deepEqual(tokensPerJoule({ energyJoules, tokens }, range), { value: 0 });
  assert.deepEqual(tokensPerJoule({ energyJoules: tokens, tokens }, range), {
    absent: { code: "constant_series", params: { value: 0 } },
  });
});
