import assert from "node:assert/strict";
import { MemorySource } from "../../src/series/memory_source.ts";
import { SeriesStore } from "../../src/series/store.ts";
import type { MetricType } from "../../src/parser/types.ts";
import type { SampleBatch, SeriesDefinition } from "../../src/series/types.ts";

const define = (
  id: number,
  name: string,
  options: { labels?: Record<string, string>; type?: MetricType } = {},
) => ({
  id,
  name,
  labels: options.labels ?? {},
  type: options.type ?? "gauge",
});
const batch = (values: Record<number, number>, more: Partial<SampleBatch> = {}): SampleBatch => ({
  ids: Object.keys(values).map(Number),
  values: Object.values(values),
  defined: [],
  vanishedIds: [],
  events: [],
  ...more,
});
/** A store with the definitions told at time 0. */
function storeOf(defined: SeriesDefinition[], first: Record<number, number>) {
  const store = new SeriesStore();
  store.append("t", 0, batch(first, { defined }));
  return store;
}

Deno.test("select() keeps a missed tick as a gap, apart from NaN and from absence", () => {
  const store = storeOf([define(0, "a"), define(1, "b")], { 0: 1, 1: NaN });
  store.append("t", 1, batch({ 0: 2 }));
  store.append("t", 2, batch({ 0: 3, 1: 7 }));
  store.append("t", 3, batch({ 1: 8 }, { vanishedIds: [0] }));
  const [a, b] = store.select({});
  assert.deepEqual([...a!.timesSeconds], [0, 1, 2]);
  assert.deepEqual([...a!.staleSeconds], [3]);
  assert.deepEqual([...b!.timesSeconds], [0, 2, 3]);
  assert.deepEqual([...b!.values], [NaN, 7, 8]);
  assert.deepEqual([...b!.staleSeconds], []);
});

Deno.test("fail() adds no point and marks live series absent once", () => {
  const store = storeOf([define(0, "a")], { 0: 1 });
  store.fail("t", 1);
  store.fail("t", 2);
  store.append("t", 3, batch({ 0: 2 }));
  const [a] = store.select({});
  assert.deepEqual([...a!.timesSeconds], [0, 3]);
  assert.deepEqual([...a!.staleSeconds], [1]);
  store.fail("t", 9);
  assert.deepEqual(store.span(), { startSeconds: 0, endSeconds: 9 });
});

Deno.test("append() refuses ticks that are not later, and says that the clock jumped, once", () => {
  const store = storeOf([define(0, "a")], { 0: 1 });
  store.append("t", 100, batch({ 0: 2 }));
  assert.deepEqual(store.append("t", 100.0004, batch({ 0: 3 })), {
    accepted: false,
    reason: "duplicate_tick",
    events: [],
  });
  assert.deepEqual(store.append("t", 40, batch({ 0: 3 })), {
    accepted: false,
    reason: "late_tick",
    events: [{ kind: "clock_jump", timeSeconds: 100, target: "t", jumpSeconds: -60 }],
  });
  assert.deepEqual(store.append("t", 41, batch({ 0: 3 })).events, []);
  assert.deepEqual(store.append("t", NaN, batch({ 0: 3 })), {
    accepted: false,
    reason: "not_a_time",
    events: [],
  });
  assert.deepEqual([...store.select({})[0]!.values], [1, 2]);
  assert.throws(() => store.append("t", 101, batch({ 5: 1 })), TypeError);
});

Deno.test("append() tells a fall of a counter as one event for the target", () => {
  const counter = { type: "counter" } as const;
  const store = storeOf([define(0, "a_total", counter), define(1, "b_total", counter), define(2, "g")], {
    0: 9,
    1: 8,
    2: 7,
  });
  assert.deepEqual(store.append("t", 1, batch({ 0: 1, 1: 0, 2: 0 })).events, [{
    kind: "counter_reset",
    timeSeconds: 1,
    target: "t",
    reason: "value_fell",
    seriesCount: 2,
    previousTimeSeconds: 0,
  }]);
  assert.deepEqual(store.append("t", 2, batch({ 0: 1, 1: 5, 2: 3 })).events, []);
});

Deno.test("append() finds a reset by creation time or process start though the value rose", () => {
  const counter = { type: "counter" } as const;
  for (
    const [name, reason] of [["a_created", "created_changed"], [
      "process_start_time_seconds",
      "process_start_changed",
    ]] as const
  ) {
    const store = storeOf([define(0, "a_total", counter), define(1, name)], { 0: 9, 1: 1000 });
    const { events } = store.append("t", 1, batch({ 0: 12, 1: 2000 }));
    assert.deepEqual(events, [
      {
        kind: "counter_reset",
        timeSeconds: 1,
        target: "t",
        reason,
        seriesCount: 1,
        previousTimeSeconds: 0,
        newStartSeconds: 2000,
      },
    ]);
    assert.deepEqual([...store.select({ names: ["a_total"] })[0]!.resetSeconds!], [1]);
  }
});

Deno.test("append() knows by its creation time that a new counter began after the tick before", () => {
  const store = storeOf([define(0, "g")], { 0: 1 });
  const defined = [
    define(1, "a_total", { type: "counter", labels: { k: "new" } }),
    define(2, "a_created", { labels: { k: "new" } }),
    define(3, "b_total", { type: "counter" }),
    define(4, "b_created"),
  ];
  store.append("t", 10, batch({ 0: 1, 1: 5, 2: 4, 3: 5, 4: -100 }, { defined }));
  assert.deepEqual([...store.select({ names: ["a_total"] })[0]!.resetSeconds!], [10]);
  assert.equal(store.select({ names: ["b_total"] })[0]!.resetSeconds, undefined);
});

Deno.test("append() counts from 0 what its source says began in this batch, at the first tick too", async () => {
  const source = new MemorySource();
  const h = { type: "histogram" } as const;
  const defined = [
    define(0, "h_count", h),
    define(1, "h_sum", h),
    define(2, "old_total", { type: "counter" }),
  ];
  source.append("t", 5, batch({ 0: 3, 1: 6, 2: 40 }, { defined, begunIds: [0, 1] }));
  source.append("t", 6, batch({ 0: 4, 1: 10, 2: 41 }));
  const grown = async (name: string) => {
    const fn = { kind: "increase", extrapolate: false } as const;
    const grid = { startSeconds: 6, stepSeconds: 1, count: 1, rangeSeconds: 60 };
    return (await source.evaluate({ selector: { name }, fn }, grid))[0]!.values[0];
  };
  assert.deepEqual([await grown("h_count"), await grown("h_sum"), await grown("old_total")], [4, 10, 1]);
  assert.deepEqual(await source.events({ startSeconds: 0, endSeconds: 9 }), []);
});

Deno.test("append() keeps times that the source states itself and refuses those that are not later", () => {
  const store = new SeriesStore();
  const defined = [define(0, "own"), define(1, "a")];
  store.append("t", 10, batch({ 0: 1, 1: 5 }, { defined, timestampsSeconds: [3, NaN] }));
  const again = store.append("t", 11, batch({ 0: 1, 1: 6 }, { timestampsSeconds: [3, NaN] }));
  assert.ok(again.accepted && again.refusedPoints === 1);
  store.append("t", 12, batch({ 0: 2, 1: 7 }, { timestampsSeconds: [4, NaN] }));
  store.fail("t", 13);
  const [own, a] = store.select({});
  assert.deepEqual([...own!.timesSeconds, ...own!.values, ...own!.staleSeconds], [3, 4, 1, 2]);
  assert.deepEqual([...a!.timesSeconds], [10, 11, 12]);
});

Deno.test("select() meets matchers as Prometheus does", () => {
  const defined = ["x", "y", "xy"].map((k, id) => define(id, "a", { labels: { k } }));
  const store = storeOf([...defined, define(3, "a")], { 0: 0, 1: 1, 2: 2, 3: 3 });
  const values = (label: string, operator: "=" | "!=" | "=~" | "!~", value: string) =>
    store.select({ names: ["a"], matchers: [{ label, operator, value }] }).map((series) => series.values[0]);
  assert.deepEqual(values("k", "=", "x"), [0]);
  assert.deepEqual(values("k", "!=", "x"), [1, 2, 3]);
  assert.deepEqual(values("k", "=~", "x|y"), [0, 1]);
  assert.deepEqual(values("k", "=~", "x.*"), [0, 2]);
  assert.deepEqual(values("k", "!~", ".+"), [3]);
  assert.deepEqual(values("k", "=", ""), [3]);
  assert.deepEqual(values("target", "=", "t").length, 4);
  assert.throws(() => values("k", "=~", "("), SyntaxError);
});

Deno.test("labels carry the target once two targets have a series of one name", () => {
  const store = storeOf([define(0, "a", { labels: { target: "theirs" } })], { 0: 1 });
  assert.deepEqual(store.select({})[0]!.labels, { target: "theirs" });
  store.append("u", 0, batch({ 0: 2 }, { defined: [define(0, "a")] }));
  assert.deepEqual(store.select({}).map(({ labels }) => labels), [
    { exported_target: "theirs", target: "t" },
    { target: "u" },
  ]);
});

Deno.test("the same labels in another order are the same series", () => {
  const store = storeOf([define(0, "a", { labels: { x: "1", y: "2" } })], { 0: 1 });
  store.append("t", 1, batch({ 7: 2 }, { defined: [define(7, "a", { labels: { y: "2", x: "1" } })] }));
  assert.deepEqual(store.select({}).map(({ values }) => [...values]), [[1, 2]]);
});

Deno.test("retention by points and by seconds is exact for readers and bounds the memory", () => {
  for (const options of [{ maxPoints: 100 }, { retentionSeconds: 99 }]) {
    const store = new SeriesStore(options);
    store.append("t", 0, batch({ 0: 0 }, { defined: [define(0, "a")] }));
    for (let i = 1; i < 5000; i++) store.append("t", i, batch({ 0: i }));
    const [a] = store.select({});
    assert.deepEqual([a!.values.length, a!.values[0], a!.values.at(-1)], [100, 4900, 4999]);
    assert.deepEqual(store.span(), { startSeconds: 4900, endSeconds: 4999 });
    assert.ok(store.bytes <= 2 * 2 * 1024 * 8 + 1024, `${store.bytes} bytes`);
  }
});

Deno.test("retention by bytes forgets the oldest pieces", () => {
  const store = new SeriesStore({ maxBytes: 5 * 2 * 8192 });
  store.append("t", 0, batch({ 0: 0 }, { defined: [define(0, "a")] }));
  for (let i = 1; i < 20_000; i++) store.append("t", i, batch({ 0: i }));
  assert.ok(store.bytes <= 5 * 2 * 8192);
  assert.equal(store.select({})[0]!.values.at(-1), 19_999);
});

Deno.test("a day of values takes no more than 9 bytes each", () => {
  const store = new SeriesStore();
  const ids = Array.from({ length: 50 }, (_, id) => id);
  const defined = ids.map((id) => define(id, "a", { labels: { id: String(id) } }));
  const ticks = 20_000;
  for (let i = 0; i < ticks; i++) {
    const values = ids.map((id) => i * id);
    store.append("t", i, { ids, values, defined: i === 0 ? defined : [], vanishedIds: [], events: [] });
  }
  assert.ok(store.bytes / (ticks * ids.length) <= 9, `${store.bytes / (ticks * ids.length)} bytes a value`);
  assert.deepEqual([...store.select({ span: { startSeconds: 5000, endSeconds: 5002 } })[3]!.values], [
    15000,
    15003,
    15006,
  ]);
});

Deno.test("select() gives the newest points or the last one before a span when asked", () => {
  const store = storeOf([define(0, "a"), define(1, "b")], { 0: 0, 1: 0 });
  for (let i = 1; i < 10; i++) store.append("t", i, batch(i % 2 === 0 ? { 0: i, 1: i } : { 0: i }));
  assert.deepEqual(store.select({ lastPoints: 2 }).map(({ values }) => [...values]), [[8, 9], [6, 8]]);
  const span = { startSeconds: 7, endSeconds: 8 };
  assert.deepEqual(store.select({ span, includeBefore: true }).map(({ values }) => [...values]), [[6, 7, 8], [
    6,
    8,
  ]]);
});
