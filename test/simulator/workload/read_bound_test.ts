import assert from "node:assert/strict";
import { AnswerReader } from "../../../src/simulator/workload/answer_reader.ts";
import { HttpScanner } from "../../../src/simulator/workload/http_scanner.ts";
import { ReadBound, ResponseSizes } from "../../../src/simulator/workload/read_bound.ts";
import { readRecording, type Recording } from "./recorded.ts";

/** A socket in which all of a recorded answer waits: a read tells the time of the last segment it touched, as Linux does. */
class LateSocket {
  readonly #segments: { bytes: Uint8Array; readonly timeSeconds: number }[];

  constructor({ reads }: Recording) {
    this.#segments = reads.map(({ bytes, timeSeconds }) => ({ bytes, timeSeconds }));
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  read(most: number): { readonly bytes: Uint8Array; readonly timeSeconds: number } {
    const taken: number[] = [];
    let timeSeconds = NaN;
    while (taken.length < most && this.#segments.length > 0) {
      const first = this.#segments[0]!;
      const part = first.bytes.subarray(0, most - taken.length);
      taken.push(...part);
      timeSeconds = first.timeSeconds;
      first.bytes = first.bytes.subarray(part.length);
      if (first.bytes.length === 0) this.#segments.shift();
    }
    return { bytes: Uint8Array.from(taken), timeSeconds };
  }
}

/** Reads a whole answer late; returns the arrivals of its token chunks and how many reads it took. */
function readLate(recording: Recording, sizes: ResponseSizes | undefined) {
  const socket = new LateSocket(recording);
  const bound = new ReadBound(sizes ?? new ResponseSizes());
  const answer = new AnswerReader({ streaming: true });
  let now = NaN;
  const scanner = new HttpScanner({
    head: (status, headers) => answer.head(status, headers.get("content-type"), now),
    body: (bytes) => answer.body(bytes, now),
    end: () => {},
    framed: (part, wireBytes) => bound.framed(part, wireBytes),
  });
  bound.next();
  let reads = 0;
  while (!socket.isEmpty) {
    const { bytes, timeSeconds } = socket.read(sizes === undefined ? Infinity : bound.most(scanner));
    now = timeSeconds;
    scanner.push(bytes);
    reads++;
  }
  return { times: [...answer.chunkTimesSeconds], reads, chunks: answer.chunkCount };
}

for (
  const name of ["sse-completions", "sse-completions-stop", "sse-chat", "sse-completions-continuous-usage"]
) {
  Deno.test(`ReadBound keeps each chunk's own time when all of ${name} waits`, async () => {
    const recording = await readRecording(name);
    const answer = new AnswerReader({ streaming: true });
    let now = NaN;
    const prompt = new HttpScanner({
      head: (status, headers) => answer.head(status, headers.get("content-type"), now),
      body: (bytes) => answer.body(bytes, now),
      end: () => {},
    });
    for (const read of recording.reads) {
      now = read.timeSeconds;
      prompt.push(read.bytes);
    }
    const own = [...answer.chunkTimesSeconds];
    const sizes = new ResponseSizes();
    readLate(recording, sizes); // what the sizes are is learned from the first answer
    const late = readLate(recording, sizes);
    assert.deepEqual(late.times, own);
    assert.ok(late.reads <= 2 * late.chunks + 6, `${late.reads} reads for ${late.chunks} chunks`);
    const unbounded = readLate(recording, undefined);
    assert.equal(new Set(unbounded.times).size, 1, "one read gives every chunk the last one's time");
  });
}

Deno.test("ReadBound does not learn short reads from an answer's end", () => {
  const sizes = new ResponseSizes();
  const bound = new ReadBound(sizes);
  const scanner = new HttpScanner({
    head: () => {},
    body: () => {},
    end: () => {},
    framed: (...a) => bound.framed(...a),
  });
  assert.equal(bound.most(scanner), Infinity, "nothing is known of the first answer");
  bound.next();
  scanner.push(new TextEncoder().encode("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"));
  assert.equal(sizes.leastHead, 47);
  for (const wireBytes of [240, 236, 241, 238, 105, 20]) bound.framed("chunk", wireBytes);
  assert.equal(sizes.leastChunk, 236);
  assert.equal(bound.most(scanner), 236);
  bound.next();
  scanner.push(new TextEncoder().encode("64\r\n0123456789"));
  assert.equal(bound.most(scanner), 100 - 10 + 2, "the rest of a chunk that has begun");
});
