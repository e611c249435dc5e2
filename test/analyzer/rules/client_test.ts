import assert from "node:assert/strict";
import { clientSaturated, clientSeesMore } from "../../../src/analyzer/rules/client.ts";
import { formatSeconds } from "../../../src/base/format.ts";
import { LIMITED_LAG_SECONDS, LIMITED_LATENESS_SECONDS } from "../../../src/simulator/workload/trust.ts";
import { analyzerText } from "../../../src/text/analyzer.ts";
import type { Moment } from "../../../src/analyzer/rules/rule.ts";
import { evidenceOf, type Numbers } from "../../../src/analyzer/evidence.ts";

/** A window with nothing in it but what these rules read. */
function moment(numbers: Numbers, requests: number, disturbed = false): Moment {
  return {
    frame: {
      index: 0,
      window: { startSeconds: 0, endSeconds: 30 },
      values: {},
      client: { firstChunks: requests, ended: requests, failed: 0, limited: 0 },
    },
    numbers,
    facts: undefined,
    limit: undefined,
    baseline: undefined,
    slowTolerance: 1,
    work: "known",
    disturbed,
    engines: [],
    earlier: [],
  };
}

const cases: readonly (readonly [string, Numbers, number, string | undefined, string])[] = [
  ["nothing crosses", { client_limited_share: 0.04, client_late_p99: 0.02 }, 100, undefined, ""],
  [
    "the share crosses",
    { client_limited_share: 0.3, client_late_p99: 0.02 },
    100,
    "client_limited_share",
    "high",
  ],
  [
    "the lateness crosses",
    { client_limited_share: 0, client_late_p99: 0.5 },
    100,
    "client_late_p99",
    "medium",
  ],
  ["both cross", { client_limited_share: 0.3, client_late_p99: 0.5 }, 100, "client_limited_share", "high"],
  [
    "few requests",
    { client_limited_share: 0.3, client_late_p99: 0.02 },
    12,
    "client_limited_share",
    "medium",
  ],
  ["one of five requests", { client_limited_share: 0.2, client_late_p99: 0.02 }, 5, undefined, ""],
];

for (const [what, numbers, requests, first, confidence] of cases) {
  Deno.test(`clientSaturated shows a limit only beside a number above it: ${what}`, () => {
    const one = moment(numbers, requests);
    const judgement = clientSaturated.judge(one);
    assert.equal(judgement?.witnesses[0]?.quantity, first);
    assert.equal(judgement?.confidence ?? "", confidence);
    for (const { quantity, ...extra } of judgement?.witnesses ?? []) {
      const evidence = evidenceOf(quantity, one, extra)!;
      if (evidence.limit !== undefined) {
        assert.ok(evidence.value > evidence.limit, `${quantity} is above its limit`);
      }
    }
  });
}

Deno.test("clientSaturated is not sure of a disturbed window", () => {
  const judgement = clientSaturated.judge(moment({ client_limited_share: 0.5 }, 100, true));
  assert.equal(judgement?.confidence, "medium");
});

Deno.test("clientSeesMore shows the marked share without a limit that it does not cross", () => {
  const numbers = { client_gap: 0.4, ttft_mean: 0.1, client_ttft_mean: 0.5, client_limited_share: 0.01 };
  const judgement = clientSeesMore.judge(moment(numbers, 30));
  const share = judgement?.witnesses.find(({ quantity }) => quantity === "client_limited_share");
  assert.deepEqual(share, { quantity: "client_limited_share" });
});

Deno.test("a verdict on the client says from when on a request counts as its own", () => {
  const figures: Readonly<Record<string, string>> = {
    client_limited_share: "66%",
    client_late_p99: "1.9 ms",
  };
  for (const language of ["en", "zh-TW"] as const) {
    const sentence = analyzerText(language).verdicts.client_saturated((name) => figures[name] ?? "");
    for (const limit of [formatSeconds(LIMITED_LAG_SECONDS), formatSeconds(LIMITED_LATENESS_SECONDS)]) {
      assert.ok(sentence.includes(limit), `${sentence}: ${limit}`);
    }
    assert.ok(sentence.includes("66%") && sentence.includes("1.9 ms"), sentence);
  }
});
