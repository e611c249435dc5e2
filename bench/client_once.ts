/**
 * One load in a process of its own, so that its time and memory are only its own:
 * `deno run -A bench/client_once.ts '{"apiBase":…}'` prints what the client saw as JSON.
 *
 * @module
 */
import type { WorkloadResult } from "../src/simulator/workload/results.ts";
import { VllmWorkloadSimulator } from "../src/simulator/workload/simulator.ts";

/** What is to be measured. */
export interface ClientLoad {
  readonly apiBase: string;
  readonly engine: "raw" | "epoll" | "fetch";
  readonly streams?: number;
  readonly ratePerSecond?: number;
  /** Default: as many as a load takes by itself. */
  readonly threads?: number;
  readonly durationSeconds: number;
}

/** What the client saw, and what it cost. */
export interface ClientReport {
  readonly requests: readonly {
    readonly id: string;
    readonly sentSeconds: number;
    readonly lateSeconds: number;
    readonly chunks: readonly number[];
  }[];
  readonly planned: number;
  readonly failed: number;
  readonly trust: WorkloadResult["trust"];
  readonly processorSeconds: number;
  readonly peakBytes: number;
}

/** Processor time of this process so far: user and system, in ticks of 10 ms (proc_pid_stat(5)). */
async function processorSeconds(): Promise<number> {
  const stat = await Deno.readTextFile("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function peakBytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(status.match(/^VmHWM:\s+(\d+) kB/m)?.[1] ?? NaN) * 1024;
}

async function measure(load: ClientLoad): Promise<ClientReport> {
  const { apiBase, engine, streams, ratePerSecond, durationSeconds, threads } = load;
  using workload = new VllmWorkloadSimulator({
    apiBase,
    model: "bench",
    ...(engine === "fetch" ? { fetch } : { engine }),
    ...(threads === undefined ? {} : { threads }),
  });
  const result = streams === undefined
    ? await workload.simulateSteadyLoad({
      durationSeconds,
      ratePerSecond: ratePerSecond ?? 1,
      arrivals: "poisson",
    })
    // The first wave is spread over one request, as real users come.
    : await workload.simulateConcurrentLoad({ durationSeconds, concurrency: streams, spreadSeconds: 0.7 });
  // Before the report is made, which needs memory of its own.
  const cost = { processorSeconds: await processorSeconds(), peakBytes: await peakBytes() };
  return {
    requests: result.records.filter((record) => record.outcome === "ok").map((record) => ({
      id: record.id,
      sentSeconds: record.sentSeconds ?? NaN,
      lateSeconds: (record.connectStartedSeconds ?? record.sentSeconds ?? NaN) - record.dueSeconds,
      chunks: [...record.chunkTimesSeconds],
    })),
    planned: result.phases[0]?.plannedSeconds?.length ?? result.records.length,
    failed: result.records.length - result.summary.byOutcome.ok,
    trust: result.trust,
    ...cost,
  };
}

if (import.meta.main) {
  const load: ClientLoad = JSON.parse(Deno.args[0] ?? "{}");
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(await measure(load))));
  // The whole answer is out; nothing that still hangs on may keep the process.
  Deno.exit(0);
}
