/**
 * `deno task bench watch`: what watching costs, beside other watchers in the same seconds on the same machine: eight simulated
 * GPUs (the stand-in library), the machine, and one scrape of a vLLM exposition.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { setState, standin, statePath } from "../test/nvml/standin.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./simulated_published.ts";

const EIGHT_GPUS = `count=8
gpu.*.name=NVIDIA H100 80GB HBM3
gpu.*.util_gpu=sine:20:99:5000
gpu.*.power_mw=sine:150000:690000:5000
gpu.*.energy_mj=ramp:1000000:400000
gpu.*.nvlink_count=18
gpu.*.nvlink_tx_kib=ramp:0:1000000
gpu.*.procs=1:70000000000:95:60
gpu.*.gpm.2=sine:10:95:4000
gpu.*.gpm.3=41.0
`;

const NVITOP =
  "import time\nfrom nvitop import Device\nd=Device.all()\nwhile 1:\n [x.as_snapshot() for x in d]\n time.sleep(1)\n";
const NVITOP_COLLECTOR = "import time\nfrom nvitop import ResourceMetricCollector\n" +
  "c=ResourceMetricCollector(interval=1.0)\nwith c('x'):\n while 1:\n  c.collect()\n  time.sleep(1)\n";
const PSUTIL =
  "import time,psutil\nwhile 1:\n psutil.cpu_percent(); psutil.virtual_memory(); psutil.net_io_counters(); psutil.disk_io_counters()\n time.sleep(1)\n";

/** Seconds before the measurement, for the start and for compilers to settle, and during it. */
const WARM_SECONDS = 30;
const MEASURED_SECONDS = 60;

/** A process of the same runtime that does nothing but wake up once a second. */
const IDLE = "idle Deno process that wakes at 1 Hz";

interface Watcher {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Of a peer: the Python package that it needs. */
  readonly needs?: string;
}

interface Cost {
  readonly cpuPercent: number;
  readonly memoryMegabytes: number;
}

/** Measures; takes about two minutes. Needs gcc; peers need Python with nvitop, gpustat, psutil. */
export async function run(): Promise<BenchResult> {
  const library = standin();
  setState(EIGHT_GPUS);
  const server = serveExposition();
  const url = `http://127.0.0.1:${server.addr.port}`;
  const watchers = watchersFor(library, url).filter(({ needs }) => needs === undefined || hasPackage(needs));
  const costs = await measure(watchers, library);
  const loadBefore = Deno.loadavg()[0]!;
  const plain = await lag(library, "");
  const slow = await lag(library, "delay_us.nvmlDeviceGetFieldValues=20000\n");
  await server.shutdown();
  const peer = (name: string) => costs.get(name);
  const figures: BenchFigure[] = [...costs].flatMap(([name, { cpuPercent, memoryMegabytes }]) => [
    { name: `${name}: processor`, value: cpuPercent, unit: "% of a core" },
    { name: `${name}: memory`, value: memoryMegabytes, unit: "MB" },
  ]);
  figures.push(
    { name: "load of the machine (tasks, mean of the minute measured)", value: loadBefore, unit: "" },
    { name: "event loop's longest standstill, quick calls", value: plain.watchingMs, unit: "ms" },
    { name: "the same of an idle process in the same seconds", value: plain.idleMs, unit: "ms" },
    {
      name: "event loop's longest standstill, field queries of 20 ms on 8 GPUs",
      value: slow.watchingMs,
      unit: "ms",
    },
    { name: "the same of an idle process in the same seconds (2)", value: slow.idleMs, unit: "ms" },
  );
  return { figures, targets: targetsOf(peer, slow) };
}

function watchersFor(library: string, url: string): readonly Watcher[] {
  const own = (hertz: number, scrape: string) => [
    "run",
    "-A",
    new URL("./watch_child.ts", import.meta.url).pathname,
    library,
    String(hertz),
    scrape,
    "run",
    url,
  ];
  const deno = Deno.execPath();
  const python = (name: string, needs: string, code: string) => ({
    name,
    command: "python3",
    args: ["-c", code],
    needs,
  });
  return [
    { name: IDLE, command: deno, args: ["eval", "setInterval(() => {}, 1000)"] },
    { name: "GPUs and machine at 1 Hz", command: deno, args: own(1, "no-scrape") },
    { name: "all three at 1 Hz", command: deno, args: own(1, "scrape") },
    { name: "GPUs and machine at 10 Hz, scrape at 1 Hz", command: deno, args: own(10, "scrape") },
    python("nvitop snapshots at 1 Hz", "nvitop", NVITOP),
    python("nvitop collector at 1 Hz", "nvitop", NVITOP_COLLECTOR),
    python("psutil at 1 Hz (machine only)", "psutil", PSUTIL),
    {
      name: "gpustat at 1 Hz",
      command: "python3",
      args: ["-m", "gpustat", "-i", "1", "--no-color"],
      needs: "gpustat",
    },
  ];
}

function hasPackage(name: string): boolean {
  try {
    const { success } = new Deno.Command("python3", {
      args: ["-c", `import ${name}`],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * All watchers side by side, so that the machine's other load is the same for each. Everything that a process does counts,
 * garbage collection and the runtime's own threads too; its start does not. The idle process is shown, not subtracted.
 */
async function measure(watchers: readonly Watcher[], library: string): Promise<ReadonlyMap<string, Cost>> {
  const env = {
    NVML_STANDIN_STATE: statePath(),
    NVML_STANDIN_POLL_MS: "1000",
    LD_LIBRARY_PATH: library.slice(0, library.lastIndexOf("/")),
  };
  const running = watchers.map(({ name, command, args }) => ({
    name,
    child: new Deno.Command(command, { args: [...args], env, stdout: "null", stderr: "null", stdin: "null" })
      .spawn(),
  }));
  await seconds(WARM_SECONDS);
  const startMs = performance.now();
  const before = running.map(({ child }) => cpuSeconds(child.pid));
  await seconds(MEASURED_SECONDS);
  const elapsedSeconds = (performance.now() - startMs) / 1000;
  const costs = new Map<string, Cost>();
  running.forEach(({ name, child }, index) => {
    const now = cpuSeconds(child.pid);
    const then = before[index];
    if (now === undefined || then === undefined) return; // It ended by itself: not measured.
    costs.set(name, {
      cpuPercent: 100 * (now - then) / elapsedSeconds,
      memoryMegabytes: residentBytes(child.pid) / 1e6,
    });
  });
  for (const { child } of running) {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error; // It has ended.
    }
    await child.status;
  }
  return costs;
}

interface Standstill {
  readonly watchingMs: number;
  readonly idleMs: number;
}

/**
 * The longest standstill of the loop in each of five seconds, median, with something more in the library's state; and of a
 * process that only measures, beside it: what the machine itself makes any process wait.
 */
async function lag(library: string, state: string): Promise<Standstill> {
  setState(EIGHT_GPUS + state);
  const standstill = async (mode: string) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        new URL("./watch_child.ts", import.meta.url).pathname,
        library,
        "1",
        "no-scrape",
        mode,
      ],
      env: { NVML_STANDIN_STATE: statePath() },
      stderr: "null",
    }).output();
    return Number(new TextDecoder().decode(stdout).trim());
  };
  const [watchingMs = NaN, idleMs = NaN] = await Promise.all([standstill("lag"), standstill("idle-lag")]);
  return { watchingMs, idleMs };
}

/** A vLLM 0.32.0 exposition after a load, as a server would give it. */
function serveExposition(): Deno.HttpServer<Deno.NetAddr> {
  const packed = Deno.readFileSync(new URL("../data/shapes/vllm-0.32.0-after.txt.gz", import.meta.url));
  const body = new Uint8Array(gunzipSync(packed));
  return Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) =>
      new URL(request.url).pathname === "/metrics"
        ? new Response(body, { headers: { "content-type": "text/plain; version=1.0.0; charset=utf-8" } })
        : new Response("{}"),
  );
}

function targetsOf(
  cost: (name: string) => Cost | undefined,
  { watchingMs, idleMs }: Standstill,
): BenchTarget[] {
  const alone = cost("GPUs and machine at 1 Hz")?.cpuPercent;
  const peers = ["nvitop snapshots at 1 Hz", "nvitop collector at 1 Hz", "gpustat at 1 Hz"].map((name) =>
    cost(name)?.cpuPercent
  )
    .filter((value) => value !== undefined);
  const cheapest = peers.length === 0 ? undefined : Math.min(...peers);
  return [
    atMost(
      "GPUs and machine at 1 Hz",
      alone,
      cheapest,
      cheapest === undefined ? "no peer installed" : "the cheapest peer",
    ),
    atMost("all three at 1 Hz", cost("all three at 1 Hz")?.cpuPercent, 0.35),
    atMost(
      "GPUs and machine at 10 Hz, scrape at 1 Hz",
      cost("GPUs and machine at 10 Hz, scrape at 1 Hz")?.cpuPercent,
      1,
    ),
    {
      name: "event loop's standstill",
      wanted: "at most 5 ms more than an idle process",
      got: `${watchingMs} ms, idle ${idleMs} ms`,
      ok: watchingMs - idleMs <= 5,
    },
  ];
}

function atMost(name: string, got: number | undefined, wanted: number | undefined, whose = ""): BenchTarget {
  return {
    name,
    wanted: wanted === undefined ? whose : `at most ${wanted.toFixed(2)} % of a core ${whose}`.trim(),
    got: got === undefined ? "not measured" : `${got.toFixed(2)} %`,
    ok: got === undefined || wanted === undefined ? null : got <= wanted,
  };
}

/**
 * Processor time of all threads of a process so far, from the scheduler's own account in nanoseconds: the usual one counts
 * in hundredths of a second, and a watcher takes a few of these a minute. Undefined when the process has ended.
 */
function cpuSeconds(pid: number): number | undefined {
  try {
    let nanoseconds = 0;
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ")[0]);
    }
    return nanoseconds > 0 ? nanoseconds / 1e9 : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1] ?? NaN) * 1024;
}

function seconds(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration * 1000));
}
