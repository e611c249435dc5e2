/** A server that is lost late in a load, told from one that is slow or fails now and then. */
import assert from "node:assert/strict";
import type { RequestOutcome, RequestRecord } from "../../../src/series/types.ts";
import { lostServer } from "../../../src/simulator/workload/lost_server.ts";

/** Sent at `at`; chunks and end are seconds after it. */
function row(
  at: number,
  outcome: RequestOutcome,
  end: number,
  chunks: readonly number[] = [],
): RequestRecord {
  return {
    id: String(at),
    target: "w",
    model: "m",
    endpoint: "completions",
    phase: "p",
    outcome,
    dueSeconds: at,
    sentSeconds: at,
    chunkTimesSeconds: Float64Array.from(chunks, (chunk) => at + chunk),
    endSeconds: at + end,
    engine: "raw",
    trust: "good",
  };
}

const GOOD = Array.from({ length: 50 }, (_, i) => row(i, "ok", 1, [0.2, 1]));
const times = (count: number, make: (i: number) => RequestRecord) =>
  Array.from({ length: count }, (_, i) => make(i));

Deno.test("lostServer() tells a crash by the failures after the last good sign", () => {
  const refused = times(4, (i) => row(51 + i, "connection_error", 0.5));
  assert.deepEqual(lostServer([...GOOD, ...refused]), { requests: 4, silentSeconds: 4.5 });
  // Its own answers break at the crash: their tokens are the last good sign.
  const broken = row(49.5, "connection_error", 1, [0.2, 0.6]);
  assert.equal(lostServer([...GOOD, broken, ...refused])?.requests, 5);
  assert.deepEqual(lostServer(times(5, (i) => row(i, "error", 0.1))), { requests: 5 });
});

Deno.test("lostServer() tells a hang by requests that get no token any more", () => {
  const hanging = times(3, (i) => row(49, "unfinished", 14, i === 0 ? [0.5] : []));
  assert.deepEqual(lostServer([...GOOD, ...hanging]), {
    requests: 3,
    silentSeconds: 13,
    onlyWaited: true,
  });
});

Deno.test("lostServer() does not blame a server that works, is slow, or fails now and then", () => {
  const cases: Readonly<Record<string, readonly RequestRecord[]>> = {
    "nothing": [],
    "all good": GOOD,
    "one failure at the end": [...GOOD, row(50, "error", 0.1)],
    "failures among good ones": [...times(9, (i) => row(i, "error", 0.1)), ...GOOD],
    "three of the usual failures": [
      ...times(50, (i) => i % 2 === 0 ? row(i, "error", 0.1) : row(i, "ok", 1, [0.2, 1])),
      ...times(3, (i) => row(51 + i, "error", 0.1)),
    ],
    "long answers that the drain cut": [...GOOD, row(45, "unfinished", 15, [0.2, 14.9])],
    "answers without tokens of their own, as slow as the others": [
      row(0, "ok", 10),
      row(10, "ok", 10),
      row(20, "unfinished", 12),
    ],
    "given up on purpose": [...GOOD, ...times(9, (i) => row(50 + i, "aborted", 1))],
  };
  for (const [name, records] of Object.entries(cases)) assert.equal(lostServer(records), undefined, name);
});
