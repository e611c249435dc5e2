import assert from "node:assert/strict";
import type { Clock } from "../../../src/base/clock.ts";
import { rawTransport } from "../../../src/simulator/workload/raw_transport.ts";
import type { CallListener } from "../../../src/simulator/workload/transport.ts";

const ANSWER = new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");

/** Connections whose reads all wait until `handOver`, as those of one turn of the event loop do. */
function connections() {
  const waiting: (() => void)[] = [];
  const dial = (): Promise<Deno.Conn> => {
    const pieces = [ANSWER, new TextEncoder().encode("ok")];
    const conn: Pick<Deno.Conn, "read" | "write" | "close"> = {
      read: (buffer) =>
        new Promise((resolve) =>
          waiting.push(() => {
            const piece = pieces.shift()!;
            buffer.set(piece);
            resolve(piece.length);
          })
        ),
      write: (bytes) => Promise.resolve(bytes.length),
      close: () => {},
    };
    return Promise.resolve(conn as Deno.Conn); // no more of it is used
  };
  return { dial, waiting, handOver: () => waiting.splice(0).forEach((hand) => hand()) };
}

/** A clock that goes on by a second whenever it is looked at. */
function countingClock(): Clock {
  let seconds = 0;
  return { nowSeconds: () => ++seconds, sleepUntil: () => Promise.resolve() };
}

Deno.test("rawTransport gives what was read in one turn one time, and the next turn a later one", async () => {
  const { dial, waiting, handOver } = connections();
  const transport = rawTransport("http://server.test", { clock: countingClock(), dial });
  const heads: number[] = [];
  const bodies: number[] = [];
  const listener: CallListener = {
    connecting: () => {},
    connected: () => {},
    sending: () => {},
    head: (_status, _type, timeSeconds) => heads.push(timeSeconds),
    body: (_bytes, timeSeconds) => bodies.push(timeSeconds),
    ended: () => {},
  };
  const signal = new AbortController().signal;
  const sends = Promise.all(
    Array.from({ length: 3 }, () => transport.send({ method: "GET", path: "/" }, listener, signal)),
  );
  const allWait = async () => {
    for (let i = 0; waiting.length < 3 && i < 100; i++) await Promise.resolve();
  };
  await allWait();
  handOver();
  await allWait();
  handOver();
  await sends;
  transport.close();
  assert.deepEqual([new Set(heads).size, new Set(bodies).size], [1, 1]);
  assert.ok(bodies[0]! > heads[0]!, `${bodies[0]} after ${heads[0]}`);
});
