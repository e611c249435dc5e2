import assert from "node:assert/strict";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { openRecording, type Recording } from "../../src/recording/recording.ts";
import { repairRecording, type RepairReport } from "../../src/recording/repair.ts";
import { createRecording } from "../../src/recording/writer.ts";
import type { Series } from "../../src/series/types.ts";

const SERIES = 40;
const TICKS = 3000;
const EVERYTHING = { startSeconds: -1, endSeconds: 1e9 };
const valueOf = (id: number, t: number) => id % 2 === 0 ? id * t : Math.sin(id + t);

/** A closed recording of 40 series, two whole blocks and the rest, with some events. */
function makeRecording(path: string): void {
  using writer = createRecording(path, { clock: new VirtualClock(0) });
  const ids = Array.from({ length: SERIES }, (_, id) => id);
  const defined = ids.map((id) => ({ id, name: "g", labels: { id: String(id) }, type: "gauge" as const }));
  for (let t = 0; t < TICKS; t++) {
    const values = ids.map((id) => valueOf(id, t));
    writer.append("t", t, { ids, values, defined: t === 0 ? defined : [], vanishedIds: [], events: [] });
    if (t % 100 === 0) writer.addEvent({ kind: "note", timeSeconds: t, text: `note ${t}` });
  }
}

/** Every point that a recording gives must be one that was recorded; returns how many there are. */
async function countTrue(recording: Recording): Promise<number> {
  let count = 0;
  for (
    const { labels, timesSeconds, values } of await recording.select({ name: "g" }, EVERYTHING) as Series[]
  ) {
    timesSeconds.forEach((time, i) => assert.equal(values[i], valueOf(Number(labels.id), time)));
    count += values.length;
  }
  return count;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("repairRecording() of a whole file keeps everything and loses nothing", async () => {
  await inFolder(async (folder) => {
    makeRecording(`${folder}/a.sqlite`);
    const report = repairRecording(`${folder}/a.sqlite`, `${folder}/b.sqlite`);
    assert.equal(report.kept.samples, SERIES * TICKS);
    assert.deepEqual(new Set(Object.values(report.lost)), new Set([0]));
    assert.deepEqual([report.spans, report.missingBytes, report.kept.events], [[], 0, 30]);
    using repaired = openRecording(`${folder}/b.sqlite`);
    assert.equal(await countTrue(repaired), SERIES * TICKS);
    assert.throws(
      () => repairRecording(`${folder}/a.sqlite`, `${folder}/b.sqlite`),
      Deno.errors.AlreadyExists,
    );
  });
});

Deno.test("repairRecording() of a cut file keeps what is whole and says what is missing", async () => {
  await inFolder(async (folder) => {
    makeRecording(`${folder}/a.sqlite`);
    const bytes = Deno.readFileSync(`${folder}/a.sqlite`);
    let before = Infinity;
    for (const share of [0.95, 0.7, 0.5, 0.35]) {
      const cut = `${folder}/cut-${share}.sqlite`;
      Deno.writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * share)));
      const report = repairRecording(cut, `${folder}/repaired-${share}.sqlite`);
      using repaired = openRecording(`${folder}/repaired-${share}.sqlite`);
      assert.equal(await countTrue(repaired), report.kept.samples);
      assert.ok(report.kept.samples < before && report.missingBytes > 0);
      assertAccounted(report);
      before = report.kept.samples;
    }
    assert.ok(before > 0, "nothing was saved of a third of the file");
  });
});

/** A recording of 300 requests with 50 chunks each, and then some points. */
function recordRequests(path: string): void {
  using writer = createRecording(path, { clock: new VirtualClock(0) });
  const random = seededRandom(3);
  for (let row = 0; row < 300; row++) {
    writer.addRequest({
      id: `r${row}`,
      target: "workload",
      model: "m",
      endpoint: "completions",
      phase: "p",
      outcome: "ok",
      dueSeconds: row,
      sentSeconds: row,
      endSeconds: row + 1,
      chunkTimesSeconds: Float64Array.from({ length: 50 }, () => row + random.next()).sort(),
      maxTokens: 50,
      engine: "raw",
      trust: "good",
    });
  }
}

Deno.test("repairRecording() accounts for every request of a cut or damaged file, or says that it cannot", async () => {
  await inFolder((folder) => {
    recordRequests(`${folder}/a.sqlite`);
    const bytes = Deno.readFileSync(`${folder}/a.sqlite`);
    const seen = { counted: 0, uncounted: 0 };
    const check = (name: string, damaged: Uint8Array) => {
      Deno.writeFileSync(`${folder}/${name}`, damaged);
      const { kept, lost, uncounted } = repairRecording(`${folder}/${name}`, `${folder}/new-${name}`);
      const told = kept.requests + lost.requests;
      if (uncounted.includes("requests")) {
        assert.ok(told <= 300, name);
        seen.uncounted++;
      } else {
        assert.equal(told, 300, name);
        seen.counted++;
      }
    };
    for (const share of [0.95, 0.8, 0.6, 0.4, 0.2]) {
      check(`cut-${share}`, bytes.slice(0, Math.floor(bytes.length * share)));
    }
    // A page that is gone within the file, wherever it is.
    for (let page = 1; page < bytes.length / 8192; page += 4) {
      const damaged = bytes.slice();
      damaged.fill(0, page * 8192, (page + 1) * 8192);
      check(`page-${page}`, damaged);
    }
    assert.ok(seen.counted > 5 && seen.uncounted > 1, JSON.stringify(seen));
    return Promise.resolve();
  });
});

Deno.test("repairRecording() of a file with damaged pages never gives a wrong value", async () => {
  await inFolder(async (folder) => {
    makeRecording(`${folder}/a.sqlite`);
    const bytes = Deno.readFileSync(`${folder}/a.sqlite`);
    const random = seededRandom(11);
    for (let run = 0; run < 20; run++) {
      const damaged = bytes.slice();
      for (let hit = 0; hit < 3; hit++) {
        const page = 8192 * (1 + Math.floor(random.next() * (bytes.length / 8192 - 1)));
        const from = page + Math.floor(random.next() * 8000);
        for (let i = from; i < from + 150; i++) damaged[i] = Math.floor(random.next() * 256);
      }
      const path = `${folder}/damaged-${run}.sqlite`;
      Deno.writeFileSync(path, damaged);
      const report = repairRecording(path, `${folder}/repaired-${run}.sqlite`);
      using repaired = openRecording(`${folder}/repaired-${run}.sqlite`);
      assert.equal(await countTrue(repaired), report.kept.samples);
      assertAccounted(report);
    }
  });
});

/** What is neither kept nor told as lost would be a silent loss; only a lost end may be larger than it can know. */
function assertAccounted({ kept, lost, spans, missingBytes }: RepairReport): void {
  if (kept.samples === SERIES * TICKS) return;
  const told = Object.values(lost).some((count) => count > 0) || spans.length > 0 || missingBytes > 0;
  assert.ok(told, `${SERIES * TICKS - kept.samples} samples are missing without a word`);
}
