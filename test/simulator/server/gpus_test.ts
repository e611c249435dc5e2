/** GPUs that follow the engine: busy, warm, throttled, lost. */
import assert from "node:assert/strict";
import type { GpuMetric } from "../../../src/gpu/metrics.ts";
import type { GpuSample } from "../../../src/gpu/types.ts";
import { SimulatedVllm } from "../../../src/simulator/server/simulated_vllm.ts";
import { VirtualClock } from "../../../src/collector/clock.ts";
import { START_SECONDS } from "./fixtures.ts";

function valueOf(sample: GpuSample, metric: GpuMetric, reason?: string): number {
  const value = sample.gpus[0]!.values.find((value) =>
    value.metric === metric && value.labels?.reason === reason
  );
  if (value === undefined || !("value" in value.reading)) throw new Error(`no ${metric}`);
  return value.reading.value;
}

/** A server under load from second 10 to about 60, with its GPUs' state each second. */
async function watched(
  act: (vllm: SimulatedVllm) => Promise<void> = () => Promise.resolve(),
  profile = "llama-8b-a100-40",
) {
  const clock = new VirtualClock(START_SECONDS);
  const vllm = SimulatedVllm.inProcess({ clock, profile, seed: 1 });
  const samples: GpuSample[] = [];
  await clock.drive(async () => {
    const signal = new AbortController().signal;
    const loads = Array.from({ length: 60 }, async (_, index) => {
      await clock.sleepUntil(START_SECONDS + 10 + index * 0.8);
      const body = { prompt: `Question ${index} `.repeat(60), max_tokens: 200, ignore_eos: true };
      const headers = { "content-type": "application/json" };
      await vllm.fetch(`${vllm.apiBase}/completions`, { method: "POST", headers, body: JSON.stringify(body) })
        .then((response) => response.text(), () => {});
    });
    for (let second = 1; second <= 70; second++) {
      await clock.sleepUntil(START_SECONDS + second);
      if (second === 30) await act(vllm);
      samples.push(await vllm.gpus.read(clock.nowSeconds(), signal));
    }
    await Promise.all(loads);
  });
  return samples;
}

const healthy = await watched();

Deno.test("an idle GPU is at rest: no work, idle power, memory as after the start", () => {
  const idle = healthy[5]!;
  assert.equal(valueOf(idle, "utilization"), 0);
  assert.equal(valueOf(idle, "power"), 80);
  assert.equal(valueOf(idle, "smClock"), 210e6);
  assert.equal(valueOf(idle, "throttle", "gpu_idle"), 1);
  assert.ok(Math.abs(valueOf(idle, "memoryUsage") - 0.93) < 0.02);
});

Deno.test("a serving GPU is busy by its utilisation long before it is full by its power", () => {
  const busy = healthy[50]!;
  assert.ok(valueOf(busy, "utilization") > 0.9);
  assert.ok(valueOf(busy, "power") > 180 && valueOf(busy, "power") < 330, String(valueOf(busy, "power")));
  assert.equal(valueOf(busy, "smClock"), 1410e6);
  assert.equal(valueOf(busy, "memoryUsed"), valueOf(healthy[5]!, "memoryUsed"), "vLLM's memory is flat");
  assert.ok(valueOf(busy, "tensorActive") < 0.3, "decoding leaves the tensor cores idle");
});

Deno.test("temperature follows power with a lag, energy only grows", () => {
  const warmth = healthy.map((sample) => valueOf(sample, "temperature"));
  assert.ok(warmth[20]! > warmth[9]! && warmth[50]! > warmth[20]!, "still warming after ten seconds");
  assert.ok(warmth[69]! < warmth[58]!, "and cooling slowly afterwards");
  const energy = healthy.map((sample) => valueOf(sample, "energy"));
  assert.ok(energy.every((joules, index) => index === 0 || joules > energy[index - 1]!));
  const mean = (energy[55]! - energy[45]!) / 10;
  assert.ok(Math.abs(mean / valueOf(healthy[50]!, "power") - 1) < 0.1, "its slope is the power");
});

Deno.test("a throttled GPU says why, is hot, and runs slower at less power", async () => {
  const samples = await watched((vllm) => vllm.incidents.start("gpu-throttled"));
  const late = samples[55]!;
  assert.equal(valueOf(late, "throttle", "sw_thermal_slowdown"), 1);
  assert.ok(valueOf(late, "temperature") > 75);
  assert.equal(valueOf(late, "smClock"), 1410e6 * 0.6);
  assert.equal(valueOf(healthy[55]!, "throttle", "sw_thermal_slowdown"), 0);
});

Deno.test("noisy neighbours take work from the GPU: less power, less utilisation", async () => {
  const samples = await watched((vllm) => vllm.incidents.start("noisy-neighbour"));
  assert.ok(valueOf(samples[45]!, "power") < 0.85 * valueOf(healthy[45]!, "power"));
  assert.ok(valueOf(samples[45]!, "utilization") < 0.75);
});

Deno.test("a hung engine keeps its GPU busy by utilisation, at little power", async () => {
  const samples = await watched(async (vllm) => {
    await vllm.incidents.start("hang", {}, { durationSeconds: 20 });
  });
  assert.equal(valueOf(samples[45]!, "utilization"), 1);
  assert.ok(valueOf(samples[45]!, "power") < 100, String(valueOf(samples[45]!, "power")));
});

Deno.test("a lost GPU is told with its fault, once; the server frees its memory when it is gone", async () => {
  const samples = await watched((vllm) => vllm.incidents.start("gpu-lost"));
  const lost = samples.filter(({ gpus }) => gpus[0]!.lost !== undefined);
  assert.equal(lost.length, 41);
  assert.deepEqual(lost[0]!.gpus[0]!.lost, { code: "gpu_lost", params: { gpu: "0" } });
  assert.deepEqual(samples.flatMap(({ faults }) => faults ?? []).map(({ xid }) => xid), [79]);
  const crashed = await watched((vllm) => vllm.crash());
  assert.equal(valueOf(crashed[35]!, "memoryUsed"), 0);
});

Deno.test("a CPU profile has no GPU, and says so", async () => {
  const clock = new VirtualClock(START_SECONDS);
  const vllm = SimulatedVllm.inProcess({ clock, profile: "tiny-llama-cpu" });
  const sample = await vllm.gpus.read(START_SECONDS, new AbortController().signal);
  assert.deepEqual(sample, { gpus: [], absent: { code: "gpu_none" } });
  assert.equal(vllm.gpus.simulated, true);
});

Deno.test("four GPUs of one engine share its work", async () => {
  const samples = await watched(undefined, "llama-70b-4xh100");
  assert.equal(samples[40]!.gpus.length, 4);
  assert.equal(new Set(samples[40]!.gpus.map(({ uuid }) => uuid)).size, 4);
});
