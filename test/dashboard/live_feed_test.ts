import assert from "node:assert/strict";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { readContext } from "../../src/charts/context.ts";
import { LiveFeed } from "../../src/dashboard/live_feed.ts";
import { type PageData, readPageData } from "../../src/dashboard/page_data.ts";
import { append } from "../../src/live/page/history.js";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";
import { latencyServers } from "../helpers/latency_servers.ts";

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

Deno.test("LiveFeed tells what the snapshot has, then what is new with the raw points of three intervals before", async () => {
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
    t: [58, 59, 60, 61, 62, 63].map((second) => START + second),
    v: [58, 59, 60, 61, 62, 63],
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

Deno.test("LiveFeed keeps a panel's form while servers are silent, and tells a point that came late", async () => {
  const source = new MemorySource();
  const targets = ["a", "b", "c", "d", "e", "f"];
  const kv: SeriesDefinition = {
    id: 0,
    name: "vllm:kv_cache_usage_perc",
    labels: { engine: "0" },
    type: "gauge",
    unit: "ratio",
  };
  const read = (target: string, second: number, value: number) =>
    source.append(target, START + second, {
      ids: [0],
      values: [value],
      defined: source.store.countSeries(target) === 0 ? [kv] : [],
      vanishedIds: [],
      events: [],
      facts: { target, kind: "vllm", simulated: true, intervalSeconds: 1 },
    });
  // Each is read a tenth of a second after the one before it.
  for (let second = 0; second <= 20; second++) {
    targets.forEach((target, index) => read(target, second + index / 10, index / 10));
  }
  const feed = new LiveFeed(source, { timeZone: "UTC" });
  await feed.news();
  const whole = lineOf((await feed.snapshot()).data, "kv");
  assert.deepEqual(whole?.v.at(-1), 0.5, "the highest of all, though f alone was read last");
  assert.ok(whole?.v.slice(2).every((value) => value === 0.5), JSON.stringify(whole));
  const shape = (data: string) => {
    const told: Told = JSON.parse(data);
    return told.panels.find((each) => each.id === "kv")?.lines.map(({ label }) => label);
  };
  read("b", 30, 0.9);
  const news = await feed.news();
  assert.deepEqual(shape(news?.data ?? ""), ["highest of 6"]);
  read("c", 29.5, 0.95);
  read("b", 30.2, 0.9);
  assert.deepEqual(lineOf((await feed.news())?.data ?? "", "kv")?.v, [0.95, 0.95, 0.95]);
});

/** Two servers, one read a second; `b` is silent from 61 to 65, and began anew then. */
function silentFor(source: MemorySource, second: number): void {
  for (const target of ["a", "b"]) {
    const timeSeconds = START + second;
    if (target === "b" && second > 60 && second < 66) {
      const cause = { code: "timeout" } as const;
      source.fail(target, timeSeconds, {
        kind: "scrape_failed",
        timeSeconds,
        target,
        cause,
        durationSeconds: 1,
      });
      continue;
    }
    source.append(target, timeSeconds, {
      ids: [0, 1],
      values: [second, target === "b" && second >= 66 ? second - 66 : second * 10],
      defined: second === 0 ? DEFINED : [],
      vanishedIds: [],
      events: second === 66 && target === "b"
        ? [{ kind: "scrape_recovered", timeSeconds, target, failedCount: 5, gapSeconds: 6 }]
        : [],
      ...(second === 0 ? { facts: { target, kind: "vllm", simulated: true, intervalSeconds: 1 } } : {}),
    });
  }
}

Deno.test("LiveFeed tells a gap and a restart once, and the page that was open has them as one that opens later", async () => {
  const source = new MemorySource();
  for (let second = 0; second <= 60; second++) silentFor(source, second);
  const feed = new LiveFeed(source, { timeZone: "UTC" });
  await feed.news();
  type Page = Parameters<typeof append>[0];
  const open: Page = JSON.parse((await feed.snapshot()).data);
  const told: { second: number; id: string }[] = [];
  for (let second = 61; second <= 80; second++) {
    silentFor(source, second);
    const news: Page = JSON.parse((await feed.news())?.data ?? "");
    for (const { id, gaps, marks } of news.panels) {
      if (gaps.length + marks.length > 0) told.push({ second, id });
    }
    append(open, news);
  }
  const toldAt = (panel: string) => told.filter(({ id }) => id === panel).map(({ second }) => second);
  assert.deepEqual(toldAt("requests"), [61, 62, 63, 64, 65, 66], "while it lasts, at its end, never again");
  // A sum of rates lacks a server until that has two readings again.
  assert.deepEqual(toldAt("throughput"), [61, 62, 63, 64, 65, 66, 67, 68, 69]);
  const later: Page = JSON.parse((await feed.snapshot()).data);
  for (const [index, { id, gaps, marks }] of later.panels.entries()) {
    if (id !== "throughput") assert.deepEqual(open.panels[index]?.gaps, gaps, id);
    assert.deepEqual(open.panels[index]?.marks, marks, id);
  }
  const requests = later.panels.find(({ id }) => id === "requests");
  assert.ok(requests !== undefined && requests.gaps.length === 1 && requests.marks.length === 1);
});

Deno.test("a page of one server has the exact mean of TTFT beside its quantiles, live or not", async () => {
  const source = latencyServers({ a: (second) => [0.05 + (second % 5) / 20] }, 120);
  const { data } = await new LiveFeed(source, { timeZone: "UTC" }).snapshot();
  const live: PageData = JSON.parse(data);
  const still = await readPageData(await readContext(source, { timeZone: "UTC" }));
  for (const page of [live, still]) {
    const ttft = page.panels.find(({ id }) => id === "ttft");
    assert.deepEqual(ttft?.lines.map(({ label }) => label), ["p50", "p95", "mean"]);
    // Of 50, 100, 150, 200 and 250 ms.
    assert.ok(Math.abs((ttft?.lines[2]?.v.at(-1) ?? NaN) - 0.15) < 1e-9, `${ttft?.lines[2]?.v.at(-1)}`);
  }
});

Deno.test("no point of a page lies outside its span by what its time was rounded", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const page: PageData = JSON.parse((await new LiveFeed(source, { timeZone: "UTC" }).snapshot()).data);
  for (const { id, lines } of page.panels) {
    for (const { t } of lines) {
      assert.ok((t[0] ?? NaN) >= page.startSeconds && (t.at(-1) ?? NaN) <= page.endSeconds, id);
    }
  }
});
