/**
 * Shipped scrapes through the reader into a source, at the times that the recorded Prometheus server stamped them with.
 *
 * @module
 */
import { zstdDecompressSync } from "node:zlib";
import { ScrapeReader } from "../../src/parser/scrape_reader.ts";
import { MemorySource } from "../../src/series/memory_source.ts";

const DATA = new URL("../../data/", import.meta.url);

/** A run of `data/`, and the times of its tries. */
export function scrapedSource(
  run: string,
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
      const cause = { code: "connection_refused" } as const;
      source.fail("vllm", timeSeconds, {
        kind: "scrape_failed",
        timeSeconds,
        target: "vllm",
        cause,
        durationSeconds: 0,
      });
      continue;
    }
    const view = reader.read(bodies.subarray(offset, offset += row.bytes), timeSeconds);
    source.append("vllm", timeSeconds, { ...view, events: [] });
  }
  return { source, tries };
}
