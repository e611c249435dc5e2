/** Connections to the simulated server: requests in pieces, in a row and wrong, slow clients and those that leave. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { total, virtualVllm } from "./fixtures.ts";
import { connectTo } from "./memory_connection.ts";

const JSON_HEAD = "host: x\r\ncontent-type: application/json\r\n";

function post(body: object, more = ""): string {
  const text = JSON.stringify(body);
  return `POST /v1/completions HTTP/1.1\r\n${JSON_HEAD}${more}content-length: ${text.length}\r\n\r\n${text}`;
}

function withoutIds(answer: string): string {
  return answer.replace(/cmpl-[0-9a-f]{16}/g, "cmpl-ID").replace(/^date: .*$/gm, "");
}

Deno.test("HttpConnection answers a request alike however its bytes are cut", async () => {
  const body = JSON.stringify({ prompt: "Hello there", max_tokens: 3, temperature: 0, ignore_eos: true });
  const chunked = `POST /v1/completions HTTP/1.1\r\n${JSON_HEAD}transfer-encoding: chunked\r\n` +
    `connection: close\r\n\r\n4;a=b\r\n${body.slice(0, 4)}\r\n${(body.length - 4).toString(16)}\r\n${
      body.slice(4)
    }\r\n0\r\nx-trailer: 1\r\n\r\n`;
  const plain = post(
    { prompt: "Hello there", max_tokens: 3, temperature: 0, ignore_eos: true },
    "connection: close\r\n",
  );
  const ask = async (parts: readonly string[]) => {
    const vllm = virtualVllm();
    const connection = connectTo(vllm.server);
    return await vllm.clock.drive(async () => {
      for (const part of parts) {
        connection.send(part);
        await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 1e-3);
      }
      await connection.closed;
      return withoutIds(connection.text).replace(/"created":\d+/, "");
    });
  };
  const wanted = await ask([plain]);
  assert.match(wanted, /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(await ask([chunked]), wanted);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(plain, chunked),
      fc.array(fc.nat({ max: 400 }), { maxLength: 8 }),
      async (request, cuts) => {
        const at = [0, ...cuts.filter((cut) => cut < request.length).sort((a, b) => a - b), request.length];
        assert.equal(await ask(at.slice(1).map((end, index) => request.slice(at[index], end))), wanted);
      },
    ),
    { numRuns: 40, seed: 7 },
  );
});

Deno.test("HttpConnection answers requests of one connection in their order, each after the other", async () => {
  const vllm = virtualVllm();
  const connection = connectTo(vllm.server);
  const text = await vllm.clock.drive(async () => {
    connection.send(
      post({ prompt: "One", max_tokens: 40, ignore_eos: true, stream: true }) +
        "GET /version HTTP/1.1\r\nhost: x\r\n\r\n" +
        "HEAD /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    await connection.closed;
    return connection.text;
  });
  const marks = [
    "text/event-stream",
    "data: [DONE]",
    '{"version":"0.32.0"}',
    "405 Method Not Allowed",
    "allow: GET",
  ];
  const places = marks.map((mark) => text.indexOf(mark));
  assert.deepEqual(places, [...places].sort((a, b) => a - b));
  assert.ok(places.every((place) => place > 0));
  assert.ok(text.endsWith("\r\n\r\n"), "an answer to HEAD has no body");
});

Deno.test("HttpConnection cuts a client that leaves before the next step ends, and counts it as a cut", async () => {
  const vllm = virtualVllm();
  const { engine } = vllm.server.life.runners[0]!;
  await vllm.clock.drive(async () => {
    const connection = connectTo(vllm.server);
    connection.send(post({ prompt: "One", max_tokens: 500, ignore_eos: true, stream: true }));
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 0.5);
    assert.equal(engine.running, 1);
    const { steps } = engine.statistics;
    connection.leave();
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 0.2);
    assert.ok(engine.statistics.steps - steps <= 1, `${engine.statistics.steps - steps} steps`);
  });
  assert.equal(engine.statistics.aborted, 1);
  assert.equal(engine.freeBlocks, engine.usableBlocks);
  const text = await vllm.metrics();
  assert.equal(
    total(text, "vllm:request_success_total"),
    0,
    "vLLM books a cut as no success, not even as an abort",
  );
  assert.equal(total(text, "http_requests_total"), 1);
  assert.match(text, /http_requests_total\{[^}]*status="2xx"\} 1\.0/);
  assert.equal(total(text, "vllm:num_requests_running"), 0);
});

Deno.test("HttpConnection cuts a whole answer whose client leaves", async () => {
  const vllm = virtualVllm();
  const { engine } = vllm.server.life.runners[0]!;
  await vllm.clock.drive(async () => {
    const connection = connectTo(vllm.server);
    connection.send(post({ prompt: "One", max_tokens: 500, ignore_eos: true }));
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 0.5);
    connection.leave();
    await connection.closed;
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 0.5);
    assert.equal(connection.text, "");
  });
  assert.deepEqual([engine.statistics.aborted, engine.running, engine.unfinished], [1, 0, 0]);
});

Deno.test("a client that stops reading holds no more than one merged chunk and loses no token", async () => {
  const asked = { prompt: "One", max_tokens: 900, ignore_eos: true, stream: true, temperature: 0 };
  const ask = async (slow: boolean) => {
    const vllm = virtualVllm();
    const connection = connectTo(vllm.server);
    connection.mostBytes = slow ? 100 : Infinity;
    return await vllm.clock.drive(async () => {
      connection.send(post({ ...asked }, "connection: close\r\n"));
      await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 0.5);
      connection.stalled = slow;
      await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 60);
      assert.equal(
        vllm.server.life.runners[0]!.engine.unfinished,
        0,
        "the engine does not wait for its readers",
      );
      connection.resume();
      await connection.closed;
      return connection.text;
    });
  };
  const words = (stream: string) =>
    Array.from(stream.matchAll(/"text":"([^"]*)"/g), (match) => match[1]).join("");
  const [quick, slow] = [await ask(false), await ask(true)];
  assert.equal(words(slow), words(quick));
  const chunks = (stream: string) => stream.split("data: {").length - 1;
  assert.equal(chunks(quick), 900);
  assert.ok(chunks(slow) < 420, `${chunks(slow)} chunks, wanted 64 KiB of them and one for all the rest`);
  assert.ok(slow.endsWith("data: [DONE]\n\n\r\n0\r\n\r\n"));
});

Deno.test("HttpConnection tells a client that waits for leave to go on, once", async () => {
  const vllm = virtualVllm();
  const [head, body] = post({ prompt: "x", max_tokens: 1 }, "expect: 100-continue\r\nconnection: close\r\n")
    .split(
      "\r\n\r\n",
    ) as [string, string];
  const connection = connectTo(vllm.server);
  await vllm.clock.drive(async () => {
    connection.send(`${head}\r\n\r\n`);
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 1);
    assert.equal(connection.text, "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send(body.slice(0, 5));
    connection.send(body.slice(5));
    await connection.closed;
  });
  assert.match(connection.text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
});

Deno.test("HttpConnection refuses a body above its limit and waits for one that is announced", async () => {
  const vllm = virtualVllm();
  const long = connectTo(vllm.server);
  long.send(`POST /v1/completions HTTP/1.1\r\n${JSON_HEAD}content-length: 99999999999\r\n\r\n{`);
  await long.closed;
  assert.match(long.text, /^HTTP\/1\.1 413 Content Too Large\r\n/);
  const chunked = connectTo(vllm.server);
  chunked.send(`POST /v1/completions HTTP/1.1\r\n${JSON_HEAD}transfer-encoding: chunked\r\n\r\nffffffff\r\n`);
  await chunked.closed;
  assert.match(chunked.text, /^HTTP\/1\.1 413 /);
});

Deno.test("HttpConnection lets a client that still sends see its refusal before the connection is gone", async () => {
  const vllm = virtualVllm();
  const connection = connectTo(vllm.server, { closesHalf: true });
  connection.send(`POST /v1/completions HTTP/1.1\r\n${JSON_HEAD}content-length: 99999999999\r\n\r\n`);
  await connection.halfClosed;
  assert.match(connection.text, /^HTTP\/1\.1 413 /);
  const { length } = connection.text;
  for (let part = 0; part < 100; part++) connection.send("x".repeat(10_000));
  connection.leave();
  await connection.closed;
  assert.equal(connection.text.length, length, "what it goes on sending is no request");
});

Deno.test("a crash breaks streams off: they end without their last chunk", async () => {
  const vllm = virtualVllm();
  const connection = connectTo(vllm.server);
  await vllm.clock.drive(async () => {
    connection.send(post({ prompt: "One", max_tokens: 500, ignore_eos: true, stream: true }));
    await vllm.clock.sleepUntil(vllm.clock.nowSeconds() + 0.5);
    vllm.server.crash();
    await connection.closed;
  });
  assert.match(connection.text, /"text"/);
  assert.doesNotMatch(connection.text, /\[DONE\]/);
});
