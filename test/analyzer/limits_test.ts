import assert from "node:assert/strict";
import { LimitWatch, type Watched } from "../../src/analyzer/limit_watch.ts";
import { isBeyond, type LimitReading, parseLimit, readLimit } from "../../src/analyzer/limits.ts";
import { engineSeries, sourceOf, START } from "../helpers/engine_series.ts";
import { MemorySource } from "../../src/series/memory_source.ts";

Deno.test("parseLimit() reads names of the catalogue, statistics, units, windows and times", () => {
  const rows = [
    ["ttft_p95>500ms", "ttft", "p95", "above", 0.5, 30, 0],
    ["ttft_p95_seconds>0.5", "ttft", "p95", "above", 0.5, 30, 0],
    ["ttft_p99.9 >= 2s over 5m for 10s", "ttft", "p99.9", "above", 2, 300, 10],
    ["itl_mean>40ms", "itl", "mean", "above", 0.04, 30, 0],
    ["waiting>=10 over 1m for 30s", "waiting", "newest", "above", 10, 60, 30],
    ["waiting_mean>3", "waiting", "mean", "above", 3, 30, 0],
    ["kv_cache_usage>90%", "kv_cache_usage", "newest", "above", 0.9, 30, 0],
    ["generation_tokens_rate<100", "generation_tokens", "rate", "below", 100, 30, 0],
    ["preemptions_increase>0 over 5m", "preemptions", "increase", "above", 0, 300, 0],
    ["preemptions>0", "preemptions", "rate", "above", 0, 30, 0],
    ["memory_used>16GiB", "memory_used", "newest", "above", 16 * 2 ** 30, 30, 0],
    ["unreachable>10s", "unreachable", "newest", "above", 10, 30, 0],
    ["ttft_p95>0", "ttft", "p95", "above", 0, 30, 0],
    ["kv_cache_usage>=0.9", "kv_cache_usage", "newest", "above", 0.9, 30, 0],
    ["kv_cache_usage>1", "kv_cache_usage", "newest", "above", 1, 30, 0],
    ["memory_used_bytes>1e9", "memory_used", "newest", "above", 1e9, 30, 0],
    ["process_cpu_seconds_rate>2", "process_cpu_seconds", "rate", "above", 2, 30, 0],
    ["gpu_sm_clock<1200MHz", "gpu_sm_clock", "newest", "below", 1.2e9, 30, 0],
    ["gpu_energy_increase>1kWh over 1h", "gpu_energy", "increase", "above", 3.6e6, 3600, 0],
  ] as const;
  for (const [text, quantity, statistic, side, value, windowSeconds, holdSeconds] of rows) {
    const limit = parseLimit(text);
    assert.deepEqual(
      [limit.quantity, limit.statistic, limit.side, limit.windowSeconds, limit.holdSeconds],
      [quantity, statistic, side, windowSeconds, holdSeconds],
      text,
    );
    assert.ok(Math.abs(limit.value - value) < 1e-9 * Math.max(1, value), text);
  }
});

Deno.test("parseLimit() says what is wrong when it cannot read a limit", () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ["", /it is not NAME>VALUE, wanted one such as ttft_p95>500ms/],
    ["ttft_p95", /it is not NAME>VALUE/],
    ["ttft_p95=>1", /it is not NAME>VALUE/],
    ["ttft>1", /ttft is a histogram, wanted ttft_mean, ttft_p50, ttft_p95, ttft_p99/],
    ["ttft_p0>1", /ttft is a histogram/],
    ["waiting_p95>1", /waiting is a gauge, wanted waiting_mean/],
    [
      "preemptions_mean>1",
      /preemptions is a counter, wanted preemptions_rate, preemptions_increase, or preemptions alone/,
    ],
    ["ttft_p95>500MB", /MB is no unit of it, wanted s, ms/],
    ["waiting>5s", /s is no unit of it, wanted a bare number/],
    ["waiting>5 for ever", /ever is no duration, wanted one such as 30s/],
    ["kv_cache>1", /there is no kv_cache, wanted perhaps kv_cache_usage/],
    ["tfft_p95>1s", /there is no tfft, wanted perhaps ttft/],
    ["unreachabel>1s", /there is no unreachabel, wanted perhaps unreachable/],
    ["sunshine>1", /there is no sunshine, wanted a quantity of the catalog$/],
    // Half a second, or eight minutes? It is not for us to guess.
    ["ttft_p95>500", /500 has no unit, wanted 500s or 500ms$/],
    ["unreachable>10", /10 has no unit, wanted 10s or 10ms$/],
    ["gpu_temperature>80", /80 has no unit, wanted 80°C$/],
    ["memory_used>16", /16 has no unit, wanted 16GiB or 16MB$/],
    ["kv_cache_usage>90", /90 is above 1 and it is a ratio, wanted 90% or a number up to 1$/],
  ];
  for (const [text, wanted] of rows) assert.throws(() => parseLimit(text), wanted, text);
});

Deno.test("isBeyond() counts the limit itself only with an equals sign, and NaN never", () => {
  for (
    const [text, value, beyond] of [
      ["waiting>5", 5, false],
      ["waiting>=5", 5, true],
      ["waiting<5", 5, false],
      ["waiting<=5", 5, true],
      ["waiting>5", 6, true],
      ["waiting<5", 4, true],
      ["waiting>5", NaN, false],
      ["waiting<5", NaN, false],
    ] as const
  ) {
    assert.equal(isBeyond(parseLimit(text), value), beyond, `${text} ${value}`);
  }
});

Deno.test("readLimit() has a cause and no number when the source is empty", async () => {
  for (const text of ["ttft_p95>1s", "waiting>1", "preemptions>0", "unreachable>10s"]) {
    const [reading] = await readLimit(new MemorySource({ retentionSeconds: 100 }), parseLimit(text), 1000);
    assert.ok(reading !== undefined && "absent" in reading, text);
  }
});

Deno.test("readLimit() of unreachable counts from the first of the failed reads that go on, for each server", async () => {
  const source = new MemorySource();
  const nothing = { ids: [], values: [], defined: [], vanishedIds: [], events: [] };
  for (const target of ["a", "b", "c", "host"]) {
    const kind = target === "host" ? "host" : "vllm";
    source.append(target, 1000, { ...nothing, facts: { target, kind, simulated: true, intervalSeconds: 1 } });
  }
  const cause = { code: "connection_refused" } as const;
  const failed = (target: string, timeSeconds: number) =>
    source.fail(target, timeSeconds, {
      kind: "scrape_failed",
      timeSeconds,
      target,
      cause,
      durationSeconds: 0,
    });
  // a fails twice and comes back; b fails, comes back and fails again; c never does.
  for (const target of ["a", "b", "host"]) failed(target, 1010);
  failed("a", 1011);
  for (const target of ["a", "b"]) {
    source.append(target, 1020, {
      ...nothing,
      events: [{ kind: "scrape_recovered", timeSeconds: 1020, target, failedCount: 1, gapSeconds: 10 }],
    });
  }
  for (const second of [1030, 1031, 1032]) failed("b", second);
  const found = async (nowSeconds: number) =>
    (await readLimit(source, parseLimit("unreachable>10s"), nowSeconds)).map((reading) =>
      "absent" in reading ? reading.absent : [reading.labels.target, reading.value, reading.beyond]
    );
  assert.deepEqual(await found(1019), [["a", 9, false], ["b", 9, false], ["c", 0, false]]);
  assert.deepEqual(await found(1029), [["a", 0, false], ["b", 0, false], ["c", 0, false]]);
  assert.deepEqual(await found(1041), [["a", 0, false], ["b", 11, true], ["c", 0, false]]);
});

/** Looks at written readings, one a second from 100 s on. */
async function looks(values: readonly (number | undefined)[], options: { holdSeconds?: number } = {}) {
  let at = 0;
  const watched: Watched = {
    text: "x>5",
    side: "above",
    holdSeconds: options.holdSeconds ?? 0,
    read(): Promise<readonly LimitReading[]> {
      const value = values[at++];
      return Promise.resolve([
        value === undefined
          ? { target: "", absent: { code: "no_data" } }
          : { target: "", labels: {}, value, beyond: value > 5 },
      ]);
    },
  };
  const watch = new LimitWatch([watched]);
  const events: string[] = [];
  for (let i = 0; i < values.length; i++) {
    for (const { kind, episode } of await watch.look(new MemorySource({ retentionSeconds: 1 }), 100 + i)) {
      events.push(`${100 + i} ${kind} ${episode.startSeconds}-${episode.endSeconds ?? ""} ${episode.worst}`);
    }
  }
  const closed = watch.close(100 + values.length);
  return { events, closed: closed.length, outcome: watch.outcomes[0]! };
}

Deno.test("LimitWatch.look() tells one begin and one end an episode", async () => {
  const { events, closed, outcome } = await looks([1, 6, 9, 7, 2, 1, 1]);
  assert.deepEqual(events, ["101 begin 101- 6", "105 end 101-104 9"]);
  assert.equal(closed, 0);
  assert.equal(outcome.judged, 7);
  assert.deepEqual(outcome.episodes.map(({ worst }) => worst), [9]);
});

Deno.test("LimitWatch.look() keeps an episode when one look is within or has no value", async () => {
  const { events, closed } = await looks([6, 2, 6, undefined, undefined, undefined, 6]);
  assert.deepEqual(events, ["100 begin 100- 6"]);
  assert.equal(closed, 1);
});

Deno.test("LimitWatch.look() waits for the limit's time before it tells, and before it takes back", async () => {
  const { events } = await looks([6, 6, 1, 6, 6, 6, 6, 1, 1, 6, 1, 1, 1, 1], { holdSeconds: 3 });
  assert.deepEqual(events, ["106 begin 103- 6", "113 end 103-110 6"]);
});

Deno.test("readLimit() does not say that nothing happened on a server that cannot be read", async () => {
  const source = sourceOf(engineSeries({ running: () => 8 }), 10);
  const causeOf = async () => {
    const [reading] = await readLimit(source, parseLimit("ttft_p95>500ms"), START + 500);
    return reading !== undefined && "absent" in reading ? reading.absent.code : undefined;
  };
  const cause = { code: "key_wanted", params: { status: 401 } } as const;
  const at = (second: number) => ({ timeSeconds: START + second, target: "vllm" });
  source.addEvent({ kind: "scrape_failed", ...at(480), cause, durationSeconds: 0.1 });
  assert.equal(await causeOf(), "key_wanted");
  source.addEvent({ kind: "scrape_recovered", ...at(490), failedCount: 10, gapSeconds: 10 });
  assert.equal(await causeOf(), "no_first_tokens_in_window");
});

Deno.test("LimitWatch.outcomes holds the usual cause of the looks without a value, not the newest", async () => {
  const causes = ["timeout", "timeout", "no_first_tokens_in_window"] as const;
  let look = 0;
  const watch = new LimitWatch([{
    text: "ttft_p95>500ms",
    side: "above",
    holdSeconds: 0,
    read: () => Promise.resolve([{ target: "", absent: { code: causes[look++]! } }]),
  }]);
  for (const [i] of causes.entries()) {
    await watch.look(new MemorySource({ retentionSeconds: 1 }), 100 + i);
  }
  assert.equal(watch.outcomes[0]!.absent?.code, "timeout");
});

Deno.test("LimitWatch.outcomes holds the cause when nothing could ever be judged", async () => {
  const { outcome } = await looks([undefined, undefined]);
  assert.deepEqual([outcome.judged, outcome.episodes.length, outcome.absent?.code], [0, 0, "no_data"]);
});
