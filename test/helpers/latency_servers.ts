/**
 * Servers whose TTFT is known request by request, as a source of their histograms.
 *
 * @module
 */
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";

/** First scrape, Unix seconds. */
export const FIRST_SCRAPE = 1_767_603_600;

const BOUNDS = [0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, Infinity];

const DEFINED: readonly SeriesDefinition[] = [
  { id: 0, name: "vllm:num_requests_running", labels: { engine: "0" }, type: "gauge", unit: "requests" },
  ...["sum", "count"].map((part, i): SeriesDefinition => ({
    id: 1 + i,
    name: `vllm:time_to_first_token_seconds_${part}`,
    labels: { engine: "0" },
    type: "histogram",
    unit: "seconds",
  })),
  ...BOUNDS.map((bound, i): SeriesDefinition => ({
    id: 3 + i,
    name: "vllm:time_to_first_token_seconds_bucket",
    labels: { engine: "0", le: bound === Infinity ? "+Inf" : String(bound) },
    type: "histogram",
    unit: "seconds",
  })),
];

/** One scrape a second of each server; `ttftAt(second)` are the TTFTs that ended in the second before it. */
export function latencyServers(
  servers: Readonly<Record<string, (second: number) => readonly number[]>>,
  seconds: number,
): MemorySource {
  const made = new MemorySource();
  for (const [target, ttftAt] of Object.entries(servers)) {
    const cumulative = BOUNDS.map(() => 0);
    let [sum, count] = [0, 0];
    for (let second = 0; second <= seconds; second++) {
      for (const value of second === 0 ? [] : ttftAt(second)) {
        sum += value;
        count++;
        BOUNDS.forEach((bound, i) => cumulative[i]! += value <= bound ? 1 : 0);
      }
      made.append(target, FIRST_SCRAPE + second, {
        ids: DEFINED.map(({ id }) => id),
        values: [2 + second % 2, sum, count, ...cumulative],
        defined: second === 0 ? DEFINED : [],
        vanishedIds: [],
        events: [],
        ...(second === 0
          ? { facts: { target, kind: "vllm", simulated: true, intervalSeconds: 1 } as const }
          : {}),
      });
    }
  }
  return made;
}
