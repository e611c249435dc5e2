/** `http://` to ports that speak TLS and `https://` to ports that do not, as servers of several makes answer. */
import assert from "node:assert/strict";
import { realClock } from "../../src/collector/clock.ts";
import { readMetrics } from "../../src/collector/metrics_body.ts";
import { causeByScheme, saysHttpsWanted } from "../../src/collector/scheme.ts";
import { SampleError } from "../../src/series/types.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";

const fixture = (name: string) =>
  Deno.readTextFileSync(new URL(`../fixtures/tls/${name}.pem`.replace(".key.pem", ".key"), import.meta.url));
const TLS = { cert: fixture("localhost"), key: fixture("localhost.key") };

/** What the scrape and the load say of an address, each as a code. */
async function codes(url: string): Promise<readonly [scrape: string, load: string]> {
  const options = { clock: realClock(), timeoutSeconds: 4, maxBytes: 1e6 };
  const scrape = await readMetrics(`${url}/metrics`, options).then(
    () => "read",
    (error) => error instanceof SampleError ? error.reason.code : String(error),
  );
  using workload = new VllmWorkloadSimulator({ apiBase: url });
  const found = await workload.checkAvailability({ timeoutSeconds: 4 });
  return [scrape, found.available ? "available" : found.cause.code];
}

/** A server below HTTP: told the first bytes that come. */
async function withBytes(
  answer: (conn: Deno.Conn, first: string) => Promise<void>,
  work: (port: number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (conn: Deno.Conn) => {
    const first = new Uint8Array(4096);
    try {
      const count = await conn.read(first) ?? 0;
      await answer(conn, new TextDecoder("latin1").decode(first.subarray(0, count)));
    } catch (error) {
      if (!(error instanceof Error && error.name in Deno.errors)) throw error;
    }
    conn.close();
  };
  const accepting = (async () => {
    for await (const conn of listener) serve(conn);
  })();
  try {
    await work(listener.addr.port);
  } finally {
    listener.close();
    await accepting;
  }
}

const text = (answer: string) => new TextEncoder().encode(answer);

Deno.test("http:// to a port with TLS is told as that, for scrapes and loads", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, ...TLS },
    () => new Response(""),
  );
  assert.deepEqual(await codes(`http://127.0.0.1:${server.addr.port}`), ["tls_wanted", "tls_wanted"]);
  await server.shutdown();
  const page = "<title>400 The plain HTTP request was sent to HTTPS port</title>";
  await withBytes(async (conn) => {
    await conn.write(text(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${page.length}\r\n\r\n${page}`));
  }, async (port) => {
    assert.deepEqual(await codes(`http://127.0.0.1:${port}`), ["tls_wanted", "tls_wanted"]);
  });
});

Deno.test("https:// to a plain port is told as that, also where the port only hangs up", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response(""));
  assert.deepEqual(await codes(`https://127.0.0.1:${server.addr.port}`), ["no_tls", "no_tls"]);
  await server.shutdown();
  await withBytes(async (conn, first) => {
    if (first.startsWith("GET ")) await conn.write(text("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  }, async (port) => {
    assert.deepEqual(await codes(`https://127.0.0.1:${port}`), ["no_tls", "no_tls"]);
  });
});

Deno.test("a port that hangs up on everybody stays what it is", () =>
  withBytes(() => Promise.resolve(), async (port) => {
    assert.deepEqual(await codes(`http://127.0.0.1:${port}`), ["answer_cut_short", "answer_cut_short"]);
    const [scrape, load] = await codes(`https://127.0.0.1:${port}`);
    assert.deepEqual([scrape, load], ["tls_failed", "answer_cut_short"]);
  }));

Deno.test("causeByScheme() asks nobody after a failure that has nothing to do with TLS", async () => {
  let asked = 0;
  await withBytes(() => Promise.resolve(void asked++), async (port) => {
    const url = `http://127.0.0.1:${port}`;
    for (const code of ["connection_refused", "timeout", "name_not_resolved", "body_too_large"] as const) {
      assert.deepEqual(await causeByScheme(url, { code }), { code });
    }
    assert.deepEqual(await causeByScheme(url.replace("http", "https"), { code: "untrusted_certificate" }), {
      code: "untrusted_certificate",
    });
  });
  assert.equal(asked, 0);
});

Deno.test("saysHttpsWanted() knows the pages of nginx, Apache and Go, and no other error", () => {
  const pages = [
    "400 The plain HTTP request was sent to HTTPS port",
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
    "Client sent an HTTP request to an HTTPS server.",
  ];
  for (const page of pages) assert.equal(saysHttpsWanted(400, page), true, page);
  assert.equal(saysHttpsWanted(502, pages[0]!), false);
  assert.equal(saysHttpsWanted(400, '{"error":"https://docs.example says why"}'), false);
});
