/** A machine that is too slow for what it simulates: whoever listens or scrapes is told. */
import assert from "node:assert/strict";
import type { Clock } from "../../../src/base/clock.ts";
import { startInProcess } from "../../../src/simulator/server/in_process.ts";
import { total } from "./fixtures.ts";

/** A clock that comes back from every wait this much too late, and goes on a little whenever it is looked at. */
function lateClock(lateSeconds: number): Clock {
  let now = 1_800_000_000;
  return {
    nowSeconds: () => now += 1e-5,
    wallSeconds: () => now,
    sleepUntil(timeSeconds) {
      now = Math.max(now, timeSeconds + lateSeconds);
      return Promise.resolve();
    },
  };
}

async function served(lateSeconds: number) {
  const told: number[] = [];
  const vllm = startInProcess({
    clock: lateClock(lateSeconds),
    profile: "tiny-llama-cpu",
    targetInfo: true,
    events: { onLostPace: (late) => told.push(late) },
  });
  const body = JSON.stringify({ prompt: "Hello", max_tokens: 5, ignore_eos: true });
  const headers = { "content-type": "application/json" };
  const answer = await vllm.fetch(`${vllm.apiBase}/completions`, { method: "POST", headers, body });
  assert.equal((await answer.json()).usage.completion_tokens, 5);
  const text = await (await vllm.fetch(`${vllm.url}/metrics`)).text();
  vllm.server.stop();
  return { told, text, pace: vllm.server.life.runners[0]!.pace };
}

Deno.test("a step that ends more than 0.25 s late is told of, counted and shown in /metrics", async () => {
  const { told, text, pace } = await served(0.4);
  assert.equal(told.length, 5);
  for (const late of told) assert.ok(Math.abs(late - 0.4) < 0.01, `${late}`);
  assert.equal(pace.lost, 5);
  assert.equal(total(text, "lab_simulation_lost_pace_total"), 5);
  assert.ok(Math.abs(total(text, "lab_simulation_late_seconds") - 0.4) < 0.01);
});

Deno.test("a step that is a little late is caught up: the model keeps its time", async () => {
  const { told, text, pace } = await served(0.02);
  assert.deepEqual(told, []);
  assert.equal(total(text, "lab_simulation_lost_pace_total"), 0);
  // What is caught up is no lateness: beside a count of losses it would read as theirs.
  assert.equal(total(text, "lab_simulation_late_seconds"), 0);
  assert.ok(pace.latestSeconds > 0 && pace.latestSeconds < 0.25);
});
