import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { connectionCause, readUrl } from "../../src/collector/http_read.ts";
import { SampleError } from "../../src/series/types.ts";
import { causeSentence } from "../../src/text/causes.ts";

Deno.test("readUrl() says that a port is one that fetch refuses, which has nothing to do with the server", async () => {
  const options = { clock: new VirtualClock(0), timeoutSeconds: 5, maxBytes: 100 };
  await assert.rejects(readUrl("http://127.0.0.1:9/metrics", options), (error) => {
    assert.ok(error instanceof SampleError);
    assert.deepEqual([error.reason.code, error.reason.params?.port], ["port_blocked", 9]);
    assert.match(
      causeSentence(error.reason, "en"),
      /^port 9 is one that HTTP clients do not call \(.+\); give the server another$/,
    );
    return true;
  });
});

Deno.test("readUrl() tells a reader that was stopped from a server that takes too long", async () => {
  const never: typeof fetch = () => new Promise(() => {});
  const read = (signal?: AbortSignal) => {
    const clock = new VirtualClock(0);
    const reading = readUrl("http://a/metrics", {
      clock,
      timeoutSeconds: 5,
      maxBytes: 100,
      fetch: never,
      ...(signal === undefined ? {} : { signal }),
    });
    return clock.drive(() => reading);
  };
  const stop = new AbortController();
  stop.abort();
  const code = (error: unknown) => error instanceof SampleError ? error.reason : error;
  assert.deepEqual(await read(stop.signal).catch(code), { code: "cancelled" });
  assert.deepEqual(await read().catch(code), { code: "timeout", params: { timeoutSeconds: 5 } });
});

Deno.test("connectionCause() tells what is wrong with an encrypted connection", () => {
  // As Deno 2.9.6 says it of a plain server and of a self-signed certificate.
  const told = (detail: string) =>
    connectionCause(new TypeError("error sending request", { cause: new Error(detail) }));
  assert.deepEqual(told("client error (Connect): received corrupt message of type InvalidContentType"), {
    code: "no_tls",
  });
  const untrusted = told("client error (Connect): invalid peer certificate: Other(CaUsedAsEndEntity)");
  assert.equal(
    causeSentence(untrusted, "en"),
    "its certificate is not trusted (invalid peer certificate: Other(CaUsedAsEndEntity)); DENO_CERT=FILE in the " +
      "environment names one to trust (load: --ca FILE)",
  );
});
