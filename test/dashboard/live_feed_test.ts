import assert from "node:assert/strict";
import { LiveFeed } from "../../src/dashboard/live_feed.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";

const START = 1795492800;
const DEFINED: readonly SeriesDefinition[] = [
  { id: 0, name: "vllm:num_requests_running", labels: { engine: "0" }, type: "gauge", unit: "requests" },
  { id: 1, name: "vllm:generation_tokens_total", labels: { engine: "0" }, type: "counter", unit: "tokens" },
];

/** One scrape a second; running is the second, tokens grow by 10 a second. */
function scrape(source: MemorySource, second: number): void {
  source.append("server", START + second, {
    ids: [0, 1],
    values: [second, second * 10],
    defined: second === 0 ? DEFINED : [],
    vanishedIds: [],
    events: [],
    ...(second === 0
      ? { facts: { target: "server", kind: "vllm", simulated: true, intervalSeconds: 1 } }
      : {}),
  });
}

interface Told {
  readonly endSeconds: number;
  readonly panels: readonly {
    id: string;
    lines: readonly { label: string; t: number[]; v: (number | null)[] }[];
  }[];
}

function lineOf(data: string, panel: string): { t: number[]; v: (number | null)[] } | undefined {
  const told: Told = JSON.parse(data);
  return told.panels.find((each) => each.id === panel)?.lines[0];
}

Deno.test("LiveFeed tells every point once: what the snapshot has, then what is new", async () => {
  const source = new MemorySource();
  for (let second = 0; second <= 60; second++) scrape(source, second);
  const feed = new LiveFeed(source, { timeZone: "UTC" });
  assert.equal(await feed.news(), undefined, "the first call only notes where the new begins");
  const snapshot = await feed.snapshot();
  assert.equal(lineOf(snapshot.data, "requests")?.t.length, 61);
  assert.equal(await feed.news(), undefined, "nothing new");
  for (let second = 61; second <= 63; second++) scrape(source, second);
  const news = await feed.news();
  assert.equal(news?.event, "points");
  assert.deepEqual(lineOf(news.data, "requests"), {
    ...lineOf(news.data, "requests"),
    t: [61, 62, 63].map((second) => START + second),
    v: [61, 62, 63],
  });
  // A constant counter has the same rate in old and new points: the windows are the same.
  assert.deepEqual(lineOf(news.data, "throughput")?.v, [10, 10, 10]);
  assert.equal(lineOf(snapshot.data, "throughput")?.v.at(-1), 10);
  assert.equal(await feed.news(), undefined);
});

Deno.test("LiveFeed gives a page no more of the past than its window", async () => {
  const source = new MemorySource();
  for (let second = 0; second <= 100; second++) scrape(source, second);
  const feed = new LiveFeed(source, { timeZone: "UTC", windowSeconds: 30 });
  const told: Told & { startSeconds: number } = JSON.parse((await feed.snapshot()).data);
  assert.equal(told.startSeconds, START + 70);
  assert.equal(told.endSeconds, START + 100);
});

Deno.test("LiveFeed of an empty source says so and waits", async () => {
  const feed = new LiveFeed(new MemorySource(), { timeZone: "UTC" });
  assert.equal(await feed.news(), undefined);
  assert.match((await feed.snapshot()).data, /nothing collected yet/);
});
