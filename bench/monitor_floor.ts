/**
 * A process that reads servers twice a second and does nothing with what it reads: what `monitor.ts` compares with. Arguments:
 * "kept" or "fetch", then the servers' addresses.
 */
import { realClock } from "../src/collector/clock.ts";
import { MetricsReader } from "../src/collector/metrics_reader.ts";

const [by = "", ...urls] = Deno.args;
const clock = realClock();
const readers = urls.map((url) =>
  new MetricsReader(`${url}/metrics`, {
    clock,
    timeoutSeconds: 0.5,
    maxBytes: 2 ** 26,
    ...(by === "fetch" ? { fetch: (...request: Parameters<typeof fetch>) => fetch(...request) } : {}),
  })
);
const { signal } = new AbortController();
for (let due = clock.nowSeconds();; due += 0.5) {
  await clock.sleepUntil(due);
  await Promise.all(readers.map((reader) => reader.read(signal)));
}
