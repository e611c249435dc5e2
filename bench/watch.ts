/**
 * `deno task bench watch`: what watching costs, beside other watchers in the same seconds on the same machine: eight simulated
 * GPUs (the stand-in library), the machine, and one scrape of a vLLM exposition.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { setState, standin, statePath } from "../test/nvml/standin.ts";
import { cpuSeconds, endProcess, residentBytes, seconds } from "./process_cost.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./result.ts";
import { availablePeers, GPU_PEERS, type Watcher } from "./watch_peers.ts";

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

/**
 * Two spells, in seconds after the start. At one tick a second a just-in-time compiler is busy for two minutes and more: what a
 * watcher costs that has run for a while is the second, which the targets mean.
 */
const SPELLS = [
  { name: "30 to 90 s after its start", from: 30, to: 90 },
  { name: "settled", from: 150, to: 200 },
] as const;

/** A process of the same runtime that does nothing but wake up once a second. */
const IDLE = "idle Deno process that wakes at 1 Hz";

interface Cost {
  /** In each spell. */
  readonly cpuPercents: readonly number[];
  readonly memoryMegabytes: number;
}

/** Measures; takes about four minutes. Needs gcc; for the peers see `watch_peers.ts`. */
export async function run(): Promise<BenchResult> {
  const library = standin();
  setState(EIGHT_GPUS);
  const server = serveExposition();
  const url = `http://127.0.0.1:${server.addr.port}`;
  const watchers = [...ownWatchers(library, url), ...availablePeers()];
  const costs = await measure(watchers, library);
  const loadBefore = Deno.loadavg()[0]!;
  const plain = await lag(library, "");
  const slow = await lag(library, "delay_us.nvmlDeviceGetFieldValues=20000\n");
  await server.shutdown();
  const peer = (name: string) => costs.get(name);
  const figures: BenchFigure[] = [...costs].flatMap(([name, { cpuPercents, memoryMegabytes }]) => [
    ...SPELLS.map((spell, index) => {
      return { name: `${name}: processor, ${spell.name}`, value: cpuPercents[index]!, unit: "% of a core" };
    }),
    { name: `${name}: memory`, value: memoryMegabytes, unit: "MB" },
  ]);
  figures.push(
    { name: "load of the machine (tasks, mean of the last minute measured)", value: loadBefore, unit: "" },
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

function ownWatchers(library: string, url: string): readonly Watcher[] {
  const command = Deno.execPath();
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
  return [
    { name: IDLE, command, args: ["eval", "setInterval(() => {}, 1000)"] },
    { name: "GPUs and machine at 1 Hz", command, args: own(1, "no-scrape") },
    { name: "all three at 1 Hz", command, args: own(1, "scrape") },
    { name: "GPUs and machine at 10 Hz, scrape at 1 Hz", command, args: own(10, "scrape") },
  ];
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
  const polling = new AbortController();
  const polled = Promise.all(watchers.map(({ polledUrl }) => poll(polledUrl, polling.signal)));
  const startMs = performance.now();
  const spent: (number | undefined)[][] = [];
  const at: number[] = [];
  for (const spell of SPELLS) {
    for (const second of [spell.from, spell.to]) {
      await seconds(second - (performance.now() - startMs) / 1000);
      at.push(performance.now() / 1000);
      spent.push(running.map(({ child }) => cpuSeconds(child.pid)));
    }
  }
  polling.abort();
  await polled;
  const costs = new Map<string, Cost>();
  running.forEach(({ name, child }, index) => {
    if (spent.some((row) => row[index] === undefined)) return; // It ended by itself: not measured.
    const cpuPercents = SPELLS.map((_, spell) => {
      const [from, to] = [2 * spell, 2 * spell + 1] as const;
      return 100 * (spent[to]![index]! - spent[from]![index]!) / (at[to]! - at[from]!);
    });
    costs.set(name, { cpuPercents, memoryMegabytes: residentBytes(child.pid) / 1e6 });
  });
  for (const { child } of running) await endProcess(child);
  return costs;
}

/** Reads an exporter once a second, as a Prometheus would. */
async function poll(url: string | undefined, signal: AbortSignal): Promise<void> {
  while (url !== undefined && !signal.aborted) {
    try {
      await (await fetch(url, { signal })).arrayBuffer();
    } catch (error) {
      if (!(error instanceof TypeError) && !signal.aborted) throw error; // Not up yet.
    }
    await seconds(1);
  }
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
  const settled = (name: string) => cost(name)?.cpuPercents[1];
  const alone = settled("GPUs and machine at 1 Hz");
  const peers = GPU_PEERS.map(settled).filter((value) => value !== undefined);
  const cheapest = peers.length === 0 ? undefined : Math.min(...peers);
  return [
    atMost(
      "GPUs and machine at 1 Hz",
      alone,
      cheapest,
      cheapest === undefined ? "no peer installed" : "the cheapest peer",
    ),
    atMost("all three at 1 Hz", settled("all three at 1 Hz"), 0.35),
    atMost(
      "GPUs and machine at 10 Hz, scrape at 1 Hz",
      settled("GPUs and machine at 10 Hz, scrape at 1 Hz"),
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
