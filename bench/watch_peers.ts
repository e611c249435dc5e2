/**
 * Other watchers, for `watch.ts` to run beside the lab's. Each is left out where it is not installed: `pip install nvitop gpustat psutil`
 * (LAB_PYTHON names the interpreter), `go install github.com/prometheus/node_exporter@v1.10.2` on the search path.
 *
 * @module
 */

/** A process that watches. */
export interface Watcher {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Of an exporter: what a Prometheus reads once a second. */
  readonly polledUrl?: string;
}

const NVITOP =
  "import time\nfrom nvitop import Device\nd=Device.all()\nwhile 1:\n [x.as_snapshot() for x in d]\n time.sleep(1)\n";
const NVITOP_COLLECTOR = "import time\nfrom nvitop import ResourceMetricCollector\n" +
  "c=ResourceMetricCollector(interval=1.0)\nwith c('x'):\n while 1:\n  c.collect()\n  time.sleep(1)\n";
const PSUTIL =
  "import time,psutil\nwhile 1:\n psutil.cpu_percent(); psutil.virtual_memory(); psutil.net_io_counters(); psutil.disk_io_counters()\n time.sleep(1)\n";

const PYTHON = Deno.env.get("LAB_PYTHON") ?? "python3";
const NODE_EXPORTER_ADDRESS = "127.0.0.1:19100";

/** Those that read GPUs. */
export const GPU_PEERS = ["nvitop snapshots at 1 Hz", "nvitop collector at 1 Hz", "gpustat at 1 Hz"] as const;

/** Those that this machine has. */
export function availablePeers(): readonly Watcher[] {
  const [snapshots, collector, gpustat] = GPU_PEERS;
  const all: readonly (Watcher & { readonly test: readonly string[] })[] = [
    { name: snapshots, command: PYTHON, args: ["-c", NVITOP], test: ["-c", "import nvitop"] },
    { name: collector, command: PYTHON, args: ["-c", NVITOP_COLLECTOR], test: ["-c", "import nvitop"] },
    {
      name: gpustat,
      command: PYTHON,
      args: ["-m", "gpustat", "-i", "1", "--no-color"],
      test: ["-c", "import gpustat"],
    },
    {
      name: "psutil at 1 Hz (machine only)",
      command: PYTHON,
      args: ["-c", PSUTIL],
      test: ["-c", "import psutil"],
    },
    {
      name: "node exporter, one scrape a second (machine only)",
      command: "node_exporter",
      args: [`--web.listen-address=${NODE_EXPORTER_ADDRESS}`],
      polledUrl: `http://${NODE_EXPORTER_ADDRESS}/metrics`,
      test: ["--version"],
    },
  ];
  return all.filter(({ command, test }) => canRun(command, test));
}

function canRun(command: string, args: readonly string[]): boolean {
  try {
    return new Deno.Command(command, { args: [...args], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
