/**
 * `deno task bench client`: how far the load generator's figures are from what a server with a known schedule did.
 *
 * The server answers with a first token after 50 ms and 63 more 10 ms apart. An error is the client's figure minus the
 * truth, so the client's own delays, connecting and queueing included, count as error. A run whose lag says that the
 * machine was busy is repeated, up to three times, and the last one stands.
 *
 * @module
 */
import type { ClientLoad, ClientReport } from "./client_once.ts";
import { measurePeers } from "./client_peers.ts";
import {
  errorsAgainst,
  median,
  mostHeld,
  startTruthServer,
  type TruthErrors,
  type TruthProcess,
} from "./client_truth.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./result.ts";

const SCHEDULE = [0.05, 0.01, 64] as const;
const RUNS = 3;
const TRIES = 3;
const SECONDS = 6;

/** One run, joined with the server's truth. */
export interface ClientRun {
  readonly errors: TruthErrors;
  /** Most requests at once, by the kernel's receive times. */
  readonly held: number;
  /** How late the server's last chunks were by its own schedule, median. */
  readonly serverLateP50: number;
  readonly trust: string;
  readonly lagSeconds: number;
  readonly lateP50: number;
  readonly lateP99: number;
  readonly rateRatio: number;
  readonly chunksPerSecond: number;
  readonly processorPerMillion: number;
  readonly peakBytes: number;
  readonly firstRequestSeconds: number;
}

interface Case {
  readonly name: string;
  readonly load: Omit<ClientLoad, "apiBase">;
}

function cases(): readonly Case[] {
  const closed = (engine: ClientLoad["engine"], streams: number): Case => ({
    name: `${engine}, ${streams} streams`,
    load: { engine, streams, durationSeconds: SECONDS },
  });
  const open = (engine: ClientLoad["engine"], ratePerSecond: number): Case => ({
    name: `${engine}, Poisson ${ratePerSecond}/s`,
    load: { engine, ratePerSecond, durationSeconds: SECONDS },
  });
  const streams = [1, 50, 200, 500, 1000];
  return [
    ...streams.map((count) => closed("raw", count)),
    ...streams.map((count) => closed("epoll", count)),
    closed("fetch", 50),
    ...[10, 50, 200].flatMap((rate) => [open("raw", rate), open("epoll", rate)]),
  ];
}

/** Measures every case three times; takes some ten minutes. `only` keeps the cases whose name holds it. */
export async function run(
  options: { readonly only?: string; readonly onRow?: (row: string) => void; readonly peers?: boolean } = {},
): Promise<BenchResult> {
  await using server = await startTruthServer(SCHEDULE);
  const figures: BenchFigure[] = [];
  const targets: BenchTarget[] = [];
  for (const one of cases()) {
    if (options.only !== undefined && !one.name.includes(options.only)) continue;
    const runs: ClientRun[] = [];
    for (let i = 0; i < RUNS; i++) runs.push(await steadyRun(one.load, server));
    options.onRow?.(`${one.name}: ${runs.map(describeRun).join(" | ")}`);
    figures.push(...figuresOf(one.name, runs));
    targets.push(...targetsOf(one, runs));
  }
  if (options.peers !== false) {
    const peers = await measurePeers(server, options);
    figures.push(...peers.figures);
    targets.push(...peers.targets);
  }
  if (figures.length === 0 && targets.length === 0) {
    const names = cases().map(({ name }) => name).join("; ");
    throw new RangeError(
      `Cannot measure "${options.only}": no load has that in its name, wanted one of ${names}`,
    );
  }
  return { figures, targets };
}

/** Repeats a run on a machine that was too busy to measure on. */
async function steadyRun(load: Case["load"], server: TruthProcess): Promise<ClientRun> {
  let run = await measure(load, server);
  for (let tries = 1; tries < TRIES && run.lagSeconds > 0.007 && (load.streams ?? 0) <= 500; tries++) {
    run = await measure(load, server);
  }
  return run;
}

async function measure(load: Case["load"], server: TruthProcess): Promise<ClientRun> {
  await server.take();
  const script = new URL("./client_once.ts", import.meta.url).pathname;
  const started = (performance.timeOrigin + performance.now()) / 1000;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    // The flags of the task `load`: less room for young objects and for what is no longer used, at no cost in time.
    args: [
      "run",
      "-A",
      "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=30",
      script,
      JSON.stringify({ ...load, apiBase: server.apiBase }),
    ],
  }).output();
  const report: ClientReport = JSON.parse(new TextDecoder().decode(stdout));
  const { truths } = await server.take();
  const received = [...truths.values()].map((truth) => truth.receivedSeconds);
  const chunks = report.requests.reduce((sum, request) => sum + request.chunks.length, 0);
  const late = report.requests.map((request) => request.lateSeconds).sort((a, b) => a - b);
  return {
    errors: errorsAgainst(report.requests, truths),
    held: mostHeld(truths.values()),
    serverLateP50: median([...truths.values()].map((truth) => truth.lateSeconds)),
    trust: report.trust.level,
    lagSeconds: report.trust.lagP99Seconds ?? NaN,
    lateP50: late[Math.floor(late.length / 2)] ?? NaN,
    lateP99: late[Math.floor(late.length * 0.99)] ?? NaN,
    rateRatio: received.length / report.planned,
    chunksPerSecond: chunks / load.durationSeconds,
    processorPerMillion: report.processorSeconds / chunks * 1e6,
    peakBytes: report.peakBytes,
    firstRequestSeconds: Math.min(...received) - started,
  };
}

const ms = (seconds: number) => `${(seconds * 1000).toFixed(2)} ms`;

function describeRun(run: ClientRun): string {
  const { errors } = run;
  return [
    `TTFT ${ms(errors.ttftP50)} / ${ms(errors.ttftP99)}`,
    `ITL ${ms(errors.itlP50)} / ${ms(errors.itlP99)}`,
    `late ${ms(run.lateP99)}`,
    `${run.held} held`,
    `server late ${ms(run.serverLateP50)}`,
    `${Math.round(run.chunksPerSecond)} chunks/s`,
    `${run.processorPerMillion.toFixed(1)} s/M chunks`,
    `${Math.round(run.peakBytes / 1e6)} MB`,
    `first request ${run.firstRequestSeconds.toFixed(2)} s`,
    `lag ${ms(run.lagSeconds)} ${run.trust}`,
  ].join(", ");
}

function figuresOf(name: string, runs: readonly ClientRun[]): readonly BenchFigure[] {
  const of = (what: string, unit: string, value: (run: ClientRun) => number): BenchFigure => ({
    name: `${name}: ${what}`,
    value: median(runs.map(value)),
    unit,
  });
  return [
    of("TTFT p50 error", "ms", ({ errors }) => errors.ttftP50 * 1000),
    of("TTFT p99 error", "ms", ({ errors }) => errors.ttftP99 * 1000),
    of("ITL p50 error", "ms", ({ errors }) => errors.itlP50 * 1000),
    of("ITL p99 error", "ms", ({ errors }) => errors.itlP99 * 1000),
    of("E2E p99 error", "ms", ({ errors }) => errors.e2eP99 * 1000),
    of("sent late p99", "ms", ({ lateP99 }) => lateP99 * 1000),
    of("streams held", "streams", ({ held }) => held),
    of("server behind its schedule p50", "ms", ({ serverLateP50 }) => serverLateP50 * 1000),
    of("token chunks a second", "1/s", ({ chunksPerSecond }) => chunksPerSecond),
    of("processor time per million chunks", "s", ({ processorPerMillion }) => processorPerMillion),
    of("peak memory", "MB", ({ peakBytes }) => peakBytes / 1e6),
    of("command to first request", "s", ({ firstRequestSeconds }) => firstRequestSeconds),
    of("lag p99", "ms", ({ lagSeconds }) => lagSeconds * 1000),
  ];
}

/** The bounds of errors by engine and load, in milliseconds: p50 and p99 of TTFT, p99 of ITL. */
function bounds(
  { engine, streams = 0, ratePerSecond }: Case["load"],
): { readonly p50: number; readonly p99: number } | undefined {
  if (engine === "fetch") return undefined;
  if (ratePerSecond !== undefined) return { p50: 0.3, p99: engine === "raw" ? 5 : 2 };
  if (streams <= 200) return engine === "raw" ? { p50: 0.2, p99: 2 } : { p50: 0.2, p99: 1 };
  if (streams <= 500) return engine === "raw" ? { p50: 0.3, p99: 5 } : { p50: 0.3, p99: 2 };
  return engine === "raw" ? { p50: 2, p99: 35 } : { p50: 2, p99: 4 };
}

function targetsOf({ name, load }: Case, runs: readonly ClientRun[]): readonly BenchTarget[] {
  const bound = bounds(load);
  if (bound === undefined) return [];
  const target = (what: string, limit: number, value: (run: ClientRun) => number): BenchTarget => {
    const got = median(runs.map((run) => Math.abs(value(run)) * 1000));
    return {
      name: `${name}: ${what}`,
      wanted: `at most ${limit} ms`,
      got: `${got.toFixed(2)} ms`,
      ok: got <= limit,
    };
  };
  const list = [
    target("TTFT p50 error", bound.p50, ({ errors }) => errors.ttftP50),
    target("TTFT p99 error", bound.p99, ({ errors }) => errors.ttftP99),
    target("ITL p99 error", bound.p99, ({ errors }) => errors.itlP99),
  ];
  if (load.ratePerSecond !== undefined) {
    list.push(target("sent late p99", load.engine === "raw" ? 5 : 2, ({ lateP99 }) => lateP99));
    const ratio = median(runs.map((run) => run.rateRatio));
    list.push({
      name: `${name}: sent of planned`,
      wanted: "99 to 101 %",
      got: `${(ratio * 100).toFixed(1)} %`,
      ok: Math.abs(ratio - 1) <= 0.01,
    });
    return list;
  }
  const held = median(runs.map((run) => run.held));
  list.push({
    name: `${name}: streams held`,
    wanted: String(load.streams),
    got: String(held),
    ok: held === load.streams,
  });
  if (load.streams === 1000) list.push(...costTargets(name, load.engine, runs));
  return list;
}

function costTargets(
  name: string,
  engine: ClientLoad["engine"],
  runs: readonly ClientRun[],
): readonly BenchTarget[] {
  const processor = median(runs.map((run) => run.processorPerMillion));
  const memory = median(runs.map((run) => run.peakBytes)) / 1e6;
  const first = median(runs.map((run) => run.firstRequestSeconds));
  const limited = runs.every((run) => run.trust === "client_limited");
  return [
    {
      name: `${name}: processor time per million chunks`,
      wanted: "at most 25 s",
      got: `${processor.toFixed(1)} s`,
      ok: processor <= 25,
    },
    {
      name: `${name}: peak memory`,
      wanted: "at most 200 MB",
      got: `${memory.toFixed(0)} MB`,
      ok: memory <= 200,
    },
    {
      name: `${name}: command to first request`,
      wanted: "under 1 s",
      got: `${first.toFixed(2)} s`,
      ok: first < 1,
    },
    ...(engine === "raw"
      ? [{
        name: `${name}: marks itself client-limited`,
        wanted: "yes",
        got: limited ? "yes" : "no",
        ok: limited,
      }]
      : []),
  ];
}

if (import.meta.main) {
  const only = Deno.args.find((argument) => !argument.startsWith("--"));
  const write = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  const { figures, targets } = await run({ ...(only === undefined ? {} : { only }), onRow: write });
  for (const { name, wanted, got, ok } of targets) {
    write(`${ok === null ? "n/a " : ok ? "ok  " : "MISS"} ${name}: ${got}, wanted ${wanted}`);
  }
  write(`${figures.length} figures`);
}
