/** Every recorded answer of a Prometheus 3.16 server, as a double. Origin: test/fixtures/prometheus-3.16/README.md. */
import assert from "node:assert/strict";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { ScrapeReader } from "../../src/parser/scrape_reader.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { Labels } from "../../src/parser/types.ts";
import type { Series } from "../../src/series/types.ts";
import { answerKey, answerQuery } from "./promql.ts";

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
const DATA = new URL("../../data/", import.meta.url);
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

/** Shipped scrapes through the reader and the store, with `up` as the server adds it. */
function scrapedSeries(run: string): Series[] {
  const folder = new URL(`${run}/`, DATA);
  const manifest = JSON.parse(Deno.readTextFileSync(new URL("manifest.json", folder)));
  const bodies = zstdDecompressSync(Deno.readFileSync(new URL("scrapes.zst", folder)));
  const source = new MemorySource();
  const reader = new ScrapeReader();
  let offset = 0;
  const up = { times: [] as number[], values: [] as number[] };
  for (const { timeSeconds, bytes } of manifest.scrapes as { timeSeconds: number; bytes?: number }[]) {
    const time = Math.floor(Math.round(timeSeconds * 1e6) / 1000) / 1000;
    up.times.push(time);
    up.values.push(bytes === undefined ? 0 : 1);
    if (bytes === undefined) source.store.fail("vllm", time);
    else {
      const view = reader.read(bodies.subarray(offset, offset += bytes), time);
      source.append("vllm", time, { ...view, events: [] });
    }
  }
  return [...source.store.select({}), {
    name: "up",
    labels: {},
    type: "gauge",
    timesSeconds: Float64Array.from(up.times),
    values: Float64Array.from(up.values),
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
