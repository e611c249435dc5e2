import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openRecording, type Recording } from "../../src/recording/recording.ts";
import { repairRecording } from "../../src/recording/repair.ts";
import { replay } from "../../src/recording/replay.ts";
import { createRecording, type RecordingWriter } from "../../src/recording/writer.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type {
  LabEvent,
  MetricSource,
  RequestRecord,
  SampleBatch,
  WindowQuery,
} from "../../src/series/types.ts";
import { scrapedSource } from "../series/scraped.ts";

/** A folder that is removed afterwards. */
async function inFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

const request: RequestRecord = {
  id: "r1",
  target: "vllm",
  model: "m",
  endpoint: "chat",
  phase: "steady",
  outcome: "ok",
  dueSeconds: 3,
  sentSeconds: 3.001,
  chunkTimesSeconds: Float64Array.of(3.5, 3.6, 3.8),
  endSeconds: 3.9,
  outputTokens: 3,
  outputTokensFrom: "usage",
  engine: "fetch",
  trust: "good",
};

/** Twelve counters and gauges that move, vanish, fail and reset; the same for every sink. */
function feed(
  sinks: readonly {
    append: RecordingWriter["append"] | MemorySource["append"];
    fail: RecordingWriter["fail"];
  }[],
  ticks: { from: number; to: number },
): void {
  const defined = Array.from({ length: 12 }, (_, id) => ({
    id,
    name: id < 6 ? "c_total" : "g",
    labels: { id: String(id) },
    type: id < 6 ? "counter" as const : "gauge" as const,
    help: "help",
  }));
  for (let t = ticks.from; t < ticks.to; t++) {
    if (t % 500 === 250) {
      const event: LabEvent = {
        kind: "scrape_failed",
        timeSeconds: t,
        target: "vllm",
        cause: { code: "timeout" },
        durationSeconds: 1,
      };
      for (const sink of sinks) sink.fail("vllm", t, event);
      continue;
    }
    const away = t % 300 < 20;
    const ids = defined.map(({ id }) => id).filter((id) => !(away && id === 7));
    const batch: SampleBatch = {
      ids,
      values: ids.map((id) => id < 6 ? (t % 700) * (id + 1) : id === 6 ? NaN : Math.sin(t * id) / 3),
      defined: t === ticks.from ? defined : [],
      vanishedIds: away ? [7] : [],
      events: t === 5 ? [{ kind: "note", timeSeconds: 5, text: "five" }] : [],
      ...(t === 4 ? { requests: [request] } : {}),
      ...(t === 0 ? { facts: { target: "vllm", simulated: true, version: "0.32.0" } } : {}),
    };
    for (const sink of sinks) sink.append("vllm", t, batch);
  }
}

const QUERIES: WindowQuery[] = [
  { selector: { name: "c_total" }, fn: { kind: "rate" } },
  { selector: { name: "c_total" }, fn: { kind: "increase", extrapolate: false }, by: ["id"] },
  {
    selector: { name: "g", matchers: [{ label: "id", operator: "=~", value: "[78]" }] },
    fn: { kind: "avg" },
  },
];

/** Everything that two sources say. */
async function assertSame(got: MetricSource, wanted: MetricSource): Promise<void> {
  const span = (await wanted.span())!;
  assert.deepEqual(await got.span(), span);
  assert.deepEqual(await got.describe(), await wanted.describe());
  assert.deepEqual(await got.facts(), await wanted.facts());
  // That it was cut off is known of a file alone.
  const events = (await got.events(span)).filter(({ kind }) => kind !== "recording_cut");
  assert.deepEqual(events, await wanted.events(span));
  assert.deepEqual(await got.requests(span), await wanted.requests(span));
  const middle = { startSeconds: span.startSeconds + 900, endSeconds: span.endSeconds - 70 };
  for (const part of [span, middle]) {
    for (const name of ["c_total", "g"]) {
      assert.deepEqual(await got.select({ name }, part), await wanted.select({ name }, part));
    }
  }
  const grid = { startSeconds: span.startSeconds, stepSeconds: 37, count: 80, rangeSeconds: 60 };
  for (const query of QUERIES) {
    assert.deepEqual(await got.evaluate(query, grid), await wanted.evaluate(query, grid));
  }
}

Deno.test("a recording says what memory says: while it is written, after a crash, when closed", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    const memory = new MemorySource();
    const writer = createRecording(path, { clock: new VirtualClock(0) });
    // 2,500 ticks: two blocks and loose ticks; a third block is packed while it is open to read.
    feed([writer, memory], { from: 0, to: 2500 });
    const live = openRecording(path);
    assert.equal(live.live, true);
    await assertSame(live, memory);
    // What a killed process leaves: the file and its log, and a lock that nobody holds.
    for (const suffix of ["", "-wal"]) Deno.copyFileSync(path + suffix, `${folder}/crashed.sqlite${suffix}`);
    feed([writer, memory], { from: 2500, to: 3200 });
    await assertSame(live, memory);
    live.close();
    writer.close();
    assert.deepEqual(filesIn(folder), ["crashed.sqlite", "crashed.sqlite-wal", "r.sqlite"]);
    const before = new MemorySource();
    feed([before], { from: 0, to: 2500 });
    for (const [file, wanted] of [["r", memory], ["crashed", before]] as const) {
      using closed: Recording = openRecording(`${folder}/${file}.sqlite`);
      assert.equal(closed.live, false);
      await assertSame(closed, wanted);
      assert.equal(closed.damagedPieces, 0);
    }
    assert.deepEqual(filesIn(folder), ["crashed.sqlite", "r.sqlite"]);
  });
});

Deno.test("a recording of real scrapes gives back every point, and the restart", async () => {
  await inFolder(async (folder) => {
    const { source } = scrapedSource("vllm-0.32.0-restart");
    const path = `${folder}/r.sqlite`;
    const writer = createRecording(path, { clock: new VirtualClock(0) });
    scrapedSource("vllm-0.32.0-restart", writer);
    writer.close();
    using recording = openRecording(path);
    const span = (await source.span())!;
    assert.deepEqual(await recording.span(), span);
    assert.deepEqual(await recording.events(span), await source.events(span));
    for (const { name, type } of await source.describe()) {
      const names = type === "histogram" ? ["_bucket", "_sum", "_count"].map((part) => name + part) : [name];
      for (const each of names) {
        assert.deepEqual(
          await recording.select({ name: each }, span),
          await source.select({ name: each }, span),
        );
      }
    }
  });
});

Deno.test("createRecording() refuses a second writer and lets the next one in", async () => {
  await inFolder((folder) => {
    const path = `${folder}/r.sqlite`;
    const first = createRecording(path);
    assert.throws(() => createRecording(path), new RegExp(`process ${Deno.pid} writes to it`));
    assert.throws(() => repairRecording(path, `${folder}/s.sqlite`), /a writer holds it/);
    first.close();
    createRecording(path).close();
  });
});

Deno.test("createRecording() goes on with a recording, and a line breaks where nobody wrote", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    for (const [from, to] of [[200, 300], [1000, 1100]] as const) {
      using writer = createRecording(path, { clock: new VirtualClock(0) });
      feed([writer], { from, to });
    }
    using recording = openRecording(path);
    assert.deepEqual(await recording.span(), { startSeconds: 200, endSeconds: 1099 });
    const span = { startSeconds: 0, endSeconds: 2000 };
    const [series] = await recording.select({ name: "c_total" }, span);
    assert.deepEqual([series!.values.length, [...series!.staleSeconds]], [199, [250, 299.001]]);
    assert.equal((await recording.describe()).length, 2);
    // 299 → 300 rose, so no reset is told; the other ids of the new sampler found their series.
    assert.deepEqual((await recording.events(span)).filter(({ kind }) => kind === "counter_reset"), []);
    assert.throws(() => createRecording(`${folder}/no/such.sqlite`));
  });
});

Deno.test("retention deletes what is older, and the file stops growing", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    const writer = createRecording(path, { retentionSeconds: 2000, clock: new VirtualClock(0) });
    feed([writer], { from: 0, to: 5000 });
    feed([writer], { from: 5000, to: 10_000 });
    writer.close();
    using recording = openRecording(path);
    const span = (await recording.span())!;
    assert.ok(span.startSeconds > 6000 && span.startSeconds <= 8000, `${span.startSeconds}`);
    assert.deepEqual(await recording.requests({ startSeconds: 0, endSeconds: 1e9 }), []);
    const points = (await recording.select({ name: "c_total" }, span))[0]!.values.length;
    assert.ok(points >= 1990 && points <= 2000 + 1024 + 1024);
  });
});

Deno.test("a recording that cannot be written goes on in memory, says so once, and loses nothing when it recovers", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    const told: LabEvent[] = [];
    const clock = new VirtualClock(0);
    const memory = new MemorySource();
    const writer = createRecording(path, { clock, onEvent: (event) => told.push(event) });
    feed([writer, memory], { from: 0, to: 100 });
    const blocker = new DatabaseSync(path);
    blocker.exec("BEGIN IMMEDIATE");
    feed([writer, memory], { from: 100, to: 1400 });
    assert.equal(writer.failing, true);
    assert.deepEqual(told.map((event) => event.kind === "recording" && event.state), ["failed"]);
    blocker.exec("ROLLBACK");
    blocker.close();
    await clock.drive(() => clock.sleepUntil(10));
    feed([writer, memory], { from: 1400, to: 1500 });
    assert.deepEqual(told.map((event) => event.kind === "recording" && event.state), ["failed", "recovered"]);
    writer.close();
    for (const event of told) memory.addEvent(event);
    using recording = openRecording(path);
    const span = (await memory.span())!;
    for (const name of ["c_total", "g"]) {
      assert.deepEqual(await recording.select({ name }, span), await memory.select({ name }, span));
    }
    assert.deepEqual(await recording.events(span), await memory.events(span));
  });
});

Deno.test("a full file keeps what it has", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    const told: LabEvent[] = [];
    const options = { clock: new VirtualClock(0), maxFileBytes: 400_000, maxBufferedTicks: 500 };
    const writer = createRecording(path, { ...options, onEvent: (event) => told.push(event) });
    feed([writer], { from: 0, to: 5000 });
    assert.equal(told.length, 1);
    const [event] = told;
    assert.ok(event!.kind === "recording" && event!.cause?.code === "recording_failed");
    assert.throws(
      () => writer.close(),
      /^Error: Cannot finish .+: database or disk is full, wanted a disk with room; what was written before is whole$/,
    );
    using recording = openRecording(path);
    const span = (await recording.span())!;
    assert.ok(span.endSeconds > 500 && span.endSeconds < 4900);
    const memory = new MemorySource();
    feed([memory], { from: 0, to: span.endSeconds + 1 });
    assert.deepEqual(await recording.select({ name: "g" }, span), await memory.select({ name: "g" }, span));
  });
});

Deno.test("openRecording() refuses what is no recording", async () => {
  await inFolder((folder) => {
    assert.throws(() => openRecording(`${folder}/none.sqlite`), Deno.errors.NotFound);
    const other = new DatabaseSync(`${folder}/other.sqlite`);
    other.exec("CREATE TABLE t (a)");
    other.close();
    assert.throws(() => openRecording(`${folder}/other.sqlite`), /another kind/);
    assert.throws(() => createRecording(`${folder}/other.sqlite`), /another kind/);
    Deno.writeTextFileSync(`${folder}/text.sqlite`, "no database ".repeat(100));
    assert.throws(() => openRecording(`${folder}/text.sqlite`), RangeError);
    const newer = createRecording(`${folder}/newer.sqlite`);
    newer.close();
    const raw = new DatabaseSync(`${folder}/newer.sqlite`);
    raw.exec("PRAGMA user_version = 99");
    raw.close();
    assert.throws(() => openRecording(`${folder}/newer.sqlite`), /version 99/);
    assert.deepEqual(filesIn(folder), ["newer.sqlite", "other.sqlite", "text.sqlite"]);
  });
});

Deno.test("people can ask a recording with any SQLite tool", async () => {
  await inFolder((folder) => {
    const path = `${folder}/r.sqlite`;
    const writer = createRecording(path, { clock: new VirtualClock(0) });
    feed([writer], { from: 0, to: 1300 });
    writer.addScrape("vllm", 7, { body: new TextEncoder().encode("a 1\n"), contentType: "text/plain" });
    writer.close();
    const db = new DatabaseSync(path, { readOnly: true });
    const all = (sql: string) => db.prepare(sql).all().map((row) => ({ ...row }));
    assert.deepEqual(all("SELECT utc, text FROM note"), [{ utc: "1970-01-01T00:00:05.000Z", text: "five" }]);
    assert.deepEqual(all("SELECT time, cause FROM failed_scrape").length, 3);
    assert.deepEqual(all("SELECT time, reason, series FROM counter_reset"), [
      { time: 700, reason: "value_fell", series: 6 },
    ]);
    const [latency] = all("SELECT ttft_seconds, e2e_seconds, mean_chunk_gap_seconds FROM request_latency");
    assert.ok(Math.abs(Number(latency!.ttft_seconds) - 0.499) < 1e-9);
    const [row] = all("SELECT last_chunk - sent AS e2e, ended - sent AS whole FROM request");
    assert.equal(latency!.e2e_seconds, row!.e2e, "last token minus send, as everywhere");
    assert.notEqual(row!.e2e, row!.whole);
    assert.deepEqual(all("SELECT target, series, packed_ticks, loose_ticks FROM contents"), [
      { target: "vllm", series: 12, packed_ticks: 1297, loose_ticks: 0 },
    ]);
    assert.deepEqual(all("SELECT bytes, content_type FROM scrape"), [{
      bytes: 4,
      content_type: "text/plain",
    }]);
    assert.deepEqual(all("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    db.close();
  });
});

Deno.test("replay() feeds a sink as a collector did, at any speed", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    const memory = new MemorySource();
    const writer = createRecording(path, { clock: new VirtualClock(0) });
    feed([writer, memory], { from: 0, to: 2000 });
    writer.close();
    using recording = openRecording(path);
    for (const speed of [1, 10, Infinity]) {
      const clock = new VirtualClock(1000);
      const again = new MemorySource();
      const ticks = await replay(recording, again, { clock, speed });
      assert.equal(ticks, 2000);
      await assertSame(again, memory);
      assert.equal(clock.nowSeconds(), speed === Infinity ? 1000 : 1000 + 1999 / speed);
    }
  });
});

Deno.test("a block that is half packed is in nobody's way", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    const writer = createRecording(path, { clock: new VirtualClock(0) });
    const ids = Array.from({ length: 200 }, (_, id) => id);
    const defined = ids.map((id) => ({ id, name: "g", labels: { id: String(id) }, type: "gauge" as const }));
    const append = (t: number) =>
      writer.append("t", t, {
        ids,
        values: ids.map((id) => id * t),
        defined: t === 0 ? defined : [],
        vanishedIds: [],
        events: [],
      });
    const assertWhole = async (recording: Recording, ticks: number) => {
      const all = await recording.select({ name: "g" }, { startSeconds: 0, endSeconds: 1e6 });
      assert.equal(all.length, 200);
      all.forEach(({ values }, id) =>
        assert.deepEqual([...values], Array.from({ length: ticks }, (_, t) => id * t))
      );
    };
    // 200 series take five ticks to pack after the 1,024th.
    for (let t = 0; t < 1026; t++) append(t);
    const live = openRecording(path);
    await assertWhole(live, 1026);
    for (const suffix of ["", "-wal"]) Deno.copyFileSync(path + suffix, `${folder}/crashed.sqlite${suffix}`);
    for (let t = 1026; t < 1040; t++) append(t);
    await assertWhole(live, 1040);
    live.close();
    for (let t = 1040; t < 2050 + 14; t++) append(t);
    writer.close();
    for (const [name, ticks] of [["r", 2064], ["crashed", 1026]] as const) {
      using recording = openRecording(`${folder}/${name}.sqlite`);
      await assertWhole(recording, ticks);
    }
    const report = repairRecording(path, `${folder}/copy.sqlite`);
    assert.deepEqual([report.spans, report.lost.blocks, report.kept.samples], [[], 0, 200 * 2064]);
  });
});
