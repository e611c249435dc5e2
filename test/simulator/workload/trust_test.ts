import assert from "node:assert/strict";
import type { RequestRecord, TrustLevel } from "../../../src/series/types.ts";
import {
  isReadLate,
  judgeRequest,
  judgeTrust,
  LAG_INTERVAL_SECONDS,
  lagP99,
  type TrustReason,
} from "../../../src/simulator/workload/trust.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { percentile, sorted } from "../../../src/simulator/workload/distribution.ts";
import { record } from "./records.ts";

const calm = Array.from({ length: 200 }, () => 0.001);

/** A run of 200 requests, half as many chunks each as asked. */
function run(fields: Partial<RequestRecord> = {}): RequestRecord[] {
  return Array.from(
    { length: 200 },
    () => record({ chunkTimesSeconds: Float64Array.of(1, 2, 3), ...fields }),
  );
}

Deno.test("judgeTrust() follows the rule at its bounds", () => {
  const f = (
    lag: readonly number[] | undefined,
    records: readonly RequestRecord[],
    options: { readonly engine?: string; readonly maxInFlight?: number; readonly closedPhases?: Set<string> },
    level: TrustLevel,
    reasons: readonly TrustReason[],
  ) => {
    const report = judgeTrust(records, lag, {
      engine: options.engine ?? "raw",
      maxInFlight: options.maxInFlight ?? 10,
      ...(options.closedPhases === undefined ? {} : { closedPhases: options.closedPhases }),
    });
    assert.deepEqual([report.level, report.reasons], [level, reasons]);
  };
  const steady = (lag: number) => Array.from({ length: 200 }, () => lag);
  f(undefined, run(), {}, "not_measured", ["virtual_time"]);
  f([0.001], run(), {}, "not_measured", ["too_short"]);
  // Nothing was answered: there is no time that could be trusted, however calm the client was.
  f(calm, [], {}, "not_measured", ["no_times"]);
  const refused = { outcome: "connection_error", chunkTimesSeconds: new Float64Array(0) } as const;
  f(calm, run(refused), {}, "not_measured", ["no_times"]);
  f(steady(0.0071), run(refused), {}, "not_measured", ["no_times"]);
  f(calm, run(), {}, "good", []);
  f(steady(0.003), run(), {}, "good", []);
  f(steady(0.0031), run(), {}, "client_adds", ["lag"]);
  f(steady(0.007), run(), {}, "client_adds", ["lag"]);
  f(steady(0.0071), run(), {}, "client_limited", ["lag_high"]);
  f([0.02], run(), {}, "client_limited", ["lag_high"]); // one reading is enough to convict
  f(calm, run({ dueSeconds: -0.006 }), {}, "client_limited", ["late_sends"]);
  f(calm, run({ dueSeconds: -0.005 }), {}, "good", []);
  // Where users wait for their answers a late send only makes the load lighter, here by 1 % of 3 s.
  const closedPhases = new Set([record({}).phase]);
  f(calm, run({ dueSeconds: -0.03, endSeconds: 3 }), { closedPhases }, "good", []);
  f(calm, run({ dueSeconds: -0.031, endSeconds: 3 }), { closedPhases }, "client_limited", ["late_sends"]);
  f(
    calm,
    run({ dueSeconds: -0.03, endSeconds: 3 }),
    { closedPhases: new Set(["another"]) },
    "client_limited",
    [
      "late_sends",
    ],
  );
  // A slow connect is the server's or the network's, not the client's.
  f(calm, run({ dueSeconds: -0.5, connectStartedSeconds: -0.5, connectedSeconds: -0.1 }), {}, "good", []);
  f(calm, run(), { engine: "fetch", maxInFlight: 50 }, "good", []);
  f(calm, run(), { engine: "fetch", maxInFlight: 51 }, "client_limited", ["fetch_streams"]);
  f(steady(0.02), run(), { engine: "epoll" }, "good", []); // the kernel stamped what came
  f(steady(0.02), run({ dueSeconds: -0.006 }), { engine: "epoll" }, "client_limited", ["late_sends"]);
  const joined = record({ chunkTimesSeconds: Float64Array.of(1, 2, 2) });
  f(calm, [...run(), joined, joined, joined, joined], {}, "good", []); // 4 of 408 gaps
  f(calm, [...run(), joined, joined, joined, joined, joined], {}, "client_limited", ["coalesced"]); // 5 of 410
  // First tokens that have the second one's time: 2 of 200 requests are not more than 1 %, 3 of 201 are.
  const long = (...start: number[]) =>
    record({ chunkTimesSeconds: Float64Array.of(...start, ...Array.from({ length: 200 }, (_, i) => 3 + i)) });
  const many = Array.from({ length: 198 }, () => long(1, 2));
  f(calm, [...many, long(1, 1), long(1, 1)], {}, "good", []);
  f(calm, [...many, long(1, 1), long(1, 1), long(1, 1)], {}, "client_limited", ["first_coalesced"]);
  f(calm, [...many.slice(190), long(1, 1)], { engine: "epoll" }, "good", []); // 1 of 9
  f(calm, [...many.slice(190), long(1, 1), long(1, 1)], { engine: "epoll" }, "client_limited", [
    "first_coalesced",
  ]);
});

Deno.test("judgeTrust() tells its figures", () => {
  const lag = Array.from({ length: 101 }, (_, i) => i / 10_000);
  const report = judgeTrust(run({ dueSeconds: -0.25 }), lag, { engine: "raw", maxInFlight: 1 });
  assert.equal(report.lagP99Seconds, 0.0099);
  assert.equal(report.lagMaxSeconds, 0.01);
  assert.equal(report.latenessP99Seconds, 0.25);
  assert.equal(report.coalescedRatio, 0);
});

Deno.test("judgeRequest() judges one request by the lag around it and its own lateness", () => {
  const f = (lag: number | undefined, late: number | undefined, expected: TrustLevel) =>
    assert.equal(judgeRequest(lag, late, { engine: "raw" }), expected);
  f(0.001, 0, "good");
  f(0.004, 0, "client_adds");
  f(0.008, 0, "client_limited");
  f(0.001, 0.006, "client_limited");
  f(undefined, 0, "not_measured");
  assert.equal(judgeRequest(0.02, 0, { engine: "epoll" }), "good");
  assert.equal(judgeRequest(0.02, 0.02, { engine: "epoll" }), "client_limited");
  f(0.001, undefined, "good");
});

Deno.test("lagP99() is what 1 % of all instants wait, when they are counted one by one", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 8; round++) {
    const lags = Array.from({ length: 400 }, () => 0.001 + 0.001 * random.next());
    for (let stall = 0; stall < 2 * round; stall++) {
      lags[Math.floor(random.next() * 400)] = 0.3 * random.next();
    }
    // Every hundredth of a millisecond a byte comes: it waits for the end of the stall that it falls into.
    const waits: number[] = [];
    for (const lag of lags) {
      for (let i = 0; i < LAG_INTERVAL_SECONDS / 1e-5; i++) waits.push(0);
      for (let t = 0; t < lag; t += 1e-5) waits.push(lag - t);
    }
    const byTime = percentile(sorted(waits), 0.99)!;
    const byReadings = percentile(sorted(lags), 0.99)!;
    const expected = Math.max(byTime, byReadings);
    const got = lagP99(sorted(lags))!;
    assert.ok(Math.abs(got - expected) <= 2e-4 + 0.01 * expected, `${round}: ${got}, wanted ${expected}`);
  }
});

Deno.test("lagP99() counts a stall by its part of the run", () => {
  const withStall = (readings: number, stall: number) =>
    lagP99(sorted([...Array.from({ length: readings }, () => 0), stall]))!;
  // 60 s with a second of standstill: (1 - d) / 61.01 = 1 %, so d = 0.3899 s. The p99 of 6,001 readings is 0.
  assert.ok(Math.abs(withStall(6000, 1) - 0.3899) < 1e-9);
  assert.equal(withStall(360_000, 1), 0); // the same second in an hour: fewer than 1 % of the instants
  assert.equal(withStall(6000, 0.02), 0); // 20 ms in a minute
  assert.equal(lagP99([]), undefined);
  const steady = lagP99(Array.from({ length: 500 }, () => 0.004))!;
  assert.equal(steady, 0.004);
});

Deno.test("isReadLate() tells what the kernel's receive times would mend from what they would not", () => {
  const rows = [
    [{ level: "good", reasons: [] }, false],
    [{ level: "client_adds", reasons: ["lag"] }, true],
    [{ level: "client_limited", reasons: ["late_sends"] }, false],
    [{ level: "client_limited", reasons: ["late_sends", "coalesced"] }, true],
    [{ level: "not_measured", reasons: ["too_short"] }, false],
  ] as const;
  for (const [report, expected] of rows) assert.equal(isReadLate(report), expected, report.level);
});
