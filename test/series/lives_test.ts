import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { openRecording } from "../../src/recording/recording.ts";
import { createRecording } from "../../src/recording/writer.ts";
import { prometheusSource } from "../../src/remote/prometheus_source.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { LabEvent, MetricSource, SampleBatch, SeriesDefinition } from "../../src/series/types.ts";
import { type FakeSeries, fakeServer } from "../remote/fake_server.ts";

const OLD = { itl: "vllm:time_per_output_token_seconds", kv: "vllm:gpu_cache_usage_perc" };
const NEW = { itl: "vllm:inter_token_latency_seconds", kv: "vllm:kv_cache_usage_perc" };

/** What a server shows on a tick: gaps between tokens that were counted so far, half of them up to 10 ms, and KV use. */
interface Shown {
  readonly names: typeof OLD;
  readonly count: number;
  readonly kv: number;
}

/** Ticks by second; none: nobody answers. */
type Ticks = readonly (readonly Shown[] | undefined)[];

interface Sink {
  append(samplerId: string, timeSeconds: number, batch: SampleBatch): unknown;
  fail(samplerId: string, timeSeconds: number, event: LabEvent): unknown;
}

function rowsOf({ names, count, kv }: Shown): [name: string, le: string | undefined, value: number][] {
  return [
    [`${names.itl}_bucket`, "0.01", count / 2],
    [`${names.itl}_bucket`, "+Inf", count],
    [`${names.itl}_sum`, undefined, count / 100],
    [`${names.itl}_count`, undefined, count],
    [names.kv, undefined, kv],
  ];
}

const labelsOf = (le: string | undefined) => ({ model_name: "m", ...(le === undefined ? {} : { le }) });

function feed(sink: Sink, ticks: Ticks): void {
  const known = new Map<string, SeriesDefinition>();
  let live: number[] = [];
  ticks.forEach((shown, timeSeconds) => {
    if (shown === undefined) {
      live = [];
      const cause = { code: "connection_refused" } as const;
      sink.fail("t", timeSeconds, {
        kind: "scrape_failed",
        timeSeconds,
        target: "t",
        cause,
        durationSeconds: 0,
      });
      return;
    }
    const defined: SeriesDefinition[] = [];
    const rows = shown.flatMap(rowsOf);
    const ids = rows.map(([name, le]) => {
      const key = name + le;
      const type = name.endsWith("_perc") ? "gauge" : "histogram";
      if (!known.has(key)) {
        known.set(key, { id: known.size, name, type, labels: labelsOf(le) });
        defined.push(known.get(key)!);
      }
      return known.get(key)!.id;
    });
    const vanishedIds = live.filter((id) => !ids.includes(id));
    live = ids;
    sink.append("t", timeSeconds, {
      ids,
      values: rows.map((row) => row[2]),
      defined,
      vanishedIds,
      events: [],
    });
  });
}

/** As a Prometheus server has the same ticks. */
function remoteOf(ticks: Ticks): MetricSource {
  const START = 1_795_552_000;
  const series = new Map<string, { labels: Record<string, string>; points: [number, string][] }>();
  const put = (labels: Record<string, string>, timeSeconds: number, value: number) => {
    const key = JSON.stringify(labels);
    const one = series.get(key) ?? { labels, points: [] };
    series.set(key, one);
    one.points.push([START + timeSeconds, String(value)]);
  };
  const target = { job: "vllm", instance: "t:8000" };
  ticks.forEach((shown, i) => {
    put({ __name__: "up", ...target }, i, shown === undefined ? 0 : 1);
    for (const [name, le, value] of (shown ?? []).flatMap(rowsOf)) {
      put({ __name__: name, ...labelsOf(le), ...target }, i, value);
    }
  });
  const metadata = Object.fromEntries(
    [OLD, NEW].flatMap(({ itl, kv }) => [
      [itl, [{ type: "histogram", help: "", unit: "" }]],
      [kv, [{ type: "gauge", help: "", unit: "" }]],
    ]),
  );
  const server = fakeServer([...series.values()] as FakeSeries[], { metadata });
  return prometheusSource("http://server:9090", {
    clock: new VirtualClock(START + ticks.length),
    fetch: server.fetch,
    span: { startSeconds: START, endSeconds: START + ticks.length - 1 },
  });
}

/** The same ticks in memory, in a recording that is being written and in one that is closed, and on a server. */
async function inEverySource(
  ticks: Ticks,
  check: (source: MetricSource, startSeconds: number, kind: string) => Promise<void>,
): Promise<void> {
  const memory = new MemorySource();
  feed(memory, ticks);
  await check(memory, 0, "memory");
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/run.sqlite`;
    const writer = createRecording(path);
    feed(writer, ticks);
    {
      using open = openRecording(path);
      await check(open, 0, "open recording");
    }
    writer.close();
    using closed = openRecording(path);
    await check(closed, 0, "closed recording");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  const remote = remoteOf(ticks);
  await check(remote, (await remote.span())!.startSeconds, "server");
}

/** Gaps counted from the start up to a tick, and the mean of those; KV use on each tick of the window. */
async function figures(source: MetricSource, startSeconds: number, window: { from: number; to: number }) {
  const grid = {
    startSeconds: startSeconds + window.to,
    stepSeconds: 1,
    count: 1,
    rangeSeconds: window.to - window.from,
  };
  const increase = { kind: "increase", extrapolate: false } as const;
  const counted = await source.evaluate({ selector: { quantity: "itl", part: "count" }, fn: increase }, grid);
  const buckets = await source.evaluate(
    { selector: { quantity: "itl" }, fn: { kind: "histogram_increase" } },
    grid,
  );
  const mean = await source.evaluate({ selector: { quantity: "itl" }, fn: { kind: "histogram_mean" } }, grid);
  const span = { startSeconds: startSeconds + window.from, endSeconds: startSeconds + window.to };
  const kv = await source.select({ quantity: "kv_cache_usage" }, span);
  return {
    counted: counted.map(({ values }) => values.at(-1)),
    buckets: buckets.map(({ labels, values }) => [labels.le, values.at(-1)]),
    mean: mean.map(({ values }) => Math.round(values.at(-1)! * 1e6) / 1e6),
    kv: kv.map(({ values }) => [...values]),
  };
}

function life(names: typeof OLD, counts: readonly number[], kv: number): (readonly Shown[])[] {
  return counts.map((count) => [{ names, count, kv }]);
}

const UPGRADE: Ticks = [
  ...life(OLD, [0, 4, 8, 12], 0.25),
  undefined,
  undefined,
  ...life(NEW, [2, 6, 10], 0.5), // ticks 6 to 8
];

Deno.test("a quantity whose name changed at an upgrade keeps what was before it, and counts add up", async () => {
  await inEverySource(UPGRADE, async (source, start, kind) => {
    assert.deepEqual(await figures(source, start, { from: 0, to: 8 }), {
      counted: [22],
      buckets: [["0.01", 11], ["+Inf", 11]],
      mean: [0.01],
      kv: [[0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.5]],
    }, kind);
    // Up to before the restart, and from after it on.
    assert.deepEqual((await figures(source, start, { from: 0, to: 3 })).counted, [12], kind);
    assert.deepEqual((await figures(source, start, { from: 6, to: 8 })).counted, [8], kind);
    assert.deepEqual((await figures(source, start, { from: 0, to: 3 })).kv, [[0.25, 0.25, 0.25, 0.25]], kind);
    assert.deepEqual((await figures(source, start, { from: 6, to: 8 })).kv, [[0.5, 0.5, 0.5]], kind);
  });
});

Deno.test("an upgrade between two ticks, and back: each life counts once, though no value falls", async () => {
  // 12 gaps, then 20 at the first look at the new server, 8 more, and 40 and 4 more of the old one again.
  const ticks = [...life(OLD, [0, 12], 0.25), ...life(NEW, [20, 28], 0.5), ...life(OLD, [40, 44], 0.75)];
  await inEverySource(ticks, async (source, start, kind) => {
    const { counted, kv } = await figures(source, start, { from: 0, to: 5 });
    assert.deepEqual(counted, [12 + 28 + 44], kind);
    assert.deepEqual(kv, [[0.25, 0.25, 0.5, 0.5, 0.75, 0.75]], kind);
  });
});

Deno.test("two names that a server shows at once are one quantity: the current one, in every window", async () => {
  const both = (count: number): Shown[] => [{ names: OLD, count, kv: 0.25 }, { names: NEW, count, kv: 0.25 }];
  await inEverySource([both(0), both(4), undefined, both(6), both(8)], async (source, start, kind) => {
    const { counted, buckets, kv } = await figures(source, start, { from: 0, to: 4 });
    assert.deepEqual([counted, buckets], [[8], [["0.01", 4], ["+Inf", 4]]], kind);
    assert.deepEqual(kv, [[0.25, 0.25, 0.25, 0.25]], kind);
  });
});

Deno.test("an old name counts up to an upgrade to a server that shows both", async () => {
  const both = (count: number): Shown[] => [{ names: OLD, count, kv: 0.5 }, { names: NEW, count, kv: 0.5 }];
  const ticks = [
    ...life(OLD, [0, 10], 0.25),
    undefined,
    both(2),
    both(4),
    undefined,
    ...life(NEW, [1, 3], 1),
  ];
  await inEverySource(ticks, async (source, start, kind) => {
    const { counted, kv } = await figures(source, start, { from: 0, to: 7 });
    assert.deepEqual([counted, kv], [[10 + 4 + 3], [[0.25, 0.25, 0.5, 0.5, 1, 1]]], kind);
  });
});

Deno.test("a condition on labels does not bring back a name that is there twice", async () => {
  const memory = new MemorySource();
  feed(memory, [[{ names: OLD, count: 1, kv: 0.5 }, { names: NEW, count: 1, kv: 0.5 }]]);
  const matchers = [{ label: "model_name", operator: "=", value: "another" }] as const;
  assert.deepEqual(
    await memory.select({ quantity: "kv_cache_usage", matchers }, { startSeconds: 0, endSeconds: 9 }),
    [],
  );
});

Deno.test("a name that comes later in the same life is the only one that counts, in windows before it too", async () => {
  const both = (count: number): Shown[] => [{ names: OLD, count, kv: 0.5 }, { names: NEW, count, kv: 0.75 }];
  const memory = new MemorySource();
  feed(memory, [...life(OLD, [0, 4], 0.5), both(6), both(9)]);
  assert.deepEqual((await figures(memory, 0, { from: 0, to: 3 })).counted, [3]);
  assert.deepEqual((await figures(memory, 0, { from: 0, to: 3 })).kv, [[0.75, 0.75]]);
  assert.deepEqual((await figures(memory, 0, { from: 0, to: 1 })).counted, []);
});

Deno.test("a share that is worked out of other names after an upgrade is there in both lives, once each", async () => {
  const counters = (hits: string, queries: string, [hit, query]: readonly number[]) =>
    [[hits, hit], [queries, query]] as const;
  const ticks = [
    ...[[0, 0], [1, 4], [2, 8]].map((row) =>
      counters("vllm:gpu_prefix_cache_hits_total", "vllm:gpu_prefix_cache_queries_total", row)
    ),
    ...[[0, 0], [3, 4], [6, 8]].map((row) => [
      ...counters("vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total", row),
      // Both at once, as versions between have them: the older names count for nothing here.
      ...counters("vllm:gpu_prefix_cache_hits_total", "vllm:gpu_prefix_cache_queries_total", [0, row[1]!]),
    ]),
  ];
  const memory = new MemorySource();
  const ids = new Map<string, number>();
  ticks.forEach((rows, i) => {
    const timeSeconds = i < 3 ? i : i + 1;
    if (i === 3) {
      const cause = { code: "connection_refused" } as const;
      memory.fail("t", 3, { kind: "scrape_failed", timeSeconds: 3, target: "t", cause, durationSeconds: 0 });
    }
    const fresh = rows.filter(([name]) => !ids.has(name));
    for (const [name] of fresh) ids.set(name, ids.size);
    memory.append("t", timeSeconds, {
      ids: rows.map(([name]) => ids.get(name)!),
      values: rows.map(([, value]) => value!),
      defined: fresh.map(([name]) => ({ id: ids.get(name)!, name, labels: {}, type: "counter" })),
      vanishedIds: [],
      events: [],
    });
  });
  const read = await memory.select({ quantity: "prefix_cache_hit_ratio" }, {
    startSeconds: 0,
    endSeconds: 9,
  });
  assert.deepEqual(read.map(({ values, timesSeconds }) => [[...timesSeconds], [...values]]), [
    [[1, 2, 5, 6], [0.25, 0.25, 0.75, 0.75]],
  ]);
});
