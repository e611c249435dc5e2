/**
 * The parser against its peers: CPU time per byte of made-up scrapes of a vLLM fleet, all in one run, in turns.
 *
 * - objects: `parseExposition` on bytes, against Prometheus' textparse with labels, the Python client and
 *   parse-prometheus-text-format
 * - repeated: a `ScrapeReader` on scrape after scrape, against VictoriaMetrics' parser with buffers reused, and against
 *   textparse with a map from series text to id (a stand-in for Prometheus' scrape cache)
 * - third gone: the same with every third series missing from every second scrape
 * - first: a new `ScrapeReader` each time
 *
 * Figures are MB/s of CPU time (user and system, garbage collectors included), medians of the rounds. Peers are
 * processes of their own; each answers for the same files in turn.
 *
 * What bounds each: "objects" the objects themselves and, at 20 MB, the garbage collector and cache misses of the label
 * table; "repeated" one comparison of eight bytes per eight bytes and one number per line, at 20 MB the memory that has
 * to be read twice (text and heads); "first" hashing, the label objects and one definition object per series.
 *
 * @module
 */
import { availableParallelism, cpus } from "node:os";
import { parseExposition } from "../src/parser/parse.ts";
import { fixtureText } from "../test/helpers/parser_fixtures.ts";
import { FLEET_SIZES, FleetScrapes } from "./parser_input.ts";
import { type Peer, startDeno, startGo, startPython } from "./parser_peers.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./result.ts";

/** What the benchmark found. */
export interface ParserBench extends BenchResult {
  readonly name: "parser";
  readonly machine: string;
  readonly date: string;
  /** Peers that are not here, and why. */
  readonly absent: readonly string[];
}

type Size = keyof typeof FLEET_SIZES;

const SIZES: readonly Size[] = ["57 KB", "1 MB", "20 MB"];

/** How many steps of a fleet are parsed in turn, and how often everything is measured. */
const STEPS = 4;
const ROUNDS = 5;

/** What is measured: whose process, its mode, and how many bytes make one measurement. */
interface Subject {
  readonly name: string;
  /** Which process: each parser of this engine has its own. */
  readonly peer: "objects" | "repeated" | "first" | "package" | "go" | "python";
  readonly mode: string;
  readonly bytes: number;
  readonly input?: "third gone";
}

const SUBJECTS: readonly Subject[] = [
  { name: "objects", peer: "objects", mode: "objects", bytes: 40e6 },
  { name: "repeated", peer: "repeated", mode: "repeated", bytes: 160e6 },
  { name: "third gone", peer: "repeated", mode: "repeated", bytes: 160e6, input: "third gone" },
  { name: "first", peer: "first", mode: "first", bytes: 20e6 },
  { name: "parse-prometheus-text-format 1.1.1", peer: "package", mode: "package", bytes: 8e6 },
  { name: "Prometheus textparse, labels", peer: "go", mode: "textparse-labels", bytes: 40e6 },
  { name: "Prometheus textparse, map", peer: "go", mode: "textparse-map", bytes: 40e6 },
  { name: "VictoriaMetrics", peer: "go", mode: "victoriametrics", bytes: 160e6 },
  { name: "Python client", peer: "python", mode: "client", bytes: 1e6 },
];

const OWN: readonly string[] = ["objects", "repeated", "first", "package"];

/** Which figure stands beside which peer's. */
const PAIRS: readonly (readonly [string, string])[] = [
  ["objects", "Prometheus textparse, labels"],
  ["objects", "parse-prometheus-text-format 1.1.1"],
  ["objects", "Python client"],
  ["repeated", "VictoriaMetrics"],
  ["repeated", "Prometheus textparse, map"],
  ["third gone", "repeated"],
];

/** Medians in MB/s, by subject and size. */
type Medians = ReadonlyMap<string, number>;

/** Runs it and prints the result: a table, or JSON. Takes about two minutes, and one more the first time where Go is there. */
export async function run(options: { readonly json: boolean }): Promise<ParserBench> {
  const folder = await Deno.makeTempDir({ prefix: "parser_bench_" });
  const [python, go] = [await startPython(), await startGo()];
  const peers = new Map(OWN.map((name) => [name, startDeno()]));
  if ("peer" in python) peers.set("python", python.peer);
  if ("peer" in go) peers.set("go", go.peer);
  try {
    const medians = await measureAll(folder, peers);
    const absent = [python, go].flatMap((start) => "absent" in start ? [start.absent] : []);
    const result = resultOf(medians, absent);
    print(options.json ? JSON.stringify(result, undefined, 2) : describe(result));
    return result;
  } finally {
    for (const peer of peers.values()) await peer.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureAll(folder: string, peers: ReadonlyMap<string, Peer>): Promise<Medians> {
  const families = parseExposition(fixtureText("scrapes/vllm-0.32.0-after.txt"));
  const medians = new Map<string, number>();
  for (const size of SIZES) {
    const fleet = new FleetScrapes(families, FLEET_SIZES[size]);
    const whole = await writeSteps(`${folder}/whole`, fleet, () => true);
    const thirdGone = await writeSteps(
      `${folder}/third`,
      fleet,
      (sample, step) => step % 2 === 0 || sample % 3 !== 0,
    );
    const rates = new Map<string, number[]>();
    for (let round = 0; round <= ROUNDS; round++) {
      for (const subject of SUBJECTS) {
        const peer = peers.get(subject.peer);
        if (peer === undefined) continue;
        const rate = await measure(peer, subject, subject.input === undefined ? whole : thirdGone);
        // The first round warms up: compilers, caches, the readers' pasts.
        if (round > 0) rates.set(subject.name, [...rates.get(subject.name) ?? [], rate]);
      }
    }
    for (const [name, list] of rates) medians.set(`${name} ${size}`, median(list));
  }
  return medians;
}

/** The texts of a fleet's steps as files. */
interface Steps {
  readonly files: readonly string[];
  readonly meanBytes: number;
}

async function writeSteps(
  prefix: string,
  fleet: FleetScrapes,
  isPresent: (sample: number, step: number) => boolean,
): Promise<Steps> {
  const files: string[] = [];
  let bytes = 0;
  for (let step = 0; step < STEPS; step++) {
    const text = new TextEncoder().encode(fleet.text(step, (sample) => isPresent(sample, step)));
    const file = `${prefix}-${text.length}-${step}`;
    await Deno.writeFile(file, text);
    files.push(file);
    bytes += text.length;
  }
  return { files, meanBytes: bytes / STEPS };
}

/** MB/s of CPU time; a whole number of turns over the files, so that all subjects see the same bytes. */
async function measure(peer: Peer, subject: Subject, { files, meanBytes }: Steps): Promise<number> {
  const turns = Math.max(1, Math.round(subject.bytes / meanBytes / STEPS));
  // The slowest need not see all steps of the largest text.
  const passes = meanBytes > subject.bytes ? 1 : turns * STEPS;
  const seconds = await peer.measure(subject.mode, passes, files);
  return meanBytes * passes / seconds / 1e6;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function resultOf(medians: Medians, absent: readonly string[]): ParserBench {
  return {
    name: "parser",
    machine: `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores, Deno ${Deno.version.deno}`,
    date: new Date().toISOString(),
    figures: SIZES.flatMap((size) => figuresOf(medians, size)),
    targets: targetsOf(medians),
    absent,
  };
}

function figuresOf(medians: Medians, size: Size): BenchFigure[] {
  const figure = (name: string, peer?: string): BenchFigure[] => {
    const value = medians.get(`${name} ${size}`);
    const peerValue = peer === undefined ? undefined : medians.get(`${peer} ${size}`);
    if (value === undefined) return [];
    const beside = peer === undefined || peerValue === undefined
      ? {}
      : { peer, peerValue, ratio: value / peerValue };
    return [{ name: `${name}, ${size}`, value, unit: "MB/s", ...beside }];
  };
  return [...PAIRS.flatMap(([name, peer]) => figure(name, peer)), ...figure("first")];
}

function targetsOf(medians: Medians): BenchTarget[] {
  const ratio = (name: string, peer: string, size: Size, wanted: number): BenchTarget => {
    const value = medians.get(`${name} ${size}`);
    const peerValue = medians.get(`${peer} ${size}`);
    const title = `${name} against ${peer}, ${size}`;
    if (value === undefined || peerValue === undefined) {
      return { name: title, wanted: `at least ${wanted.toFixed(1)}×`, got: `${peer} is absent`, ok: null };
    }
    const got = value / peerValue;
    return {
      name: title,
      wanted: `at least ${wanted.toFixed(1)}×`,
      got: `${got.toFixed(2)}×`,
      ok: got >= wanted,
    };
  };
  const first = medians.get("first 20 MB") ?? NaN;
  return [
    ratio("objects", "Prometheus textparse, labels", "57 KB", 1.4),
    ratio("objects", "Prometheus textparse, labels", "20 MB", 1),
    ...SIZES.map((size) => ratio("repeated", "VictoriaMetrics", size, 1)),
    ...SIZES.map((size) => ratio("third gone", "repeated", size, 0.6)),
    { name: "first, 20 MB", wanted: "at least 60 MB/s", got: `${first.toFixed(0)} MB/s`, ok: first >= 60 },
  ];
}

function describe({ machine, date, figures, targets, absent }: ParserBench): string {
  const figureLines = figures.map(({ name, value, unit, peer, peerValue, ratio }) => {
    const own = `${name.padEnd(20)} ${value.toFixed(0).padStart(6)} ${unit}`;
    return peer === undefined
      ? own
      : `${own}   ${peer.padEnd(36)} ${(peerValue ?? NaN).toFixed(1).padStart(7)} ${unit}   ${
        (ratio ?? NaN).toFixed(2)
      }×`;
  });
  const mark = (ok: boolean | null) => ok === null ? "n/a   " : ok ? "ok    " : "missed";
  const targetLines = targets.map(({ name, wanted, got, ok }) =>
    `${mark(ok)} ${name}: ${got}, wanted ${wanted}`
  );
  return [
    `parser, ${machine}, ${date}`,
    ...figureLines,
    "",
    ...targetLines,
    ...absent.map((why) => `absent: ${why}`),
  ].join("\n");
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) await run({ json: Deno.args.includes("--json") });
