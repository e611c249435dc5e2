/** A simulator on a virtual clock with a server whose schedule is known. */
import assert from "node:assert/strict";
import { VirtualClock } from "../../../src/collector/clock.ts";
import { VllmWorkloadSimulator } from "../../../src/simulator/workload/simulator.ts";
import type { WorkloadSimulatorOptions } from "../../../src/simulator/workload/simulator_options.ts";
import { type MockAnswer, mockApi } from "./mock_api.ts";

/** When the virtual clock begins. */
export const START = 1_800_000_000;

/** A fast answer: first token after 0.1 s, eleven tokens 20 ms apart. */
export const QUICK: MockAnswer = { kind: "stream", ttftSeconds: 0.1, itlSeconds: 0.02, tokens: 11 };

/** Clock, server and simulator, ready to use. */
export function lab(
  answer: (index: number, timeSeconds: number) => MockAnswer,
  options: Partial<WorkloadSimulatorOptions> = {},
  server: { readonly tokenizer?: (text: string) => number } = {},
) {
  const clock = new VirtualClock(START);
  const api = mockApi(clock, answer, server);
  const workload = new VllmWorkloadSimulator({
    apiBase: "http://mock/v1/",
    fetch: api.fetch,
    clock,
    seed: 3,
    ...options,
  });
  return { clock, api, workload };
}

/** Epoch seconds as doubles resolve a quarter of a microsecond: equal within ten. */
export function near(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-5, `${actual} is not ${expected}`);
}
