/**
 * The same series in a real Prometheus: what it takes on disk, how fast it answers, and whether it answers the same.
 *
 * @module
 */
import { overGrid } from "../src/series/over_grid.ts";
import type { SeriesStore } from "../src/series/store.ts";
import type { Series } from "../src/series/types.ts";

/** What a server did with the first ticks of the store. */
export interface PrometheusFigures {
  readonly version: string;
  /** Of its block's chunks and index together. */
  readonly bytesPerSample: number;
  /** A 60 s rate at every tick of every counter, by `query_range`, the answer's JSON included. */
  readonly ratePointsPerSecond: number;
  /** A 300 s increase of every counter at the end, by `query`. */
  readonly windowMs: number;
  /** Points that both gave, and those that were not the same double. */
  readonly compared: number;
  readonly different: number;
}

const TICKS = 600;
const RATE_SECONDS = 60;
const COUNTER = "lab_bench_counter_total";
const PORT = 19_390;

/**
 * Loads the store's first ticks into a server's files, starts it on the loopback, asks and stops it.
 *
 * @param folder where `prometheus` and `promtool` lie
 */
export async function askPrometheus(folder: string, store: SeriesStore): Promise<PrometheusFigures> {
  const { startSeconds } = store.span()!;
  const span = { startSeconds, endSeconds: startSeconds + TICKS };
  const series = store.select({ span });
  const work = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${work}/in.txt`, exposition(series));
    await succeed(`${folder}/promtool`, [
      "tsdb",
      "create-blocks-from",
      "openmetrics",
      `${work}/in.txt`,
      `${work}/data`,
    ]);
    const samples = series.reduce((sum, { values }) => sum + values.length, 0);
    const bytesPerSample = await sizeOf(`${work}/data`) / samples;
    const version = (await succeed(`${folder}/prometheus`, ["--version"])).match(/version (\S+)/)?.[1] ?? "";
    await Deno.writeTextFile(`${work}/prometheus.yml`, "global: {}\n");
    await using _server = await startServer(folder, work);
    const counters = series.filter(({ name }) => name === COUNTER);
    return { version, bytesPerSample, ...await ask(counters, Math.floor(startSeconds) + 1) };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** OpenMetrics text with times, family by family. */
function exposition(series: readonly Series[]): string {
  const families = new Map<string, string[]>();
  for (const { name, type, labels, timesSeconds, values } of series) {
    const family = name.replace(/_total$/, "");
    const lines = families.get(family) ?? [`# TYPE ${family} ${type}`];
    families.set(family, lines);
    const key = `${name}{id="${labels.id}"}`;
    timesSeconds.forEach((time, i) =>
      lines.push(`${key} ${values[i]} ${(Math.round(time * 1000) / 1000).toFixed(3)}`)
    );
  }
  return [...families.values()].map((lines) => `${lines.join("\n")}\n`).join("") + "# EOF\n";
}

async function startServer(folder: string, work: string): Promise<AsyncDisposable> {
  const server = new Deno.Command(`${folder}/prometheus`, {
    args: [
      `--config.file=${work}/prometheus.yml`,
      `--storage.tsdb.path=${work}/data`,
      "--storage.tsdb.retention.time=100y",
      `--web.listen-address=127.0.0.1:${PORT}`,
      "--log.level=error",
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const stop = async () => {
    server.kill();
    await server.status;
  };
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      const answer = await fetch(`http://127.0.0.1:${PORT}/-/ready`);
      await answer.body?.cancel();
      if (answer.ok) return { [Symbol.asyncDispose]: stop };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error("Cannot start Prometheus: it was not ready within 20 s");
}

interface Answer {
  readonly data: {
    readonly result: readonly {
      metric: { id: string };
      values?: [number, string][];
      value?: [number, string];
    }[];
  };
}

async function query(
  path: string,
  parameters: Record<string, string>,
): Promise<{ answer: Answer; ms: number }> {
  const start = performance.now();
  const response = await fetch(`http://127.0.0.1:${PORT}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const answer = await response.json() as Answer;
  return { answer, ms: performance.now() - start };
}

async function ask(
  counters: readonly Series[],
  startSeconds: number,
): Promise<Omit<PrometheusFigures, "version" | "bytesPerSample">> {
  const grid = { startSeconds, stepSeconds: 1, count: TICKS, rangeSeconds: RATE_SECONDS };
  const { answer, ms } = await query("query_range", {
    query: `rate(${COUNTER}[${RATE_SECONDS}s])`,
    start: String(startSeconds),
    end: String(startSeconds + TICKS - 1),
    step: "1",
  });
  const theirs = new Map(answer.data.result.map(({ metric, values }) => [metric.id, new Map(values)]));
  let compared = 0;
  let different = 0;
  for (const series of counters) {
    const { values, present } = overGrid("rate", series, grid);
    const points = theirs.get(series.labels.id!);
    for (let k = 0; k < TICKS; k++) {
      const text = points?.get(startSeconds + k);
      if (text === undefined && present[k] === 0) continue;
      compared++;
      if (text === undefined || present[k] === 0 || Number(text) !== values[k]) different++;
    }
  }
  const end = await query("query", {
    query: `increase(${COUNTER}[300s])`,
    time: String(startSeconds + TICKS - 1),
  });
  return { ratePointsPerSecond: compared / (ms / 1000), windowMs: end.ms, compared, different };
}

async function succeed(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`Cannot run ${command}: ${new TextDecoder().decode(stderr).slice(-500)}`);
  return new TextDecoder().decode(stdout);
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    bytes += isDirectory ? await sizeOf(`${folder}/${name}`) : (await Deno.stat(`${folder}/${name}`)).size;
  }
  return bytes;
}
