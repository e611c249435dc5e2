import assert from "node:assert/strict";
import {
  engineSentence,
  forecastLines,
  goodputSentence,
  probeLine,
  searchRunLine,
  searchSentence,
  stopSentence,
  trustSentence,
} from "../../src/text/workload.ts";

Deno.test("engineSentence() names the better engine where there is one", () => {
  assert.equal(engineSentence({}, "en"), undefined);
  assert.match(engineSentence({ betterEngine: "epoll" }, "en") ?? "", /--engine epoll .*engine: "epoll"/);
  assert.match(engineSentence({ betterEngine: "epoll" }, "zh-TW") ?? "", /^請改用引擎 epoll/);
});

Deno.test("trustSentence() says the error bar, or why there is none", () => {
  const rows = [
    [
      { level: "good", reasons: [], lagP99Seconds: 0.0021 },
      "The client's own lag is 2.1 ms (p99): its times can be trusted to that.",
    ],
    [
      { level: "client_adds", reasons: ["lag"], lagP99Seconds: 0.005 },
      "The client adds up to 5 ms (p99 of its own lag) to every time.",
    ],
    [
      {
        level: "client_limited",
        reasons: ["lag_high", "coalesced"],
        lagP99Seconds: 0.02,
        coalescedRatio: 0.05,
      },
      "These times may be the client's own rather than the server's: its thread woke up 20 ms late (p99); 5% of the token chunks were read together with the one before",
    ],
    [
      { level: "client_limited", reasons: ["late_sends"], lagP99Seconds: 0.002, latenessP99Seconds: 0.007 },
      "The load was not sent as planned; its times count from the real send: requests were sent 7 ms late (p99)",
    ],
    [
      { level: "not_measured", reasons: ["virtual_time"] },
      "How far the times can be trusted was not measured: the clock is virtual",
    ],
  ] as const;
  for (const [report, expected] of rows) assert.equal(trustSentence(report, "en"), expected);
  assert.equal(
    trustSentence({ level: "not_measured", reasons: ["too_short"] }, "zh-TW"),
    "未測量時間值的可信程度：執行時間太短",
  );
});

Deno.test("forecastLines() says what has no bound, and whose machine it is", () => {
  const lines = forecastLines({
    apiBase: "http://gpu.example",
    loopback: false,
    model: "m",
    durationSeconds: 30,
  }, "en");
  assert.deepEqual(lines, [
    "Load for m at http://gpu.example, at most:",
    "requests: no bound",
    "time: 30 s",
    "tokens: no bound in, no bound out",
    "This is not an address of this machine: others may use it, and it may cost money.",
  ]);
  assert.equal(
    forecastLines(
      { apiBase: "http://localhost", loopback: true, model: "m", requests: 5, money: 1.5 },
      "zh-TW",
    ).join("|"),
    "對 http://localhost 的 m 送出負載，最多：|請求：5|時間：沒有上限|token：輸入 沒有上限，輸出 沒有上限|費用：1.5",
  );
});

Deno.test("a search tells before it begins how long it takes, and what bounds it", () => {
  const search = { runSeconds: 30, mostRunSeconds: 120, usualSeconds: 600 };
  const forecast = { apiBase: "http://localhost", loopback: true, model: "m", search };
  assert.deepEqual(forecastLines(forecast, "en"), [
    "Search for the highest rate of m at http://localhost: 30 s at each rate, near the limit up to 2m00s.",
    "time: as a rule some 10m00s; --within bounds it (shorter runs, --seconds, take less), Ctrl-C ends it with what was found",
    "requests, tokens: no bound, for it sends as much as the server takes",
  ]);
  assert.equal(
    forecastLines({ ...forecast, search: { ...search, withinSeconds: 300 } }, "zh-TW")[1],
    "時間：5m00s，之後不再開始新的執行；Ctrl-C 隨時結束並保留已找到的結果",
  );
  assert.equal(
    searchRunLine({ ratePerSecond: 4, seconds: 30, elapsedSeconds: 64.8 }, "en"),
    "after 65 s: 4/s for 30 s",
  );
});

Deno.test("the sentences of a search and its goodput carry their figures", () => {
  const goodput = {
    objectives: { ttftSeconds: 0.5 },
    good: 45,
    counted: 50,
    leftOut: 2,
    ratio: 0.9,
    interval: { lower: 0.786, upper: 0.957 },
    requestsPerSecond: 1.5,
    met: { ttftSeconds: 45 },
  };
  assert.equal(
    goodputSentence(goodput, "en"),
    "45 of 50 requests met the objectives: 90% (95%: 78.6% to 95.7%), 1.5 a second. 2 cut requests are left out.",
  );
  const probe = {
    ratePerSecond: 4,
    runs: 2,
    seconds: 60,
    interval: { lower: 0.75, upper: 0.97 },
    goodput,
    verdict: "holds",
    achievedPerSecond: 4,
    trust: "good",
  } as const;
  assert.equal(
    probeLine(probe, "en"),
    "4/s: 90% (75% to 97%) met the objectives in 2 runs of 60 s in all, holds",
  );
  const search = { objectives: {}, targetRatio: 0.9, probes: [probe] };
  assert.equal(
    searchSentence({ ...search, bestPerSecond: 4, failedPerSecond: 4.4 }, "en"),
    "Highest rate that meets the objectives: 4/s; 4.4/s does not.",
  );
  const undecided = { ...probe, ratePerSecond: 4.4, verdict: "undecided" } as const;
  assert.equal(
    searchSentence({ ...search, probes: [probe, undecided], bestPerSecond: 4, failedPerSecond: 4.4 }, "en"),
    "Highest rate that meets the objectives: 4/s; at 4.4/s it cannot be decided (longer runs, --seconds, can).",
  );
  const estimated = { ...search, bestPerSecond: 4, failedPerSecond: 4.4, estimatePerSecond: 4.21 };
  assert.equal(
    searchSentence(estimated, "en"),
    "Highest rate that meets the objectives: 4/s; 4.4/s does not. Best estimate of the limit itself: 4.21/s, where the share crosses the target.",
  );
  assert.match(searchSentence(estimated, "zh-TW"), /。極限本身的最佳估計：每秒 4\.21 個/);
  // Not a failure: seven of seven met them, in runs too short for a verdict.
  assert.equal(
    searchSentence({ ...search, probes: [undecided], failedPerSecond: 4.4 }, "en"),
    "Nothing can be said: down to 4.4/s too few requests ended for a verdict (longer runs, --seconds, can).",
  );
  // What the client could not send says nothing of the server.
  const limited = {
    ...search,
    probes: [probe, { ...probe, ratePerSecond: 8, verdict: "client_limited" } as const],
  };
  assert.equal(
    searchSentence({ ...limited, bestPerSecond: 4, failedPerSecond: 8 }, "en"),
    "The objectives hold up to 4/s. At 8/s this client was the limit: what the server can do may lie above.",
  );
  assert.match(
    searchSentence({ ...limited, failedPerSecond: 8 }, "en"),
    /^Nothing can be said of the server/,
  );
  assert.equal(
    searchSentence({ ...search, bestPerSecond: 4 }, "zh-TW"),
    "直到所嘗試的最高速率每秒 4 個，目標皆能達成。",
  );
  assert.equal(
    searchSentence({ ...search, failedPerSecond: 0.5 }, "en"),
    "The objectives do not hold at any rate down to 0.5/s.",
  );
  assert.equal(
    stopSentence({ code: "time_over", seconds: 300 }, "en"),
    "The search ended at its time, 5m00s: with more it may come closer.",
  );
  assert.equal(
    stopSentence({ code: "failures_in_a_row", count: 50, error: "no" }, "en"),
    "Stopped after 50 failures in a row, the last one: no",
  );
  assert.equal(
    stopSentence({ code: "token_budget", tokens: 1200 }, "zh-TW"),
    "達到 token 預算而停止，已使用或承諾 1.2k 個 token。",
  );
});
