import assert from "node:assert/strict";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { openLab } from "../../src/notebook/lab.ts";
import { setup, takeNotices, teardown } from "../../src/notebook/setup.ts";

function variables(values: Record<string, string>) {
  return (name: string) => values[name];
}

Deno.test("openLab() takes a real server from the environment and keeps its key out of sight", async () => {
  await using lab = await openLab({
    variables: variables({
      LAB_URL: "http://user:pass@10.0.0.5:8000/v1",
      LAB_METRICS_URL: "http://10.0.0.5:9000/metrics",
      LAB_API_KEY: "s3cret",
      LAB_LANG: "zh-TW",
      LAB_OUTPUT: "data/runs/x",
    }),
  });
  assert.equal(lab.mode, "server");
  assert.equal(lab.simulated, false);
  assert.equal(lab.apiBase, "http://10.0.0.5:8000/v1");
  assert.equal(lab.summary, "模式：server（指定的伺服器），API：http://10.0.0.5:8000/v1，模擬：否");
  assert.equal(lab.target.url, "http://10.0.0.5:8000");
  assert.equal(lab.target.metricsUrl, "http://10.0.0.5:9000/metrics");
  assert.equal(lab.workloadOptions.headers?.authorization, "Bearer s3cret");
  assert.equal(lab.collectorOptions.targets[0], lab.target);
  assert.equal(lab.language, "zh-TW");
  assert.ok(lab.outputDirectory.endsWith("/data/runs/x"));
  for (const shown of [Deno.inspect(lab), JSON.stringify(lab)]) {
    assert.match(shown, /10\.0\.0\.5/);
    assert.doesNotMatch(shown, /s3cret|pass/);
  }
});

Deno.test("openLab() starts a simulated server when none is named, and ends it", async () => {
  const lab = await openLab({ variables: variables({}) });
  try {
    assert.equal(lab.mode, "simulated");
    assert.equal(lab.simulated, true);
    const response = await fetch(`${lab.apiBase}/models`);
    assert.equal(response.status, 200);
    await response.body?.cancel();
    assert.match(lab.outputDirectory, /data\/runs\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
  } finally {
    await lab.close();
  }
  await lab.close();
  await assert.rejects(fetch(`${lab.apiBase}/models`), TypeError);
});

Deno.test("openLab() replays on a virtual clock in UTC, whatever server the environment names", async () => {
  await using lab = await openLab({
    variables: variables({ LAB_MODE: "replay", LAB_URL: "http://10.0.0.5:8000" }),
    seed: 7,
  });
  assert.equal(lab.mode, "replay");
  assert.equal(lab.summary, `mode: replay, API: ${lab.apiBase}, simulated: true`);
  assert.equal(lab.clock.nowSeconds(), Date.parse("2026-01-05T09:00:00Z") / 1000);
  assert.equal(lab.timeZone, "UTC");
  assert.equal(lab.seed, 7);
  assert.equal(lab.collectorOptions.gpu, lab.server?.gpus);
  assert.equal(lab.collectorOptions.clock, lab.clock);
  assert.equal(lab.workloadOptions.fetch, lab.fetch);
  assert.ok(lab.outputDirectory.endsWith("/data/runs/2026-01-05T09-00-00Z"));
});

Deno.test("openLab() closes the lab that it had opened before", async () => {
  const first = await openLab({ variables: variables({}) });
  await using _ = await openLab({ variables: variables({ LAB_MODE: "replay" }) });
  await assert.rejects(fetch(`${first.apiBase}/models`), TypeError);
});

Deno.test("openLab() refuses what it cannot open", async () => {
  await assert.rejects(openLab({ variables: variables({ LAB_MODE: "fast" }) }), {
    name: "RangeError",
    message: 'Cannot open lab: LAB_MODE is "fast", wanted "replay" or nothing',
  });
  await assert.rejects(openLab({ variables: variables({ LAB_URL: "ftp://x" }) }), TypeError);
  await assert.rejects(
    openLab({ variables: variables({ LAB_MODE: "replay", LAB_LANG: "xx" }) }),
    { name: "RangeError" },
  );
});

Deno.test("a closed lab refuses at once what would wait for its server in vain", async () => {
  const lab = await openLab({ variables: variables({}) });
  const before = new RealTimeMetricsCollector({ ...lab.collectorOptions, intervalSeconds: 1 });
  await lab.close();
  const closed = { message: "Cannot use the lab: it was closed, wanted a new one: lab = await openLab()" };
  assert.throws(() => lab.collectorOptions, closed);
  assert.throws(() => lab.workloadOptions, closed);
  assert.throws(() => lab.parserOptions, closed);
  assert.equal(lab.viewOptions.language, "en");
  const startMs = performance.now();
  const results = await before.collectOnce();
  assert.ok(performance.now() - startMs < 5_000, "a GPU of a server that is gone was waited for");
  const causes = Object.fromEntries(results.map((one) => [one.target, "failed" in one && one.failed.code]));
  assert.deepEqual([causes["vllm"], causes["gpu"]], ["connection_refused", "simulated_server_stopped"]);
  const facts = await before.facts();
  assert.deepEqual(facts.filter((one) => one.absent?.answer).map((one) => one.target), ["vllm", "gpu"]);
  await before.stop();
});

Deno.test("workloadOptions have another name each time for one collector, so that a cell may be run again", async () => {
  await using lab = await openLab({ variables: variables({ LAB_MODE: "replay" }) });
  const names = () => {
    const options = lab.workloadOptions;
    // A look at it takes no name, and its name stays.
    assert.equal(Object.values(lab).length > 0 && options.target, options.target);
    return [options.target, { ...lab.workloadOptions }.target];
  };
  assert.deepEqual(names(), ["workload", "workload-2"]);
  assert.equal(lab.collectorOptions.targets.length, 1);
  assert.deepEqual(names(), ["workload", "workload-2"]);
});

Deno.test("a closed lab of a real server still names it, but records nothing any more", async () => {
  const lab = await openLab({ variables: variables({ LAB_URL: "http://10.0.0.5:8000" }) });
  await lab.close();
  assert.throws(() => lab.collectorOptions, /it was closed/);
  assert.equal(lab.workloadOptions.apiBase, "http://10.0.0.5:8000/v1");
  assert.equal(lab.parserOptions.url, "http://10.0.0.5:8000/metrics");
});

Deno.test("a lab whose recording cannot be made says so once, and collects all the same", async () => {
  const file = await Deno.makeTempFile();
  await using lab = await openLab({ variables: variables({ LAB_OUTPUT: `${file}/below` }) });
  setup({ language: "en" });
  try {
    await using collector = new RealTimeMetricsCollector({
      ...lab.collectorOptions,
      gpu: false,
      system: false,
    });
    await collector.collectOnce();
    await collector.collectOnce();
    const notices = takeNotices();
    assert.equal(notices.length, 1);
    assert.match(notices[0]!, /recording\.sqlite/);
    assert.ok(await collector.span());
    await collector.collectOnce();
    assert.deepEqual(takeNotices(), []);
  } finally {
    teardown();
    await Deno.remove(file);
  }
});
