/** Pods that ended, as a Prometheus shows them: one failed read, or none, then nothing, while others are read on. */
import assert from "node:assert/strict";
import { readContext } from "../../src/charts/context.ts";
import { gapsOf } from "../../src/charts/gaps.ts";
import { rateLine } from "../../src/charts/rate_line.ts";
import { diagnose } from "../../src/analyzer/diagnose.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { prometheusSource } from "../../src/remote/prometheus_source.ts";
import { type FakeSeries, fakeServer } from "./fake_server.ts";

const SERVED = ["vllm:num_requests_running", "vllm:generation_tokens_total"];

/** Read every 5 s from 1000 on, well until one time, then without an answer until another. */
function pod(
  instance: string,
  until: number,
  { failed = 0, job = "pods" }: { failed?: number; job?: string } = {},
) {
  const times = Array.from({ length: (until - 1000) / 5 + 1 }, (_, i) => 1000 + 5 * i);
  const failures = Array.from({ length: failed }, (_, i) => until + 5 * (i + 1));
  const labels = { job, instance };
  return [
    {
      labels: { ...labels, __name__: "up" },
      points: [...times.map((time) => [time, "1"] as const), ...failures.map((time) => [time, "0"] as const)],
    },
    ...SERVED.map((__name__): FakeSeries => ({
      labels: { ...labels, __name__, model_name: "m", engine: "0" },
      points: times.map((time) => [time, __name__.endsWith("_total") ? String(time * 10) : "1"]),
    })),
  ];
}

function sourceOf(series: readonly FakeSeries[], end = 2000) {
  return prometheusSource("http://server:9090", {
    clock: new VirtualClock(end),
    fetch: fakeServer(series).fetch,
    span: { startSeconds: 1000, endSeconds: end },
  });
}

async function told(series: readonly FakeSeries[], end = 2000) {
  const source = sourceOf(series, end);
  const diagnosis = await diagnose(source);
  const ended = (await source.facts()).find(({ target }) => target === "b:1")?.endedSeconds;
  const findings = diagnosis.findings.filter(({ target }) => target === "b:1")
    .filter(({ code }) => code === "data_stale" || code === "scrapes_failing")
    .map(({ code, severity, span }) => [code, severity, span.startSeconds, span.endSeconds]);
  return { ended, findings };
}

Deno.test("a pod that ended is told as ended, and not as an outage, while others are read on", async () => {
  for (const failed of [0, 1, 2]) {
    const last = 1500 + 5 * failed;
    assert.deepEqual(await told([...pod("a:1", 2000), ...pod("b:1", 1500, { failed })]), {
      ended: last,
      findings: [["data_stale", "info", last, 2000]],
    });
  }
});

Deno.test("a pod that failed for long before it ended has an outage until then", async () => {
  assert.deepEqual(await told([...pod("a:1", 2000), ...pod("b:1", 1500, { failed: 20 })]), {
    ended: 1600,
    findings: [["scrapes_failing", "warning", 1505, 1600], ["data_stale", "info", 1600, 2000]],
  });
});

Deno.test("a pod that is asked on without an answer is no pod that ended", async () => {
  assert.deepEqual(await told([...pod("a:1", 2000), ...pod("b:1", 1500, { failed: 100 })]), {
    ended: undefined,
    findings: [["scrapes_failing", "critical", 1505, 2000]],
  });
});

Deno.test("where nothing else of the job was read later, nobody knows whether it ended", async () => {
  const other = pod("a:1", 2000, { job: "others" });
  assert.deepEqual(await told([...other, ...pod("b:1", 1500)]), {
    ended: undefined,
    findings: [["data_stale", "warning", 1500, 2000]],
  });
});

Deno.test("a pod that ended long before the end is known as such", async () => {
  const { ended } = await told([...pod("a:1", 5000), ...pod("b:1", 1500)], 5000);
  assert.equal(ended, 1500);
});

Deno.test("charts shade no time in which nobody wanted an answer of a pod that ended", async () => {
  const source = sourceOf([...pod("a:1", 2000), ...pod("b:1", 1500, { failed: 2 })]);
  assert.deepEqual(gapsOf(await readContext(source), "server"), [
    { startSeconds: 1500, endSeconds: 1510, answering: 1, of: 2 },
  ]);
});

Deno.test("a sum over pods does not miss one that ended", async () => {
  const source = sourceOf([...pod("a:1", 2000), ...pod("b:1", 1500, { failed: 1 })]);
  const line = await rateLine(await readContext(source), "generation_tokens");
  assert.ok(line !== undefined);
  assert.deepEqual(line.partial.filter(({ endSeconds }) => endSeconds <= 1500 || endSeconds > 1505), []);
  const rateAt = (second: number) => line.values[line.timesSeconds.findIndex((time) => time >= second)];
  assert.deepEqual([1400, 1900].map((second) => Math.round(rateAt(second)!)), [20, 10]);
});
