/**
 * `deno task bench analyzer`: a day of a thousand series through anomalies, changes of level and correlation, beside
 * pandas and ruptures where they are installed (`PYTHON` names the interpreter).
 *
 * @module
 */
import { detectAnomalies } from "../src/analyzer/anomalies.ts";
import { detectChangePoints } from "../src/analyzer/change_points.ts";
import { correlate } from "../src/analyzer/correlation.ts";
import type { Signal } from "../src/analyzer/signal.ts";
import { seededRandom, standardNormal } from "../src/base/random.ts";

const DAY_POINTS = 86_400;
const SERIES = 1000;
/** Series really run; the day of all of them is this times what one takes. */
const MEASURED = 20;

/** Figures, and targets against the peers. */
export async function run() {
  const random = seededRandom(1);
  const normal = (count: number) => Float64Array.from({ length: count }, () => 50 + standardNormal(random));
  const times = (count: number) => Float64Array.from({ length: count }, (_, i) => i);
  const day = { timesSeconds: times(DAY_POINTS), values: normal(DAY_POINTS) };
  const anomalies = best(MEASURED, () => detectAnomalies(day));
  const wandering = { ...day, values: day.values.map((value, i) => value + 20 * Math.sin(i / 13_000)) };
  const moving = best(5, () => detectAnomalies(wandering));
  const changesOfDay = best(3, () => detectChangePoints(day));
  const steps = Float64Array.from(
    { length: 2000 },
    (_, i) => [10, 14, 9, 12][Math.floor(i / 500)]! + standardNormal(random),
  );
  const changes = best(5, () => detectChangePoints({ timesSeconds: times(2000), values: steps }));
  const signals = Array.from({ length: 20 }, (_, i): Signal => ({
    name: `s${i}`,
    labels: {},
    perSecond: false,
    timesSeconds: times(50_000),
    values: normal(50_000),
  }));
  const correlation = best(3, () => correlate(signals, { stepSeconds: 1 }));
  const peers = await runPeers();
  const figure = (name: string, value: number, peer: string, peerValue: number | undefined) => ({
    name,
    value,
    unit: "ms",
    peer,
    ...(peerValue === undefined ? {} : { peerValue, ratio: value / peerValue }),
  });
  const figures = [
    figure(
      "robust anomalies, one series of a day at 1 Hz",
      anomalies,
      peers.pandas ?? "pandas (absent)",
      peers.anomalies_ms,
    ),
    figure(
      "robust anomalies about a level that moves, one series of a day at 1 Hz",
      moving,
      peers.pandas ?? "pandas (absent)",
      peers.moving_ms,
    ),
    figure(
      "changes of level, 2,000 points",
      changes,
      peers.ruptures ?? "ruptures (absent)",
      peers.changes_ms,
    ),
    { name: "changes of level, one series of a day at 1 Hz", value: changesOfDay, unit: "ms" },
    figure(
      "Pearson and Spearman, 20 x 50,000",
      correlation,
      peers.pandas ?? "pandas (absent)",
      peers.correlation_ms,
    ),
    { name: "robust anomalies, 1,000 series of a day", value: anomalies * SERIES / 1000, unit: "s" },
  ];
  const target = (name: string, own: number, peer: number | undefined, wanted: number) => ({
    name,
    wanted: `at most ${wanted} times the peer`,
    got: peer === undefined ? "peer absent" : `${(own / peer).toFixed(2)} times`,
    ok: peer === undefined ? null : own <= wanted * peer,
  });
  return {
    figures,
    targets: [
      target("anomalies as fast as pandas' median and MAD", anomalies, peers.anomalies_ms, 10),
      target("anomalies about a moving level as fast as pandas' rolling median", moving, peers.moving_ms, 2),
      target("changes as fast as ruptures", changes, peers.changes_ms, 1),
      target("correlation as fast as pandas", correlation, peers.correlation_ms, 5),
    ],
  };
}

/** Least time of several tries, in milliseconds. */
function best(tries: number, work: () => unknown): number {
  let least = Infinity;
  for (let i = 0; i < tries; i++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

interface Peers {
  readonly pandas?: string;
  readonly ruptures?: string;
  readonly anomalies_ms?: number;
  readonly moving_ms?: number;
  readonly changes_ms?: number;
  readonly correlation_ms?: number;
}

async function runPeers(): Promise<Peers> {
  const script = new URL("./analyzer_peers.py", import.meta.url).pathname;
  const python = Deno.env.get("PYTHON") ?? "python3";
  try {
    const { success, stdout } = await new Deno.Command(python, { args: [script], stderr: "null" }).output();
    if (!success) return {};
    const peers = JSON.parse(new TextDecoder().decode(stdout)) as Peers;
    return {
      ...peers,
      ...(peers.pandas === undefined ? {} : { pandas: `pandas ${peers.pandas}` }),
      ...(peers.ruptures === undefined ? {} : { ruptures: `ruptures ${peers.ruptures}` }),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}
