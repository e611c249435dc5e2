import assert from "node:assert/strict";
import type { Labels } from "../../src/parser/types.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SampleBatch } from "../../src/series/types.ts";

const NONE: SampleBatch = { ids: [], values: [], defined: [], vanishedIds: [], events: [] };

interface Column {
  readonly name: string;
  readonly labels?: Labels;
  readonly type?: "gauge" | "counter";
  /** One a tick; undefined: absent at it. */
  readonly values: readonly (number | undefined)[];
}

/** A target whose ticks are 10 s apart, from 100 on. */
function target(columns: readonly Column[], id = "host"): MemorySource {
  const source = new MemorySource();
  const ticks = Math.max(...columns.map(({ values }) => values.length));
  for (let tick = 0; tick < ticks; tick++) {
    const there = columns.flatMap(({ values }, index) => values[tick] === undefined ? [] : [index]);
    const gone = columns.flatMap(({ values }, index) =>
      tick > 0 && values[tick] === undefined && values[tick - 1] !== undefined ? [index] : []
    );
    source.append(id, 100 + 10 * tick, {
      ...NONE,
      ids: there,
      values: there.map((index) => columns[index]!.values[tick]!),
      defined: there.filter((index) =>
        columns[index]!.values.findIndex((value) => value !== undefined) === tick
      )
        .map((index) => {
          const { name, labels = {}, type = "gauge" } = columns[index]!;
          return { id: index, name, labels, type };
        }),
      vanishedIds: gone,
    });
  }
  return source;
}

const ALL = { startSeconds: 0, endSeconds: 1000 };

async function points(source: MemorySource, quantity: Parameters<typeof select>[1]) {
  return (await select(source, quantity)).map(({ labels, timesSeconds, values }) => ({
    labels,
    points: Array.from(timesSeconds, (time, i) => [time, values[i]!]),
  }));
}

function select(
  source: MemorySource,
  quantity:
    | "cpu_usage"
    | "memory_usage"
    | "memory_used"
    | "prefix_cache_hit_ratio"
    | "gpu_memory_usage"
    | "gpu_memory_total",
) {
  return source.select({ quantity }, ALL);
}

const cpu = (index: string, mode: string, values: Column["values"]): Column => ({
  name: "node_cpu_seconds_total",
  labels: { cpu: index, mode },
  type: "counter",
  values,
});

Deno.test("select() works node_exporter's CPU usage out of its counters, a reset and an absence being gaps", async () => {
  // Tick 1: of 20 s 12 + 2 idle; tick 2: counters begin anew; tick 3: half; tick 4: a mode is absent; tick 6: all busy.
  const source = target([
    cpu("0", "idle", [100, 106, 1, 6, 6, 6, 6]),
    cpu("0", "iowait", [10, 11, 0, 0, 0, 0, 0]),
    cpu("0", "user", [50, 53, 0, 5, undefined, 20, 30]),
    cpu("1", "idle", [100, 106, 1, 6, 6, 6, 6]),
    cpu("1", "iowait", [10, 11, 0, 0, 0, 0, 0]),
    cpu("1", "user", [50, 53, 0, 5, 10, 20, 30]),
  ]);
  assert.deepEqual(await points(source, "cpu_usage"), [{
    labels: {},
    points: [[110, 1 - 14 / 20], [130, 1 - 10 / 20], [160, 1]],
  }]);
  const [series] = await source.select({ quantity: "cpu_usage" }, ALL);
  assert.deepEqual([series!.unit, series!.type, [...series!.staleSeconds]], ["ratio", "gauge", [140]]);
});

Deno.test("select() works memory out of what is there, and gives nothing where a part is missing", async () => {
  const total: Column = { name: "node_memory_MemTotal_bytes", values: [1000, 1000] };
  const available: Column = { name: "node_memory_MemAvailable_bytes", values: [750, undefined] };
  assert.deepEqual(await points(target([total, available]), "memory_usage"), [{
    labels: {},
    points: [[100, 0.25]],
  }]);
  assert.deepEqual(await points(target([available, total]), "memory_used"), [{
    labels: {},
    points: [[100, 250]],
  }]);
  assert.deepEqual(await points(target([total]), "memory_used"), []);
});

Deno.test("select() keeps GPUs apart and takes DCGM's blank for no value", async () => {
  const blank = 2 ** 47 + 1;
  const gpu = (index: string, used: number[], free: number[]): Column[] => [
    { name: "DCGM_FI_DEV_FB_USED", labels: { gpu: index }, values: used },
    { name: "DCGM_FI_DEV_FB_FREE", labels: { gpu: index }, values: free },
  ];
  const source = target([...gpu("0", [30, 40], [70, blank]), ...gpu("1", [1, 2], [3, 2])]);
  assert.deepEqual(await points(source, "gpu_memory_usage"), [
    { labels: { gpu: "0" }, points: [[100, 0.3]] },
    { labels: { gpu: "1" }, points: [[100, 0.25], [110, 0.5]] },
  ]);
  const totals = await points(source, "gpu_memory_total");
  assert.deepEqual(totals[1], { labels: { gpu: "1" }, points: [[100, 4 * 1048576], [110, 4 * 1048576]] });
});

Deno.test("select() and evaluate() give a hit ratio for each engine, and no point where nothing was asked", async () => {
  const engine = (index: string, hits: number[], queries: number[]): Column[] => [
    { name: "vllm:prefix_cache_hits_total", labels: { engine: index }, type: "counter", values: hits },
    { name: "vllm:prefix_cache_queries_total", labels: { engine: index }, type: "counter", values: queries },
  ];
  const source = target([
    ...engine("0", [0, 5, 5, 20], [0, 10, 10, 40]),
    ...engine("1", [0, 0, 1, 1], [0, 4, 8, 8]),
  ]);
  const ratios = await points(source, "prefix_cache_hit_ratio");
  assert.deepEqual(ratios, [
    { labels: { engine: "0" }, points: [[110, 0.5], [130, 0.5]] },
    { labels: { engine: "1" }, points: [[110, 0], [120, 0.25]] },
  ]);
  const last = await source.evaluate(
    {
      selector: {
        quantity: "prefix_cache_hit_ratio",
        matchers: [{ label: "engine", operator: "=", value: "1" }],
      },
      fn: { kind: "avg" },
    },
    { startSeconds: 125, stepSeconds: 10, count: 1, rangeSeconds: 60 },
  );
  assert.deepEqual(last.map(({ values }) => [...values]), [[0.125]]);
});
