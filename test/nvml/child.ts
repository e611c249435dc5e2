/**
 * A process that reads the stand-in and ends in a bad way, for `crash_test.ts`. Arguments: library, way; of the way "steps"
 * also the states, one after the other, ten seconds apart on the reader's own clock.
 */
import type { Clock } from "../../src/base/clock.ts";
import { realClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { GpuSampler } from "../../src/collector/gpu_sampler.ts";
import { openNvml } from "../../src/nvml/mod.ts";

const [path, way] = Deno.args;
const source = openNvml({ path: path!, timeoutSeconds: 0.5 });
const signal = new AbortController().signal;

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function read(): Promise<string> {
  try {
    const { gpus, absent } = await source.read(performance.now() / 1000, signal);
    return absent?.code ?? `${gpus.length} GPUs`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A clock on which everything takes ten times as long, so that 30 s pass in three. */
function fastClock(): Clock {
  const real = realClock();
  return {
    nowSeconds: () => real.nowSeconds() * 10,
    sleepUntil: (timeSeconds, signal) => real.sleepUntil(timeSeconds / 10, signal),
  };
}

/** A collector once a second, beside it a sampler that needs no GPU, through a call of 30 s on a fast clock. */
async function collectThroughHang(): Promise<void> {
  const clock = fastClock();
  const gpu = new GpuSampler({ source: openNvml({ path: path!, clock }), intervalSeconds: 1 });
  let others = 0;
  const other = {
    id: "other",
    intervalSeconds: 1,
    sample() {
      others++;
      return Promise.resolve({ ids: [], values: [], defined: [], vanishedIds: [], events: [] });
    },
  };
  const collector = new RealTimeMetricsCollector({
    targets: [],
    gpu: false,
    system: false,
    samplers: [gpu, other],
    clock,
  });
  collector.start();
  const start = clock.nowSeconds();
  await clock.sleepUntil(start + 3.5);
  setState("count=1\ndelay_us.nvmlDeviceGetPowerUsage=3000000\n");
  await clock.sleepUntil(start + 10);
  setState("count=1\n"); // The call under way does not look any more; the next ones are quick.
  await clock.sleepUntil(start + 45);
  const [series] = collector.getLatestData("lab_gpu_power_watts");
  const gaps = Array.from(series!.timesSeconds, (time, i) => time - (series!.timesSeconds[i - 1] ?? time));
  const { failures, lastError, state } = collector.health.find(({ id }) => id === "gpu")!;
  await collector.stop();
  const longest = Math.max(...gaps);
  say(`${lastError?.cause.code}, ${state} again`);
  say(longest > 29 && longest < 36 ? "a gap of 30 s" : `a gap of ${longest} s`);
  say(failures >= 10 ? "failed reads were told" : `${failures} failed reads`);
  say(others >= 38 ? "the other sampler went on" : `the other sampler read ${others} times`);
}

function setState(text: string): void {
  const file = Deno.env.get("NVML_STANDIN_STATE")!;
  Deno.writeTextFileSync(`${file}.new`, text);
  Deno.renameSync(`${file}.new`, file);
}

if (way !== "hang-30") say(await read());
switch (way) {
  case "throw": // While the worker is inside a call.
    void read();
    setTimeout(() => {
      throw new Error("on purpose");
    }, 50);
    break;
  case "reject":
    void read();
    setTimeout(() => void Promise.reject(new Error("on purpose")), 50);
    break;
  case "exit":
    void read();
    setTimeout(() => Deno.exit(7), 50);
    break;
  case "dispose-in-call":
    void read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await source[Symbol.asyncDispose]?.();
    say("disposed");
    break;
  case "remove-library":
    Deno.removeSync(path!);
    say(await read());
    await source[Symbol.asyncDispose]?.();
    break;
  case "read-after-dispose":
    await source[Symbol.asyncDispose]?.();
    say(await read());
    await source[Symbol.asyncDispose]?.();
    break;
  case "hang": {
    const started = performance.now();
    let longest = 0;
    let last = started;
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    say(`${await read()} ${await read()}`);
    clearInterval(beat);
    say(longest < 400 ? "the loop went on" : `the loop stood still for ${longest} ms`);
    await source[Symbol.asyncDispose]?.();
    break;
  }
  case "hang-30":
    await collectThroughHang();
    break;
  case "steps": {
    for (const [index, state] of Deno.args.slice(2).entries()) {
      setState(state);
      const { gpus, absent, faults = [], epoch } = await source.read(10 * (index + 1), signal);
      const each = gpus.map(({ index, lost, values }) => `${index} ${lost?.code ?? `${values.length > 10}`}`);
      const xids = faults.map(({ xid }) => `xid ${xid}`);
      say(
        [`epoch ${epoch ?? "-"}`, ...(absent === undefined ? [] : [absent.code]), ...each, ...xids].join(
          ", ",
        ),
      );
    }
    await source[Symbol.asyncDispose]?.();
    break;
  }
  default:
    await source[Symbol.asyncDispose]?.();
}
