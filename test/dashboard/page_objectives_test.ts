import assert from "node:assert/strict";
import { LiveFeed } from "../../src/dashboard/live_feed.ts";
import { FIRST_SCRAPE, latencyServers } from "../helpers/latency_servers.ts";

const WATCHED = [
  { text: "ttft=100ms@95%", objective: { ttftSeconds: 0.1, share: 0.95 } },
  { text: "tpot=50ms", objective: { tpotSeconds: 0.05 } },
];
/** Of 300 requests 10 % take 400 ms. */
const tenth = (second: number) => [second % 10 === 0 ? 0.4 : 0.05];

interface Panel {
  readonly id: string;
  readonly limits: readonly { readonly value: number; readonly label: string }[];
}

Deno.test("LiveFeed draws each objective as a named level on its panel, in news too", async () => {
  const source = latencyServers({ a: tenth }, 300);
  const feed = new LiveFeed(source, { watched: WATCHED });
  const levels = (message: string) => {
    const { panels }: { panels: readonly Panel[] } = JSON.parse(message);
    return Object.fromEntries(
      panels.filter(({ limits }) => limits.length > 0).map(({ id, limits }) => [id, limits]),
    );
  };
  const expected = {
    ttft: [{ value: 0.1, label: "objective 100 ms (95%)" }],
    itl: [{ value: 0.05, label: "TPOT objective 50 ms" }],
  };
  assert.deepEqual(levels((await feed.snapshot()).data), expected);
  await feed.news();
  source.append("a", FIRST_SCRAPE + 301, {
    ids: [0],
    values: [1],
    defined: [],
    vanishedIds: [],
    events: [],
  });
  assert.deepEqual(levels((await feed.news())?.data ?? ""), expected);
});

Deno.test("LiveFeed tells the share that kept an objective and what is left of its budget", async () => {
  // A clock that stands; waiting takes no time.
  const clock = { nowSeconds: () => FIRST_SCRAPE + 300, sleepUntil: () => Promise.resolve() };
  const feed = new LiveFeed(latencyServers({ a: tenth }, 300), { watched: WATCHED, clock, timeZone: "UTC" });
  await feed.news();
  let findings;
  while (findings === undefined) ({ findings } = JSON.parse((await feed.snapshot()).data));
  const { title, items } = findings.objectives;
  assert.equal(title, "Objectives, from the beginning to 09:05:00");
  // 270 of 300 are 90 %: twice as many missed as may be.
  assert.match(items[0].lines[0], /^Objective ttft=100ms@95%.*: 90% of 300 requests .*wanted 95%: missed/);
  assert.equal(items[0].severity, "critical");
  // Nobody tells a mean gap here.
  assert.match(items[1].lines[0], /could not be judged/);
  assert.equal(items[1].severity, "info");
});

Deno.test("LiveFeed refuses objectives that are none, before a page is drawn", () => {
  const source = latencyServers({ a: tenth }, 30);
  const wrong: readonly unknown[] = [
    [{ text: "ttft=2s" }],
    [{ text: "ttft=2s", objective: null }],
    [{ text: 5, objective: { ttftSeconds: 2 } }],
    [{ text: "ttft=2s", objective: { ttft: 2 } }],
    [{ text: "ttft=2s", objective: { ttftSeconds: "2s" } }],
  ];
  for (const watched of wrong) {
    assert.throws(() => new LiveFeed(source, { watched: watched as never }), {
      name: "TypeError",
      message: /^Cannot .* watched/,
    });
  }
});

Deno.test("an alarm of an objective over midnight has both days", async () => {
  const clock = { nowSeconds: () => FIRST_SCRAPE + 300, sleepUntil: () => Promise.resolve() };
  // It begins at 23:58 and ends at 00:03.
  const feed = new LiveFeed(latencyServers({ a: () => [0.4] }, 300), {
    watched: WATCHED,
    clock,
    timeZone: "-09:02",
  });
  await feed.news();
  let findings;
  while (findings === undefined) ({ findings } = JSON.parse((await feed.snapshot()).data));
  assert.match(findings.objectives.items[0].lines[1], /: 2026-01-04 23:5\d:\d\d … 2026-01-05 00:03:00, /);
});
