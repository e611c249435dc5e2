/**
 * Compares what the lab reads from this machine's GPUs with what nvidia-smi says, figure by figure.
 *
 * `deno run -A tools/check_gpu.ts [--json]`: exit code 0 when every figure that does not move by itself agrees, 1 when one
 * does not or the library does not show a GPU that nvidia-smi shows, 2 when there is no GPU or no nvidia-smi to compare.
 *
 * @module
 */
import { isPresent, type Reading } from "../src/base/cause.ts";
import { realClock } from "../src/collector/clock.ts";
import { sleep } from "../src/base/clock.ts";
import { compareGpuSamples, type GpuComparison } from "../src/gpu/compare.ts";
import { GPU_METRICS } from "../src/gpu/metrics.ts";
import type { GpuSample } from "../src/gpu/types.ts";
import { openNvml } from "../src/nvml/mod.ts";
import { findSmi, smiSource } from "../src/nvml/smi.ts";
import { causeSentence } from "../src/text/causes.ts";
import { complain, readArguments, WRONG_USE } from "./arguments.ts";

const EXIT = { same: 0, different: 1, nothing: 2 } as const;

const HELP = `deno task check-gpu [--json]

Compares what the lab reads from this machine's GPUs with what nvidia-smi says, figure by figure.
  --json   prints the comparison as JSON

Exit code:
  0   every figure that does not move by itself agrees
  1   one does not, or the library does not show a GPU that nvidia-smi shows
  2   wrong use, no GPU, or no nvidia-smi to compare with`;

if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  const given = readArguments("deno task check-gpu", {
    args: Deno.args,
    options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if ("wrong" in given) {
    complain(given.wrong);
    return WRONG_USE;
  }
  const { json = false, help } = given.read.values;
  return help === true ? say(HELP, EXIT.same) : await check(json);
}

async function check(json: boolean): Promise<number> {
  const clock = realClock();
  const signal = new AbortController().signal;
  const nvml = openNvml({ clock });
  const command = findSmi();
  try {
    await nvml.read(clock.nowSeconds(), signal);
    await sleep(clock, 5.1); // The slowest figures are read every five seconds, and some compare two reads.
    const first = await nvml.read(clock.nowSeconds(), signal);
    if (first.absent !== undefined) return say(causeSentence(first.absent, "en"), EXIT.nothing);
    if (command === undefined) return say("no nvidia-smi to compare with", EXIT.nothing);
    const second = await smiSource({ command, clock }).read(clock.nowSeconds(), signal);
    if (second.absent !== undefined) return say(causeSentence(second.absent, "en"), EXIT.nothing);
    const rows = compareGpuSamples(first, second);
    write(
      json
        ? JSON.stringify({ driver: first.details, gpus: chips(first), rows }, null, 1)
        : table(first, rows),
    );
    const missed = second.gpus.some(({ uuid }) => !first.gpus.some((gpu) => gpu.uuid === uuid));
    return missed || rows.some(({ verdict }) => verdict === "different") ? EXIT.different : EXIT.same;
  } finally {
    await nvml[Symbol.asyncDispose]?.();
  }
}

function chips({ gpus }: GpuSample): readonly string[] {
  return gpus.map(({ index, name }) => `${index}: ${name}`);
}

function table(sample: GpuSample, rows: readonly GpuComparison[]): string {
  const head = [`driver ${sample.details?.driver}, NVML ${sample.details?.nvml}`, ...chips(sample)];
  const lines = rows.map(({ gpu, metric, first, second, verdict }) =>
    [
      gpu.padEnd(4),
      GPU_METRICS[metric].name.padEnd(40),
      show(first).padStart(24),
      show(second).padStart(24),
      verdict,
    ].join(" ")
  );
  const names = [
    "GPU ",
    "figure".padEnd(40),
    "library".padStart(24),
    "nvidia-smi".padStart(24),
    "verdict",
  ];
  const verdicts = [...Map.groupBy(rows, ({ verdict }) => verdict)].map(([verdict, of]) =>
    `${of.length} ${verdict}`
  );
  return [...head, names.join(" "), ...lines, verdicts.join(", ")].join("\n");
}

function show(reading: Reading | undefined): string {
  if (reading === undefined) return "-";
  return isPresent(reading) ? String(Number(reading.value.toPrecision(12))) : reading.absent.code;
}

function say(text: string, code: number): number {
  write(text);
  return code;
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
