/**
 * A process that watches, for `watch.ts` to measure from outside. Arguments: library, samples of GPUs and machine a second,
 * "scrape" or "no-scrape", "run", "lag" (then it prints the longest standstill of its event loop
 * in a second, median of five seconds, in ms) or "idle-lag" (the same without watching).
 */
import { realClock } from "../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../src/collector/collector.ts";
import { GpuSampler } from "../src/collector/gpu_sampler.ts";
import { SystemSampler } from "../src/collector/system_sampler.ts";
import { openNvml } from "../src/nvml/mod.ts";

const [library = "", hertz = "1", scrape = "", mode = "run", url = ""] = Deno.args;
const clock = realClock();
const intervalSeconds = 1 / Number(hertz);
const collector = new RealTimeMetricsCollector({
  targets: scrape === "scrape" ? [url] : [],
  intervalSeconds: 1,
  gpu: false,
  system: false,
  samplers: [
    new GpuSampler({ source: openNvml({ path: library }), intervalSeconds }),
    new SystemSampler({ intervalSeconds }),
  ],
});
if (mode !== "idle-lag") collector.start();
if (mode.endsWith("lag")) {
  await clock.sleepUntil(clock.nowSeconds() + 3);
  const longest: number[] = [];
  for (let second = 0; second < 5; second++) longest.push(await longestStandstill(1));
  const median = longest.toSorted((a, b) => a - b)[2]!;
  Deno.stdout.writeSync(new TextEncoder().encode(`${(median * 1000).toFixed(2)}\n`));
  await collector.stop();
}

async function longestStandstill(durationSeconds: number): Promise<number> {
  let longest = 0;
  const end = clock.nowSeconds() + durationSeconds;
  for (let last = clock.nowSeconds(); last < end;) {
    await clock.sleepUntil(last + 0.001);
    const now = clock.nowSeconds();
    longest = Math.max(longest, now - last - 0.001);
    last = now;
  }
  return longest;
}
