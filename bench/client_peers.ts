/**
 * The other load generators in the same hour against the same server: AIPerf, where its command is on the PATH.
 *
 * @module
 */
import { fromAiperfLines } from "../src/formats/aiperf.ts";
import { isJsonObject } from "../src/formats/json.ts";
import { errorsAgainst, type SeenRequest, type TruthProcess } from "./client_truth.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./simulated_published.ts";

const STREAMS = [1, 50, 200];
const REQUESTS_PER_STREAM = 6;

/** Peers that have been measured against such a server but are not driven from here. */
const NOT_DRIVEN = ["guidellm", "inference-perf"];

/** Runs the peers that are there; the others are named as absent, with targets that nobody can judge. */
export async function measurePeers(
  server: TruthProcess,
  options: { readonly onRow?: (row: string) => void },
): Promise<BenchResult> {
  const figures: BenchFigure[] = [];
  const targets: BenchTarget[] = [];
  if (await isInstalled("aiperf")) {
    for (const streams of STREAMS) figures.push(...await measureAiperf(server, streams, options));
  } else targets.push(absent("aiperf"));
  for (const name of NOT_DRIVEN) targets.push(absent(name));
  return { figures, targets };
}

function absent(name: string): BenchTarget {
  return {
    name: `beside ${name}`,
    wanted: "measured in the same run",
    got: `${name} is not installed here`,
    ok: null,
  };
}

async function isInstalled(command: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function measureAiperf(
  server: TruthProcess,
  streams: number,
  options: { readonly onRow?: (row: string) => void },
): Promise<readonly BenchFigure[]> {
  await server.take();
  const directory = await Deno.makeTempDir({ prefix: "lab-bench-aiperf-" });
  try {
    const { success, stderr } = await new Deno.Command("aiperf", {
      args: [
        ...[
          "profile",
          "--model",
          "bench",
          "--url",
          server.apiBase,
          "--endpoint-type",
          "completions",
          "--streaming",
        ],
        ...[
          "--concurrency",
          String(streams),
          "--request-count",
          String(Math.max(20, streams * REQUESTS_PER_STREAM)),
        ],
        ...["--isl", "8", "--osl", "64", "--output-artifact-dir", directory, "--ui", "none"],
        ...(Deno.env.get("LAB_BENCH_TOKENIZER") === undefined
          ? []
          : ["--tokenizer", Deno.env.get("LAB_BENCH_TOKENIZER")!]),
      ],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      options.onRow?.(`aiperf, ${streams} streams: failed: ${new TextDecoder().decode(stderr).slice(-300)}`);
      return [];
    }
    const text = await Deno.readTextFile(`${directory}/profile_export.jsonl`);
    const lines = text.split("\n").filter((line) => line !== "").map((line): unknown => JSON.parse(line))
      .filter(isJsonObject);
    const seen: readonly SeenRequest[] = fromAiperfLines(lines).records.map((record) => ({
      id: record.id,
      sentSeconds: record.sentSeconds ?? NaN,
      chunks: [...record.chunkTimesSeconds],
    }));
    const { truths, maxLive } = await server.take();
    const errors = errorsAgainst(seen, truths);
    options.onRow?.(
      `aiperf, ${streams} streams: TTFT ${(errors.ttftP50 * 1000).toFixed(2)} / ${
        (errors.ttftP99 * 1000).toFixed(2)
      } ms, ` +
        `ITL p99 ${(errors.itlP99 * 1000).toFixed(2)} ms, ${maxLive} held, ${errors.requests} requests`,
    );
    const name = `aiperf, ${streams} streams`;
    return [
      { name: `${name}: TTFT p50 error`, value: errors.ttftP50 * 1000, unit: "ms" },
      { name: `${name}: TTFT p99 error`, value: errors.ttftP99 * 1000, unit: "ms" },
      { name: `${name}: ITL p99 error`, value: errors.itlP99 * 1000, unit: "ms" },
      { name: `${name}: streams held`, value: maxLive, unit: "streams" },
    ];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
