import assert from "node:assert/strict";
import { sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { createRecording } from "../../src/recording/writer.ts";
import type { Sampler, SeriesDefinition } from "../../src/series/types.ts";

/** A sampler of many series whose values do not compress. */
function noisySampler(count: number): Sampler {
  let state = 1;
  let known = false;
  const defined: SeriesDefinition[] = Array.from(
    { length: count },
    (_, id) => ({ id, name: `noise_${id}`, labels: {}, type: "gauge" }),
  );
  return {
    id: "noise",
    intervalSeconds: 1,
    sample() {
      const values = defined.map(() => (state = (state * 48_271) % 2_147_483_647) / 7);
      const batch = {
        ids: defined.map(({ id }) => id),
        values,
        defined: known ? [] : defined,
        vanishedIds: [],
        events: [],
      };
      known = true;
      return Promise.resolve(batch);
    },
  };
}

Deno.test("a recording that cannot be written costs no point in memory and is told once while it lasts", async () => {
  const directory = await Deno.makeTempDir();
  const clock = new VirtualClock(1_000_000);
  const recording = createRecording(`${directory}/r.sqlite`, { clock, maxFileBytes: 200_000 });
  const collector = new RealTimeMetricsCollector({
    targets: [],
    system: false,
    gpu: false,
    clock,
    recording,
    samplers: [noisySampler(200)],
  });
  try {
    await clock.drive(async () => {
      collector.start();
      await sleep(clock, 300);
      await collector.stop();
    });
    const span = (await collector.span())!;
    const told = (await collector.events(span)).filter((event) => event.kind === "recording");
    assert.deepEqual(told.map((event) => event.state), ["failed"]);
    const [series] = await collector.select({ name: "noise_0" }, span);
    assert.equal(series!.values.length, 300);
  } finally {
    // What did not fit is lost with the file; closing says so.
    assert.throws(() => recording.close());
    await Deno.remove(directory, { recursive: true });
  }
});
