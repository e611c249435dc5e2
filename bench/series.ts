/**
 * `deno task bench series`: the store, windows and recording on 1,000 series at 1 Hz, beside pandas and DuckDB on the same values.
 *
 * pandas and DuckDB need a Python that has them: `BENCH_PYTHON` names it, else `python3`. A real Prometheus is asked too where
 * `BENCH_PROMETHEUS` names the folder of its programs. What is not there is named as absent.
 *
 * @module
 */
import { overGrid } from "../src/series/over_grid.ts";
import { rollingStatistics } from "../src/series/rolling.ts";
import { SeriesStore } from "../src/series/store.ts";
import { increase } from "../src/series/windows.ts";
import { createRecording } from "../src/recording/writer.ts";
import { openRecording } from "../src/recording/recording.ts";
import { MadeTarget } from "./series_data.ts";
import { askPrometheus, type PrometheusFigures } from "./series_prometheus.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./result.ts";

/** How much is measured. */
export interface SeriesBenchOptions {
  /** Length of the made-up target, default 24. */
  readonly hours?: number;
}

const SERIES = 1000;
/** Ticks that the peers get: they hold the values several times over. */
const PEER_TICKS = 3600;

/** Figures and targets as they come. */
class Results {
  readonly figures: BenchFigure[] = [];
  readonly targets: BenchTarget[] = [];

  figure(
    name: string,
    value: number,
    unit: string,
    peer?: { name: string; value: number | undefined },
  ): void {
    this.figures.push({
      name,
      value,
      unit,
      ...(peer === undefined ? {} : { peer: peer.value === undefined ? `${peer.name}: absent` : peer.name }),
      ...(peer?.value === undefined ? {} : { peerValue: peer.value, ratio: value / peer.value }),
    });
  }

  atMost(name: string, value: number, limit: number, unit: string): void {
    this.targets.push({
      name,
      wanted: `≤ ${limit} ${unit}`,
      got: `${value.toPrecision(3)} ${unit}`,
      ok: value <= limit,
    });
  }

  atLeast(name: string, value: number, limit: number, unit: string): void {
    this.targets.push({
      name,
      wanted: `≥ ${limit} ${unit}`,
      got: `${value.toPrecision(3)} ${unit}`,
      ok: value >= limit,
    });
  }
}

/** Measures; a day takes some minutes and 1 GB of memory and about 100 MB of disk. */
export async function run(options: SeriesBenchOptions = {}): Promise<BenchResult> {
  const ticks = Math.round(3600 * (options.hours ?? 24));
  const results = new Results();
  const peers = await runPeers();
  const store = measureStore(results, ticks, peers);
  const prometheus = await measurePrometheus(results, store);
  await measureRecording(results, ticks, { ...peers, prometheus });
  return { figures: results.figures, targets: results.targets };
}

interface Peers {
  readonly pandas?: PeerFigures;
  readonly duckdb?: PeerFigures;
  readonly prometheus?: PrometheusFigures | undefined;
}
type PeerFigures = Readonly<Record<string, number | undefined>> & { readonly version?: string | number };

/** The peers' figures on the first hour; empty where Python or they are missing. */
async function runPeers(): Promise<Peers> {
  const target = new MadeTarget(SERIES);
  const values = new Float64Array(PEER_TICKS * SERIES);
  for (let tick = 0; tick < PEER_TICKS; tick++) {
    target.next();
    values.set(target.values, tick * SERIES);
  }
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, new Uint8Array(values.buffer));
    const command = new Deno.Command(Deno.env.get("BENCH_PYTHON") ?? "python3", {
      args: [new URL("series_peers.py", import.meta.url).pathname, file, String(PEER_TICKS), String(SERIES)],
      stderr: "inherit",
    });
    const { success, stdout } = await command.output();
    return success ? JSON.parse(new TextDecoder().decode(stdout)) as Peers : {};
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  } finally {
    await Deno.remove(file);
  }
}

function peerOf(name: "pandas" | "duckdb", peers: Peers, convert: (peer: PeerFigures) => number | undefined) {
  const peer = peers[name];
  return {
    name: `${name} ${peer?.version ?? ""}`.trim(),
    value: peer === undefined || peer === null ? undefined : convert(peer),
  };
}

function measureStore(results: Results, ticks: number, peers: Peers): SeriesStore {
  const store = new SeriesStore();
  const target = new MadeTarget(SERIES);
  let appendMs = 0;
  for (let tick = 0; tick < ticks; tick++) {
    const { timeSeconds, batch } = target.next();
    const start = performance.now();
    store.append("bench", timeSeconds, batch);
    appendMs += performance.now() - start;
  }
  const samples = ticks * SERIES;
  results.figure("store: append", samples / appendMs / 1e3, "M samples/s");
  const bytes = store.bytes / samples;
  results.figure(
    "store: memory",
    bytes,
    "bytes a sample",
    peerOf("pandas", peers, (peer) => peer.bytesPerSample),
  );
  results.atMost("store: memory", bytes, 9, "bytes a sample");

  const span = store.span()!;
  const grid = { startSeconds: span.startSeconds, stepSeconds: 1, count: ticks, rangeSeconds: 60 };
  const selectAt = performance.now();
  const all = store.select({});
  const gridAt = performance.now();
  // A rate is for what counts up: eight of ten series.
  const counters = all.filter(({ type }) => type === "counter");
  let present = 0;
  const gridMs = fastestMs(3, () => {
    present = 0;
    for (const series of counters) present += overGrid("rate", series, grid).present[ticks - 1]!;
  });
  const gridPoints = counters.reduce((sum, { values }) => sum + values.length, 0);
  const perMicrosecond = gridPoints / gridMs / 1e3;
  results.figure("store: all points copied out", samples / (gridAt - selectAt) / 1e3, "M points/s");
  const pointsPerSecond = (name: "pandas" | "duckdb") =>
    peerOf(
      name,
      peers,
      ({ rate60 }) => rate60 === undefined ? undefined : PEER_TICKS * SERIES / rate60 / 1e6,
    );
  for (const name of ["pandas", "duckdb"] as const) {
    results.figure("60 s rate at every tick", perMicrosecond, "M points/s", pointsPerSecond(name));
  }
  results.atLeast("60 s rate at every tick", perMicrosecond, 80, "M points/s");
  if (present !== counters.length) {
    throw new Error(`Cannot measure: ${present} series have a rate at the end, wanted ${counters.length}`);
  }

  const windowMs = fastestMs(20, () => {
    const range = { endSeconds: span.endSeconds, rangeSeconds: 300 };
    const last = store.select({ span: { startSeconds: span.endSeconds - 300, endSeconds: span.endSeconds } });
    for (const series of last) increase(series, range);
  });
  for (const name of ["pandas", "duckdb"] as const) {
    const peer = peerOf(
      name,
      peers,
      ({ window300 }) => window300 === undefined ? undefined : window300 * 1e3,
    );
    results.figure("300 s increase of every series", windowMs, "ms", peer);
  }
  results.atMost("300 s increase of every series", windowMs, 3, "ms");
  const points = all[1]!;
  const rollingMs = fastestMs(5, () => rollingStatistics(points, { rangeSeconds: 300 }));
  const peer = peerOf(
    "pandas",
    peers,
    ({ rolling300 }) => rolling300 === undefined ? undefined : PEER_TICKS / rolling300 / 1e6,
  );
  results.figure("mean and deviation over 300 s at every tick", ticks / rollingMs / 1e3, "M points/s", peer);
  return store;
}

/** A real server on the first ten minutes; its answers must be ours, double for double. */
async function measurePrometheus(
  results: Results,
  store: SeriesStore,
): Promise<PrometheusFigures | undefined> {
  const folder = Deno.env.get("BENCH_PROMETHEUS");
  const figures = folder === undefined ? undefined : await askPrometheus(folder, store);
  const name = "answers that differ from a real Prometheus";
  const got = figures === undefined ? "Prometheus is absent" : `${figures.different} of ${figures.compared}`;
  results.targets.push({
    name,
    wanted: "0",
    got,
    ok: figures === undefined ? null : figures.different === 0,
  });
  const peer = `Prometheus ${figures?.version ?? ""}`.trim();
  const start = Math.floor(store.span()!.startSeconds) + 1;
  const counters = store.select({
    names: ["lab_bench_counter_total"],
    span: { startSeconds: start - 61, endSeconds: start + 600 },
  });
  const grid = { startSeconds: start, stepSeconds: 1, count: 600, rangeSeconds: 60 };
  const ms = fastestMs(5, () => counters.forEach((series) => overGrid("rate", series, grid)));
  results.figure("60 s rate at 600 ticks of the counters", counters.length * 600 / ms / 1e3, "M points/s", {
    name: peer,
    value: figures === undefined ? undefined : figures.ratePointsPerSecond / 1e6,
  });
  return figures;
}

async function measureRecording(results: Results, ticks: number, peers: Peers): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/bench.sqlite`;
    const samples = ticks * SERIES;
    const target = new MadeTarget(SERIES);
    const writer = createRecording(path);
    let appendMs = 0;
    let longestMs = 0;
    for (let tick = 0; tick < ticks; tick++) {
      const { timeSeconds, batch } = target.next();
      const start = performance.now();
      writer.append("bench", timeSeconds, batch);
      const took = performance.now() - start;
      appendMs += took;
      longestMs = Math.max(longestMs, took);
    }
    const closeAt = performance.now();
    writer.close();
    results.figure("recording: close", performance.now() - closeAt, "ms");
    const appended = samples / appendMs;
    const perSecond = peerOf(
      "duckdb",
      peers,
      ({ append }) => append === undefined ? undefined : PEER_TICKS * SERIES / append / 1e3,
    );
    results.figure("recording: append, a transaction each tick", appended, "k samples/s", {
      ...perSecond,
      name: `${perSecond.name}, all in one statement`,
    });
    results.atLeast("recording: append, a transaction each tick", appended, 500, "k samples/s");
    results.figure("recording: longest tick (one that packs a block)", longestMs, "ms");
    const bytes = (await Deno.stat(path)).size / samples;
    results.figure(
      "recording: size",
      bytes,
      "bytes a sample",
      peerOf("duckdb", peers, (peer) => peer.bytesPerSample),
    );
    const { prometheus } = peers;
    results.figure("recording: size", bytes, "bytes a sample", {
      name: `Prometheus ${prometheus?.version ?? ""}`.trim(),
      value: prometheus?.bytesPerSample,
    });
    results.atMost("recording: size", bytes, 2, "bytes a sample");
    await measureReading(results, path, peers);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureReading(results: Results, path: string, peers: Peers): Promise<void> {
  const open = async () => {
    const recording = openRecording(path);
    const span = (await recording.span())!;
    return { recording, span };
  };
  const firstAt = performance.now();
  const { recording, span } = await open();
  const openMs = performance.now() - firstAt;
  results.figure("recording: open", openMs, "ms", peerOf("duckdb", peers, (peer) => peer.open! * 1e3));
  results.atMost("recording: open", openMs, 100, "ms");
  // A different hour and series each time: what was read before must not help.
  const times: number[] = [];
  for (let i = 0; i < 21; i++) {
    const room = Math.max(0, span.endSeconds - span.startSeconds - 3600);
    const startSeconds = span.startSeconds + room * ((i * 7) % 21) / 21;
    const matchers = [{ label: "id", operator: "=", value: String(1 + 10 * ((i * 37) % 100)) }] as const;
    const start = performance.now();
    await recording.select({ name: "lab_bench_counter_total", matchers }, {
      startSeconds,
      endSeconds: startSeconds + 3600,
    });
    times.push(performance.now() - start);
  }
  const hourMs = times.sort((a, b) => a - b)[10]!;
  results.figure(
    "recording: one hour of one series",
    hourMs,
    "ms",
    peerOf("duckdb", peers, (peer) => peer.hour! * 1e3),
  );
  results.atMost("recording: one hour of one series", hourMs, 5, "ms");
  recording.close();
}

function fastestMs(repeats: number, work: () => unknown): number {
  let fastest = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    work();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}
