import assert from "node:assert/strict";
import { drive, sleep } from "../../src/base/clock.ts";
import { parseLimit } from "../../src/analyzer/limits.ts";
import { Alarms, parseObjective } from "../../src/cli/alarms.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import type { MetricSource, TargetFacts } from "../../src/series/types.ts";
import { seriesSource } from "../helpers/alarm_source.ts";

/** Ten minutes of 10 requests a minute; three slow minutes from the fourth on. */
const SOURCE = seriesSource(
  Array.from({ length: 10 }, (_, minute) => ({
    timeSeconds: 60 * (minute + 1),
    seconds: minute >= 3 && minute < 6 ? 2 : 0.08,
    count: 10,
  })),
);

/** Looks once a minute for ten minutes. */
async function watch(
  limits: readonly string[],
  objectives: readonly string[],
  status: number,
  source: MetricSource = SOURCE,
) {
  const clock = new VirtualClock(0);
  const said: string[] = [];
  const bodies: Record<string, unknown>[] = [];
  const alarms = new Alarms({
    failOn: limits.map(parseLimit),
    objective: objectives.map(parseObjective),
    webhook: "http://me:S3CRET@127.0.0.1:9/T0KEN?key=S3CRET",
  }, {
    clock,
    language: "en",
    say: (line) => said.push(line),
    fetch: (_url, init) => {
      bodies.push(JSON.parse(String(init?.body)));
      return Promise.resolve(new Response(null, { status }));
    },
  });
  await drive(clock, async () => {
    for (let minute = 1; minute <= 10; minute++) {
      await sleep(clock, 60);
      await alarms.look(source);
    }
    await alarms.close();
  });
  return { said, bodies, ...await alarms.result(source) };
}

Deno.test("Alarms tells one begin and one end of an episode, to people and to the webhook", async () => {
  const { said, bodies, lines, held } = await watch(["ttft_p50>1s over 2m"], [], 204);
  assert.deepEqual(said, [
    // 20 requests of 2 s: ten of them are at least (40 - 10 × 2.5) / 10 s, and the bucket ends at 2.5 s.
    "ALARM ttft_p50>1s over 2m: now between 1.5 s and 2.5 s",
    "over ttft_p50>1s over 2m: after 2m00s, worst between 1.5 s and 2.5 s",
  ]);
  assert.deepEqual(
    bodies.map(({ version, kind, limit, value, worst, startedAt, endedAt }) => [
      version,
      kind,
      limit,
      value,
      worst,
      startedAt,
      endedAt,
    ]),
    [
      [1, "begin", "ttft_p50>1s over 2m", 1.75, 1.75, "1970-01-01T00:05:00Z", undefined],
      [
        1,
        "end",
        "ttft_p50>1s over 2m",
        bodies[1]?.["value"],
        1.75,
        "1970-01-01T00:05:00Z",
        "1970-01-01T00:07:00Z",
      ],
    ],
  );
  const between = bodies[0]?.["worstBetween"];
  assert.ok(Array.isArray(between));
  assert.ok(Math.abs(between[0] - 1.5) < 1e-6 && between[1] === 2.5, String(between));
  assert.equal(held, false);
  assert.deepEqual(lines, [
    "FAIL ttft_p50>1s over 2m: beyond it once, worst between 1.5 s and 2.5 s",
  ]);
});

Deno.test("Alarms holds when nothing was beyond, and not when nothing could be judged", async () => {
  const calm = await watch(["ttft_p50>3s over 2m"], [], 204);
  assert.deepEqual([calm.held, calm.bodies.length, calm.lines], [true, 0, ["OK ttft_p50>3s over 2m: held"]]);
  const blind = await watch(["waiting>1"], [], 204);
  assert.equal(blind.held, false);
  assert.match(blind.lines[0]!, /^FAIL waiting>1: could never be judged, /);
});

Deno.test("Alarms tells of how many looks a limit that held could not be judged at", async () => {
  // Nothing is answered from the fifth minute on: the last value, of the window of two minutes, is that of the fifth.
  const groups = [1, 2, 3, 4].map((minute) => ({ timeSeconds: 60 * minute, seconds: 0.08, count: 10 }));
  const gone = await watch(["ttft_p50>3s over 2m"], [], 204, seriesSource(groups));
  assert.deepEqual([gone.held, gone.bodies.length], [true, 0]);
  assert.match(
    gone.lines[0]!,
    /^OK ttft_p50>3s over 2m: held; at 5 of 10 looks there was nothing to judge: \S/,
  );
});

Deno.test("Alarms says once that the webhook fails, shows no secret, and goes on", async () => {
  const { said, lines, held } = await watch(["ttft_p50>1s over 2m"], ["ttft=500ms@99%"], 500);
  assert.equal(said.filter((line) => line.includes("Watching goes on")).length, 1);
  assert.equal(said.filter((line) => line.includes("calls did not arrive")).length, 1);
  assert.ok(![...said, ...lines].some((line) => /S3CRET|T0KEN/.test(line)));
  // 30 of 100 missed, 1 may be: 30 times its pace, far above 14.4.
  assert.ok(
    lines.some((line) =>
      line.startsWith("FAIL Objective ttft=500ms@99% (ttft): 70% of 100 requests (70), wanted 99%: missed.")
    ),
    lines.join("\n"),
  );
  assert.ok(lines.some((line) => line.includes("Error budget spent 30 times over")), lines.join("\n"));
  assert.equal(held, false);
});

Deno.test("Alarms calls nothing beyond a limit that lies inside what a bucket says, and tells so", async () => {
  // By interpolation the median of 2 s looks like 1.75 s: whether it is above 1.8 s the buckets do not say.
  const { said, lines, held, bodies } = await watch(["ttft_p50>1800ms over 2m"], [], 204);
  assert.deepEqual(said, [
    "cannot tell ttft_p50>1800ms over 2m: the server's buckets say no more than between 1.5 s and 2.5 s; a limit of 1s or 2.5s can be judged",
  ]);
  assert.equal(bodies.length, 0);
  assert.equal(held, true);
  assert.deepEqual(lines, [
    "OK ttft_p50>1800ms over 2m: held; at 2 looks it could not be told, last between 1.5 s and 2.5 s",
  ]);
});

Deno.test("Alarms fails a limit that no look could judge, with the limits that can be", async () => {
  const steady = seriesSource(
    Array.from({ length: 10 }, (_, minute) => ({ timeSeconds: 60 * (minute + 1), seconds: 0.3, count: 10 })),
  );
  const { lines, held } = await watch(["ttft_p95>400ms over 2m"], [], 204, steady);
  assert.equal(held, false);
  assert.deepEqual(lines, [
    "FAIL ttft_p95>400ms over 2m: could never be judged, the server's buckets say no more than between 289 ms and 500 ms; a limit of 250ms or 500ms can be judged",
  ]);
});

/** The source, watched on servers of these names. */
function withServers(...targets: readonly string[]): MetricSource {
  const facts: readonly TargetFacts[] = targets.map((target) => ({ target, kind: "vllm", simulated: false }));
  return {
    ...SOURCE,
    facts: () => Promise.resolve([...facts, { target: "system", kind: "host", simulated: false }]),
  };
}

Deno.test("Alarms names the sole server to the webhook, and says when an objective is that of several", async () => {
  const one = await watch(["ttft_p50>1s over 2m"], [], 204, withServers("10.0.0.1:8000"));
  assert.equal(one.said[0], "ALARM ttft_p50>1s over 2m: now between 1.5 s and 2.5 s");
  assert.equal(one.bodies[0]?.["target"], "10.0.0.1:8000");
  assert.equal(
    one.bodies[0]?.["text"],
    "ALARM ttft_p50>1s over 2m: now between 1.5 s and 2.5 s on 10.0.0.1:8000",
  );
  const two = await watch([], ["ttft=500ms@99%"], 204, withServers("10.0.0.1:8000", "10.0.0.2:8000"));
  assert.match(two.said[0]!, /^ALARM ttft=500ms@99% \(ttft\): .+ on 2 servers together$/);
  assert.equal(two.bodies[0]?.["target"], "");
});

Deno.test("Alarms tells each limit and each objective once, and why an objective could not be judged", async () => {
  const limits = ["ttft_p50>3s over 2m", "ttft_p50>3s over 2m"];
  const silent = { ...SOURCE, evaluate: () => Promise.resolve([]) };
  const { lines, held } = await watch(limits.slice(1), ["e2e=1s"], 204, silent);
  assert.equal(held, false);
  assert.deepEqual(lines, [
    "FAIL ttft_p50>3s over 2m: could never be judged, no server is watched here",
    "FAIL Objective e2e=1s (e2e): could not be judged, no requests ended in this time",
  ]);
  const twice = await watch(limits, ["ttft=3s@40%"], 204);
  assert.equal(twice.held, true);
  assert.match(
    twice.lines.join("\n"),
    /^OK ttft_p50>3s over 2m: held\nOK Objective ttft=3s@40% \(ttft\): 100% of 100 requests \(100\), wanted 40%: met\. .+$/,
  );
});

Deno.test("Alarms fails an objective that is met as a whole where an alarm stood meanwhile, and tells of the alarm", async () => {
  const { lines, held } = await watch([], ["ttft=500ms@55%"], 204);
  assert.equal(held, false);
  assert.match(
    lines[0]!,
    /^FAIL Objective .+ 70% of 100 requests \(70\), wanted 55%: met\. Error budget left 33\.3%/,
  );
  assert.match(lines[1]!, /^ {2}1 alarm while it was watched, worst 1\.11 times the budget's pace$/);
});
