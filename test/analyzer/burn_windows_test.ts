/**
 * Alarms of a budget, step by step: groups of requests each 15 s, of which all are good or all miss. Half may miss, so that a burn rate is
 * twice the missed share, exactly.
 */
import assert from "node:assert/strict";
import { burnRate, type BurnRule, errorBudget, watchedObjective } from "../../src/analyzer/error_budget.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { MetricSource, TimeSpan } from "../../src/series/types.ts";
import { RECORD } from "../door/things.ts";
import { seriesSource } from "../helpers/alarm_source.ts";

const STEP = 15;
const HALF = { ttftSeconds: 0.5, share: 0.5 };
/** Four steps, and one. */
const RULE: BurnRule = { longSeconds: 60, shortSeconds: 15, factor: 1 };

/** A letter a step: `.` good, `x` missed, a space: none ended. */
function source(steps: string, count = 10): MetricSource {
  return seriesSource([...steps].map((step, i) => ({
    timeSeconds: STEP * (i + 1),
    seconds: step === "x" ? 0.7 : 0.1,
    count: step === " " ? 0 : count,
  })));
}

async function alerts(
  of: MetricSource,
  rules: readonly BurnRule[] = [RULE],
  span?: TimeSpan,
): Promise<readonly (readonly [from: number, to: number, peak: number])[]> {
  const budget = await errorBudget(of, HALF, { rules, ...(span === undefined ? {} : { span }) });
  assert.ok(!("absent" in budget));
  return budget.alerts.map(({ span, peak }) => [span.startSeconds, span.endSeconds, peak]);
}

Deno.test("errorBudget() tells an alarm from the step at which both windows burn to the last at which they do", async () => {
  // After six steps 2 of 4 missed, after seven 3; the eighth is good. Of the last four of all 2 missed, and it ends so.
  assert.deepEqual(await alerts(source("....xxx...xx")), [[90, 105, 1.5], [180, 180, 1]]);
  assert.deepEqual(await alerts(source("....xxx...x.")), [[90, 105, 1.5]]);
  assert.deepEqual(
    await alerts(source("x...")),
    [[15, 15, 2]],
    "a window that reaches back before the start",
  );
  assert.deepEqual(await alerts(source("xxx ")), [[15, 45, 2]], "none ended: nothing goes on");
  assert.deepEqual(await alerts(source("x...", 9)), [], "nine requests say little");
});

Deno.test("errorBudget() takes one step at least for a short window, and the whole of a long one", async () => {
  assert.deepEqual(await alerts(source("....x"), [{ ...RULE, longSeconds: 15, shortSeconds: 5 }]), [
    [75, 75, 2],
  ]);
  assert.deepEqual(await alerts(source("....xx"), [{ ...RULE, shortSeconds: 30 }]), [[90, 90, 1]]);
});

Deno.test("errorBudget() tells of rules that reach beyond the span only the first", async () => {
  const rules = [60, 120, 240].map((longSeconds) => ({ ...RULE, longSeconds, factor: 0 }));
  const good = source("............");
  assert.equal((await alerts(good, rules)).length, 3, "180 s");
  assert.equal((await alerts(good, rules, { startSeconds: 60, endSeconds: 180 })).length, 2, "120 s");
  assert.equal((await alerts(good, rules, { startSeconds: 120, endSeconds: 180 })).length, 1, "60 s");
});

Deno.test("errorBudget() wants 99 % where nobody says otherwise, and has no word of what there was none of", async () => {
  const budget = await errorBudget(source("...x"), { ttftSeconds: 0.5 });
  assert.ok(!("absent" in budget));
  assert.deepEqual([budget.wanted, budget.met, budget.total], [0.99, 30, 40]);
  for (const name of ["stillWaiting", "countedBy", "cut", "byServer"]) assert.ok(!(name in budget), name);
  const single = new MemorySource();
  single.addRequest(RECORD);
  const span = { startSeconds: RECORD.dueSeconds - 10, endSeconds: RECORD.dueSeconds + 10 };
  const counted = await errorBudget(single, { ttftSeconds: 100 }, { span });
  assert.ok(!("absent" in counted));
  assert.deepEqual([counted.basis, counted.total], ["requests", 1], "one row is enough to count by rows");
  assert.equal(burnRate({ met: 0, total: 1 }, 0.5), 2);
});

Deno.test("watchedObjective() stands while both windows burn, each by its own least number of requests", async () => {
  const limit = { quantity: "ttft", seconds: 0.5 } as const;
  const watch = (rules: readonly BurnRule[]) => watchedObjective(limit, { text: "half", share: 0.5, rules });
  const look = async (of: MetricSource, seconds: number, rules = [RULE]) => {
    const [reading] = await watch(rules).read(of, seconds);
    return "absent" in reading! ? reading.absent.code : [reading!.value, reading!.beyond];
  };
  const { holdSeconds, side } = watch([RULE]);
  assert.deepEqual([holdSeconds, side], [0, "above"]);
  const run = source("....xxx...xx");
  assert.deepEqual(await look(run, 75), [0.5, false]);
  assert.deepEqual(await look(run, 90), [1, true]);
  assert.deepEqual(await look(run, 120), [1.5, false], "it has ended");
  assert.deepEqual(await look(source("xxx "), 60), [2, false], "nothing goes on");
  // Ten requests in the long window, one in the short one: just enough.
  const sparse = source("xxxxxxxxxx", 1);
  assert.deepEqual(await look(sparse, 150, [{ ...RULE, longSeconds: 150 }]), [2, true]);
  assert.equal(await look(sparse, 135, [{ ...RULE, longSeconds: 150 }]), "no_requests_in_window");
  // Of several rules the one that stands, though another burns faster.
  const never = { ...RULE, factor: 10 };
  const slow = { ...RULE, longSeconds: 75, factor: 0.5 };
  assert.deepEqual(await look(run, 90, [never, slow]), [0.8, true]);
  assert.deepEqual(await look(run, 90, [slow, never]), [0.8, true]);
  assert.deepEqual(await look(run, 90, [{ ...slow, factor: 10 }, never]), [1, false], "else the fastest");
});
