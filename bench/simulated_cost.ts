/**
 * What the simulated server costs: CPU per 1,000 tokens and the pace that it keeps, with many streams open.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import { realClock, VirtualClock } from "../src/collector/clock.ts";
import { profileNamed } from "../src/simulator/engine/profiles.ts";
import { openPort } from "../src/simulator/server/port.ts";
import { SimulatedVllm } from "../src/simulator/server/simulated_vllm.ts";
import { SimulatedServer } from "../src/simulator/server/simulated_server.ts";
import type { BenchFigure, BenchResult } from "./result.ts";

/** One token per stream every so often. */
const STEP_SECONDS = 0.01;
const MEASURED_SECONDS = 6;
const STREAMS = [100, 1000] as const;
/** Late by more than this on average is not keeping pace. */
const LATE_SECONDS = 0.02;

/** What was measured with so many streams. */
interface Cost {
  readonly streams: number;
  readonly tokensPerSecond: number;
  readonly cpuSecondsPer1000Tokens: number;
  readonly meanLateSeconds: number;
  readonly timesPaceLost: number;
}

/** Serves streams to readers in a process of their own and measures this one. */
export async function measure(streams: number): Promise<Cost> {
  let timesPaceLost = 0;
  const server = new SimulatedServer({
    clock: realClock(),
    // Room for every stream to its end: with preemptions, tokens would be missing that are not lost pace.
    limits: { blockCount: 200_000 },
    profile: {
      ...profileNamed("llama-8b-h100"),
      jitter: { sigma: 0, stallProbability: 0, stallFactor: 1 },
      stepTime: {
        kind: "linear",
        constantSeconds: STEP_SECONDS,
        perSequenceSeconds: 0,
        perPrefillTokenSeconds: 0,
        perContextTokenSeconds: 0,
        perPrefillAttentionSeconds: 0,
      },
    },
    events: { onLostPace: () => timesPaceLost++ },
  });
  const open = openPort(server, { port: 0, host: "127.0.0.1" });
  const readers = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      new URL("./simulated_readers.ts", import.meta.url).href,
      String(open.port),
      String(streams),
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const { engine, pace } = server.life.runners[0]!;
  while (engine.statistics.gauges.running < streams) await pause(0.1);
  await pause(1);
  const before = { cpu: cpuSeconds(), tokens: engine.statistics.outputTokens, time: performance.now() };
  let lateSeconds = 0;
  let looks = 0;
  while (performance.now() - before.time < MEASURED_SECONDS * 1000) {
    await pause(0.05);
    lateSeconds += pace.lateSeconds;
    looks++;
  }
  const tokens = engine.statistics.outputTokens - before.tokens;
  const cost = {
    streams,
    tokensPerSecond: tokens / ((performance.now() - before.time) / 1000),
    cpuSecondsPer1000Tokens: (cpuSeconds() - before.cpu) / tokens * 1000,
    meanLateSeconds: lateSeconds / looks,
    timesPaceLost,
  };
  readers.kill("SIGKILL");
  await readers.status;
  await open.close();
  return cost;
}

function cpuSeconds(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1e6;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** Real seconds that an hour of a class's load takes on a virtual clock, with a scrape every two seconds. */
export async function virtualHour(): Promise<number> {
  const clock = new VirtualClock(1_800_000_000);
  const vllm = SimulatedVllm.inProcess({ clock, seed: 1 });
  const begin = performance.now();
  await clock.drive(async () => {
    const start = clock.nowSeconds();
    const asked = Array.from({ length: 3600 * 2 }, async (_, index) => {
      await clock.sleepUntil(start + index / 2);
      const body = JSON.stringify({ prompt: `Question ${index} of an hour`, max_tokens: 50 + index % 100 });
      const headers = { "content-type": "application/json" };
      await (await vllm.fetch(`${vllm.apiBase}/completions`, { method: "POST", headers, body })).text();
    });
    for (let second = 0; second < 3600; second += 2) {
      await clock.sleepUntil(start + second);
      await (await vllm.fetch(`${vllm.url}/metrics`)).text();
    }
    await Promise.all(asked);
  });
  await vllm.stop();
  return (performance.now() - begin) / 1000;
}

/** Measures all sizes. */
export async function run(): Promise<BenchResult> {
  const costs: Cost[] = [];
  for (const streams of STREAMS) costs.push(await measure(streams));
  const figures = costs.flatMap((cost): BenchFigure[] => [
    { name: `${cost.streams} streams: tokens`, value: cost.tokensPerSecond, unit: "tokens/s" },
    { name: `${cost.streams} streams: CPU per 1,000 tokens`, value: cost.cpuSecondsPer1000Tokens, unit: "s" },
    { name: `${cost.streams} streams: mean lateness of a step`, value: cost.meanLateSeconds, unit: "s" },
  ]);
  const hourSeconds = await virtualHour();
  figures.push({ name: "an hour of virtual load, 2 requests a second", value: hourSeconds, unit: "s" });
  const most = costs.at(-1)!;
  return {
    figures,
    targets: [{
      name: "an hour of virtual load",
      wanted: "seconds: below 60 s",
      got: `${hourSeconds.toFixed(1)} s`,
      ok: hourSeconds < 60,
    }, {
      name: "CPU per 1,000 tokens beside llm-d-inference-sim",
      wanted: "llm-d-inference-sim installed",
      got: "absent",
      ok: null,
    }, {
      name: `keeps pace with ${most.streams} streams at ${1000 * STEP_SECONDS} ms a token`,
      wanted: `${most.streams / STEP_SECONDS} tokens/s, on average less than ${1000 * LATE_SECONDS} ms late`,
      got: `${Math.round(most.tokensPerSecond)} tokens/s, ${
        (1000 * most.meanLateSeconds).toFixed(1)
      } ms late`,
      ok: most.tokensPerSecond > 0.98 * most.streams / STEP_SECONDS && most.meanLateSeconds < LATE_SECONDS,
    }],
  };
}
