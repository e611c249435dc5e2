import assert from "node:assert/strict";
import { canUseEpoll } from "../../../src/simulator/workload/libc.ts";
import { VllmWorkloadSimulator } from "../../../src/simulator/workload/simulator.ts";
import { listen, type SocketAnswer, streamParts } from "./socket_server.ts";

/** The kernel's own interface only where it is known; FFI is allowed wherever the tests run. */
const ENGINES = canUseEpoll() ? ["raw", "epoll"] as const : ["raw"] as const;

function simulatorOf(engine: "raw" | "epoll") {
  return (port: number, options = {}) =>
    new VllmWorkloadSimulator({ apiBase: `http://127.0.0.1:${port}`, model: "m", engine, ...options });
}

for (const engine of ENGINES) {
  const simulator = simulatorOf(engine);

  Deno.test(`the ${engine} engine reads streams of either line end and keeps its connection`, async () => {
    await using server = listen((i) => streamParts(5, { crlf: i % 2 === 1 }));
    using workload = simulator(server.port);
    for (let i = 0; i < 4; i++) {
      const record = await workload.sendCompletion();
      assert.deepEqual(
        [record.outcome, record.engine, record.chunkTimesSeconds.length, record.outputTokens, record.error],
        ["ok", engine, 5, 5, undefined],
      );
      // The first request opened the connection; the others found it.
      assert.equal(record.connectStartedSeconds === undefined, i > 0);
      const order = [
        record.dueSeconds,
        record.sentSeconds,
        record.headersSeconds,
        ...record.chunkTimesSeconds,
        record.endSeconds,
      ];
      assert.ok(order.every((time, k) => k === 0 || time! >= order[k - 1]!), `${order}`);
    }
    assert.equal(server.connections, 1);
  });

  Deno.test(`the ${engine} engine writes a request that any server understands`, async () => {
    await using server = listen(() => streamParts(1));
    using workload = simulator(server.port, { headers: { authorization: "Bearer key" } });
    const record = await workload.sendCompletion({ prompt: "naïve 漢字" });
    const [head, body] = server.requests[0]!.split("\r\n\r\n");
    const lines = head!.split("\r\n");
    assert.equal(lines[0], "POST /v1/completions HTTP/1.1");
    assert.ok(lines.includes(`host: 127.0.0.1:${server.port}`));
    assert.ok(lines.includes("authorization: Bearer key"));
    assert.ok(lines.includes(`x-request-id: ${record.id}`));
    assert.ok(lines.includes(`content-length: ${new TextEncoder().encode(body!).length}`));
    assert.match(JSON.parse(body!).prompt, /^\([0-9a-f]{8}\) naïve 漢字$/);
  });

  Deno.test(`the ${engine} engine opens a new connection when the kept one is dead`, async () => {
    // The server closes after its answer without saying so, as uvicorn does to idle connections.
    await using server = listen(() => [...streamParts(2), "close"]);
    using workload = simulator(server.port);
    for (let i = 0; i < 3; i++) assert.equal((await workload.sendCompletion()).outcome, "ok");
    assert.equal(server.connections, 3);
    assert.equal(server.requests.length, 3);
  });

  Deno.test(`the ${engine} engine counts the wait of a request that it had to send a second time`, async () => {
    // A server that stood still, and closed its idle connections when it went on.
    await using server = listen((i) => i === 1 ? ["stall", "close"] : streamParts(2));
    using workload = simulator(server.port);
    await workload.sendCompletion();
    const record = await workload.sendCompletion();
    assert.deepEqual([record.outcome, server.connections, server.requests.length], ["ok", 2, 3]);
    assert.ok(record.chunkTimesSeconds[0]! - record.sentSeconds! >= 0.3, "from the first send");
    assert.ok(record.sentSeconds! - record.dueSeconds < 0.2, "the client was not late");
    assert.equal(record.connectStartedSeconds, undefined, "an open connection was used");
  });

  Deno.test(`the ${engine} engine asks for plain text, and says when it is compressed all the same`, async () => {
    const head =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n";
    await using server = listen(() => [`${head}\x1f\x0b\x08\x00`]);
    using workload = simulator(server.port);
    const record = await workload.sendCompletion();
    assert.deepEqual([record.outcome, record.error], [
      "error",
      "Answer is compressed (gzip), wanted it as it is",
    ]);
    assert.match(server.requests[0]!, /\r\naccept-encoding: identity\r\n/);
  });

  Deno.test(`the ${engine} engine says how a connection failed`, async () => {
    const f = async (parts: SocketAnswer, outcome: string, error: RegExp, chunks = 0) => {
      await using server = listen(() => parts);
      using workload = simulator(server.port);
      const record = await workload.sendCompletion();
      assert.deepEqual([record.outcome, record.chunkTimesSeconds.length], [outcome, chunks], record.error);
      assert.match(record.error ?? "", error);
    };
    const stream = streamParts(5);
    await f(["close"], "connection_error", /closed before the answer ended|reset/);
    await f([...stream.slice(0, 3), "close"], "connection_error", /closed before the answer ended/, 2);
    await f(["SSH-2.0-OpenSSH_9.6\r\n"], "connection_error", /wanted HTTP\/1.1/);
    await f(
      ["HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", "data: [DONE]\n\n", "close"],
      "error",
      /finish/,
    );
    const body = '{"error":{"message":"queue full","type":"x","code":503}}';
    await f([`HTTP/1.1 503 Busy\r\ncontent-length: ${body.length}\r\n\r\n${body}`], "error", /^queue full$/);
    // The answer is whole though the connection broke before its framing ended.
    await f([...stream.slice(0, -1), "close"], "ok", /^$/, 5);
  });

  Deno.test(`the ${engine} engine gives up at its timeouts and closes the connection`, async () => {
    await using server = listen(() => streamParts(5).slice(0, 3));
    using workload = simulator(server.port);
    const record = await workload.sendCompletion({ timeouts: { idleSeconds: 0.05 } });
    assert.deepEqual([record.outcome, record.error, record.chunkTimesSeconds.length], [
      "timeout",
      "no token for 0.05 s",
      2,
    ]);
  });

  Deno.test(`the ${engine} engine reports a refused connection`, async () => {
    const port = await (async () => {
      await using server = listen(() => []);
      return server.port;
    })();
    using workload = simulator(port);
    const record = await workload.sendCompletion();
    assert.equal(record.outcome, "connection_error");
    assert.match(record.error ?? "", /refused/i);
    assert.equal(record.sentSeconds, undefined);
    const found = await workload.checkAvailability();
    assert.equal(found.available === false && found.cause.code, "connection_refused");
  });
}

const HAS_IPV6 = Object.values(Deno.networkInterfaces()).some(({ address }) => address === "::1");

Deno.test({
  name: `the socket engine reaches an IPv6 address, in any case of the URL${
    HAS_IPV6 ? "" : " (this machine has no ::1)"
  }`,
  ignore: !HAS_IPV6,
  fn: ipv6Test,
});

async function ipv6Test(): Promise<void> {
  await using server = listen(() => streamParts(3), { hostname: "::1" });
  using workload = new VllmWorkloadSimulator({ apiBase: `HTTP://[0:0::1]:${server.port}/v1/`, model: "m" });
  const record = await workload.sendCompletion();
  assert.deepEqual([record.outcome, record.engine, record.chunkTimesSeconds.length], ["ok", "raw", 3]);
  assert.match(server.requests[0]!, new RegExp(`\\r\\nhost: \\[::1\\]:${server.port}\\r\\n`));
}

Deno.test("the socket engine speaks TLS with a given authority, and refuses without", async () => {
  const read = (name: string) => Deno.readTextFile(new URL(`../../fixtures/tls/${name}`, import.meta.url));
  const tls = { cert: await read("localhost.pem"), key: await read("localhost.key") };
  await using server = listen(() => streamParts(3), { tls });
  const apiBase = `https://localhost:${server.port}`;
  using trusting = new VllmWorkloadSimulator({ apiBase, model: "m", caCertificates: [await read("ca.pem")] });
  assert.equal((await trusting.sendCompletion()).outcome, "ok");
  using doubting = new VllmWorkloadSimulator({ apiBase, model: "m" });
  const record = await doubting.sendCompletion();
  assert.equal(record.outcome, "connection_error");
  assert.match(record.error ?? "", /certificate|UnknownIssuer/i);
});
