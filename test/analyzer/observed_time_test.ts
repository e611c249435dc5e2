/** Rates of stretches that begin and end between two reads; expected values by hand. */
import assert from "node:assert/strict";
import { figuresOfSource } from "../../src/analyzer/run_figures.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { prometheusSource } from "../../src/remote/prometheus_source.ts";
import { withinSpan } from "../../src/series/narrow.ts";
import { assertClose } from "../helpers/close.ts";
import { type FakeSeries, fakeServer } from "../remote/fake_server.ts";

/** A pod that ends four requests a second, of 100 tokens each, read every 15 s from one time on to another. */
function pod(instance: string, [from, to]: readonly [number, number], model = "m"): FakeSeries[] {
  const times = Array.from({ length: Math.floor((to - from) / 15) + 1 }, (_, i) => from + 15 * i);
  const series = (name: string, value: (time: number) => number): FakeSeries => ({
    labels: {
      job: "pods",
      instance,
      ...(name === "up" ? {} : { model_name: model, engine: "0" }),
      __name__: name,
    },
    points: times.map((time) => [time, String(value(time))]),
  });
  const ended = (time: number) => 4 * (time - from);
  return [
    series("up", () => 1),
    series("vllm:e2e_request_latency_seconds_count", ended),
    series("vllm:e2e_request_latency_seconds_sum", ended),
    series("vllm:generation_tokens_total", (time) => 100 * ended(time)),
  ];
}

async function figuresWithin(series: readonly FakeSeries[], span: readonly [number, number]) {
  const [startSeconds, endSeconds] = span;
  const { fetch } = fakeServer(series);
  const clock = new VirtualClock(10_000);
  // The first stretch of a comparison begins where the server was asked from.
  const first = prometheusSource("http://server:9090", {
    clock,
    fetch,
    span: { startSeconds, endSeconds: 9000 },
  });
  const whole = prometheusSource("http://server:9090", {
    clock,
    fetch,
    span: { startSeconds: 0, endSeconds: 9000 },
  });
  const inside = { startSeconds, endSeconds };
  const held = await first.span();
  const cut = { startSeconds: Math.max(startSeconds, held!.startSeconds), endSeconds };
  return [
    await figuresOfSource(withinSpan(first, cut)),
    await figuresOfSource(withinSpan(whole, inside)),
  ];
}

Deno.test("figuresOfSource() has the same rates wherever a stretch begins and ends between two reads", async () => {
  for (const from of [1500, 1501, 1507, 1514]) {
    for (const to of [1620, 1621, 1627, 1634]) {
      for (const { figures } of await figuresWithin(pod("a:1", [1000, 4000]), [from, to])) {
        assertClose(figures.requests_per_second!.value, 4, 1e-9);
        assertClose(figures.output_tokens_per_second!.value, 400, 1e-9);
      }
    }
  }
});

Deno.test("figuresOfSource() counts a pod that came or went in the stretch by what it did, not by when", async () => {
  // Pod b is gone at 1600, pod c comes then: 4 a second all the time, and a goes on.
  const series = [
    ...pod("a:1", [1000, 4000]),
    ...pod("b:1", [1000, 1600]),
    ...pod("c:1", [1600, 4000]),
  ];
  for (const { figures, conditions } of await figuresWithin(series, [1300, 1900])) {
    assertClose(figures.requests_per_second!.value, 8, 1e-9);
    assert.equal(conditions.servers, 3);
  }
});

Deno.test("figuresOfSource() names the servers and models of its stretch, not those of another", async () => {
  const series = [
    ...pod("a:1", [1000, 4000]),
    ...pod("b:1", [1000, 1600], "old"),
    ...pod("c:1", [2000, 4000], "new"),
  ];
  const of = async (span: readonly [number, number]) =>
    (await figuresWithin(series, span)).map(({ conditions: { servers, model } }) => [servers, model]);
  assert.deepEqual(await of([1200, 1500]), [[2, "m, old"], [2, "m, old"]]);
  assert.deepEqual(await of([2300, 2900]), [[2, "m, new"], [2, "m, new"]]);
});
