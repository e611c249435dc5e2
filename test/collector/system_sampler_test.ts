import assert from "node:assert/strict";
import {
  defaultHostReader,
  type HostExtent,
  platformHostReader,
  procHostReader,
} from "../../src/collector/host_reader.ts";
import { SystemSampler } from "../../src/collector/system_sampler.ts";
import type { SampleBatch, SeriesDefinition } from "../../src/series/types.ts";

const never = new AbortController().signal;

function machine(tick: number): Record<string, string> {
  const busy = 100 + 30 * tick;
  const idle = 900 + 70 * tick;
  return {
    "/proc/stat": `cpu  ${busy} 0 0 ${idle} 0 0 0 0\ncpu0 ${busy} 0 0 ${idle} 0 0 0 0\nintr 0\n`,
    "/proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 250 kB\nSwapTotal: 100 kB\nSwapFree: 60 kB\n",
    "/proc/loadavg": "0.50 0.25 0.10 1/100 1\n",
    "/proc/self/stat": "1 (deno) S 1 1 1 0 -1 0 0 0 0 0 200 100 0 0 20",
    "/proc/self/status": "VmRSS: 100 kB\n",
    "/proc/self/statm": "50 25 9 0 0 0 0\n",
    "/proc/self/cgroup": "0::/\n",
    "/sys/fs/cgroup/memory.current": "4096\n",
    "/sys/fs/cgroup/memory.max": "8192\n",
    "/sys/fs/cgroup/memory.stat": "inactive_file 1024\n",
    "/sys/fs/cgroup/cpu.max": "50000 100000\n",
  };
}

function sampler(files: (tick: number) => Record<string, string>, perCore = false) {
  let tick = 0;
  const it = new SystemSampler({
    intervalSeconds: 1,
    perCore,
    readFile(path) {
      const text = files(tick)[path];
      if (text === undefined) throw new Deno.errors.NotFound(`no ${path}`);
      return new TextEncoder().encode(text);
    },
  });
  const names = new Map<number, SeriesDefinition>();
  return async () => {
    const batch = await it.sample(tick, never);
    tick++;
    for (const definition of batch.defined) names.set(definition.id, definition);
    return { batch, values: valuesOf(batch, names) };
  };
}

function valuesOf(
  batch: SampleBatch,
  definitions: ReadonlyMap<number, SeriesDefinition>,
): Record<string, number> {
  const pairs = Array.from(batch.ids, (id, i) => {
    const { name, labels } = definitions.get(id)!;
    return [[name, ...Object.values(labels)].join(" "), batch.values[i]!];
  });
  return Object.fromEntries(pairs);
}

Deno.test("SystemSampler has no processor share on its first tick, and exact shares after it", async () => {
  const sample = sampler(machine, true);
  const first = await sample();
  assert.equal(first.values["lab_cpu_usage_ratio"], undefined);
  const slow = Object.entries(first.values).filter(([name]) => /load|process/.test(name));
  assert.deepEqual(Object.fromEntries(slow), {
    "lab_load1": 0.5,
    "lab_load5": 0.25,
    "lab_load15": 0.1,
    "lab_process_resident_memory_bytes": 102_400,
    "lab_process_cpu_seconds_total": 3,
  });
  assert.deepEqual((await sample()).values, {
    "lab_cpu_usage_ratio": 0.3,
    "lab_cpu_core_usage_ratio 0": 0.3,
    "lab_cpu_iowait_ratio": 0,
    "lab_cpu_steal_ratio": 0,
    "lab_memory_total_bytes": 1_024_000,
    "lab_memory_available_bytes": 256_000,
    "lab_memory_used_bytes": 768_000,
    "lab_memory_usage_ratio": 0.75,
    "lab_swap_total_bytes": 102_400,
    "lab_swap_used_bytes": 40_960,
    "lab_cgroup_memory_limit_bytes": 8192,
    "lab_cgroup_memory_used_bytes": 3072,
    "lab_cgroup_cpu_limit_cores": 0.5,
  });
});

Deno.test("SystemSampler names what is absent, once, and ends a series whose file goes away", async () => {
  const sample = sampler((tick) => {
    const files = machine(tick);
    if (tick >= 2) delete files["/proc/meminfo"];
    return files;
  });
  const first = (await sample()).batch;
  assert.deepEqual(Object.keys(first.facts!.absent!).sort(), ["disks", "network", "pressure"]);
  assert.deepEqual(first.facts!.absent!.network, {
    code: "file_not_readable",
    params: { path: "/proc/net/dev", detail: "no /proc/net/dev" },
  });
  assert.equal((await sample()).batch.facts, undefined);
  const third = (await sample()).batch;
  assert.equal(third.facts?.absent?.memory?.code, "file_not_readable");
  const memory = first.defined.filter(({ name }) =>
    /memory_(total|used|available|usage)|swap/.test(name) && !/cgroup/.test(name)
  );
  assert.deepEqual(Array.from(third.vanishedIds), memory.map(({ id }) => id));
});

Deno.test("SystemSampler reads processor and memory at every tick, the rest once a second and every five; nothing ends in between", async () => {
  const extents: (string | undefined)[] = [];
  let closed = 0;
  const files = machine(0);
  const read = procHostReader({ readFile: (path) => new TextEncoder().encode(files[path] ?? "") });
  const reader = Object.assign(
    (extent?: HostExtent) => {
      extents.push(extent);
      return read(extent);
    },
    { close: () => void closed++ },
  );
  const it = new SystemSampler({ intervalSeconds: 0.1, reader });
  const counts: number[] = [];
  // A tick that comes a hundredth early still gets its turn; one at 0.9 does not.
  for (const seconds of [0, 0.1, 0.9, 0.99, 1.09, 4.9, 4.98]) {
    const batch = await it.sample(seconds, never);
    assert.deepEqual(Array.from(batch.vanishedIds), [], String(seconds));
    counts.push(batch.ids.length);
  }
  assert.deepEqual(extents, ["all", "fast", "fast", "second", "fast", "second", "all"]);
  assert.deepEqual(counts, [14, 6, 6, 9, 6, 9, 14]);
  await it[Symbol.asyncDispose]();
  assert.equal(closed, 1);
});

Deno.test("SystemSampler ends memory's series at once when a quick read has none", async () => {
  let memory: "there" | "gone" = "there";
  const it = new SystemSampler({
    intervalSeconds: 0.1,
    reader: () => ({
      absent: {},
      ...(memory === "there" ? { memory: { totalBytes: 4, availableBytes: 1 } } : {}),
    }),
  });
  assert.equal((await it.sample(0, never)).ids.length, 4);
  memory = "gone";
  assert.equal((await it.sample(0.1, never)).vanishedIds.length, 4);
});

Deno.test("SystemSampler lets one-time facts come when they come", async () => {
  let tell: (facts: Record<string, string>) => void = () => {};
  const it = new SystemSampler({
    intervalSeconds: 1,
    reader: () => ({ absent: {} }),
    describe: () => new Promise((resolve) => tell = resolve),
  });
  assert.deepEqual((await it.sample(0, never)).facts?.details, {});
  tell({ cpuModel: "A processor" });
  await Promise.resolve();
  assert.deepEqual((await it.sample(1, never)).facts?.details, { cpuModel: "A processor" });
});

Deno.test("defaultHostReader() falls back to the platform's calls, and says why", () => {
  const denied = () => {
    throw new Deno.errors.NotCapable("Requires all access");
  };
  const { absent } = defaultHostReader({ readFile: denied })();
  assert.deepEqual(absent.cgroup, { code: "no_permission", params: { path: "/proc" } });
});

Deno.test("platformHostReader() names parts that it may not or cannot have", () => {
  // The tests run without --allow-sys: then even these calls are refused, and nothing is 0.
  const why = { code: "not_on_this_platform", params: { platform: "darwin" } } as const;
  const reading = platformHostReader(why)();
  assert.deepEqual(reading.absent.pressure, why);
  if (Deno.permissions.querySync({ name: "sys" }).state === "granted") {
    assert(reading.cpu!.all.total > 0);
    assert(reading.memory!.availableBytes <= reading.memory!.totalBytes);
  } else {
    assert.equal(reading.cpu, undefined);
    assert.equal(reading.absent.cpu?.code, "no_permission");
  }
});
