/** Every recorded answer of a Prometheus 3.16 server, as a double. Origin: test/fixtures/prometheus-3.16/README.md. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import type { Labels } from "../../src/parser/types.ts";
import type { Series, WindowQuery } from "../../src/series/types.ts";
import { answerKey, answerQuery } from "./promql.ts";
import { scrapedSource } from "./scraped.ts";

interface RangeLine {
  readonly kind: "range";
  readonly query: string;
  readonly start_ms: number;
  readonly step_ms: number;
  readonly n: number;
  readonly result: readonly { readonly labels: Labels; readonly v: readonly (string | null)[] }[];
}
interface SeriesLine {
  readonly kind: "series";
  readonly labels: Labels;
  readonly t: readonly number[];
  readonly v: readonly string[];
}

const FIXTURES = new URL("../fixtures/prometheus-3.16/", import.meta.url);
const numberOf = (text: string) => text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);

function readLines(name: string): (RangeLine | SeriesLine | { kind: "meta" })[] {
  const text = gunzipSync(Deno.readFileSync(new URL(`${name}.jsonl.gz`, FIXTURES))).toString();
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

function toSeries({ labels, t, v }: SeriesLine): Series {
  const { __name__: name = "", ...rest } = labels;
  let ms = 0;
  const times = t.map((gap) => (ms += gap) / 1000);
  const at = (stale: boolean) => times.filter((_, i) => (v[i] === "stale") === stale);
  return {
    name,
    labels: rest,
    type: "untyped",
    timesSeconds: Float64Array.from(at(false)),
    values: Float64Array.from(v.filter((text) => text !== "stale"), numberOf),
    staleSeconds: Float64Array.from(at(true)),
  };
}

/** A shipped run's series, with `up` as the server adds it. */
function scrapedSeries(run: string): Series[] {
  const { source, tries } = scrapedSource(run);
  return [...source.store.select({}), {
    name: "up",
    labels: {},
    type: "gauge",
    timesSeconds: Float64Array.from(tries, ({ timeSeconds }) => timeSeconds),
    values: Float64Array.from(tries, ({ ok }) => ok ? 1 : 0),
    staleSeconds: new Float64Array(0),
  }];
}

/** Compares one query's answers; returns how many points there are. */
function compare(line: RangeLine, series: readonly Series[]): number {
  const { query, start_ms, step_ms, n } = line;
  const answers = answerQuery(query, series, {
    startSeconds: start_ms / 1000,
    stepSeconds: step_ms / 1000,
    count: n,
  });
  const wanted = new Map(line.result.map(({ labels, v }) => [answerKey(labels), v]));
  const zerosAreEqual = query.includes("quantile_over_time");
  let points = 0;
  for (const { labels, values, present } of answers) {
    const key = [answerKey(labels), answerKey({ ...labels, __name__: "" })].find((each) =>
      wanted.has(each)
    ) ?? "";
    const want = wanted.get(key) ?? [];
    wanted.delete(key);
    for (let k = 0; k < n; k++) {
      const text = want[k] ?? null;
      const got = present[k] === 1 ? values[k]! : null;
      if (text === null && got === null) continue;
      points++;
      const equal = text !== null && got !== null &&
        (Object.is(numberOf(text), got) || (zerosAreEqual && numberOf(text) === got));
      if (!equal) assert.fail(`${query} ${JSON.stringify(labels)} at ${k}: Prometheus ${text}, got ${got}`);
    }
  }
  assert.deepEqual([...wanted.keys()], [], `${query}: series missing`);
  return points;
}

for (
  const [name, run, points] of [
    ["random-1", undefined, 118_722],
    ["vllm-load", "vllm-0.32.0-cpu", 17_756],
    ["vllm-reset", "vllm-0.32.0-restart", 12_129],
  ] as const
) {
  Deno.test(`window functions give Prometheus' answers when asked the queries of ${name}`, () => {
    const lines = readLines(name);
    const series = run === undefined
      ? lines.flatMap((line) => line.kind === "series" ? [toSeries(line)] : [])
      : scrapedSeries(run);
    let count = 0;
    for (const line of lines) if (line.kind === "range") count += compare(line, series);
    assert.equal(count, points);
  });
}

const HISTOGRAM =
  /^histogram_quantile\(([\d.]+), sum by\(le\) \(rate\(([\w:]+)_bucket(?:\{[^}]*\})?\[(\d+)([sm])\]\)\)\)$/;
const SUMMED =
  /^sum(?: by\((\w+)\))? ?\((rate|increase)\(([\w:]+)(?:\{model_name="tiny-llama"\})?\[(\d+)([sm])\]\)\)$/;

for (
  const [name, run] of [["vllm-load", "vllm-0.32.0-cpu"], ["vllm-reset", "vllm-0.32.0-restart"]] as const
) {
  Deno.test(`evaluate() gives Prometheus' answers when told to, over the scrapes of ${name}`, async () => {
    const { source } = scrapedSource(run);
    let compared = 0;
    for (const line of readLines(name)) {
      if (line.kind !== "range") continue;
      const query = toWindowQuery(line.query);
      if (query === undefined) continue;
      const { rangeSeconds, ...window } = query;
      const [startSeconds, stepSeconds] = [line.start_ms / 1000, line.step_ms / 1000];
      const found = await source.evaluate({ ...window, whileStale: "as_prometheus" }, {
        startSeconds,
        stepSeconds,
        count: line.n,
        rangeSeconds,
      });
      const wanted = line.result.map(({ labels, v }) => [
        answerKey(labels),
        v.flatMap((text, k) => text === null ? [] : [[startSeconds + k * stepSeconds, numberOf(text)]]),
      ]);
      const got = found.map((each) => [
        answerKey(each.labels),
        Array.from(each.timesSeconds, (time, i) => [time, each.values[i]]),
      ]);
      assert.deepEqual(new Map(got as []), new Map(wanted as []), line.query);
      compared += wanted.length;
    }
    assert.equal(compared > 150, true, `only ${compared} series`);
  });
}

/** The queries that a window query can say. */
function toWindowQuery(text: string): (WindowQuery & { rangeSeconds: number }) | undefined {
  const seconds = (amount: string, unit: string) => Number(amount) * (unit === "m" ? 60 : 1);
  const histogram = text.match(HISTOGRAM);
  if (histogram !== null) {
    const [, q, name, amount, unit] = histogram as string[];
    const fn = { kind: "histogram_quantile", quantile: Number(q) } as const;
    return { selector: { name: name! }, fn, rangeSeconds: seconds(amount!, unit!) };
  }
  const summed = text.match(SUMMED);
  if (summed === null) return undefined;
  const [, by, kind, name, amount, unit] = summed;
  return {
    selector: { name: name! },
    fn: { kind: kind === "rate" ? "rate" : "increase" },
    combine: "sum",
    by: by === undefined ? [] : [by],
    rangeSeconds: seconds(amount!, unit!),
  };
}
