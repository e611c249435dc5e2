import assert from "node:assert/strict";
import { HttpScanner } from "../../../src/simulator/workload/http_scanner.ts";

const encoder = new TextEncoder();

interface Seen {
  readonly status: number | undefined;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly ended: boolean;
  readonly keepAlive: boolean;
}

function read(text: string, options: { readonly pieceBytes?: number; readonly close?: boolean } = {}): Seen {
  let status: number | undefined;
  let headers: Record<string, string> = {};
  let body = "";
  let ended = false;
  const scanner = new HttpScanner({
    head: (code, fields) => {
      status = code;
      headers = Object.fromEntries(fields);
    },
    body: (bytes) => body += String.fromCharCode(...bytes),
    end: () => ended = true,
  });
  const bytes = encoder.encode(text);
  const size = options.pieceBytes ?? bytes.length;
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  const keepAlive = scanner.keepAlive;
  if (options.close === true) assert.equal(scanner.close(), ended || scanner.done);
  return { status, headers, body, ended, keepAlive };
}

Deno.test("HttpScanner reads every framing, in one piece and byte by byte", () => {
  const f = (text: string, expected: Partial<Seen>) => {
    for (const pieceBytes of [undefined, 1, 3]) {
      const seen = read(text, pieceBytes === undefined ? {} : { pieceBytes });
      for (const [key, value] of Object.entries(expected)) {
        assert.deepEqual(
          seen[key as keyof Seen],
          value,
          `${key} of ${JSON.stringify(text)} by ${pieceBytes}`,
        );
      }
    }
  };
  f("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", {
    status: 200,
    body: "hello",
    ended: true,
    keepAlive: true,
  });
  f("HTTP/1.1 200 OK\ncontent-length: 5\n\nhello", { body: "hello", ended: true });
  f("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", { body: "", ended: true, keepAlive: true });
  f("HTTP/1.1 204 No Content\r\n\r\n", { status: 204, ended: true });
  f("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", { body: "hel", ended: false, keepAlive: false });
  f("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\n", {
    body: "helloabc",
    ended: true,
    keepAlive: true,
  });
  f("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\ntrailer: 1\r\n\r\n", {
    body: "0123456789",
    ended: true,
  });
  f("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx", { ended: true, keepAlive: false });
  f("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx", { ended: true, keepAlive: false });
  f("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno", {
    status: 404,
    body: "no",
  });
  f("HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a:2\r\ncontent-length: 0\r\n\r\n", {
    headers: { "x-a": "1, 2", "content-length": "0" },
  });
});

Deno.test("HttpScanner takes the end of the connection as the end of a body without a length", () => {
  const seen = read("HTTP/1.1 200 OK\r\n\r\npartial", { close: true });
  assert.deepEqual([seen.body, seen.ended, seen.keepAlive], ["partial", true, false]);
});

Deno.test("HttpScanner says that a cut body is not complete", () => {
  const scanner = new HttpScanner({ head: () => {}, body: () => {}, end: () => assert.fail("ended") });
  assert.equal(scanner.untouched, true);
  scanner.push(encoder.encode("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel"));
  assert.equal(scanner.untouched, false);
  assert.equal(scanner.close(), false);
});

Deno.test("HttpScanner reads one response after another on a connection", () => {
  const statuses: number[] = [];
  const listener = { head: (status: number) => statuses.push(status), body: () => {}, end: () => {} };
  const scanner = new HttpScanner(listener);
  scanner.push(encoder.encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
  scanner.next(listener);
  scanner.push(encoder.encode("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"));
  assert.deepEqual(statuses, [200, 503]);
});

Deno.test("HttpScanner refuses what is not HTTP", () => {
  const f = (text: string, message: RegExp) =>
    assert.throws(() => read(text), message, JSON.stringify(text.slice(0, 60)));
  f(
    "SSH-2.0-OpenSSH_9.6\r\n",
    /^SyntaxError: Cannot read response: starts with "SSH-2.0-OpenSSH_9.6", wanted HTTP\/1.1$/,
  );
  f("HTTP/2 200\r\n", /wanted HTTP\/1.1/);
  f("HTTP/1.1 200 OK\r\ncontent-length: 5x\r\n\r\n", /content-length "5x", wanted digits/);
  f("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", /chunk size "zz", wanted hex digits/);
  f("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n", /a chunk longer than its size/);
  f("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxyz", /2 bytes after its end, wanted none/);
  f(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(70000)}\r\n\r\n`, /wanted (a shorter one|fewer)/);
});

Deno.test("HttpScanner offers whole chunks where they lie, and as a body what is not taken", () => {
  const taken: string[] = [];
  const bodies: string[] = [];
  const scanner = new HttpScanner({
    head: () => {},
    body: (bytes) => bodies.push(String.fromCharCode(...bytes)),
    end: () => {},
    chunk(bytes, from, to) {
      const text = String.fromCharCode(...bytes.subarray(from, to));
      if (text !== "bb") return false;
      taken.push(text);
      return true;
    },
  });
  const buffer = new Uint8Array(200).fill("x".charCodeAt(0));
  const push = (text: string) => {
    const { written } = encoder.encodeInto(text, buffer);
    // The rest of the buffer is of an earlier read.
    scanner.push(buffer, written);
  };
  push("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nbb\r\n1\r\na\r\n");
  push("2\r\nbb\r\n2\r\nb");
  push("b\r\n2\r\nbb\r\n0\r\n\r\n");
  // The one that came in two pieces is no whole chunk.
  assert.deepEqual([taken, bodies, scanner.done], [["bb", "bb", "bb"], ["a", "b", "b"], true]);
});
