import assert from "node:assert/strict";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { type ExportFormat, exportMonitoringData } from "../../src/export/export.ts";
import { parseExposition } from "../../src/parser/parse.ts";
import type { LabEvent, RequestRecord } from "../../src/series/types.ts";
import { fixedSource, seriesOf } from "../helpers/fixed_source.ts";

const CLOCK = { nowSeconds: () => 1_795_551_578.4, sleepUntil: () => Promise.resolve() };

const REQUEST: RequestRecord = {
  id: "r1",
  target: "load",
  model: "tiny",
  endpoint: "completions",
  phase: "steady",
  outcome: "error",
  dueSeconds: 100.25,
  sentSeconds: 100.5,
  chunkTimesSeconds: Float64Array.of(101, 101.5),
  endSeconds: 102,
  engine: "deno",
  trust: "good",
  error: '=cmd("x"), broken\nline',
};

const FAILED: LabEvent = {
  kind: "scrape_failed",
  timeSeconds: 102,
  target: "a",
  cause: { code: "connection_refused" },
  durationSeconds: 0.01,
};

const SOURCE = fixedSource({
  families: [
    { name: "queue", type: "gauge", help: "waiting" },
    { name: "done_total", type: "counter", help: "finished" },
    { name: "wait_seconds", type: "histogram", help: "time" },
    { name: "lab_cpu_ratio", type: "gauge", help: "cpu" },
  ],
  series: [
    seriesOf("queue", [[100, 3], [101, NaN], [103, Infinity]], { labels: { target: "a", engine: "0" } }),
    seriesOf("done_total", [[100, 7], [101, 9], [103, 2]], { labels: { target: "a" }, type: "counter" }),
    seriesOf("wait_seconds_bucket", [[101, 1], [103, 2]], {
      labels: { le: "0.5", target: "a", note: 'say "hi", x' },
      type: "histogram",
    }),
    seriesOf("wait_seconds_sum", [[103, 0.25]], { labels: { target: "a" }, type: "histogram" }),
    seriesOf("lab_cpu_ratio", [[100.5, 0.25], [102.5, 0.5]], { labels: { target: "host" } }),
  ],
  facts: [{ target: "a", simulated: true, intervalSeconds: 1 }, { target: "host", simulated: false }],
  events: [FAILED, { kind: "note", timeSeconds: 102.5, text: "+1 user" }],
  requests: [REQUEST],
  longestSelectSeconds: 2,
});

async function exported(formats: readonly ExportFormat[]) {
  const directory = await Deno.makeTempDir();
  try {
    const paths = await exportMonitoringData(SOURCE, { directory, formats, clock: CLOCK });
    const texts = new Map<string, string>();
    for (const path of paths) texts.set(path.slice(directory.length + 1), await Deno.readTextFile(path));
    const left = Array.from(Deno.readDirSync(directory), (entry) => entry.name).sort();
    assert.deepEqual(left, [...texts.keys()].sort(), "nothing else is left in the directory");
    return texts;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("exportMonitoringData() writes a wide CSV per time axis with empty cells where nothing was read", async () => {
  const files = await exported(["csv"]);
  assert.deepEqual([...files.keys()], [
    "monitoring_20261124T201938Z_a.csv",
    "monitoring_20261124T201938Z_host.csv",
    "monitoring_20261124T201938Z_requests.csv",
    "monitoring_20261124T201938Z_events.csv",
    "monitoring_20261124T201938Z_index.json",
  ]);
  assert.equal(
    files.get("monitoring_20261124T201938Z_a.csv"),
    [
      'time,time_seconds,"queue{engine=""0"",target=""a""}","done_total{target=""a""}",' +
      '"wait_seconds_bucket{le=""0.5"",note=""say \\""hi\\"", x"",target=""a""}","wait_seconds_sum{target=""a""}"',
      "1970-01-01T00:01:40.000Z,100,3,7,,",
      "1970-01-01T00:01:41.000Z,101,NaN,9,1,",
      "1970-01-01T00:01:42.000Z,102,,,,",
      "1970-01-01T00:01:43.000Z,103,inf,2,2,0.25",
      "",
    ].join("\r\n"),
  );
  assert.equal(
    files.get("monitoring_20261124T201938Z_host.csv"),
    'time,time_seconds,"lab_cpu_ratio{target=""host""}"\r\n' +
      "1970-01-01T00:01:40.500Z,100.5,0.25\r\n1970-01-01T00:01:42.500Z,102.5,0.5\r\n",
  );
});

Deno.test("exportMonitoringData() guards texts against formulas and quotes them when they need it", async () => {
  const files = await exported(["csv"]);
  const requests = files.get("monitoring_20261124T201938Z_requests.csv")!;
  assert.match(requests, /,good,"'=cmd\(""x""\), broken\nline"\r\n$/);
  const events = files.get("monitoring_20261124T201938Z_events.csv")!;
  assert.ok(events.endsWith(`1970-01-01T00:01:42.500Z,102.5,note,,"{""text"":""+1 user""}"\r\n`));
});

Deno.test("exportMonitoringData() writes JSON with every series, its own times and texts for what is no number", async () => {
  const files = await exported(["json"]);
  const document = JSON.parse(files.get("monitoring_20261124T201938Z.json")!);
  assert.equal(document.metadata.simulated, true);
  assert.deepEqual(document.metadata.span, {
    start: "1970-01-01T00:01:40.000Z",
    end: "1970-01-01T00:01:43.000Z",
    startSeconds: 100,
    endSeconds: 103,
  });
  assert.equal(document.metadata.pointCount, 11);
  assert.deepEqual(document.series.map((series: { name: string }) => series.name), [
    "queue",
    "done_total",
    "wait_seconds_bucket",
    "wait_seconds_sum",
    "lab_cpu_ratio",
  ]);
  assert.deepEqual(document.series[0], {
    name: "queue",
    labels: { target: "a", engine: "0" },
    type: "gauge",
    timesSeconds: [100, 101, 103],
    values: [3, "NaN", "+Inf"],
    staleSeconds: [],
  });
  assert.equal(document.statistics[1].increase, 4, "2 before the reset and 2 after it");
  assert.equal(document.statistics[1].resets, 1);
  assert.deepEqual(document.requests[0].chunkTimesSeconds, [101, 101.5]);
  assert.equal(document.events.length, 2);
});

Deno.test("exportMonitoringData() writes a row per point in the long form", async () => {
  const files = await exported(["csv_long"]);
  const lines = files.get("monitoring_20261124T201938Z_long.csv")!.split("\r\n");
  assert.equal(lines.length, 1 + 11 + 1);
  assert.equal(lines[2], '1970-01-01T00:01:41.000Z,101,queue,"{""target"":""a"",""engine"":""0""}",NaN');
});

Deno.test("exportMonitoringData() says so when the directory cannot be written", async () => {
  const file = await Deno.makeTempFile();
  try {
    await assert.rejects(
      exportMonitoringData(SOURCE, { directory: `${file}/inside`, clock: CLOCK }),
      /^Error: Cannot export to .*inside: .*, wanted a directory that can be written$/,
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("exportMonitoringData() writes an index alone when the source is empty", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const empty = fixedSource({ families: [], series: [] });
    const paths = await exportMonitoringData(empty, { directory, clock: CLOCK });
    assert.equal(paths.length, 2);
    const document = JSON.parse(await Deno.readTextFile(paths[0]!));
    assert.deepEqual([document.metadata.span, document.series], [null, []]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("exportMonitoringData() writes OpenMetrics text that a strict reader takes, every point with its time", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const source = await openShippedData("vllm-0.32.0-restart");
    const [path] = await exportMonitoringData(source, { directory, formats: ["openmetrics"], clock: CLOCK });
    const families = parseExposition(await Deno.readTextFile(path!), { format: "openmetrics", strict: true });
    const running = families.find((family) => family.name === "vllm:num_requests_running")!;
    const [series] = await source.select({ quantity: "running" }, (await source.span())!);
    assert.deepEqual(
      running.samples.map((sample) => [sample.timestampSeconds, sample.value]),
      Array.from(series!.values, (value, i) => [series!.timesSeconds[i], value]),
    );
    assert.equal(families.some((family) => family.name.endsWith("_created")), false);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("exportMonitoringData() writes Parquet", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const [path] = await exportMonitoringData(SOURCE, { directory, formats: ["parquet"], clock: CLOCK });
    assert.ok(path!.endsWith("monitoring_20261124T201938Z_long.parquet"));
    const bytes = await Deno.readFile(path!);
    const magic = (from: number) => new TextDecoder().decode(bytes.subarray(from, from + 4));
    // Format: PAR1 at both ends. Contents were read back with pandas 3.1.1 / pyarrow: 46,511 rows equal to the long CSV.
    assert.deepEqual([magic(0), magic(bytes.length - 4)], ["PAR1", "PAR1"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
