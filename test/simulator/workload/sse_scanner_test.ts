import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_EVENT_BYTES, SseScanner } from "../../../src/simulator/workload/sse_scanner.ts";

const encoder = new TextEncoder();

function scan(pieces: readonly Uint8Array[]): string[] {
  const events: string[] = [];
  const scanner = new SseScanner((data, event) =>
    events.push(event === "message" ? data : `${event}:${data}`)
  );
  for (const piece of pieces) scanner.push(piece);
  scanner.end();
  return events;
}

Deno.test("SseScanner reads what the format allows", () => {
  const f = (input: string, expected: readonly string[]) =>
    assert.deepEqual(scan([encoder.encode(input)]), expected, JSON.stringify(input));
  f("", []);
  f("\n\n\n", []);
  f(": a comment\n\n", []);
  f("id: 7\nretry: 10\n\n", []);
  f("event: error\n\n", []); // an event without data is none
  f("data: a\n\n", ["a"]);
  f("data:a\n\n", ["a"]);
  f("data:  a\n\n", [" a"]); // one space belongs to the field, the second to the value
  f("data\n\n", [""]);
  f("data: a\r\n\r\n", ["a"]);
  f("data: a\r\rdata: b\r\r", ["a", "b"]);
  f("data: a\ndata: b\n\n", ["a\nb"]);
  f("event: error\ndata: a\n\ndata: b\n\n", ["error:a", "b"]);
  f("\uFEFFdata: a\n\n", ["a"]);
  f("data: a\n\n: ping\n\ndata: [DONE]\n\n", ["a", "[DONE]"]);
  f("data: a\n", ["a"]); // the blank line is missing
  f("data: a", ["a"]);
  f("datax: a\n\n", []);
});

Deno.test("SseScanner gives the same events however the bytes are split", () => {
  const text = fc.array(
    fc.constantFrom(
      "data: ",
      "data:",
      "event: x",
      "\n",
      "\r",
      "\r\n",
      ": c",
      "é",
      "漢",
      "😀",
      "{}",
      " ",
      "[DONE]",
    ),
    { maxLength: 60 },
  ).map((parts) => encoder.encode(parts.join("")));
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 20 }), (bytes, cuts) => {
      const whole = scan([bytes]);
      assert.deepEqual(scan([...bytes].map((byte) => Uint8Array.of(byte))), whole);
      const places = [0, ...cuts.filter((cut) => cut <= bytes.length).sort((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i]!, end));
      assert.deepEqual(scan(pieces), whole);
    }),
    { seed: 11, numRuns: 500 },
  );
});

Deno.test("SseScanner does not keep the caller's array", () => {
  const events: string[] = [];
  const scanner = new SseScanner((data) => events.push(data));
  const buffer = encoder.encode("data: first");
  scanner.push(buffer);
  buffer.fill(120);
  scanner.push(encoder.encode(" half\n\n"));
  assert.deepEqual(events, ["first half"]);
});

Deno.test("SseScanner refuses a line without an end", () => {
  const scanner = new SseScanner(() => {});
  const piece = new Uint8Array(1024 * 1024).fill(97);
  assert.throws(
    () => {
      for (let sent = 0; sent <= MAX_EVENT_BYTES; sent += piece.length) scanner.push(piece);
    },
    (error: Error) => error instanceof RangeError && /a line of \d+ bytes/.test(error.message),
  );
});

Deno.test("SseScanner refuses an event of endless data lines", () => {
  const scanner = new SseScanner(() => {});
  const piece = encoder.encode(`data: ${"a".repeat(1024 * 1024)}\n`);
  assert.throws(
    () => {
      for (let sent = 0; sent <= MAX_EVENT_BYTES; sent += piece.length) scanner.push(piece);
    },
    RangeError,
  );
});
