import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { realClock } from "../../src/collector/clock.ts";
import { MetricsReader } from "../../src/collector/metrics_reader.ts";
import { SampleError } from "../../src/series/types.ts";
import { type RawAnswer, rawAnswer, rawServer, writeAll } from "../helpers/raw_server.ts";

const GOOD = "# TYPE a gauge\na 1\n";
const TEXT = "200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n";
const MAX_BYTES = 1_000_000;
const good = rawAnswer(`${TEXT}content-length: ${GOOD.length}\r\n`, GOOD);

/** Writes on and on, until the client has gone. */
function endless(head: string, piece: string): RawAnswer {
  return async (connection) => {
    await writeAll(connection, new TextEncoder().encode(`HTTP/1.1 ${head}\r\n`));
    const bytes = new TextEncoder().encode(piece.repeat(Math.ceil(65536 / piece.length)));
    while (true) await writeAll(connection, bytes);
  };
}

Deno.test("a server that turns hostile between two reads is told as by the first, with memory to match", async () => {
  const packed = gzipSync(Buffer.alloc(20e6));
  const table: readonly (readonly [string, RawAnswer, string])[] = [
    ["/closed", () => {}, "answer_cut_short"],
    ["/cut", rawAnswer(`${TEXT}content-length: 1000\r\n`, GOOD), "answer_cut_short"],
    ["/chunks", rawAnswer(`${TEXT}transfer-encoding: chunked\r\n`, "zz\r\nhello\r\n"), "answer_cut_short"],
    ["/ssh", (c) => writeAll(c, new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n")), "not_http"],
    ["/401", rawAnswer("401 No\r\n"), "key_wanted"],
    ["/loop", rawAnswer("302 Found\r\nlocation: /loop\r\n"), "too_many_redirects"],
    [
      "/page",
      rawAnswer("200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n", "<html>"),
      "not_metrics",
    ],
    [
      "/bomb",
      rawAnswer(`${TEXT}content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n`, packed),
      "body_too_large",
    ],
    ["/endless", endless(TEXT, "a 1\n"), "body_too_large"],
    ["/endless-chunks", endless(`${TEXT}transfer-encoding: chunked\r\n`, "1\r\na\r\n"), "*"],
    ["/endless-trailer", endless(`${TEXT}transfer-encoding: chunked\r\n\r\n0\r\n`, "x: y\r\n"), "*"],
    ["/endless-head", endless("200 OK", "x: y\r\n"), "not_http"],
    ["/again", good, "good"],
  ];
  const asked = new Map<string, number>();
  // What ends at the limit or at the time, whichever is first, is "*".
  const server = rawServer(Object.fromEntries(table.map(([path, hostile]) => [path, (connection, request) => {
    const count = asked.get(path) ?? 0;
    asked.set(path, count + 1);
    return (count === 0 ? good : hostile)(connection, request);
  }])));
  const before = Deno.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 5);
  try {
    for (const [path, , expected] of table) {
      const options = { clock: realClock(), timeoutSeconds: 1, maxBytes: MAX_BYTES };
      const reader = new MetricsReader(`http://127.0.0.1:${server.port}${path}`, options);
      const read = () => reader.read(new AbortController().signal);
      const first = await read();
      assert.equal(new TextDecoder().decode(first.body), GOOD, path);
      for (let i = 0; i < 2; i++) {
        const outcome = await read().then(() => "good", (error) => {
          assert.ok(error instanceof SampleError, `${path}: ${error}`);
          return error.reason.code;
        });
        if (expected !== "*") assert.equal(outcome, expected, path);
      }
      reader.close();
    }
  } finally {
    clearInterval(watch);
    await server.close();
  }
  assert.ok(peak - before < 200e6, `grew by ${(peak - before) / 1e6} MB`);
});
