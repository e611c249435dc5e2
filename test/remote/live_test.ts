/**
 * Against real servers: only where `LAB_TEST_PROMETHEUS` or `LAB_TEST_VICTORIA_METRICS` names a program.
 * With `LAB_TEST_RECORD=1` their answers become the fixtures of the tests that always run.
 */
import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { prometheusSource } from "../../src/remote/prometheus_source.ts";
import { pushSource } from "../../src/remote/remote_write.ts";
import type { LabEvent } from "../../src/series/types.ts";
import { assertSameEvaluations, assertSamePoints, type Tolerance } from "./equality.ts";
import { SERVERS, startServer } from "./live_server.ts";
import { recordingFetch } from "./recorded.ts";

/** VictoriaMetrics keeps twelve digits of a value; differences of large values then have fewer. */
const TOLERANCES = {
  prometheus: { points: { relative: 0 }, evaluations: { relative: 0 } },
  victoria: { points: { relative: 1e-12 }, evaluations: { relative: 1e-8 } },
} satisfies Record<keyof typeof SERVERS, Record<string, Tolerance>>;

/** Pushed data shows in VictoriaMetrics after its buffers were written out. */
const FLUSH_SECONDS = { prometheus: 0, victoria: 6 };

for (const kind of ["prometheus", "victoria"] as const) {
  const ignore = Deno.env.get(SERVERS[kind].variable) === undefined;

  for (const run of ["vllm-0.32.0-cpu", "vllm-0.32.0-restart"] as const) {
    Deno.test({
      name: `prometheusSource() reads ${run} back from ${kind} as pushSource() sent it`,
      ignore,
      async fn() {
        await using server = await startServer(kind);
        const local = await openShippedData(run);
        const summary = await pushSource(local, { url: server.url });
        assert.deepEqual(summary.refusals, []);
        await wait(FLUSH_SECONDS[kind]);
        const recording = recordingFetch();
        const remote = prometheusSource(server.url, {
          clock: new VirtualClock(1795552200),
          fetch: recording.fetch,
        });
        assert.equal((await remote.facts()).length, 1);
        await remote.describe();
        await remote.events((await local.span())!);
        const { points, evaluations } = TOLERANCES[kind];
        const compared = await assertSamePoints(local, remote, points);
        assert.ok(compared.points > 19_000);
        assert.ok((await assertSameEvaluations(local, remote, evaluations)).points > 3000);
        if (run === "vllm-0.32.0-restart" && Deno.env.get("LAB_TEST_RECORD") === "1") recording.write(kind);
        const inPieces = prometheusSource(server.url, {
          clock: new VirtualClock(1795552200),
          maxSelectPoints: 3000,
          pointsPerRequest: 700,
        });
        await assertSameEvaluations(local, inPieces, evaluations);
      },
    });
  }

  Deno.test({
    name: `prometheusSource() tells failed scrapes, absences and a restart as ${kind} scraped them`,
    ignore,
    async fn() {
      let answer = (_: number): Response => metrics(10, 100);
      const seenMs: number[] = [];
      await using target = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
        seenMs.push(Date.now());
        return answer(seenMs.length);
      });
      const address = `127.0.0.1:${target.addr.port}`;
      await using server = await startServer(kind, address);
      const until = async (more: number) => {
        const wanted = seenMs.length + more;
        while (seenMs.length < wanted) await wait(0.1);
      };
      await until(4);
      answer = () => new Response("broken", { status: 500 });
      await until(3);
      answer = () => metrics(3, 200, '\nvllm:num_requests_waiting{engine="0"} 1');
      await until(3);
      answer = () => metrics(5, 200);
      await until(3);
      await wait(FLUSH_SECONDS[kind]);
      const source = prometheusSource(server.url);
      const [facts] = await source.facts();
      assert.deepEqual(
        [facts?.target, facts?.kind, facts?.intervalSeconds, facts?.startTimeSeconds, facts?.simulated],
        [address, "vllm", 1, 200, false],
      );
      const span = await source.span();
      assert.ok(span !== undefined);
      const events = await source.events(span);
      const failed = events.filter((event) => event.kind === "scrape_failed");
      assert.ok(failed.length >= 3 && failed.length <= 4, `${failed.length} failed`);
      for (const event of failed) assert.ok(event.durationSeconds >= 0 && event.durationSeconds < 1);
      const reset = eventOf(events, "counter_reset");
      assert.deepEqual([reset?.reason, reset?.seriesCount, reset?.newStartSeconds], [
        "process_start_changed",
        1,
        200,
      ]);
      const recovered = eventOf(events, "scrape_recovered");
      assert.equal(recovered?.failedCount, failed.length);
      assert.equal(recovered?.timeSeconds, reset?.timeSeconds);
      const [tokens] = await source.select({ quantity: "generation_tokens" }, span);
      assert.deepEqual(Array.from(tokens!.staleSeconds), [failed[0]!.timeSeconds]);
      const [waiting] = await source.select({ quantity: "waiting" }, span);
      assert.equal(waiting!.staleSeconds.length, 1);
      assert.ok(waiting!.staleSeconds[0]! > waiting!.timesSeconds.at(-1)!);
      assert.ok(waiting!.staleSeconds[0]! < waiting!.timesSeconds.at(-1)! + 1.5);
    },
  });
}

function metrics(tokens: number, startSeconds: number, more = ""): Response {
  const text = `# TYPE process_start_time_seconds gauge
process_start_time_seconds ${startSeconds}
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0",model_name="a\\"b\\\\c{}"} ${tokens}${more}
`;
  return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4" } });
}

function eventOf<K extends LabEvent["kind"]>(events: readonly LabEvent[], kind: K) {
  return events.find((event): event is Extract<LabEvent, { kind: K }> => event.kind === kind);
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
