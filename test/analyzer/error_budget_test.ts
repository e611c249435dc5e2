import assert from "node:assert/strict";
import { BURN_RULES, burnRate, errorBudget, watchedObjective } from "../../src/analyzer/error_budget.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import { seriesSource } from "../helpers/alarm_source.ts";

Deno.test("BURN_RULES are the pairs of the SRE workbook, table 5-8", () => {
  // Chapter 5 "Alerting on SLOs": 2 % in 1 h and 5 min, 5 % in 6 h and 30 min, 10 % in 3 d and 6 h.
  assert.deepEqual(BURN_RULES.map((rule) => [rule.longSeconds, rule.shortSeconds, rule.factor]), [
    [3600, 300, 14.4],
    [21600, 1800, 6],
    [259200, 21600, 1],
  ]);
});

Deno.test("burnRate() is the missed share by the budget", () => {
  // 99.9 %: budget .001. 1.44 % missed: 14.4 (the workbook's page threshold). 0.1 % missed: exactly 1.
  assert.ok(Math.abs(burnRate({ met: 9856, total: 10_000 }, 0.999)! - 14.4) < 1e-9);
  assert.ok(Math.abs(burnRate({ met: 9990, total: 10_000 }, 0.999)! - 1) < 1e-9);
  assert.equal(burnRate({ met: 10, total: 10 }, 0.999), 0);
  assert.equal(burnRate({ met: 10, total: 10 }, 1), 0);
  assert.equal(burnRate({ met: 9, total: 10 }, 1), Infinity);
  assert.equal(burnRate({ met: 0, total: 0 }, 0.999), undefined);
});

/** Four hours, 10 requests a minute, each answered in 0.1 s; from 2 h on for 20 minutes in 0.7 s. */
const OUTAGE = Array.from({ length: 240 }, (_, minute) => ({
  timeSeconds: 60 * (minute + 1),
  seconds: minute >= 120 && minute < 140 ? 0.7 : 0.1,
  count: 10,
}));

Deno.test("errorBudget() finds attainment, budget and alarms as a hand calculation does, from a server's buckets", async () => {
  const budget = await errorBudget(seriesSource(OUTAGE), { ttftSeconds: 0.5, share: 0.99 });
  assert.ok(!("absent" in budget));
  assert.equal(budget.basis, "server");
  assert.equal(budget.boundarySeconds, 0.5);
  // 240 minutes of 10, of which 20 minutes miss: 2200 of 2400. Budget 24, spent 200: 200 / 24 = 8.33 times.
  assert.deepEqual([budget.met, budget.total], [2200, 2400]);
  assert.ok(Math.abs(budget.burnRate - 200 / 24) < 1e-9);
  assert.ok(Math.abs(budget.budgetLeft - (1 - 200 / 24)) < 1e-9);
  assert.equal(budget.verdict, "missed");
  // 1 h and 5 min, 14.4: the long window holds 14.4 % of missed requests once 60 min × .144 = 8.64 minutes of them are in
  // it, so from the 9th minute on; the short one is below .144 once less than .72 minutes of its five are bad: within the
  // 5th minute after the end.
  const page = budget.alerts.filter(({ rule }) => rule.factor === 14.4);
  assert.equal(page.length, 1);
  assert.ok(Math.abs(page[0]!.span.startSeconds - 129 * 60) <= 60, String(page[0]!.span.startSeconds / 60));
  assert.ok(Math.abs(page[0]!.span.endSeconds - 144 * 60) <= 60, String(page[0]!.span.endSeconds / 60));
  assert.ok(Math.abs(page[0]!.peak - 100 / 3) < 1e-6); // 20 of 60 minutes: 33.3 % by 1 %
  // 6 h (what is there of it) and 30 min, 6: 6 % of the minutes since the start: 120 + x bad minutes x, x >= 7.66.
  const ticket = budget.alerts.filter(({ rule }) => rule.factor === 6);
  assert.equal(ticket.length, 1);
  assert.ok(
    Math.abs(ticket[0]!.span.startSeconds - 128 * 60) <= 60,
    String(ticket[0]!.span.startSeconds / 60),
  );
});

Deno.test("errorBudget() counts by the bucket border below when the limit lies inside a bucket", async () => {
  const budget = await errorBudget(seriesSource(OUTAGE), { ttftSeconds: 0.9, share: 0.99 });
  assert.ok(!("absent" in budget));
  assert.equal(budget.boundarySeconds, 0.5);
  assert.equal(budget.met, 2200);
});

Deno.test("errorBudget() has a cause when there is nothing to count", async () => {
  for (const source of [new MemorySource({ retentionSeconds: 10 }), seriesSource([])]) {
    assert.ok("absent" in await errorBudget(source, { ttftSeconds: 1 }));
  }
  // Two limits at once are in no histogram, and no limit is none.
  assert.ok("absent" in await errorBudget(seriesSource(OUTAGE), { ttftSeconds: 1, e2eSeconds: 2 }));
  assert.ok("absent" in await errorBudget(seriesSource(OUTAGE), {}));
});

Deno.test("watchedObjective() stands while both windows burn, and is unknown below ten requests", async () => {
  const watched = watchedObjective({ quantity: "ttft", seconds: 0.5 }, {
    text: "ttft=500ms@99%",
    share: 0.99,
  });
  const source = seriesSource(OUTAGE);
  const at = async (minute: number) => (await watched.read(source, minute * 60))[0]!;
  assert.ok("absent" in await at(0));
  const before = await at(119);
  assert.ok("value" in before && !before.beyond && before.value === 0);
  const during = await at(140);
  assert.ok("value" in during && during.beyond);
  assert.ok(Math.abs(during.value - 100 / 3) < 1e-6);
});
