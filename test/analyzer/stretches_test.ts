/** What the diagnosis says of a stretch that begins after the trouble did, and of a run that is stopped seconds into it. */
import assert from "node:assert/strict";
import { diagnose } from "../../src/analyzer/diagnose.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { verdictSentence } from "../../src/report/findings_blocks.ts";
import { withinSpan } from "../../src/series/narrow.ts";
import { type At, engineSeries, sourceOf, START } from "../helpers/engine_series.ts";

/** Eight or so, as arrivals that come by themselves make it. */
const around8: At = (second) => 8 + Math.round(2 * Math.sin(second * 1.7) + Math.cos(second * 0.6));

const HEALTHY = engineSeries({ running: around8 });

Deno.test("diagnose() is sure of health only where it knows the time before", async () => {
  const of = async (seconds: number, knownSeconds?: number) => {
    const span = { startSeconds: START + 300 - seconds, endSeconds: START + 300 };
    const options = { span, ...(knownSeconds === undefined ? {} : { knownSeconds }) };
    const [finding, ...others] = (await diagnose(sourceOf(HEALTHY, 300), options)).findings;
    assert.deepEqual(others, []);
    return [finding!.code, finding!.confidence, finding!.params.doubt];
  };
  assert.deepEqual(await of(300), ["healthy", "high", undefined]);
  assert.deepEqual(await of(60), ["healthy", "high", undefined], "the recording goes back further");
  assert.deepEqual(await of(60, 0), ["healthy", "medium", "nothing_before"]);
  assert.deepEqual(await of(300, 0), ["healthy", "high", undefined]);
});

Deno.test("verdictSentence() of a short healthy run says what it could not know", async () => {
  const [finding] = (await diagnose(sourceOf(HEALTHY, 60))).findings;
  const said = verdictSentence(finding!, "en");
  assert.match(said, /^Nothing is wrong in \d+ windows: .*\. Nothing is known of before this time/);
  assert.match(verdictSentence(finding!, "zh-TW"), /對這段時間之前一無所知/);
});

Deno.test("diagnose() tells no health where a cache is full or figures are missing", async () => {
  const full = (await diagnose(sourceOf(engineSeries({ running: around8, kv: () => 0.97 }), 300)))
    .findings[0]!;
  assert.deepEqual([full.code, full.confidence, full.params.doubt], ["healthy", "medium", "cache_full"]);
  const blind = HEALTHY.filter(({ name }) => !name.includes("waiting"));
  const missing = (await diagnose(sourceOf(blind, 300))).findings[0]!;
  assert.deepEqual([missing.code, missing.confidence, missing.params.doubt], [
    "healthy",
    "medium",
    "figures_missing",
  ]);
});

Deno.test("diagnose() gives no verdict where requests begin to wait in a run's last seconds", async () => {
  const source = sourceOf(
    engineSeries({ running: around8, waiting: (second) => Math.max(0, 4 * (second - 196)) }),
    200,
  );
  const [finding, ...others] = (await diagnose(source)).findings;
  assert.deepEqual(others, []);
  assert.equal(finding!.code, "cannot_tell");
  assert.deepEqual(finding!.missing, {
    code: "ends_otherwise",
    params: { waiting: 16, duration: "3 s" },
  });
  assert.equal(
    verdictSentence(finding!, "en"),
    "No verdict: the last 3 s are unlike the time before: 16 requests wait, and too short to say why.",
  );
  assert.equal(finding!.evidence[0]!.value, 16);
});

Deno.test("diagnose() gives no verdict where a run ends while nothing moves", async () => {
  const stopped = HEALTHY.map((one) => ({
    ...one,
    at: (second: number) => one.at(one.type === "gauge" ? second : Math.min(second, 196)),
  }));
  const [finding] = (await diagnose(sourceOf(stopped, 200))).findings;
  assert.equal(finding!.code, "cannot_tell");
  assert.equal(finding!.missing!.code, "ends_otherwise");
  assert.match(verdictSentence(finding!, "en"), /the last 3 s .*: no token came while \d+ requests ran/);
});

Deno.test("diagnose() calls a server at which requests wait and none runs hung, not idle", async () => {
  const stuck = engineSeries({ running: () => 0, waiting: () => 6 }).map((one) => ({
    ...one,
    at: (second: number) => one.type === "gauge" ? one.at(second) : 0,
  }));
  const { findings } = await diagnose(sourceOf(stuck, 120));
  assert.deepEqual(findings.map(({ code, confidence }) => [code, confidence]), [["engine_hung", "medium"]]);
  assert.equal(
    verdictSentence(findings[0]!, "en"),
    "The engine makes no step although at least 6 requests wait.",
  );
});

Deno.test("diagnose() of a stretch within a recording knows what was usual before it", async () => {
  const slow = (second: number) => Math.min(second, 300) + 0.5 * Math.max(0, second - 300);
  // From 300 s on half as many steps and tokens a second, of as many requests, each token twice as late.
  const series = HEALTHY.map((one) => ({
    ...one,
    at: (second: number) =>
      one.type === "gauge" || /(ttft|time_to_first|itl|inter_token).*_(sum|bucket)/.test(one.name)
        ? one.at(second)
        : one.at(slow(second)),
  }));
  const source = sourceOf(series, 360);
  const span = { startSeconds: START + 320, endSeconds: START + 360 };
  for (const stretch of [source, withinSpan(source, span)]) {
    const { findings, windows } = await diagnose(stretch, { span });
    assert.deepEqual(findings.map(({ code }) => code), ["engine_slow"]);
    assert.equal(windows, 4, "those that end in the stretch");
  }
  const blind = (await diagnose(source, { span, knownSeconds: 0 })).findings[0]!;
  assert.deepEqual([blind.code, blind.confidence, blind.params.doubt], [
    "healthy",
    "medium",
    "nothing_before",
  ]);
});

Deno.test("diagnose() tells nothing of before a stretch", async () => {
  const source = sourceOf(
    engineSeries({
      running: (second) => second > 60 && second < 200 ? 12 : around8(second),
      waiting: (second) => second > 60 && second < 200 ? 24 : 0,
      kv: () => 0.3,
    }),
    420,
  );
  const whole = (await diagnose(source)).findings.map(({ code }) => code);
  assert.deepEqual(whole, ["sequence_limit"]);
  const span = { startSeconds: START + 330, endSeconds: START + 420 };
  assert.deepEqual((await diagnose(source, { span })).findings.map(({ code }) => code), ["healthy"]);
});

Deno.test("diagnose() of a recording's last half minute tells what reaches into it, and what only short windows show", async () => {
  const told = async (name: "vllm-0.32.0-cpu" | "vllm-0.32.0-restart") => {
    const source = await openShippedData(name);
    const { endSeconds } = (await source.span())!;
    const span = { startSeconds: endSeconds - 30, endSeconds };
    return (await diagnose(source, { span })).findings.map(({ code }) => code);
  };
  assert.deepEqual(await told("vllm-0.32.0-cpu"), ["sequence_limit", "requests_failing"]);
  assert.deepEqual(await told("vllm-0.32.0-restart"), ["server_restarted", "sequence_limit"]);
});

Deno.test("diagnose() gives no verdict of a recorded run that is cut two seconds into a queue", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const { startSeconds } = (await source.span())!;
  const [finding] =
    (await diagnose(source, { span: { startSeconds, endSeconds: startSeconds + 20 } })).findings;
  assert.equal(finding!.code, "cannot_tell");
  assert.deepEqual(finding!.missing, { code: "ends_otherwise", params: { waiting: 12, duration: "3 s" } });
});
