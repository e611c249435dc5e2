import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { realClock } from "../../src/collector/clock.ts";
import { readMetrics } from "../../src/collector/metrics_body.ts";
import { SampleError } from "../../src/series/types.ts";
import { causeSentence } from "../../src/text/causes.ts";
import { rawAnswer, rawServer, writeAll } from "../helpers/raw_server.ts";

const GOOD = "# TYPE a gauge\na 1\n";
const TEXT = "200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n";
const KEY = "Bearer the-key-itself";

/** The body, or the cause's code and its English sentence. */
async function outcome(
  url: string,
  options: { readonly timeoutSeconds?: number; readonly key?: string } = {},
) {
  const { timeoutSeconds = 20, key } = options;
  try {
    const { body } = await readMetrics(url, {
      clock: realClock(),
      timeoutSeconds,
      maxBytes: 64 * 2 ** 20,
      headers: { "x-own": "mine", ...(key === undefined ? {} : { authorization: key }) },
    });
    return new TextDecoder().decode(body);
  } catch (error) {
    assert.ok(error instanceof SampleError, String(error));
    return `${error.reason.code}: ${causeSentence(error.reason, "en")}`;
  }
}

const length = (body: Uint8Array) => `content-length: ${body.length}\r\n`;
const packed = (encoding: string, body: Uint8Array) =>
  rawAnswer(`${TEXT}content-encoding: ${encoding}\r\n${length(body)}`, body);
const CUT = "answer_cut_short: the connection ended before the answer was whole";
const NOT_HTTP = "not_http: what answers does not speak HTTP as it should";
const BROKEN = "bad_compression: the compressed answer is broken or cut short";
const WANTED = "set LAB_API_KEY in the environment; it is never shown";

Deno.test("readMetrics() tells every way in which an answer goes wrong in words of its own", async () => {
  const gzipped = gzipSync(GOOD);
  const utf16 = new Uint8Array(new Uint16Array([...`\ufeff${GOOD}`].map((c) => c.charCodeAt(0))).buffer);
  const table: readonly (readonly [string, ReturnType<typeof rawAnswer>, string])[] = [
    ["/closed", () => {}, CUT],
    ["/cut", rawAnswer(`${TEXT}content-length: 1000\r\n`, GOOD), CUT],
    ["/chunk-garbage", rawAnswer(`${TEXT}transfer-encoding: chunked\r\n`, "zz\r\nhello\r\n0\r\n\r\n"), CUT],
    ["/chunk-cut", rawAnswer(`${TEXT}transfer-encoding: chunked\r\n`, "20\r\nhello"), CUT],
    ["/bad-length", rawAnswer(`${TEXT}content-length: abc\r\n`, GOOD), NOT_HTTP],
    ["/ssh", (c) => writeAll(c, new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n")), NOT_HTTP],
    ["/long-head", rawAnswer(`200 OK\r\nx: ${"a".repeat(2e6)}\r\n`), NOT_HTTP],
    ["/many-heads", rawAnswer(`200 OK\r\n${"x: a\r\n".repeat(1e4)}`), NOT_HTTP],
    ["/gzip", packed("gzip", gzipped), GOOD],
    ["/br", packed("br", brotliCompressSync(GOOD)), GOOD],
    ["/gzip-cut", packed("gzip", gzipped.subarray(0, -6)), BROKEN],
    ["/gzip-garbage", packed("gzip", Buffer.from("hello world, this is not gzip")), BROKEN],
    ["/br-garbage", packed("br", Buffer.from("hello world, this is not br")), BROKEN],
    [
      "/deflate",
      packed("deflate", deflateSync(GOOD)),
      "bad_compression: the answer is compressed as deflate, wanted gzip, br or none",
    ],
    [
      "/204",
      rawAnswer("204 No Content\r\n"),
      "http_status: the server answered with status 204",
    ],
    ["/401", rawAnswer("401 No\r\n"), `key_wanted: the server wants a key (status 401): ${WANTED}`],
    [
      "/to-ftp",
      rawAnswer("302 Found\r\nlocation: ftp://a.b/c\r\n"),
      "redirect_not_http: the server redirects to where HTTP does not lead (ftp:)",
    ],
    ["/to-file", rawAnswer("302 Found\r\nlocation: file:///etc/passwd\r\n"), "redirect_not_http: *"],
    [
      "/loop",
      rawAnswer("302 Found\r\nlocation: /loop\r\n"),
      "too_many_redirects: the server redirects without end (more than 10 times)",
    ],
    ["/to-gzip", rawAnswer("307 Moved\r\nlocation: /gzip\r\n"), GOOD],
    ["/nowhere", rawAnswer("302 Found\r\n"), "http_status: the server answered with status 302"],
    [
      "/page",
      rawAnswer("200 OK\r\ncontent-type: text/html\r\n", "<html></html>"),
      "not_metrics: the answer is not a metrics text but text/html",
    ],
    ["/utf16", rawAnswer(TEXT, utf16), new TextDecoder().decode(utf16)],
  ];
  const server = rawServer(Object.fromEntries(table.map(([path, answer]) => [path, answer])));
  try {
    for (const [path, , expected] of table) {
      const got = await outcome(`http://127.0.0.1:${server.port}${path}`);
      assert.equal(expected.endsWith("*") ? got.slice(0, expected.length - 1) + "*" : got, expected, path);
    }
    const refused = await outcome(`http://127.0.0.1:${server.port}/401`, { key: KEY });
    assert.equal(
      refused,
      "key_refused: the server refused the key that was sent (status 401): check LAB_API_KEY in the environment, or what the address carries before @; neither is ever shown",
    );
  } finally {
    await server.close();
  }
});

Deno.test("readMetrics() says of a name that nobody knows and of a closed port what they are", async () => {
  assert.equal(
    await outcome("http://no-such-host.invalid/metrics"),
    "name_not_resolved: no machine of that name is known; check the spelling",
  );
  const closed = rawServer({});
  await closed.close();
  assert.equal(
    await outcome(`http://127.0.0.1:${closed.port}/metrics`),
    "connection_refused: connection refused: nothing listens there",
  );
});

Deno.test("readMetrics() carries neither the key nor another header to the host of a redirect", async () => {
  const seen: string[] = [];
  const other = rawServer({
    "/metrics": (c, request) => {
      seen.push(request);
      return rawAnswer(TEXT, GOOD)(c, request);
    },
    "/closed": rawAnswer("403 No\r\n"),
  });
  const to = (path: string) =>
    rawAnswer(`301 Moved\r\nlocation: http://user:password@127.0.0.1:${other.port}${path}?t=1#x\r\n`);
  const server = rawServer({
    "/a": to("/metrics"),
    "/b": to("/closed"),
    "/c": rawAnswer("307 Moved\r\nlocation: /c/\r\n"),
    "/c/": rawAnswer("401 No\r\n"),
  });
  try {
    const read = (path: string) => outcome(`http://127.0.0.1:${server.port}${path}`, { key: KEY });
    assert.equal(await read("/a"), GOOD);
    assert.match(seen.join(""), /^GET \/metrics\?t=1 /);
    assert.doesNotMatch(seen.join(""), /authorization|the-key-itself|x-own|referer|cookie/i);
    assert.match(seen.join(""), /accept: text\/plain/i);
    assert.match(
      await read("/c"),
      /^key_refused: the server refused the key that was sent \(status 401\): /,
      "a path of the same server is sent the key",
    );
    assert.equal(
      await read("/b"),
      `key_wanted: the server wants a key (status 403): ${WANTED}; the server redirects to http://127.0.0.1:${other.port}/closed, where no key is sent`,
    );
  } finally {
    await server.close();
    await other.close();
  }
});

Deno.test("readMetrics() tells certificates that are old, for another name, or signed by nobody known", async () => {
  const fixtures = new URL("../fixtures/tls/", import.meta.url);
  const text = (name: string) => Deno.readTextFileSync(new URL(name, fixtures));
  const client = Deno.createHttpClient({ caCerts: [text("second-ca.pem")] });
  const table = [
    [
      "expired",
      "certificate_out_of_date: the certificate has expired or is not valid yet; renew it, or set the clocks",
    ],
    [
      "other-name",
      "certificate_other_name: the certificate is for another name: example.org; the address needs the name that it is for",
    ],
    [
      "localhost",
      "untrusted_certificate: nobody who is trusted here signed the certificate; DENO_CERT=FILE in the environment names one to trust (load: --ca FILE)",
    ],
  ] as const;
  for (const [name, expected] of table) {
    const server = Deno.serve({
      port: 0,
      hostname: "127.0.0.1",
      cert: text(`${name}.pem`),
      key: text(`${name}.key`),
      onListen() {},
    }, () => new Response(GOOD));
    try {
      await assert.rejects(
        readMetrics(`https://127.0.0.1:${server.addr.port}/metrics`, {
          clock: realClock(),
          timeoutSeconds: 20,
          maxBytes: 100,
          fetch: (input, init) => {
            const trusting: RequestInit & { readonly client: Deno.HttpClient } = { ...init, client };
            return fetch(input, trusting);
          },
        }),
        (error) => {
          assert.ok(error instanceof SampleError);
          assert.equal(`${error.reason.code}: ${causeSentence(error.reason, "en")}`, expected);
          return true;
        },
      );
    } finally {
      await server.shutdown();
    }
  }
  client.close();
  const plain = rawServer({});
  const handshake = await outcome(`https://127.0.0.1:${plain.port}/metrics`, { timeoutSeconds: 0.2 });
  assert.equal(handshake, "timeout: no answer within 0.2 s");
  await plain.close();
});

Deno.test("readMetrics() gives up on a body that comes a byte at a time", async () => {
  let stop = false;
  const server = rawServer({
    "/drip": async (connection) => {
      await writeAll(connection, new TextEncoder().encode(`HTTP/1.1 ${TEXT}content-length: 100\r\n\r\n`));
      while (!stop) {
        await writeAll(connection, new Uint8Array([97]));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  });
  const got = await outcome(`http://127.0.0.1:${server.port}/drip`, { timeoutSeconds: 0.3 });
  stop = true;
  await server.close();
  assert.equal(got, "timeout: no answer within 0.3 s");
});

Deno.test("readMetrics() stops a body of 200 MB packed into 200 kB at its limit, with memory to match", async () => {
  const bomb = await packedZeros(200);
  const server = rawServer({
    "/bomb": packed("gzip", bomb),
    "/plain": rawAnswer(TEXT, new Uint8Array(70e6)),
  });
  const before = Deno.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 5);
  try {
    const tooLarge = "body_too_large: the answer is larger than 64 MiB";
    for (const path of ["/bomb", "/plain"]) {
      assert.equal(await outcome(`http://127.0.0.1:${server.port}${path}`, { key: KEY }), tooLarge, path);
    }
  } finally {
    clearInterval(watch);
    await server.close();
  }
  const grownMb = (peak - before) / 1e6;
  assert.ok(grownMb < 400, `grew by ${grownMb} MB`);
});

async function packedZeros(megabytes: number): Promise<Uint8Array> {
  let left = megabytes;
  const zeros = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (left-- === 0) controller.close();
      else controller.enqueue(new Uint8Array(1e6));
    },
  });
  const stream = zeros.pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
