/**
 * `deno task bench anomalies [FOLDER]`: the anomaly detector on labelled series that others made, beside the z-score.
 *
 * Without a folder 48 generated series that no parameter was chosen on; with one its CSV files, whose last column is the label (0 or 1) and
 * whose column before it is the value, as sktime and aeon ship them.
 *
 * @module
 */
import { join } from "node:path";
import { detectAnomalies } from "../src/analyzer/anomalies.ts";
import { mean, sampleVariance } from "../src/analyzer/statistics.ts";
import { isJsonObject } from "../src/formats/json.ts";

/** A series with the points that are anomalous. */
export interface LabelledSeries {
  readonly group: string;
  readonly values: readonly number[];
  readonly labels: ReadonlySet<number>;
}

/** Says which points are anomalous. */
export type Detector = (values: readonly number[]) => ReadonlySet<number>;

/** The lab's. */
export const robust: Detector = (values) => {
  const result = detectAnomalies({ timesSeconds: values.map((_, i) => i), values });
  if ("absent" in result) return new Set();
  return new Set(result.episodes.flatMap(({ points }) => points.map((point) => point.timeSeconds)));
};

/** Distance from the mean in standard deviations. */
export function zScore(threshold: number): Detector {
  return (values) => {
    const centre = mean(values);
    const limit = threshold * Math.sqrt(sampleVariance(values));
    return new Set(values.flatMap((value, i) => Math.abs(value - centre) > limit ? [i] : []));
  };
}

/** What a detector gets right. Points are counted as they are: no whole stretch counts for one hit in it. */
export interface DetectionScore {
  /** Harmonic mean of precision and recall over points. */
  readonly pointF1: number;
  /** Over stretches: a labelled one with a flag in it is found, a flagged one without a label is false. */
  readonly eventF1: number;
  readonly found: number;
  readonly events: number;
  readonly falsePointsPerThousand: number;
}

/** Scores a detector over series. */
export function score(detect: Detector, series: readonly LabelledSeries[]): DetectionScore {
  const sums = { hit: 0, false: 0, missed: 0, found: 0, events: 0, falseEvents: 0, points: 0 };
  for (const { values, labels } of series) {
    const flagged = detect(values);
    sums.points += values.length;
    for (const at of flagged) labels.has(at) ? sums.hit++ : sums.false++;
    for (const at of labels) if (!flagged.has(at)) sums.missed++;
    const events = stretches(labels);
    sums.events += events.length;
    sums.found += events.filter((event) => touches(event, flagged)).length;
    sums.falseEvents += stretches(flagged).filter((event) => !touches(event, labels)).length;
  }
  return {
    pointF1: f1(sums.hit, sums.false, sums.missed),
    eventF1: f1(sums.found, sums.falseEvents, sums.events - sums.found),
    found: sums.found,
    events: sums.events,
    falsePointsPerThousand: 1000 * sums.false / sums.points,
  };
}

function f1(right: number, wrong: number, missed: number): number {
  return right === 0 ? 0 : 2 * right / (2 * right + wrong + missed);
}

/** Points at most three apart are one stretch. */
function stretches(points: ReadonlySet<number>): (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const at of [...points].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && at - last[1] <= 3) last[1] = at;
    else found.push([at, at]);
  }
  return found;
}

function touches([from, to]: readonly [number, number], points: ReadonlySet<number>): boolean {
  for (let at = from; at <= to; at++) if (points.has(at)) return true;
  return false;
}

/** Which of the generated series: those that parameters were chosen on, or the others. */
export type Half = "tuning" | "held_out";

const FIXTURES: Readonly<Record<Half, string>> = {
  tuning: "../test/fixtures/analyzer/labelled/gutentag.jsonl",
  held_out: "../test/fixtures/analyzer/labelled/gutentag_held_out.jsonl",
};

/** The generated series, in groups by what they rest on. */
export async function generatedSeries(half: Half): Promise<readonly LabelledSeries[]> {
  const lines = (await Deno.readTextFile(new URL(FIXTURES[half], import.meta.url))).trim().split("\n");
  return lines.map((line) => {
    const row: unknown = JSON.parse(line);
    if (!isJsonObject(row) || !Array.isArray(row.values)) {
      throw new TypeError("Cannot read a labelled series");
    }
    const [from, to] = [Number(row.from), Number(row.to)];
    return {
      group: String(row.base),
      values: row.values.map(Number),
      labels: new Set(Array.from({ length: to - from + 1 }, (_, i) => from + i)),
    };
  });
}

async function seriesOf(folder: string): Promise<readonly LabelledSeries[]> {
  const series: LabelledSeries[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".csv")) continue;
    const rows = (await Deno.readTextFile(join(folder, name))).trim().split("\n").slice(1).map((line) =>
      line.split(",").slice(-2).map(Number)
    );
    series.push({
      group: name,
      values: rows.map(([value]) => value!),
      labels: new Set(rows.flatMap(([, label], i) => label === 1 ? [i] : [])),
    });
  }
  return series;
}

/** Other people's detectors where they are installed (`PYTHON` names the interpreter), by their flags for each series in order. */
async function peersOn(series: readonly LabelledSeries[]): Promise<readonly (readonly [string, Detector])[]> {
  const script = new URL("./anomalies_peers.py", import.meta.url).pathname;
  const python = Deno.env.get("PYTHON") ?? "python3";
  try {
    const child = new Deno.Command(python, {
      args: [script],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    })
      .spawn();
    const writer = child.stdin.getWriter();
    const written = writer.write(
      new TextEncoder().encode(series.map(({ values }) => JSON.stringify(values) + "\n").join("")),
    ).then(() => writer.close());
    const [{ success, stdout }] = await Promise.all([child.output(), written]);
    if (!success) return [];
    const flagged = JSON.parse(new TextDecoder().decode(stdout)) as Record<string, readonly number[][]>;
    return Object.entries(flagged).map(([name, indices]) => [
      name,
      (values) => new Set(indices[series.findIndex((one) => one.values === values)]),
    ]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.BrokenPipe) return [];
    throw error;
  }
}

const DETECTORS: readonly (readonly [string, Detector])[] = [
  ["robust", robust],
  ["z-score 2", zScore(2)],
  ["z-score 3", zScore(3)],
];

/** Figures by group and over all. */
export async function run(folder?: string) {
  const all = folder === undefined ? await generatedSeries("held_out") : await seriesOf(folder);
  const detectors = [...DETECTORS, ...await peersOn(all)];
  const groups = [...new Set(all.map(({ group }) => group)), "all"];
  const figures = groups.flatMap((group) => {
    const own = group === "all" ? all : all.filter((one) => one.group === group);
    return detectors.flatMap(([name, detect]) => {
      const scored = score(detect, own);
      const figure = (what: string, value: number, unit: string) => ({
        name: `${group}, ${name}: ${what}`,
        value: Number(value.toFixed(3)),
        unit,
      });
      return [
        figure("point F1", scored.pointF1, ""),
        figure(`event F1 (${scored.found} of ${scored.events} found)`, scored.eventF1, ""),
        figure("false alarms", scored.falsePointsPerThousand, "in 1,000 points"),
      ];
    });
  });
  const [own, z] = [score(robust, all), score(zScore(3), all)];
  const better = (name: string, value: number, peer: number) => ({
    name,
    wanted: "above the z-score of 3",
    got: `${value.toFixed(2)}, z-score ${peer.toFixed(2)}`,
    ok: value > peer,
  });
  return {
    figures,
    targets: [better("event F1", own.eventF1, z.eventF1), better("point F1", own.pointF1, z.pointF1)],
  };
}
