/**
 * The shipped runs as sources: recorded scrapes, read again by the very code that reads live ones.
 *
 * @module
 */
import { zstdDecompressSync } from "node:zlib";
import type { Clock } from "../base/clock.ts";
import { MemorySource } from "../series/memory_source.ts";
import type { MetricSource, RequestRecord } from "../series/types.ts";
import { Recorder } from "./recorder.ts";
import { SamplerRunner } from "./runner.ts";
import { ScrapeSampler } from "./scrape_sampler.ts";
import type { ShippedFailure, ShippedManifest, ShippedRequest, ShippedScrape } from "./shipped_format.ts";

/** Folder of the shipped data. */
const DATA = new URL("../../data/", import.meta.url);

/** The runs that are shipped, the main one first. */
const NAMES: readonly ShippedDataName[] = ["vllm-0.32.0-cpu", "vllm-0.32.0-restart"];

/** Name of a shipped run. */
export type ShippedDataName = "vllm-0.32.0-cpu" | "vllm-0.32.0-restart";

/** The runs that {@link openShippedData} opens, the main one first. */
export function shippedDataNames(): readonly ShippedDataName[] {
  return NAMES;
}

/**
 * Opens a shipped run: what a collector would have held after it, failed scrapes and restarts included, with the client's
 * requests. Takes about 0.2 s.
 *
 * @throws RangeError for a name that is not shipped
 *
 * @example
 * ```ts
 * import { openShippedData } from "#lab";
 *
 * const real = await openShippedData("vllm-0.32.0-cpu");
 * console.log(await real.span());
 * ```
 */
export async function openShippedData(name: ShippedDataName = "vllm-0.32.0-cpu"): Promise<MetricSource> {
  if (!NAMES.includes(name)) {
    throw new RangeError(`Cannot open the shipped data "${name}": no such run, wanted ${NAMES.join(" or ")}`);
  }
  const folder = new URL(`${name}/`, DATA);
  const manifest: ShippedManifest = JSON.parse(await Deno.readTextFile(new URL("manifest.json", folder)));
  const bodies = zstdDecompressSync(await Deno.readFile(new URL("scrapes.zst", folder)));
  const source = new MemorySource();
  await replayScrapes(manifest, { bodies, source });
  const rows = new TextDecoder().decode(
    zstdDecompressSync(await Deno.readFile(new URL("requests.jsonl.zst", folder))),
  );
  for (const row of rows.split("\n")) {
    if (row !== "") source.addRequest(requestRecord(JSON.parse(row), manifest.target));
  }
  addPhases(source, manifest);
  return source;
}

/** Every recorded try, at its time and with its duration, through a scrape sampler and its runner. */
async function replayScrapes(
  manifest: ShippedManifest,
  to: { readonly bodies: Uint8Array; readonly source: MemorySource },
): Promise<void> {
  const clock = new StepClock();
  let row: ShippedScrape | ShippedFailure | undefined;
  let offset = 0;
  const answer = (url: string): Response => {
    if (url.endsWith("/version")) return Response.json(manifest.version);
    if (url.endsWith("/v1/models")) return Response.json(manifest.models);
    // It was not asked for more: a server out of development mode has no /server_info.
    if (!url.endsWith("/metrics")) return new Response(null, { status: 404 });
    if (row === undefined) throw new TypeError("Cannot replay: no scrape under way");
    clock.seconds = row.timeSeconds + row.durationSeconds;
    if ("failed" in row) {
      throw new TypeError(row.failed.code === "connection_refused" ? "Connection refused" : row.failed.code);
    }
    const body = to.bodies.slice(offset, offset += row.bytes);
    return new Response(body, {
      headers: { "content-type": manifest.contentType, "content-length": String(row.bytes) },
    });
  };
  const sampler = new ScrapeSampler({
    id: manifest.target,
    metricsUrl: manifest.address,
    intervalSeconds: manifest.intervalSeconds,
    clock,
    fetch: (input) => Promise.resolve().then(() => answer(String(input))),
  });
  const recorder = new Recorder(to.source, undefined);
  const runner = new SamplerRunner(sampler, { clock, sink: recorder });
  recorder.watch(runner, manifest.scrapes[0]?.timeSeconds ?? 0);
  to.source.addFacts({ target: manifest.target, simulated: false, details: manifest.details });
  for (row of manifest.scrapes) {
    clock.seconds = row.timeSeconds;
    await runner.tick();
  }
}

/** A clock that stands where the replay puts it: nothing ever times out on it. */
class StepClock implements Clock {
  seconds = 0;

  nowSeconds(): number {
    return this.seconds;
  }

  sleepUntil(_timeSeconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
}

function addPhases(source: MemorySource, { phases, target }: ShippedManifest): void {
  for (const { name, startSeconds, endSeconds, users } of phases) {
    const phase = { kind: "workload", target, phase: name, plan: { users } } as const;
    source.addEvent({ ...phase, timeSeconds: startSeconds, state: "begin" });
    source.addEvent({ ...phase, timeSeconds: endSeconds, state: "end" });
  }
}

/** Microseconds after the sending, back to instants. */
function requestRecord(row: ShippedRequest, target: string): RequestRecord {
  const { sent } = row;
  let at = 0;
  const chunkTimesSeconds = Float64Array.from(row.chunks, (step) => sent + (at += step) / 1e6);
  return {
    id: row.id,
    target,
    model: row.model,
    endpoint: row.endpoint,
    phase: row.phase,
    outcome: row.outcome,
    dueSeconds: sent, // A user of a closed loop is due when its last answer has ended: then it was sent.
    sentSeconds: sent,
    ...(row.headers === undefined ? {} : { headersSeconds: sent + row.headers / 1e6 }),
    chunkTimesSeconds,
    endSeconds: sent + row.end / 1e6,
    ...(row.status === undefined ? {} : { status: row.status }),
    ...(row.finish === undefined ? {} : { finishReason: row.finish }),
    ...(row.prompt === undefined ? {} : { promptTokens: row.prompt }),
    ...(row.cached === undefined ? {} : { cachedTokens: row.cached }),
    ...(row.output === undefined
      ? {}
      : { outputTokens: row.output, outputTokensFrom: row.prompt === undefined ? "chunks" : "usage" }),
    maxTokens: row.max,
    ...(row.n === undefined ? {} : { answerCount: row.n }),
    ...(row.error === undefined ? {} : { error: row.error }),
    engine: "aiohttp",
    trust: "not_measured",
  };
}
