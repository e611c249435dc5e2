/** Every incident leaves the marks that tell it from its look-alikes. */
import assert from "node:assert/strict";
import type { IncidentName, IncidentParameters } from "../../../src/simulator/engine/incidents.ts";
import type { SimulatorOptions } from "../../../src/simulator/server/simulated_server.ts";
import { START_SECONDS, total, type VirtualVllm, virtualVllm } from "./fixtures.ts";

/** Figures of the minute in which the incident acts. */
interface Marks {
  readonly itl: number;
  readonly ttft: number;
  readonly queue: number;
  readonly running: number;
  readonly waiting: number;
  readonly kvUsage: number;
  readonly preemptions: number;
  readonly hitRatio: number;
  readonly finished: number;
  readonly firstTokens: number;
  readonly steps: number;
  readonly failedScrapes: number;
  readonly rejections: number;
  readonly overhead: number;
  readonly statuses: ReadonlyMap<number | string, number>;
}

const BEGIN = START_SECONDS + 40;
const END = START_SECONDS + 100;
const UNTIL = START_SECONDS + 110;

/** A steady load on the lab's profile, with an incident from second 40 to 100. */
async function during(
  name: IncidentName | undefined,
  given: { readonly parameters?: IncidentParameters; readonly options?: Partial<SimulatorOptions> } = {},
): Promise<Marks & { vllm: VirtualVllm }> {
  const vllm = virtualVllm({ profile: "lab", loadSeconds: 15, ...given.options });
  const { clock, director } = vllm;
  const statuses = new Map<number | string, number>();
  const ask = async (index: number) => {
    const question = `You are a helpful assistant. Answer as well as you can. ${
      "Be brief. ".repeat(8)
    }Question ${index}`;
    const body = { prompt: question, max_tokens: 60 + index % 50, ignore_eos: true, stream: true };
    let outcome: number | string;
    try {
      const response = await vllm.post("/v1/completions", body);
      const text = await response.text();
      outcome = response.status === 200 && !text.includes(`"finish_reason":"`)
        ? "no finish"
        : response.status;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      outcome = "broken";
    }
    if (clock.nowSeconds() >= BEGIN) statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
  };
  return await clock.drive(async () => {
    const asked: Promise<void>[] = [];
    const load = async () => {
      for (let index = 0; clock.nowSeconds() < UNTIL; index++) {
        await clock.sleepUntil(START_SECONDS + index * 0.7);
        asked.push(ask(index));
      }
    };
    const loading = load();
    await clock.sleepUntil(BEGIN);
    const first = await vllm.metrics();
    if (name !== undefined) director.start(name, given.parameters, { durationSeconds: END - BEGIN });
    const gauges = { running: 0, waiting: 0, kvUsage: 0 };
    let last = first;
    let failedScrapes = 0;
    let scrapes = 0;
    while (clock.nowSeconds() < END - 1) {
      await clock.sleepUntil(clock.nowSeconds() + 1);
      try {
        last = await vllm.metrics();
      } catch {
        failedScrapes++;
        continue;
      }
      scrapes++;
      gauges.running += total(last, "vllm:num_requests_running");
      gauges.waiting = Math.max(gauges.waiting, total(last, "vllm:num_requests_waiting"));
      gauges.kvUsage = Math.max(gauges.kvUsage, total(last, "vllm:kv_cache_usage_perc"));
    }
    const delta = (metric: string) => total(last, metric) - (isReset(first, last) ? 0 : total(first, metric));
    const mean = (metric: string) => delta(`${metric}_sum`) / delta(`${metric}_count`);
    await clock.sleepUntil(UNTIL);
    if (vllm.server.state === "up") await loading;
    director.stop();
    const engine = mean("vllm:request_queue_time_seconds") + mean("vllm:request_inference_time_seconds");
    return {
      vllm,
      itl: mean("vllm:inter_token_latency_seconds"),
      ttft: mean("vllm:time_to_first_token_seconds"),
      queue: mean("vllm:request_queue_time_seconds"),
      running: gauges.running / scrapes,
      waiting: gauges.waiting,
      kvUsage: gauges.kvUsage,
      preemptions: delta("vllm:num_preemptions_total"),
      hitRatio: delta("vllm:prefix_cache_hits_total") / delta("vllm:prefix_cache_queries_total"),
      finished: delta("vllm:request_success_total"),
      firstTokens: delta("vllm:time_to_first_token_seconds_count"),
      steps: delta("vllm:iteration_tokens_total_count"),
      failedScrapes,
      rejections: delta("vllm:admission_rejections_total"),
      overhead: mean("vllm:e2e_request_latency_seconds") - engine,
      statuses,
    };
  });
}

function isReset(before: string, after: string): boolean {
  return total(after, "vllm:prompt_tokens_total") < total(before, "vllm:prompt_tokens_total");
}

const healthy = await during(undefined);

Deno.test("without an incident the lab's server is busy, nothing waits, most of a prompt is cached", () => {
  assert.ok(healthy.running > 3 && healthy.running < 8, String(healthy.running));
  assert.deepEqual([healthy.waiting, healthy.preemptions, healthy.failedScrapes], [0, 0, 0]);
  assert.ok(healthy.hitRatio > 0.4);
  assert.ok(healthy.itl > 0.03 && healthy.itl < 0.05);
  assert.deepEqual([...healthy.statuses.keys()], [200]);
});

/** What must be seen, by incident: the tell against its look-alikes. */
const TELLS: Readonly<Partial<Record<IncidentName, (seen: Marks) => void>>> = {
  "arrival-surge": (seen) => {
    assert.ok(seen.firstTokens > 1.7 * healthy.firstTokens, "more come");
    assert.ok(seen.running > 1.7 * healthy.running);
  },
  "batch-limit": (seen) => {
    assert.ok(seen.waiting > 5 && seen.queue > 1);
    assert.ok(seen.running <= 4.2, "pinned at the limit");
    assert.ok(Math.abs(seen.itl / healthy.itl - 1) < 0.1, "ITL unchanged");
    assert.ok(seen.kvUsage < 0.5, "and not the cache");
  },
  "kv-exhausted": (seen) => {
    assert.ok(seen.kvUsage > 0.95 && seen.preemptions > 0 && seen.waiting > 5);
  },
  "huge-prompts": (seen) => {
    assert.ok(seen.ttft > 1.15 * healthy.ttft && seen.itl > healthy.itl);
  },
  "cold-cache": (seen) => {
    assert.ok(seen.hitRatio < 0.05);
    assert.ok(Math.abs(seen.firstTokens / healthy.firstTokens - 1) < 0.1, "arrivals unchanged");
  },
  "front-end-starved": (seen) => {
    assert.ok(seen.ttft - healthy.ttft > 0.2);
    assert.ok(seen.queue - healthy.queue < 0.01 && Math.abs(seen.itl / healthy.itl - 1) < 0.1);
    assert.ok(seen.overhead - healthy.overhead > 0.2, "e2e - queue - inference grows");
  },
  "slow-network": (seen) => {
    assert.ok(Math.abs(seen.itl / healthy.itl - 1) < 0.02 && Math.abs(seen.ttft / healthy.ttft - 1) < 0.05);
  },
  "abort-storm": (seen) => {
    assert.ok(seen.firstTokens - seen.finished > 20, "started and never ended");
  },
  "crash": (seen) => {
    assert.ok(seen.failedScrapes >= 14 && seen.failedScrapes <= 16);
    assert.ok((seen.statuses.get("broken") ?? 0) > 10);
  },
  "hang": (seen) => {
    assert.ok(seen.steps <= 1 && seen.running > 1, "running above 0 and no steps");
    assert.equal(seen.failedScrapes, 0);
  },
  "gpu-throttled": (seen) => {
    assert.ok(seen.itl > 1.2 * healthy.itl && seen.queue < 0.5);
  },
  "gpu-lost": (seen) => {
    assert.ok((seen.statuses.get(500) ?? 0) > 0 && (seen.statuses.get("no finish") ?? 0) > 0);
    assert.ok(seen.failedScrapes > 40);
  },
  "noisy-neighbour": (seen) => {
    assert.ok(seen.itl > 1.2 * healthy.itl && seen.steps < 0.85 * healthy.steps);
  },
  "admission-limit": (seen) => {
    assert.ok(seen.rejections > 5 && (seen.statuses.get(503) ?? 0) > 5);
    assert.equal(seen.waiting, 0);
  },
};

for (const [name, tell] of Object.entries(TELLS) as [IncidentName, (seen: Marks) => void][]) {
  Deno.test(`incident ${name} leaves its marks`, async () => {
    const parameters = name === "admission-limit" ? { maxQueuedRequests: 4 } : {};
    const seen = await during(name, { parameters });
    tell(seen);
    const [record] = seen.vllm.director.records;
    assert.deepEqual([record?.name, record?.startSeconds], [name, BEGIN]);
    assert.ok(!(await Promise.resolve(JSON.stringify(seen.vllm.server.life.metricsState()))).includes(name));
  });
}

Deno.test("incident one-engine-stuck: one engine makes no steps while requests go on to both", async () => {
  const seen = await during("one-engine-stuck", { options: { engines: 2 } });
  const [working, stuck] = seen.vllm.server.life.runners.map(({ engine }) => engine.statistics.steps);
  assert.ok(working! > 2 * stuck!, `${working} and ${stuck} steps`);
});

Deno.test("incident one-engine-stuck is refused where there is one engine", () => {
  assert.throws(() => virtualVllm().director.start("one-engine-stuck"), /1 engines, wanted at least 2/);
});

Deno.test("incident upgrade brings another version's names and another model", async () => {
  const seen = await during("upgrade", { parameters: { version: "0.9.2", model: "next" } });
  assert.ok(seen.failedScrapes >= 14);
  assert.equal(await (await seen.vllm.get("/version")).text(), `{"version":"0.9.2"}`);
  const text = await seen.vllm.metrics();
  assert.match(text, /vllm:time_per_output_token_seconds_count\{engine="0",model_name="next"\}/);
  assert.doesNotMatch(text, /vllm:inter_token_latency_seconds/);
});

Deno.test("incident memory-taken restarts with fewer blocks, but enough for one request", async () => {
  const seen = await during("memory-taken");
  assert.match(await seen.vllm.metrics(), /,num_gpu_blocks="129",/);
});

Deno.test("a slow network changes what the client sees and nothing at the server", async () => {
  const gaps = async (withIncident: boolean) => {
    const vllm = virtualVllm();
    return await vllm.clock.drive(async () => {
      if (withIncident) vllm.director.start("slow-network");
      const response = await vllm.post("/v1/completions", {
        prompt: "x",
        max_tokens: 40,
        ignore_eos: true,
        stream: true,
      });
      const times: number[] = [];
      for await (const _ of response.body!) times.push(vllm.clock.nowSeconds());
      return Math.max(...times.slice(1).map((time, index) => time - times[index]!));
    });
  };
  assert.ok(await gaps(false) < 0.1);
  assert.ok(await gaps(true) > 0.35);
});

Deno.test("an incident ends by itself or when it is ended, and a plan starts it at its time", async () => {
  const vllm = virtualVllm();
  const { clock, director } = vllm;
  await clock.drive(async () => {
    void director.follow([{ name: "cold-cache", atSeconds: 5, durationSeconds: 10 }, {
      name: "batch-limit",
      atSeconds: 8,
    }]);
    await clock.sleepUntil(START_SECONDS + 9);
    assert.equal(vllm.server.disturbance.coldPrompts, true);
    assert.equal(vllm.server.life.runners[0]!.engine.limits.maxNumSequences, 2);
    assert.throws(() => director.start("batch-limit"), /under way/);
    await clock.sleepUntil(START_SECONDS + 16);
    director.end("batch-limit");
    assert.equal(vllm.server.disturbance.coldPrompts, false);
    assert.equal(vllm.server.life.runners[0]!.engine.limits.maxNumSequences, 8);
  });
  const times = director.records.map((
    { name, startSeconds, endSeconds },
  ) => [name, startSeconds, endSeconds]);
  assert.deepEqual(times, [
    ["cold-cache", START_SECONDS + 5, START_SECONDS + 15],
    ["batch-limit", START_SECONDS + 8, START_SECONDS + 16],
  ]);
});
