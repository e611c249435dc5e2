import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { prometheusSource } from "../../src/remote/prometheus_source.ts";
import { drive } from "../../src/base/clock.ts";
import { fakeServer } from "./fake_server.ts";

const ADDRESS = "http://user:pa55@h:9090/prom/api/v1/query?key=t0ken";

/** The message of a source whose server answers so. */
async function messageOf(answer: Response | Error | "never", allowPartial = false): Promise<string> {
  const clock = new VirtualClock(0);
  const source = prometheusSource(ADDRESS, {
    clock,
    timeoutSeconds: 5,
    allowPartial,
    headers: { "x-key": "h1dden" },
    fetch: () =>
      answer === "never"
        ? new Promise(() => {})
        : answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve(answer.clone()),
  });
  assert.equal(source.address, "http://h:9090/prom");
  try {
    await drive(clock, () => source.span());
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.doesNotMatch(`${error.message} ${error.stack}`, /pa55|t0ken|h1dden|dXNlcjpwYTU1/);
    return error.message;
  }
  return "no error";
}

Deno.test("prometheusSource() says what could not be read, where, why, and what to do", async () => {
  const where = "Cannot read metadata from http://h:9090/prom: ";
  const page = "<!doctype html><title>Sign in</title>";
  const refusal = JSON.stringify({
    status: "error",
    errorType: "execution",
    error: "too many samples\u001b[2J",
  });
  const cases: readonly (readonly [Response | Error | "never", string])[] = [
    [
      new TypeError("Connection refused (os error 111)"),
      "connection refused, wanted a server there; check the address and that it runs",
    ],
    [
      new TypeError(
        "error sending request for url (http://h:9090/?key=t0ken): client error (Connect): dns error",
      ),
      "no machine of that name is known, wanted an answer; check the address",
    ],
    ["never", "no answer within 5 s, wanted one; ask for a shorter span or raise timeoutSeconds"],
    [new Response("", { status: 401 }), "HTTP 401, wanted 200; check the token or password"],
    [
      new Response(refusal, { status: 422 }),
      "HTTP 422 (too many samples[2J), wanted 200; ask for a shorter span or add matchers",
    ],
    [
      new Response(page, { status: 503 }),
      "HTTP 503 (a web page), wanted 200; ask for a shorter span or add matchers",
    ],
    [new Response("x".repeat(5000), { status: 500 }), `HTTP 500 (${"x".repeat(300)}), wanted 200`],
    [
      new Response(page),
      "it answered with something that is no JSON (<!doctype html><title>Sign in</title>), wanted Prometheus' JSON; is this its address",
    ],
    [new Response(""), "it answered with nothing, wanted Prometheus' JSON; is this its address"],
    [
      new Response('{"a":1}'),
      'it answered with no success ({"a":1}), wanted Prometheus\' JSON; is this its address',
    ],
    [
      new Response('{"status":"success","data":[]}'),
      "it answered with no object, wanted Prometheus' JSON; is this its address",
    ],
    [
      new Response('{"status":"success","data":{},"warnings":["store is down"]}'),
      "the answer is partial (store is down), wanted all; allowPartial takes such answers",
    ],
    [
      new Response('{"status":"success","data":{},"isPartial":true}'),
      "the answer is partial, wanted all; allowPartial takes such answers",
    ],
  ];
  for (const [answer, message] of cases) assert.equal(await messageOf(answer), where + message);
});

Deno.test("prometheusSource() goes on without metadata where the server has none, and says where it has no API", async () => {
  assert.equal(
    await messageOf(new Response("", { status: 404 })),
    "Cannot read the list of series from http://h:9090/prom: HTTP 404, wanted 200; the address is that before /api/v1",
  );
});

Deno.test("prometheusSource() sends credentials, headers and parameters with every request", async () => {
  const seen: string[] = [];
  const source = prometheusSource("https://h/x/?key=k", {
    clock: new VirtualClock(0),
    bearerToken: "t",
    headers: { "X-Scope-OrgID": "team" },
    fetch: (input, init) => {
      const { authorization, "x-scope-orgid": team } = Object.fromEntries(new Headers(init?.headers));
      const url = new URL(String(input));
      seen.push(`${url.pathname} ${authorization} ${team} ${url.searchParams.get("key")}`);
      return Promise.resolve(
        Response.json({ status: "success", data: url.pathname.endsWith("series") ? [] : {} }),
      );
    },
  });
  await source.span();
  assert.deepEqual([...new Set(seen)], [
    "/x/api/v1/metadata Bearer t team k",
    "/x/api/v1/series Bearer t team k",
  ]);
});

Deno.test("prometheusSource() does not remember a failure", async () => {
  let works = false;
  const source = prometheusSource("http://h", {
    clock: new VirtualClock(0),
    fetch: (input) =>
      Promise.resolve(
        works
          ? Response.json({ status: "success", data: String(input).includes("/series?") ? [] : {} })
          : new Response("", { status: 500 }),
      ),
  });
  await assert.rejects(source.span(), /HTTP 500/);
  works = true;
  assert.equal(await source.span(), undefined);
});

Deno.test("prometheusSource() refuses what is no address and options that are none", () => {
  assert.throws(() => prometheusSource("nowhere"), TypeError);
  assert.throws(() => prometheusSource("file:///etc"), TypeError);
  assert.throws(() => prometheusSource("http://h", { maxSelectPoints: 0 }), RangeError);
  assert.throws(() => prometheusSource("http://h", { lookBackSeconds: NaN }), RangeError);
  const matchers = [{ label: "target", operator: "=", value: "x" }] as const;
  assert.throws(() => prometheusSource("http://h", { matchers }), RangeError);
});

Deno.test("prometheusSource() asks again where a server is busy, and waits as it says", async () => {
  for (const status of [429, 502, 503, 504]) {
    const clock = new VirtualClock(0);
    const askedSeconds: number[] = [];
    const source = prometheusSource(ADDRESS, {
      clock,
      fetch: () => {
        askedSeconds.push(clock.nowSeconds());
        if (askedSeconds.length > 2) return Promise.resolve(Response.json({ status: "success", data: {} }));
        const headers = askedSeconds.length === 1 ? { "retry-after": "7" } : {};
        return Promise.resolve(new Response("busy", { status, headers }));
      },
    });
    await assert.rejects(drive(clock, () => source.span()), { message: /the list of series/ });
    assert.deepEqual(askedSeconds.slice(0, 3), [0, 7, 9], String(status));
  }
});

Deno.test("prometheusSource() asks in halves for what is too much for a server, and for nothing that took too long again", async () => {
  const labels = { job: "j", instance: "h:1" };
  const times = Array.from({ length: 600 }, (_, i) => [1000 + i, String(i)] as const);
  const series = ["up", "vllm:num_requests_running"].map((__name__) => ({
    labels: { ...labels, __name__ },
    points: times,
  }));
  for (const refusal of [{ status: 422, errorType: "execution" }, { status: 503, errorType: "timeout" }]) {
    const server = fakeServer(series);
    let asked = 0;
    const source = prometheusSource("http://h:9090", {
      clock: new VirtualClock(1600),
      fetch: (input, init) => {
        const range = /\[(\d+)ms\]/.exec(decodeURIComponent(String(input)))?.[1] ?? "0";
        asked++;
        if (Number(range) < 300_000) return server.fetch(input, init);
        const { status, errorType } = refusal;
        return Promise.resolve(
          Response.json({ status: "error", errorType, error: "too many samples" }, { status }),
        );
      },
    });
    const [running] = await source.select({ quantity: "running" }, { startSeconds: 1000, endSeconds: 1599 });
    assert.deepEqual(Array.from(running!.values), times.map(([, value]) => Number(value)));
    assert.ok(asked < 40, String(asked));
  }
});

Deno.test("prometheusSource() does not cut a span where the server is busy or gone, however little is asked", async () => {
  const labels = { job: "j", instance: "h:1" };
  const server = fakeServer(["up", "vllm:num_requests_running"].map((__name__) => ({
    labels: { ...labels, __name__ },
    points: Array.from({ length: 100 }, (_, i) => [864 * i, "1"] as const),
  })));
  const clock = new VirtualClock(86_400);
  let isGone = false;
  const source = prometheusSource("http://h:9090", {
    clock,
    fetch: (input, init) =>
      isGone ? Promise.resolve(new Response("no backend", { status: 503 })) : server.fetch(input, init),
  });
  await source.span();
  isGone = true;
  const asked = () => source.select({ name: "up" }, { startSeconds: 0, endSeconds: 86_400 });
  await assert.rejects(drive(clock, asked), { message: /HTTP 503 \(no backend\)/ });
  assert.ok(clock.nowSeconds() - 86_400 < 10, `${clock.nowSeconds() - 86_400} s`);
});
