/**
 * Runs the code of a request a few times against a canned answer, so that the first real ones do not pay for its
 * compilation: they would be late and slow, and the server would get the blame.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { attempt } from "./attempt.ts";
import { ClientCounters } from "./counters.ts";
import { HttpScanner } from "./http_scanner.ts";
import { DEFAULT_TIMEOUTS, type RequestShape } from "./plan.ts";
import type { CallListener, Transport } from "./transport.ts";

const ROUNDS = 40;
const CHUNKS = 40;

/** Sends nothing. */
export async function warmUp(clock: Clock): Promise<void> {
  const reads = cannedReads();
  const transport: Transport = {
    engine: "raw",
    open: () => Promise.resolve(),
    close: () => {},
    send: (_call, listener) => replay(reads, listener, clock),
  };
  const shape: RequestShape = {
    model: "warm-up",
    endpoint: "completions",
    stream: true,
    temperature: 0,
    maxTokens: CHUNKS,
  };
  const counters = new ClientCounters();
  for (let round = 0; round < ROUNDS; round++) {
    const dueSeconds = clock.nowSeconds();
    const record = await attempt({
      id: `warm-up-${round}`,
      phase: "warm-up",
      target: "none",
      dueSeconds,
      shape,
      prompt: { messages: [{ role: "user", content: "warm-up" }] },
      maxTokens: CHUNKS,
      timeouts: DEFAULT_TIMEOUTS,
    }, {
      clock,
      transport,
      signal: new AbortController().signal,
      onToken: (timeSeconds, { sentSeconds }) => counters.firstToken(timeSeconds - sentSeconds),
      trust: () => "not_measured",
    });
    counters.add(record);
  }
}

function cannedReads(): readonly Uint8Array[] {
  const encoder = new TextEncoder();
  const chunk = (text: string) => encoder.encode(`${text.length.toString(16)}\r\n${text}\r\n`);
  const token = (finish: string) =>
    `data: {"choices":[{"index":0,"text":"a","finish_reason":${finish}}]}\n\n`;
  return [
    encoder.encode(
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    ),
    ...Array.from({ length: CHUNKS - 1 }, () => chunk(token("null"))),
    chunk(token('"length"')),
    chunk('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":40}}\n\ndata: [DONE]\n\n'),
    encoder.encode("0\r\n\r\n"),
  ];
}

async function replay(reads: readonly Uint8Array[], listener: CallListener, clock: Clock): Promise<void> {
  let now = clock.nowSeconds();
  listener.sending(now);
  const scanner = new HttpScanner({
    head: (status, headers) => listener.head(status, headers.get("content-type"), now),
    body: (bytes) => listener.body(bytes, now),
    end: () => listener.ended(now),
  });
  for (const bytes of reads) {
    await Promise.resolve();
    now = clock.nowSeconds();
    scanner.push(bytes);
  }
}
