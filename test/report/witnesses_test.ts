import assert from "node:assert/strict";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { compareWitnesses } from "../../src/report/witnesses.ts";
import { countWitness } from "../../src/report/witness_count.ts";
import { FIRST_SCRAPE, latencyServers } from "../helpers/latency_servers.ts";
import { MemorySource } from "../../src/series/memory_source.ts";

// The capture's own records: 198 first tokens on the server, 20 of them of requests that were cut later.
Deno.test("countWitness() counts first tokens of every outcome on the client's side", async () => {
  const counts = await countWitness(await openShippedData("vllm-0.32.0-cpu"));
  assert.deepEqual([counts.client, counts.server, counts.resets, counts.failedScrapes], [198, 198, 0, 0]);
});

Deno.test("compareWitnesses() says that both agree when they do", async () => {
  const line = await compareWitnesses(await openShippedData("vllm-0.32.0-cpu"), { mustAgree: true });
  assert.equal(line, "both sides counted 198 first tokens");
});

Deno.test("compareWitnesses() tells a difference and does not throw when a restart explains it", async () => {
  const line = await compareWitnesses(await openShippedData("vllm-0.32.0-restart"), { mustAgree: true });
  assert.match(line, /^(clients saw \d+ first tokens, the server counted \d+: |both sides counted)/);
});

Deno.test("compareWitnesses() says that there is nothing to compare when the source is empty", async () => {
  assert.equal(
    await compareWitnesses(new MemorySource(), { mustAgree: true }),
    "nothing to compare: no request was sent from here while it was watched",
  );
});

Deno.test("countWitness() knows what a server had counted before it was gone", async () => {
  const source = latencyServers({ a: () => [0.1, 0.2] }, 5);
  assert.equal((await countWitness(source)).server, 10);
  const timeSeconds = FIRST_SCRAPE + 6;
  const cause = { code: "connection_refused" } as const;
  source.fail("a", timeSeconds, {
    kind: "scrape_failed",
    timeSeconds,
    target: "a",
    cause,
    durationSeconds: 0,
  });
  assert.equal((await countWitness(source)).server, 10);
});
