import assert from "node:assert/strict";
import { drive } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { Webhook, type WebhookOptions } from "../../src/live/webhook.ts";

type Answer = number | "refused" | "silent" | { readonly status: number; readonly retryAfter: string };

interface Call {
  readonly atSeconds: number;
  readonly url: string;
  readonly body: string;
  readonly headers: Headers;
  readonly redirect: string | undefined;
}

/** A receiver that answers as written; the last answer stays. */
function receiver(
  answers: readonly Answer[],
  options: Partial<WebhookOptions> & { readonly url?: string } = {},
) {
  const clock = new VirtualClock(1000);
  const calls: Call[] = [];
  const said: string[] = [];
  const fetch = (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const answer = answers[Math.min(calls.length, answers.length - 1)]!;
    calls.push({
      atSeconds: clock.nowSeconds(),
      url: String(url),
      body: String(init?.body),
      headers: new Headers(init?.headers),
      redirect: init?.redirect,
    });
    if (answer === "refused") return Promise.reject(new TypeError("Connection refused (os error 111)"));
    if (answer === "silent") return new Promise(() => {});
    if (typeof answer === "number") return Promise.resolve(new Response(null, { status: answer }));
    return Promise.resolve(
      new Response(null, { status: answer.status, headers: { "retry-after": answer.retryAfter } }),
    );
  };
  const { url = "http://127.0.0.1:9/hooks/T0KEN?key=S3CRET", ...others } = options;
  const webhook = new Webhook(url, {
    clock,
    fetch,
    onFailing: (cause) => said.push(`${clock.nowSeconds()} failing ${cause.code}`),
    onRecovered: (failed) => said.push(`${clock.nowSeconds()} recovered ${failed}`),
    ...others,
  });
  return { clock, webhook, calls, said };
}

Deno.test("Webhook.tell() posts JSON once when it is taken", async () => {
  const { clock, webhook, calls, said } = receiver([204]);
  await drive(clock, async () => {
    webhook.tell({ kind: "begin" });
    webhook.tell({ kind: "end" });
    await webhook.close(10);
  });
  assert.deepEqual(calls.map(({ body }) => body), ['{"kind":"begin"}', '{"kind":"end"}']);
  assert.equal(calls[0]!.headers.get("content-type"), "application/json");
  assert.equal(calls[0]!.redirect, "manual");
  assert.deepEqual(said, []);
  assert.deepEqual(webhook.totals, { sent: 2, lost: 0 });
});

Deno.test("Webhook.tell() tries again after 1, 2 and 4 s, and says once that nobody answers", async () => {
  const { clock, webhook, calls, said } = receiver(["refused"]);
  await drive(clock, async () => {
    webhook.tell({ n: 1 });
    webhook.tell({ n: 2 });
    await webhook.close(100);
  });
  assert.deepEqual(calls.map(({ atSeconds }) => atSeconds), [1000, 1001, 1003, 1007, 1007, 1008, 1010, 1014]);
  assert.deepEqual(said, ["1007 failing connection_refused"]);
  assert.deepEqual(webhook.totals, { sent: 0, lost: 2 });
});

Deno.test("Webhook.tell() gives up a silent receiver after the time limit and says so when it works again", async () => {
  const { clock, webhook, calls, said } = receiver(["silent", 200], { tries: 1, timeoutSeconds: 3 });
  await drive(clock, async () => {
    webhook.tell({ n: 1 });
    webhook.tell({ n: 2 });
    await webhook.close(100);
  });
  assert.equal(calls.length, 2);
  assert.deepEqual(said, ["1003 failing timeout", "1003 recovered 1"]);
});

Deno.test("Webhook.tell() does not try again what is refused, and honours Retry-After", async () => {
  for (const status of [400, 401, 404, 302]) {
    const { clock, webhook, calls } = receiver([status]);
    await drive(clock, async () => {
      webhook.tell({});
      await webhook.close(100);
    });
    assert.equal(calls.length, 1, String(status));
  }
  const { clock, webhook, calls } = receiver([{ status: 429, retryAfter: "7" }, 200]);
  await drive(clock, async () => {
    webhook.tell({});
    await webhook.close(100);
  });
  assert.deepEqual(calls.map(({ atSeconds }) => atSeconds), [1000, 1007]);
});

Deno.test("Webhook.close() calls off what does not end in time", async () => {
  const { clock, webhook } = receiver(["silent"], { timeoutSeconds: 60 });
  await drive(clock, async () => {
    webhook.tell({});
    await webhook.close(10);
  });
  assert.equal(clock.nowSeconds(), 1010);
  assert.deepEqual(webhook.totals, { sent: 0, lost: 1 });
});

Deno.test("Webhook.tell() drops the oldest of what waits when there is too much", async () => {
  const { clock, webhook, calls } = receiver(["silent", 200], {
    tries: 1,
    mostWaiting: 2,
    timeoutSeconds: 1,
  });
  await drive(clock, async () => {
    for (let n = 0; n < 5; n++) webhook.tell({ n });
    await webhook.close(100);
  });
  assert.deepEqual(calls.map(({ body }) => body), ['{"n":0}', '{"n":3}', '{"n":4}']);
  assert.deepEqual(webhook.totals, { sent: 2, lost: 3 });
});

Deno.test("Webhook shows neither path, parameters nor credentials, and sends the latter as a header", async () => {
  const url = "https://me:pa%40ss@example.org/hooks/T0KEN?key=S3CRET";
  const { clock, webhook, calls } = receiver([200], { url });
  assert.equal(webhook.shown, "https://example.org");
  await drive(clock, async () => {
    webhook.tell({});
    await webhook.close(10);
  });
  assert.equal(calls[0]!.url, "https://example.org/hooks/T0KEN?key=S3CRET");
  assert.equal(calls[0]!.headers.get("authorization"), `Basic ${btoa("me:pa@ss")}`);
  assert.throws(() => receiver([200], { url: "ftp://example.org" }), /its scheme is ftp:/);
});
