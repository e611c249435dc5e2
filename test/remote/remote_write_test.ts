import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { type PushRetry, pushSource } from "../../src/remote/remote_write.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";
import { type ReadSeries, readWriteRequest } from "./write_reader.ts";

const URL_OF_SERVER = "http://127.0.0.1:9090";

/** A receiver that keeps what it is sent and answers from a list, then 204. */
class Receiver {
  readonly requests: { readonly url: string; readonly headers: Headers; readonly series: ReadSeries[] }[] =
    [];
  readonly triedAtSeconds: number[] = [];
  readonly clock = new VirtualClock(1000);
  readonly #answers: (Response | Error | "never")[];

  constructor(...answers: (Response | Error | "never")[]) {
    this.#answers = answers;
  }

  readonly fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    this.triedAtSeconds.push(this.clock.nowSeconds());
    const body = init?.body;
    assert.ok(body instanceof Uint8Array);
    const answer = this.#answers.shift() ?? new Response(null, { status: 204 });
    if (answer === "never") return new Promise(() => {});
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer.ok) {
      this.requests.push({
        url: String(input),
        headers: new Headers(init?.headers),
        series: readWriteRequest(body),
      });
    }
    return Promise.resolve(answer);
  };

  get series(): ReadSeries[] {
    return this.requests.flatMap(({ series }) => series);
  }
}

function define(id: number, name: string, labels: Record<string, string> = {}): SeriesDefinition {
  return { id, name, labels, type: "gauge" };
}

/** One target with a gauge that is read twice, fails, and is read again without a second series. */
function smallSource(): MemorySource {
  const source = new MemorySource();
  const none = { vanishedIds: [], defined: [], events: [] };
  const defined = [define(0, "a", { model: "m" }), define(1, "b")];
  source.append("vllm", 100.0004, { ...none, ids: [0, 1], values: [1, NaN], defined });
  source.append("vllm", 101, { ...none, ids: [0, 1], values: [2, 5] });
  source.fail("vllm", 102, {
    kind: "scrape_failed",
    timeSeconds: 102,
    target: "vllm",
    cause: { code: "connection_refused" },
    durationSeconds: 0.1,
  });
  source.append("vllm", 103, { ...none, ids: [0], values: [3] });
  source.addFacts({ target: "vllm", simulated: true, kind: "vllm", version: "0.32.0", intervalSeconds: 1 });
  return source;
}

Deno.test("pushSource() sends points, stale markers, up and facts with the target's labels", async () => {
  const receiver = new Receiver();
  const { clock, fetch } = receiver;
  const summary = await pushSource(smallSource(), { url: URL_OF_SERVER, clock, fetch });
  const seen = receiver.series.map(({ labels, samples }) => [
    labels,
    samples.map(({ timeMs, value, bits }) =>
      bits === 0x7ff0000000000002n ? `${timeMs} stale` : `${timeMs} ${value}`
    ),
  ]);
  const target = { instance: "vllm", job: "lab" };
  assert.deepEqual(seen, [
    [{ ...target, __name__: "a", model: "m" }, ["100000 1", "101000 2", "102000 stale", "103000 3"]],
    [{ ...target, __name__: "b" }, ["100000 NaN", "101000 5", "102000 stale"]],
    [{ ...target, __name__: "up" }, ["100000 1", "101000 1", "102000 0", "103000 1"]],
    [
      {
        ...target,
        __name__: "lab_target_info",
        simulated: "true",
        kind: "vllm",
        version: "0.32.0",
        interval_seconds: "1",
      },
      ["100000 1", "101000 1", "103000 1"],
    ],
  ]);
  assert.deepEqual(summary, {
    address: "http://127.0.0.1:9090/api/v1/write",
    span: { startSeconds: 100.0004, endSeconds: 103 },
    series: 4,
    sentRequests: 2,
    sentSamples: 14,
    sentStaleMarkers: 2,
    sentBytes: summary.sentBytes,
    retries: 0,
    skippedSamples: 0,
    refusals: [],
  });
});

Deno.test("pushSource() sends labels sorted, headers of the protocol, and credentials in a header only", async () => {
  const receiver = new Receiver();
  const { clock, fetch } = receiver;
  const summary = await pushSource(smallSource(), {
    url: "http://user:secret@127.0.0.1:8428/prometheus/?extra_label=x%3Dy",
    clock,
    fetch,
    job: "j",
    extraLabels: { run: "r", model: "not this one" },
    headers: { "x-scope-orgid": "team" },
  });
  assert.equal(summary.address, "http://127.0.0.1:8428/prometheus/api/v1/write");
  const { url, headers } = receiver.requests[0]!;
  assert.equal(url, "http://127.0.0.1:8428/prometheus/api/v1/write?extra_label=x%3Dy");
  assert.deepEqual(Object.fromEntries(headers), {
    "authorization": "Basic dXNlcjpzZWNyZXQ=",
    "content-encoding": "snappy",
    "content-type": "application/x-protobuf",
    "x-prometheus-remote-write-version": "0.1.0",
    "x-scope-orgid": "team",
  });
  for (const { order } of receiver.series) assert.deepEqual(order, [...order].sort());
  assert.deepEqual(receiver.series[0]!.labels, {
    __name__: "a",
    instance: "vllm",
    job: "j",
    model: "m",
    run: "r",
  });
});

Deno.test("pushSource() keeps an address that ends in a write endpoint", async () => {
  for (const path of ["/api/v1/push", "/insert/0/prometheus/api/v1/write"]) {
    const { clock, fetch } = new Receiver();
    const summary = await pushSource(smallSource(), { url: URL_OF_SERVER + path, clock, fetch });
    assert.equal(summary.address, URL_OF_SERVER + path);
  }
});

Deno.test("pushSource() sends each sample once, in time order, in requests of a bounded size", async () => {
  const source = await openShippedData("vllm-0.32.0-restart");
  const receiver = new Receiver();
  const { clock, fetch } = receiver;
  const summary = await pushSource(source, {
    url: URL_OF_SERVER,
    clock,
    fetch,
    samplesPerRequest: 700,
    sliceSeconds: 20,
  });
  const seen = new Map<string, number[]>();
  let endMs = 0;
  for (const { series } of receiver.requests) {
    const times = series.flatMap(({ samples }) => samples.map(({ timeMs }) => timeMs));
    assert.ok(times.length <= 700);
    // One request's stretch may hold the end of the last one's, where that was full.
    assert.ok(Math.min(...times, Infinity) >= endMs - 3000);
    endMs = Math.max(endMs, ...times);
    for (const { labels, samples } of series) {
      const key = JSON.stringify(labels);
      seen.set(key, [...seen.get(key) ?? [], ...samples.map(({ timeMs }) => timeMs)]);
    }
  }
  for (const [key, times] of seen) assert.deepEqual(times, [...new Set(times)].sort((a, b) => a - b), key);
  // 492 series with 19,200 points and 492 marks of absence; `up` at 148 tries, facts at the 42 good ones.
  assert.deepEqual(
    [summary.series, summary.sentSamples, summary.sentStaleMarkers, summary.skippedSamples],
    [494, 19_200 + 492 + 148 + 42, 492, 0],
  );
});

Deno.test("pushSource() tries again after 5xx, 429, no answer and no connection, and waits longer each time", async () => {
  const receiver = new Receiver(
    new Response(null, { status: 204 }), // metadata
    new Response("busy", { status: 503 }),
    new Response("slow down", { status: 429, headers: { "retry-after": "7" } }),
    new TypeError("Connection refused (os error 111)"),
    "never",
  );
  const { clock, fetch } = receiver;
  const told: PushRetry[] = [];
  const summary = await pushSource(smallSource(), {
    url: URL_OF_SERVER,
    clock,
    fetch,
    timeoutSeconds: 10,
    onRetry: (retry) => told.push(retry),
  });
  assert.equal(summary.retries, 4);
  assert.deepEqual(told.map(({ why, attempt, tries, waitSeconds }) => [why, attempt, tries, waitSeconds]), [
    ["HTTP 503 (busy)", 1, 6, 1],
    ["HTTP 429 (slow down)", 2, 6, 7],
    ["connection refused", 3, 6, 4],
    ["no answer within 10 s", 4, 6, 8],
  ]);
  assert.deepEqual(receiver.triedAtSeconds, [1000, 1000, 1001, 1008, 1012, 1030]);
  assert.equal(summary.sentSamples, 14);
});

Deno.test("pushSource() gives up after its tries and says what was sent", async () => {
  const receiver = new Receiver(
    new Response(null, { status: 204 }),
    ...Array.from({ length: 3 }, () => new Response("out of\u001b[31m space", { status: 500 })),
  );
  const { clock, fetch } = receiver;
  await assert.rejects(pushSource(smallSource(), { url: URL_OF_SERVER, clock, fetch, tries: 3 }), {
    message:
      "Cannot push to http://127.0.0.1:9090/api/v1/write: HTTP 500 (out of[31m space) in each of 3 tries, wanted 2xx",
  });
});

Deno.test("pushSource() does not try again what no try can change", async () => {
  const receiver = new Receiver(new TypeError("Fetch failed: Requests to port 1 are blocked"));
  const { clock, fetch } = receiver;
  await assert.rejects(pushSource(smallSource(), { url: "http://127.0.0.1:1", clock, fetch }), {
    message:
      "Cannot push to http://127.0.0.1:1/api/v1/write: HTTP clients do not call port 1, wanted a server on another",
  });
  assert.equal(receiver.triedAtSeconds.length, 1);
});

Deno.test("pushSource() tells a refusal once, with the server's words cut and cleaned, and goes on", async () => {
  const receiver = new Receiver(
    new Response(null, { status: 204 }),
    new Response("out of order sample\u202e\n", { status: 400 }),
    new Response("out of order sample\u202e\n", { status: 400 }),
    new Response("x".repeat(1000), { status: 400 }),
  );
  const { clock, fetch } = receiver;
  const summary = await pushSource(smallSource(), { url: URL_OF_SERVER, clock, fetch, samplesPerRequest: 3 });
  assert.deepEqual(summary.refusals.map(({ status, text, requests }) => [status, text, requests]), [
    [400, "out of order sample", 2],
    [400, "x".repeat(300), 1],
  ]);
  assert.equal(summary.sentSamples + summary.refusals.reduce((sum, { samples }) => sum + samples, 0), 14);
});

Deno.test("pushSource() stops where it is not let in, and names no secret", async () => {
  const cases: readonly (readonly [number, RegExp])[] = [
    [401, /HTTP 401 .*check the token or password/],
    [404, /HTTP 404 .*--web\.enable-remote-write-receiver/],
  ];
  for (const [status, message] of cases) {
    const receiver = new Receiver(new Response("no", { status }));
    const { clock, fetch } = receiver;
    const options = { url: "http://h:9090/?token=t0ken", bearerToken: "s3cret", clock, fetch };
    await assert.rejects(pushSource(smallSource(), options), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /s3cret|t0ken/);
      return true;
    });
    assert.equal(receiver.triedAtSeconds.length, 1);
  }
});

Deno.test("pushSource() refuses options that are none", async () => {
  const { clock, fetch } = new Receiver();
  const push = (options: object) =>
    pushSource(smallSource(), { url: URL_OF_SERVER, clock, fetch, ...options });
  await assert.rejects(push({ samplesPerRequest: 0 }), RangeError);
  await assert.rejects(push({ tries: 1.5 }), RangeError);
  await assert.rejects(push({ url: "ftp://x" }), TypeError);
  await assert.rejects(push({ url: "http://a:b@x", bearerToken: "t" }), RangeError);
});

Deno.test("pushSource() of an empty source sends nothing", async () => {
  const receiver = new Receiver();
  const { clock, fetch } = receiver;
  const summary = await pushSource(new MemorySource(), { url: URL_OF_SERVER, clock, fetch });
  assert.deepEqual([summary.span, summary.sentRequests, receiver.triedAtSeconds], [undefined, 0, []]);
});

Deno.test("pushSource() of several targets makes each an instance of its own", async () => {
  const source = smallSource();
  source.append("other", 100, {
    ids: [0],
    values: [7],
    vanishedIds: [],
    defined: [define(0, "a", { model: "m", target: "its own" })],
    events: [],
  });
  const receiver = new Receiver();
  const { clock, fetch } = receiver;
  await pushSource(source, { url: URL_OF_SERVER, clock, fetch });
  const found = receiver.series.filter(({ labels }) => labels.__name__ === "a").map(({ labels }) => labels);
  assert.deepEqual(found, [
    { __name__: "a", instance: "vllm", job: "lab", model: "m" },
    { __name__: "a", instance: "other", job: "lab", model: "m", target: "its own" },
  ]);
});
