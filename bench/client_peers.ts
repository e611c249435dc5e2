/**
 * The other load generators in the same hour against the same server, where their commands are on the PATH: AIPerf, GuideLLM
 * and inference-perf. `LAB_BENCH_TOKENIZER` names a folder with a tokenizer, which all three ask for.
 *
 * @module
 */
import { fromAiperfLines } from "../src/formats/aiperf.ts";
import { fromGuidellm } from "../src/formats/guidellm.ts";
import { isJsonObject } from "../src/formats/json.ts";
import type { RequestRecord } from "../src/series/types.ts";
import {
  errorsAgainst,
  median,
  mostHeld,
  type SeenRequest,
  type TruthErrors,
  type TruthProcess,
  withIdsInOrder,
} from "./client_truth.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./result.ts";

const STREAMS = [1, 50, 200, 500, 1000];
const REQUESTS_PER_STREAM = 6;
/** Of each; the figures are the middle ones, the row names all. */
const RUNS = 3;

/** How one of them is called for a number of streams, and what it leaves in its folder. */
interface Peer {
  readonly command: string;
  /** Files that it needs before it starts. */
  prepare?(load: PeerLoad): Promise<void>;
  arguments(load: PeerLoad): readonly string[];
  read(directory: string): Promise<readonly SeenRequest[]>;
  /** It names its gaps as well, not only first and last tokens. */
  readonly knowsGaps: boolean;
}

interface PeerLoad {
  readonly apiBase: string;
  readonly streams: number;
  readonly requests: number;
  readonly directory: string;
  readonly tokenizer: string | undefined;
}

const AIPERF: Peer = {
  command: "aiperf",
  knowsGaps: true,
  arguments: ({ apiBase, streams, requests, directory, tokenizer }) => [
    ...["profile", "--model", "bench", "--url", apiBase, "--endpoint-type", "completions", "--streaming"],
    ...["--concurrency", String(streams), "--request-count", String(requests)],
    ...["--isl", "8", "--osl", "64", "--output-artifact-dir", directory, "--ui", "none"],
    ...(tokenizer === undefined ? [] : ["--tokenizer", tokenizer]),
  ],
  async read(directory) {
    const lines = (await Deno.readTextFile(`${directory}/profile_export.jsonl`)).split("\n");
    return seenOf(
      fromAiperfLines(
        lines.filter((line) => line !== "").map((line): unknown => JSON.parse(line)).filter(isJsonObject),
      ).records,
    );
  },
};

const GUIDELLM: Peer = {
  command: "guidellm",
  knowsGaps: false,
  arguments: ({ apiBase, streams, requests, directory, tokenizer }) => [
    ...["run", "--backend", `kind=openai_http,target=${apiBase},model=bench,request_format=/v1/completions`],
    ...["--profile", `kind=concurrent,streams=${streams}`],
    ...["--constraint", `kind=max_requests,count=${requests}`],
    ...["--data", "kind=synthetic_text,prompt_tokens=8,output_tokens=64"],
    ...(tokenizer === undefined ? [] : ["--tokenizer", `kind=huggingface_auto,model=${tokenizer}`]),
    ...["--output", `kind=json,path=${directory}/benchmarks.json`, "--disable-console"],
  ],
  async read(directory) {
    const file: unknown = JSON.parse(await Deno.readTextFile(`${directory}/benchmarks.json`));
    return isJsonObject(file) ? fromGuidellm(file).flatMap((run) => seenOf(run.records)) : [];
  },
};

const INFERENCE_PERF: Peer = {
  command: "inference-perf",
  knowsGaps: true,
  prepare: ({ apiBase, streams, requests, directory, tokenizer }) =>
    Deno.writeTextFile(
      `${directory}/config.yml`,
      JSON.stringify({
        load: {
          type: "concurrent",
          stages: [{ concurrency_level: streams, num_requests: requests }],
          num_workers: 2,
        },
        api: { type: "completion", streaming: true },
        server: { type: "vllm", model_name: "bench", base_url: apiBase, ignore_eos: true },
        ...(tokenizer === undefined ? {} : { tokenizer: { pretrained_model_name_or_path: tokenizer } }),
        data: {
          type: "random",
          input_distribution: { min: 8, max: 8, mean: 8, std_dev: 0, total_count: requests },
          output_distribution: { min: 64, max: 64, mean: 64, std_dev: 0, total_count: requests },
        },
        report: { request_lifecycle: { summary: true, per_stage: true, per_request: true } },
        storage: { local_storage: { path: directory } },
      }),
    ),
  arguments: ({ directory }) => ["--config_file", `${directory}/config.yml`],
  async read(directory) {
    const rows: unknown = JSON.parse(
      await Deno.readTextFile(`${directory}/per_request_lifecycle_metrics.json`),
    );
    return Array.isArray(rows) ? rows.filter(isJsonObject).flatMap(inferencePerfRow) : [];
  },
};

/** Its times are of a monotonic clock: differences are all that is used of them. */
function inferencePerfRow(row: Readonly<Record<string, unknown>>): readonly SeenRequest[] {
  const info = isJsonObject(row["info"]) ? row["info"] : {};
  const response = isJsonObject(info["response_metrics"]) ? info["response_metrics"] : info;
  const times = response["output_token_times"];
  const start = row["start_time"];
  if (!Array.isArray(times) || typeof start !== "number") return [];
  return [{ id: "", sentSeconds: start, chunks: times.filter((time) => typeof time === "number") }];
}

function seenOf(records: readonly RequestRecord[]): readonly SeenRequest[] {
  return records.filter((record) => record.outcome === "ok").map((record) => ({
    id: record.id,
    sentSeconds: record.sentSeconds ?? NaN,
    chunks: [...record.chunkTimesSeconds],
  }));
}

/** Runs the peers that are there; the others are named as absent, with targets that nobody can judge. */
export async function measurePeers(
  server: TruthProcess,
  options: { readonly only?: string; readonly onRow?: (row: string) => void },
): Promise<BenchResult> {
  const figures: BenchFigure[] = [];
  const targets: BenchTarget[] = [];
  for (const peer of [AIPERF, GUIDELLM, INFERENCE_PERF]) {
    const wanted = STREAMS.map((streams) => ({ streams, name: `${peer.command}, ${streams} streams` }))
      .filter(({ name }) => options.only === undefined || name.includes(options.only));
    if (wanted.length === 0) continue;
    if (!await isInstalled(peer.command)) {
      targets.push(absent(peer.command));
      continue;
    }
    for (const { streams, name } of wanted) {
      figures.push(...await measure(peer, streams, { server, onRow: options.onRow ?? (() => {}), name }));
    }
  }
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
    // Not `--version`: inference-perf has none, and takes seconds to say so.
    const { success } = await new Deno.Command("which", { args: [command], stdout: "null" }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

interface PeerContext {
  readonly server: TruthProcess;
  readonly name: string;
  readonly onRow: (row: string) => void;
}

/** One run of another tool, joined with the server's truth. */
interface PeerRun {
  readonly errors: TruthErrors;
  readonly held: number;
  /** Requests that the server answered. */
  readonly answered: number;
}

async function measure(
  peer: Peer,
  streams: number,
  { server, name, onRow }: PeerContext,
): Promise<readonly BenchFigure[]> {
  const runs: PeerRun[] = [];
  const rows: string[] = [];
  for (let i = 0; i < RUNS; i++) {
    const run = await runOnce(peer, streams, server);
    if (typeof run === "string") rows.push(`failed: ${run}`);
    else {
      runs.push(run);
      rows.push(describe(run, peer));
    }
  }
  onRow(`${name}: ${rows.join(" | ")}`);
  if (runs.length === 0) return [];
  const figure = (what: string, unit: string, value: (run: PeerRun) => number): BenchFigure => ({
    name: `${name}: ${what}`,
    value: median(runs.map(value)),
    unit,
  });
  return [
    figure("TTFT p50 error", "ms", ({ errors }) => errors.ttftP50 * 1000),
    figure("TTFT p99 error", "ms", ({ errors }) => errors.ttftP99 * 1000),
    ...(peer.knowsGaps ? [figure("ITL p99 error", "ms", ({ errors }) => errors.itlP99 * 1000)] : []),
    figure("streams held", "streams", ({ held }) => held),
  ];
}

function describe({ errors, held, answered }: PeerRun, { knowsGaps }: Peer): string {
  return [
    `TTFT ${(errors.ttftP50 * 1000).toFixed(2)} / ${(errors.ttftP99 * 1000).toFixed(2)} ms`,
    knowsGaps ? `ITL p99 ${(errors.itlP99 * 1000).toFixed(2)} ms` : "no gaps told",
    `${held} held`,
    `${errors.requests} of ${answered} requests compared`,
  ].join(", ");
}

/** The run, or the end of what the tool said when it failed. */
async function runOnce(peer: Peer, streams: number, server: TruthProcess): Promise<PeerRun | string> {
  await server.take();
  const directory = await Deno.makeTempDir({ prefix: `lab-bench-${peer.command}-` });
  const load: PeerLoad = {
    apiBase: server.apiBase,
    streams,
    requests: Math.max(20, streams * REQUESTS_PER_STREAM),
    directory,
    tokenizer: Deno.env.get("LAB_BENCH_TOKENIZER"),
  };
  try {
    await peer.prepare?.(load);
    const { success, stderr } = await new Deno.Command(peer.command, {
      args: [...peer.arguments(load)],
      cwd: directory,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) return new TextDecoder().decode(stderr).slice(-300);
    const { truths } = await server.take();
    const seen = await peer.read(directory);
    const errors = errorsAgainst(
      seen.every(({ id }) => truths.has(id)) ? seen : withIdsInOrder(seen, truths),
      truths,
    );
    return { errors, held: mostHeld(truths.values()), answered: truths.size };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
