/** What Kubernetes' labels on `up` make of targets. */
import assert from "node:assert/strict";
import { readContext } from "../../src/charts/context.ts";
import { seriesName } from "../../src/charts/server_panels.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { prometheusSource } from "../../src/remote/prometheus_source.ts";
import { everySecond, type FakeSeries, fakeServer } from "./fake_server.ts";

function read(instance: string, labels: Readonly<Record<string, string>>, from = 1000): FakeSeries[] {
  const own = { job: "pods", instance, ...labels };
  return [
    { labels: { ...own, __name__: "up" }, points: everySecond(from, [1, 1, 1]) },
    {
      labels: { ...own, __name__: "vllm:num_requests_running", engine: "0", model_name: "m" },
      points: everySecond(from, [1, 2, 3]),
    },
  ];
}

function source(...series: readonly FakeSeries[][]) {
  return prometheusSource("http://server:9090", {
    clock: new VirtualClock(1010),
    fetch: fakeServer(series.flat()).fetch,
  });
}

Deno.test("prometheusSource() names a target by its pod, and tells all that its reader says of it", async () => {
  const remote = source(
    read("10.0.0.1:8000", { pod: "llama-1", namespace: "prod" }),
    read("10.0.0.2:8000", { pod: "llama-2", namespace: "prod" }),
  );
  const facts = await remote.facts();
  assert.deepEqual(facts.map(({ target, address }) => [target, address]), [
    ["llama-1", "10.0.0.1:8000"],
    ["llama-2", "10.0.0.2:8000"],
  ]);
  assert.deepEqual(facts[0]!.details, {
    server: "http://server:9090",
    job: "pods",
    namespace: "prod",
    pod: "llama-1",
  });
  const span = { startSeconds: 0, endSeconds: 2000 };
  const matchers = [{ label: "target", operator: "=", value: "llama-2" } as const];
  const found = await remote.select({ quantity: "running", matchers }, span);
  assert.deepEqual(found.map(({ labels }) => [labels.target, labels.instance]), [[
    "llama-2",
    "10.0.0.2:8000",
  ]]);
});

Deno.test("prometheusSource() keeps the address where a pod's name is not a target's alone, or changed", async () => {
  // Two ports of one pod, one pod after another on one address, a pod named as another target, and none.
  const remote = source(
    read("10.0.0.1:8000", { pod: "two-ports" }),
    read("10.0.0.1:9400", { pod: "two-ports" }),
    read("node:8000", { pod: "first" }),
    read("node:8000", { pod: "second" }, 1004),
    read("10.0.0.3:8000", { pod: "plain:1" }),
    read("plain:1", {}),
  );
  const facts = await remote.facts();
  assert.deepEqual(facts.map(({ target }) => target).sort(), [
    "10.0.0.1:8000",
    "10.0.0.1:9400",
    "10.0.0.3:8000",
    "node:8000",
    "plain:1",
  ]);
  assert.equal(facts.find(({ target }) => target === "node:8000")?.details?.pod, "first, second");
});

Deno.test("charts name a line by its pod and engine, not by all that the reader says of the pod", async () => {
  const remote = source(
    read("10.0.0.1:8000", { pod: "llama-1", namespace: "prod" }),
    read("10.0.0.2:8000", { pod: "llama-2", namespace: "prod" }),
  );
  const context = await readContext(remote);
  const labels = {
    ...{ target: "llama-1", engine: "0", model_name: "m", job: "pods", instance: "10.0.0.1:8000" },
    ...{ pod: "llama-1", namespace: "prod", finished_reason: "stop" },
  };
  const line = { labels, unit: undefined, timesSeconds: new Float64Array(), values: new Float64Array() };
  assert.equal(
    seriesName(context, line, { quantity: "request_success", count: 4 }),
    "llama-1 engine 0 stop",
  );
});
