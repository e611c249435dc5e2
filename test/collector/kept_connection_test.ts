import assert from "node:assert/strict";
import { realClock } from "../../src/collector/clock.ts";
import { KeptConnection } from "../../src/collector/kept_connection.ts";
import { metricsHeaders } from "../../src/collector/metrics_body.ts";
import { MetricsReader } from "../../src/collector/metrics_reader.ts";
import { SampleError } from "../../src/series/types.ts";
import { rawAnswer, rawServer, writeAll } from "../helpers/raw_server.ts";

const TEXT = "200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n";
const encoder = new TextEncoder();

interface Step {
  /** Bytes of the answer; none: the connection is closed before any. */
  readonly bytes?: Uint8Array;
  /** In so many pieces; default one. */
  readonly pieces?: number;
  /** Closed after it. */
  readonly closes?: boolean;
}

/** Answers request after request by a script, and tells what came: which connection, and its head. */
function scriptedServer(steps: readonly Step[]) {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const asked: { readonly connection: number; readonly head: string }[] = [];
  const open = new Set<Deno.Conn>();
  let connections = 0;
  const serve = async (conn: Deno.Conn, connection: number) => {
    const bytes = new Uint8Array(16384);
    try {
      while (true) {
        let head = "";
        while (!head.includes("\r\n\r\n")) {
          const count = await conn.read(bytes);
          if (count === null) return;
          head += new TextDecoder().decode(bytes.subarray(0, count));
        }
        const step = steps[asked.length] ?? {};
        asked.push({ connection, head });
        if (step.bytes === undefined) return;
        const size = Math.ceil(step.bytes.length / (step.pieces ?? 1));
        for (let at = 0; at < step.bytes.length; at += size) {
          await writeAll(conn, step.bytes.subarray(at, at + size));
          if (step.pieces !== undefined) await new Promise((resolve) => setTimeout(resolve, 1));
        }
        if (step.closes === true) return;
      }
    } catch {
      // The client has gone.
    } finally {
      open.delete(conn);
      try {
        conn.close();
      } catch {
        // Closed by the end of the test.
      }
    }
  };
  const accepting = (async () => {
    for await (const conn of listener) {
      open.add(conn);
      void serve(conn, connections++);
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}/metrics?a=b`,
    asked,
    async close() {
      listener.close();
      await accepting;
      for (const conn of open) conn.close();
    },
  };
}

function withLength(body: string, head = TEXT): Uint8Array {
  return encoder.encode(`HTTP/1.1 ${head}content-length: ${encoder.encode(body).length}\r\n\r\n${body}`);
}

function chunked(body: string, size: number): Uint8Array {
  let text = `HTTP/1.1 ${TEXT}transfer-encoding: chunked\r\n\r\n`;
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return encoder.encode(`${text}0\r\n\r\n`);
}

const bodyOf = (lines: number, from = 0) =>
  "# TYPE a gauge\n" + Array.from({ length: lines }, (_, i) => `a{i="${i}"} ${from + i}\n`).join("");

/** Reads by turns; a failure is its cause's code. */
async function reads(
  url: string,
  count: number,
  options: { maxBytes?: number; timeoutSeconds?: number } = {},
) {
  const { maxBytes = 2 ** 20, timeoutSeconds = 5 } = options;
  const headers = { "x-own": "mine" };
  const reader = new MetricsReader(url, { clock: realClock(), timeoutSeconds, maxBytes, headers });
  const signal = new AbortController().signal;
  const found: string[] = [];
  for (let i = 0; i < count; i++) {
    try {
      found.push(new TextDecoder().decode((await reader.read(signal)).body));
    } catch (error) {
      assert.ok(error instanceof SampleError, String(error));
      found.push(error.reason.code);
    }
  }
  reader.close();
  return found;
}

Deno.test("KeptConnection reads what fetch reads, from the second time on over one connection", async () => {
  const bodies = [bodyOf(3), bodyOf(5000), bodyOf(3, 7), bodyOf(5000, 1), bodyOf(1), "# TYPE a gauge\n"];
  const [first, large, small, other, tiny, none] = bodies as [string, string, string, string, string, string];
  const server = scriptedServer([
    { bytes: withLength(first) },
    { bytes: withLength(large), pieces: 7 },
    { bytes: withLength(small) },
    { bytes: chunked(other, 1000), pieces: 13 },
    { bytes: chunked(tiny, 3), pieces: 40 },
    { bytes: withLength(none) },
  ]);
  assert.deepEqual(await reads(server.url, 6), bodies);
  const [byFetch, ...own] = server.asked;
  assert.equal(byFetch!.connection, 0);
  assert.deepEqual(own.map(({ connection }) => connection), [1, 1, 1, 1, 1]);
  const lines = (head: string) => head.toLowerCase().split("\r\n").filter((line) => line !== "").sort();
  const same = (line: string) => !/^(accept-encoding|connection|accept-language):/.test(line);
  assert.deepEqual(lines(own[0]!.head).filter(same), lines(byFetch!.head).filter(same));
  assert.ok(own[0]!.head.includes("accept-encoding: identity\r\n"));
  await server.close();
});

Deno.test("KeptConnection makes a new connection when the server closed the one that was kept", async () => {
  const good = { bytes: withLength(bodyOf(2)), closes: true };
  const server = scriptedServer([good, good, good, good]);
  assert.deepEqual(await reads(server.url, 4), Array(4).fill(bodyOf(2)));
  assert.deepEqual(server.asked.map(({ connection }) => connection), [0, 1, 2, 3]);
  await server.close();
});

Deno.test("KeptConnection leaves to fetch what is not plain, and takes it up again after a good answer", async () => {
  const good = { bytes: withLength(bodyOf(2)) };
  const busy = { bytes: withLength("no", "503 Service Unavailable\r\n") };
  const cut = { bytes: encoder.encode(`HTTP/1.1 ${TEXT}content-length: 100\r\n\r\nhello`), closes: true };
  const noHttp = { bytes: encoder.encode("SSH-2.0-OpenSSH_9.2\r\n"), closes: true };
  const packed = { bytes: withLength(bodyOf(2), `${TEXT}content-encoding: identity\r\n`) };
  for (
    const [odd, code, questions] of [
      [busy, "http_status", []],
      [cut, "answer_cut_short", []],
      [noHttp, "not_http", [noHttp]], // Asked whether it speaks TLS.
    ] as const
  ) {
    // By fetch, odd on the kept connection, odd by fetch, good by fetch, good on a new connection.
    const server = scriptedServer([good, odd, odd, ...questions, good, good]);
    assert.deepEqual(await reads(server.url, 4), [bodyOf(2), code, bodyOf(2), bodyOf(2)]);
    assert.equal(server.asked.length, 5 + questions.length);
    await server.close();
  }
  const server = scriptedServer([good, packed, good, good]);
  assert.deepEqual(await reads(server.url, 3), Array(3).fill(bodyOf(2)));
  await server.close();
});

Deno.test("KeptConnection gives nothing of a body above the limit, and fetch says so", async () => {
  const good = { bytes: withLength(bodyOf(2)) };
  const large = { bytes: withLength(bodyOf(9000)) };
  const server = scriptedServer([good, large, large, good]);
  assert.deepEqual(await reads(server.url, 3, { maxBytes: 50_000 }), [
    bodyOf(2),
    "body_too_large",
    bodyOf(2),
  ]);
  await server.close();
});

Deno.test("KeptConnection is not waited for longer than the time limit", async () => {
  const server = scriptedServer([
    { bytes: withLength(bodyOf(2)) },
    { bytes: encoder.encode(`HTTP/1.1 ${TEXT}content-length: 100\r\n\r\nhello`) },
    { bytes: withLength(bodyOf(2)) },
  ]);
  assert.deepEqual(await reads(server.url, 3, { timeoutSeconds: 1 }), [bodyOf(2), "timeout", bodyOf(2)]);
  await server.close();
});

Deno.test("KeptConnection closes a connection that is made after it was given up", async () => {
  const connect = Deno.connect;
  const late = Promise.withResolvers<Deno.Conn>();
  const done: string[] = [];
  Object.assign(Deno, { connect: () => late.promise });
  try {
    const kept = new KeptConnection("http://127.0.0.1:1/metrics", metricsHeaders(undefined));
    kept.learn(new Response("up 1\n"));
    const answer = kept.get(1000);
    kept.giveUp();
    const told = (what: string) => () => done.push(what);
    const conn = {
      close: told("close"),
      setNoDelay: told("setNoDelay"),
      write: told("write"),
      read: told("read"),
    };
    late.resolve(conn as unknown as Deno.Conn);
    assert.equal(await answer, undefined);
    assert.deepEqual(done, ["close"]);
  } finally {
    Object.assign(Deno, { connect });
  }
});

Deno.test("KeptConnection reads nothing of an address that only fetch can read", async () => {
  const server = rawServer({ "/metrics": rawAnswer(TEXT, bodyOf(1)) });
  const headers = metricsHeaders({ "x-name": "café" });
  for (const url of [`http://user:word@127.0.0.1:${server.port}/metrics`, "https://127.0.0.1/metrics"]) {
    const kept = new KeptConnection(url, metricsHeaders({}));
    kept.learn(new Response("a 1\n"));
    assert.equal(await kept.get(1000), undefined);
  }
  const kept = new KeptConnection(`http://127.0.0.1:${server.port}/metrics`, headers);
  kept.learn(new Response("a 1\n"));
  assert.equal(await kept.get(1000), undefined);
  await server.close();
});
