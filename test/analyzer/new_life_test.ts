/** A restart as another version or model says so. */
import assert from "node:assert/strict";
import { diagnose } from "../../src/analyzer/diagnose.ts";
import { verdictSentence } from "../../src/report/findings_blocks.ts";
import { withinSpan } from "../../src/series/narrow.ts";
import type { MemorySource } from "../../src/series/memory_source.ts";
import type { MetricSource, TargetFacts } from "../../src/series/types.ts";
import type { Language } from "../../src/text/language.ts";
import { engineSeries, type MadeUp, sourceOf, START } from "../helpers/engine_series.ts";

/** The series of a life that lasts from one second to another; its counters begin with it. */
function life(model: string, from: number, to: number): MadeUp[] {
  return engineSeries({ running: () => 8, labels: { model_name: model }, begunAt: from })
    .map((one) => ({ ...one, at: (second) => second >= from && second < to ? one.at(second) : undefined }));
}

/** Two lives, with a start time that tells them apart. */
function livesOf(...models: readonly [string, string]): MemorySource {
  const [before, after] = models;
  const series = before === after
    ? engineSeries({ running: () => 8 }).map((one): MadeUp => ({
      ...one,
      labels: { ...one.labels, model_name: before },
      at: (second) => one.at(one.type === "gauge" || second < 100 ? second : second - 100),
    }))
    : [...life(before, 0, 100), ...life(after, 100, 300)];
  const start: MadeUp = {
    name: "process_start_time_seconds",
    type: "gauge",
    labels: {},
    at: (second) => second < 100 ? START - 50 : START + 95,
  };
  return sourceOf([...series, start], 200);
}

function stating(source: MemorySource, versions: readonly string[], changed?: number): MemorySource {
  const base: TargetFacts = { target: "vllm", kind: "vllm", simulated: true };
  for (const version of versions) source.addFacts({ ...base, version });
  if (changed !== undefined) source.addFacts({ ...base, versionChangedSeconds: START + changed });
  return source;
}

async function told(source: MetricSource, language: Language = "en"): Promise<string[]> {
  const { findings } = await diagnose(source);
  return findings.filter(({ code }) => code === "server_restarted").map((one) =>
    verdictSentence(one, language)
  );
}

Deno.test("a restart as another version and model says what was and what is", async () => {
  const source = stating(livesOf("a/b", "c"), ["0.32.0", "0.12.0"], 100.2);
  const [sentence, ...others] = await told(source);
  assert.match(
    sentence!,
    /^The server began again \(version was 0\.32\.0, is 0\.12\.0; model was a\/b, is c\): \d+ series/,
  );
  assert.deepEqual(others, []);
  assert.match(
    (await told(source, "zh-TW"))[0]!,
    /^伺服器重新開始（版本原為 0\.32\.0，現為 0\.12\.0；模型原為 a\/b，現為 c）：/,
  );
  // A look at the new life alone, with the restart at its edge.
  const later = withinSpan(source, { startSeconds: START + 99.5, endSeconds: START + 200 });
  assert.match((await told(later))[0]!, /version was 0\.32\.0, is 0\.12\.0; model was a\/b, is c/);
});

Deno.test("a restart says nothing new where nothing is, or where it was another restart", async () => {
  const plain = /^The server began again: /;
  assert.match((await told(livesOf("a", "a")))[0]!, plain, "as it was");
  assert.match((await told(stating(livesOf("a", "a"), ["0.32.0"])))[0]!, plain, "the same version");
  const long = stating(livesOf("a", "a"), ["0.31.0", "0.32.0"], -7200);
  assert.match((await told(long))[0]!, plain, "an upgrade before what is kept");
  assert.match(
    (await told(stating(livesOf("a", "a"), ["0.31.0", "0.32.0"])))[0]!,
    plain,
    "nobody knows when",
  );
  const only = await told(stating(livesOf("a", "a"), ["0.31.0", "0.32.0"], 101));
  assert.match(only[0]!, /^The server began again \(version was 0\.31\.0, is 0\.32\.0\): /);
});
