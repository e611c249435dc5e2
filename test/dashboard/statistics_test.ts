import assert from "node:assert/strict";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { detailedStatistics } from "../../src/dashboard/statistics.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";

const START = 1795492800;
const DEFINED: readonly SeriesDefinition[] = [
  { id: 0, name: "vllm:num_requests_running", labels: { engine: "0" }, type: "gauge" },
  { id: 1, name: "vllm:generation_tokens_total", labels: { engine: "0" }, type: "counter" },
  { id: 2, name: "vllm:kv_cache_usage_perc", labels: { engine: "0" }, type: "gauge" },
];

/** 600 seconds; running is second mod 10, tokens grow by 20 a second, the KV gauge vanishes after 400 s. */
function source(): MemorySource {
  const memory = new MemorySource();
  for (let second = 0; second <= 600; second++) {
    const ids = second > 400 ? [0, 1] : [0, 1, 2];
    memory.append("server", START + second, {
      ids,
      values: [second % 10, second * 20, 0.5].slice(0, ids.length),
      defined: second === 0 ? DEFINED : [],
      vanishedIds: second === 401 ? [2] : [],
      events: [],
      ...(second === 0
        ? { facts: { target: "server", kind: "vllm", simulated: false, intervalSeconds: 1 } }
        : {}),
    });
  }
  return memory;
}

Deno.test("detailedStatistics() are those of the last 300 seconds, by closed form", async () => {
  const { rows } = await detailedStatistics(source(), { timeZone: "UTC" });
  const running = rows.find((row) => row.quantity === "running");
  // (300, 600]: each of 0..9 thirty times; the 0.95 quantile of 300 such values by linear interpolation is 9.
  assert.deepEqual(
    [running?.current, running?.average, running?.minimum, running?.maximum, running?.p95, running?.state],
    [0, 4.5, 0, 9, 9, "live"],
  );
  const tokens = rows.find((row) => row.quantity === "generation_tokens");
  assert.equal(tokens?.unit, "tokens_per_second");
  for (const figure of [tokens?.current, tokens?.average, tokens?.minimum, tokens?.maximum]) {
    assert.ok(Math.abs((figure ?? NaN) - 20) < 1e-9, `${figure}`);
  }
  const kv = rows.find((row) => row.quantity === "kv_cache_usage");
  assert.deepEqual([kv?.current, kv?.average, kv?.state], [undefined, 0.5, "stale"]);
});

Deno.test("detailedStatistics() say of an instant what it is now, as a time, and average none", async () => {
  const memory = new MemorySource();
  for (let second = 0; second <= 20; second++) {
    memory.append("server", START + second, {
      ids: [0],
      values: [START - 3600],
      defined: second === 0 ? [{ id: 0, name: "process_start_time_seconds", labels: {}, type: "gauge" }] : [],
      vanishedIds: [],
      events: [],
    });
  }
  const { rows, text } = await detailedStatistics(memory, { timeZone: "UTC" });
  const [row] = rows;
  assert.deepEqual([row?.quantity, row?.unit, row?.current], [
    "process_start_time",
    "unix_seconds",
    START - 3600,
  ]);
  assert.deepEqual([row?.average, row?.minimum, row?.maximum, row?.p95], [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.match(text, /2026-11-24T03:00:00Z +n\/a +n\/a +n\/a +n\/a/);
});

Deno.test("detailedStatistics() of a short source do not spread its counters over time that nobody watched", async () => {
  const memory = new MemorySource();
  for (let second = 0; second <= 20; second++) {
    memory.append("server", START + second, {
      ids: [1],
      values: [second * 20],
      defined: second === 0 ? DEFINED.slice(1, 2) : [],
      vanishedIds: [],
      events: [],
    });
  }
  const { rows } = await detailedStatistics(memory, { timeZone: "UTC" });
  assert.ok(Math.abs((rows[0]?.average ?? NaN) - 20) < 1e-3, `${rows[0]?.average}`);
});

Deno.test("detailedStatistics() of a server that is gone keep the window's figures, and say that it is gone", async () => {
  const memory = new MemorySource();
  const name = "vllm:time_to_first_token_seconds";
  const defined: SeriesDefinition[] = [
    ...["0.5", "+Inf"].map((le, id) => ({
      id,
      name: `${name}_bucket`,
      labels: { le },
      type: "histogram" as const,
    })),
    { id: 2, name: `${name}_sum`, labels: {}, type: "histogram" },
    { id: 3, name: `${name}_count`, labels: {}, type: "histogram" },
    { ...DEFINED[1]!, id: 4 },
  ];
  for (let second = 0; second <= 20; second++) {
    memory.append("server", START + second, {
      ids: [0, 1, 2, 3, 4],
      values: [second, second, 0.25 * second, second, 20 * second],
      defined: second === 0 ? defined : [],
      vanishedIds: [],
      events: [],
    });
  }
  const figures = async () =>
    (await detailedStatistics(memory, { timeZone: "UTC" })).rows
      .filter(({ quantity }) => quantity === "ttft" || quantity === "generation_tokens")
      .map(({ quantity, state, current, average, points }) => [
        quantity,
        state,
        current,
        average === undefined ? undefined : Math.round(average * 100) / 100,
        quantity === "ttft" ? points : 0,
      ]);
  assert.deepEqual(await figures(), [
    ["ttft", "live", 0.25, 0.25, 20],
    ["generation_tokens", "live", 20, 20, 0],
  ]);
  const timeSeconds = START + 21;
  memory.fail("server", timeSeconds, {
    kind: "scrape_failed",
    timeSeconds,
    target: "server",
    cause: { code: "connection_refused" },
    durationSeconds: 0,
  });
  const [ttft, tokens] = await figures();
  assert.deepEqual(ttft, ["ttft", "stale", undefined, 0.25, 20]);
  assert.deepEqual(tokens?.slice(0, 3), ["generation_tokens", "stale", undefined]);
  assert.ok(typeof tokens?.[3] === "number");
});

Deno.test("detailedStatistics() of the shipped run count every observation and name what is beyond the last bucket", async () => {
  const { rows, text } = await detailedStatistics(await openShippedData("vllm-0.32.0-cpu"), {
    timeZone: "UTC",
  });
  const ttft = rows.find((row) => row.quantity === "ttft");
  // vllm:time_to_first_token_seconds_count rises from its first to its last scrape by 198.
  assert.equal(ttft?.points, 198);
  const http = rows.filter((row) => row.quantity === "http_request_duration");
  assert.ok(http.length > 0 && http.every((row) => row.p95IsFloor === true && row.p95 === 1));
  assert.match(text, />1 s/);
});
