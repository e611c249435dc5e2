/** Percentiles by numpy 2.x: `numpy.percentile(values, [50, 99])`; bounds by hand. */
import assert from "node:assert/strict";
import { summarizeClient } from "../../../src/analyzer/summaries.ts";
import { lastSeconds } from "../../../src/series/request_span.ts";
import { clientBlocks } from "../../../src/report/latency_blocks.ts";
import type { RequestOutcome, RequestRecord } from "../../../src/series/types.ts";
import { firstTokens } from "../../../src/simulator/workload/first_tokens.ts";
import { assertClose } from "../../helpers/close.ts";

function request(outcome: RequestOutcome, chunks: readonly number[], endSeconds: number): RequestRecord {
  return {
    id: "r",
    target: "load",
    model: "m",
    endpoint: "completions",
    phase: "steady",
    outcome,
    dueSeconds: 0,
    sentSeconds: 0,
    chunkTimesSeconds: Float64Array.from(chunks),
    endSeconds,
    engine: "raw",
    trust: "good",
  };
}

/** 1 to 8 s for those that ended well, two cut after their first token, and ten that waited 30 s for nothing. */
const RECORDS = [
  ...Array.from({ length: 8 }, (_, i) => request("ok", [i + 1, i + 1.5], i + 1.5)),
  request("unfinished", [9, 9.25], 30),
  request("aborted", [10], 12),
  ...Array.from({ length: 10 }, () => request("unfinished", [], 30)),
];

Deno.test("firstTokens() counts every request that got a first token, and bounds what those cut before one hide", () => {
  const { ttft, itl, cut, atLeast } = firstTokens(RECORDS);
  // numpy.percentile(range(1, 11), [50, 99]) = 5.5, 9.91; of the ten and ten times 30: 20.0, 30.0.
  assert.equal(ttft?.count, 10);
  assertClose(ttft!.p50, 5.5, 1e-12);
  assertClose(ttft!.p99, 9.91, 1e-12);
  assert.equal(itl?.count, 9);
  assert.deepEqual([cut, atLeast], [10, { p50: 20, p99: 30 }]);
});

Deno.test("firstTokens() takes refused and never sent requests for no waiting ones", () => {
  const { sentSeconds: _, ...dropped } = request("dropped", [], 5);
  const found = firstTokens([request("error", [], 3), request("connection_error", [], 3), dropped]);
  assert.deepEqual(found, { cut: 0 });
  assert.equal(firstTokens([request("timeout", [], 60)]).atLeast?.p99, 60);
});

Deno.test("clientBlocks() says how many requests the table of first tokens lacks", () => {
  const last = clientBlocks({ client: summarizeClient(RECORDS)! }, "en").at(-1);
  assert.equal(
    last?.kind === "paragraph" ? last.text : undefined,
    "10 of 20 requests were cut before a first token and are not in TTFT: by how long they had waited, its true p50 is at " +
      "least 20 s, its true p99 at least 30 s.",
  );
  const none = clientBlocks({ client: summarizeClient(RECORDS.slice(0, 8))! }, "en").at(-1);
  assert.equal(none?.kind, "table");
});

Deno.test("clientBlocks() tells which requests ended after the span, and so are not in the server's figures", () => {
  const ends = RECORDS.map(lastSeconds).sort((a, b) => a - b);
  const middle = (ends[3]! + ends[4]!) / 2;
  const later = RECORDS.filter((record) => lastSeconds(record) > middle).length;
  assert.ok(later > 0 && later < RECORDS.length);
  assert.equal(summarizeClient(RECORDS, middle)!.endedLater, later);
  assert.equal(summarizeClient(RECORDS, ends.at(-1)!)!.endedLater, undefined);
  const texts = clientBlocks({ client: summarizeClient(RECORDS, middle)! }, "en")
    .flatMap((block) => block.kind === "paragraph" ? [block.text] : []);
  assert.ok(texts.some((text) => text.includes(`; ${later} of them ended after it.`)), texts.join("\n"));
});
