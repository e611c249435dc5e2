import assert from "node:assert/strict";
import type { Clock } from "../../src/base/clock.ts";
import { LiveFindings } from "../../src/dashboard/live_findings.ts";
import { LiveFeed } from "../../src/dashboard/live_feed.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { MetricSource, SeriesDefinition } from "../../src/series/types.ts";

const START = 1795492800;
const DEFINED: readonly SeriesDefinition[] = [
  { id: 0, name: "vllm:num_requests_running", labels: { engine: "0" }, type: "gauge", unit: "requests" },
  { id: 1, name: "vllm:num_requests_waiting", labels: { engine: "0" }, type: "gauge", unit: "requests" },
];

/** A clock that stands until it is moved; waiting takes no time. */
class HandClock implements Clock {
  seconds = 0;
  nowSeconds(): number {
    return this.seconds;
  }
  sleepUntil(): Promise<void> {
    return Promise.resolve();
  }
}

/** Servers with two requests running for 100 s, whose reads fail at the end; `running` steps from 2 to 20 at 60 s. */
function source(...targets: string[]): MemorySource {
  const made = new MemorySource();
  for (const target of targets) {
    for (let second = 0; second <= 100; second++) {
      made.append(target, START + second, {
        ids: [0, 1],
        values: [(second < 60 ? 2 : 20) + second % 2, 0],
        defined: second === 0 ? DEFINED : [],
        vanishedIds: [],
        events: [],
        ...(second === 0
          ? { facts: { target, kind: "vllm", simulated: true, intervalSeconds: 1 } as const }
          : {}),
      });
    }
    for (let second = 101; second <= 110; second++) {
      const timeSeconds = START + second;
      const cause = { code: "timeout", params: { seconds: 1 } } as const;
      made.fail(target, timeSeconds, {
        kind: "scrape_failed",
        timeSeconds,
        target,
        cause,
        durationSeconds: 1,
      });
    }
  }
  return made;
}

/** Counts how often the span is asked for, which a run does once. */
function counted(inner: MetricSource): { source: MetricSource; runs: () => number; release: () => void } {
  let spans = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const wrapped: MetricSource = {
    span: async () => {
      spans++;
      await held;
      return await inner.span();
    },
    describe: () => inner.describe(),
    facts: () => inner.facts(),
    select: (selector, span) => inner.select(selector, span),
    evaluate: (query, grid) => inner.evaluate(query, grid),
    requests: (span) => inner.requests(span),
    events: (span) => inner.events(span),
  };
  return { source: wrapped, runs: () => spans, release };
}

/** Lets everything that waits for nothing but promises end. */
const settle = () => new Promise<void>((resolve) => queueMicrotask(() => setImmediate(resolve)));
const OPTIONS = { language: "en", timeZone: "UTC" } as const;

Deno.test("LiveFindings tells one verdict of several servers once, and marks a change of level", async () => {
  const clock = new HandClock();
  const two = new LiveFindings(source("<b>a</b>", "b"), { clock, ...OPTIONS });
  two.refresh();
  await settle();
  const told = two.latest;
  assert.ok(told !== undefined);
  assert.equal(told.title, "Findings of the last 2 minutes, at 04:01:50");
  const stale = told.findings.filter(({ heading }) => heading.endsWith("<b>a</b>, b"));
  assert.ok(stale.length > 0, JSON.stringify(told.findings));
  assert.deepEqual(told.changes, [], "of two servers each has a level of its own");
  const one = new LiveFindings(source("a"), { clock, ...OPTIONS });
  one.refresh();
  await settle();
  assert.deepEqual(one.latest?.changes, [{ panel: "requests", t: START + 60, label: "2.5 → 20" }]);
});

Deno.test("LiveFindings runs at most every 10 s and never twice at once", async () => {
  const clock = new HandClock();
  const { source: slow, runs, release } = counted(source("a"));
  const findings = new LiveFindings(slow, { clock, ...OPTIONS });
  findings.refresh();
  await settle();
  assert.equal(runs(), 1);
  clock.seconds = 100;
  findings.refresh();
  await settle();
  assert.equal(runs(), 1, "the first is still under way");
  release();
  await settle();
  const first = findings.latest;
  assert.ok(first !== undefined);
  findings.refresh();
  await settle();
  assert.equal(runs(), 2, "more than 10 s after the first began");
  assert.notEqual(findings.latest, first);
  clock.seconds = 109.9;
  findings.refresh();
  await settle();
  assert.equal(runs(), 2, "too soon");
  clock.seconds = 110;
  findings.refresh();
  await settle();
  assert.equal(runs(), 3);
});

Deno.test("LiveFindings does not rest longer after a slow run than what it judged lasted", async () => {
  // On a busy machine: each look at the clock is 20 ms later, so that a run takes a second and more.
  class BusyClock extends HandClock {
    override nowSeconds(): number {
      return this.seconds += 0.02;
    }
  }
  const clock = new BusyClock();
  const findings = new LiveFindings(source("a"), { clock, ...OPTIONS });
  findings.refresh();
  await settle();
  const first = findings.latest;
  const endedSeconds = clock.seconds;
  assert.ok(first !== undefined && endedSeconds > 0.2, "a thousand times as long is more than 200 s");
  clock.seconds = endedSeconds + 100;
  findings.refresh();
  await settle();
  assert.equal(findings.latest, first, "it rests for the 110 s that it judged");
  clock.seconds = endedSeconds + 111;
  findings.refresh();
  await settle();
  assert.notEqual(findings.latest, first);
});

Deno.test("LiveFindings tells of a failure once and goes on", async () => {
  const clock = new HandClock();
  const inner = source("a");
  let fails = true;
  const broken: MetricSource = {
    ...counted(inner).source,
    span: () => fails ? Promise.reject(new Error("Cannot read: gone")) : inner.span(),
  };
  const findings = new LiveFindings(broken, { clock, ...OPTIONS });
  findings.refresh();
  await settle();
  clock.seconds = 20;
  assert.throws(() => findings.refresh(), /Cannot read: gone/);
  fails = false;
  findings.refresh();
  await settle();
  assert.ok(findings.latest !== undefined);
});

Deno.test("LiveFeed sends findings with the snapshot, and again only when there are other ones", async () => {
  const clock = new HandClock();
  const made = source("a");
  const feed = new LiveFeed(made, { timeZone: "UTC", clock });
  await feed.news();
  await settle();
  assert.match((await feed.snapshot()).data, /"findings":\{"title":"Findings of the last 2 minutes/);
  const tell = async (second: number) => {
    made.append("a", START + second, {
      ids: [0, 1],
      values: [2, 0],
      defined: [],
      vanishedIds: [],
      events: [],
    });
    const news: { readonly findings?: unknown } = JSON.parse((await feed.news())?.data ?? "{}");
    await settle();
    return news.findings !== undefined;
  };
  assert.equal(await tell(111), true, "not told to those who were there already");
  assert.equal(await tell(112), false);
  clock.seconds = 11;
  assert.equal(await tell(113), false, "the run has just begun");
  assert.equal(await tell(114), true);
});
