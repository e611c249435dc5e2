import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { connectionCause } from "../../src/collector/connection_cause.ts";
import { readUrl } from "../../src/collector/http_read.ts";
import { SampleError } from "../../src/series/types.ts";
import { causeSentence } from "../../src/text/causes.ts";

Deno.test("readUrl() says that a port is one that fetch refuses, which has nothing to do with the server", async () => {
  const options = { clock: new VirtualClock(0), timeoutSeconds: 5, maxBytes: 100 };
  await assert.rejects(readUrl("http://127.0.0.1:9/metrics", options), (error) => {
    assert.ok(error instanceof SampleError);
    assert.deepEqual([error.reason.code, error.reason.params?.port], ["port_blocked", 9]);
    assert.match(
      causeSentence(error.reason, "en"),
      /^port 9 is one that HTTP clients do not call; give the server another$/,
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

Deno.test("connectionCause() knows the words of other platforms, and keeps what it has no words for", () => {
  const told = (detail: string) =>
    connectionCause(
      new TypeError("fetch failed", { cause: new TypeError("x", { cause: new Error(detail) }) }),
    );
  const url = "error sending request for url (http://h:1/metrics): client error (Connect): ";
  const table: readonly (readonly [string, ReturnType<typeof told>])[] = [
    [`${url}tcp connect error: No connection could be made. (os error 10061)`, {
      code: "connection_refused",
    }],
    [`${url}dns error: No such host is known. (os error 11001)`, { code: "name_not_resolved" }],
    [`${url}dns error: nodename nor servname provided, or not known`, { code: "name_not_resolved" }],
    [`${url}tcp connect error: No route to host (os error 113)`, { code: "host_unreachable" }],
    [`${url}tcp connect error: Network is unreachable (os error 101)`, { code: "host_unreachable" }],
    [`${url}received corrupt message of type InvalidContentType`, { code: "no_tls" }],
    [`${url}received fatal alert: HandshakeFailure`, {
      code: "tls_failed",
      params: { alert: "HandshakeFailure" },
    }],
    [`${url}tls handshake eof`, { code: "tls_failed" }],
    [`${url}invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))`, {
      code: "certificate_of_authority",
    }],
    ["connection error: Connection reset by peer (os error 104)", { code: "answer_cut_short" }],
    [`${url}at https://u:p@h/?token=1 the moon is full`, {
      code: "connection_failed",
      params: { detail: "client error (Connect): at the address the moon is full" },
    }],
  ];
  for (const [detail, expected] of table) assert.deepEqual(told(detail), expected, detail);
});
