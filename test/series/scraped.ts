/**
 * Shipped scrapes through the reader into a source, at the times that the recorded Prometheus server stamped them with.
 *
 * @module
 */
import { zstdDecompressSync } from "node:zlib";
import { ScrapeReader } from "../../src/parser/scrape_reader.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { LabEvent, SampleBatch } from "../../src/series/types.ts";

const DATA = new URL("../../data/", import.meta.url);

/** Something else that takes the same ticks. */
interface AlsoFed {
  append(samplerId: string, timeSeconds: number, batch: SampleBatch): unknown;
  fail(samplerId: string, timeSeconds: number, event: LabEvent): unknown;
}

/** A run of `data/`, and the times of its tries. */
export function scrapedSource(
  run: string,
  also?: AlsoFed,
): { source: MemorySource; tries: { timeSeconds: number; ok: boolean }[] } {
  const folder = new URL(`${run}/`, DATA);
  const manifest = JSON.parse(Deno.readTextFileSync(new URL("manifest.json", folder)));
  const bodies = zstdDecompressSync(Deno.readFileSync(new URL("scrapes.zst", folder)));
  const source = new MemorySource();
  const reader = new ScrapeReader();
  const tries: { timeSeconds: number; ok: boolean }[] = [];
  let offset = 0;
  for (const row of manifest.scrapes as { timeSeconds: number; bytes?: number }[]) {
    // Stored to the microsecond; the server cut to whole milliseconds.
    const timeSeconds = Math.floor(Math.round(row.timeSeconds * 1e6) / 1000) / 1000;
    tries.push({ timeSeconds, ok: row.bytes !== undefined });
    if (row.bytes === undefined) {
      const event: LabEvent = {
        kind: "scrape_failed",
        timeSeconds,
        target: "vllm",
        cause: { code: "connection_refused" },
        durationSeconds: 0,
      };
      source.fail("vllm", timeSeconds, event);
      also?.fail("vllm", timeSeconds, event);
      continue;
    }
    const view = reader.read(bodies.subarray(offset, offset += row.bytes), timeSeconds);
    source.append("vllm", timeSeconds, { ...view, events: [] });
    also?.append("vllm", timeSeconds, { ...view, events: [] });
  }
  return { source, tries };
}
