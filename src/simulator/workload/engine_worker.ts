/**
 * The engine's thread: runs phases it is told of, and hands over records and counters five times a second.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import type { Clock } from "../../base/clock.ts";
import { realClock } from "../../collector/clock.ts";
import type { RequestRecord } from "../../series/types.ts";
import { ClientCounters } from "./counters.ts";
import { localEngine } from "./engine.ts";
import { epollTransport } from "./epoll_transport.ts";
import { waitPrecisely } from "./precise_wait.ts";
import { rawTransport } from "./raw_transport.ts";
import type { RunShare } from "./run_context.ts";
import { Tally } from "./tally.ts";
import type { Transport } from "./transport.ts";
import type { EngineAddress, FromEngine, ThreadShare, ToEngine } from "./worker_messages.ts";

const BATCH_SECONDS = 0.2;

let running: Running | undefined;

/** The phase under way. */
interface Running {
  readonly stop: AbortController;
  /** Aborted when another thread has stopped the phase. */
  readonly others: AbortController;
  readonly start: PromiseWithResolvers<number>;
}

self.addEventListener("message", (event: MessageEvent<ToEngine>) => {
  const message = event.data;
  if (message.kind === "clock") tell({ kind: "clock", nowSeconds: realClock().nowSeconds() });
  else if (message.kind === "abort") running?.stop.abort();
  else if (message.kind === "end") running?.others.abort(message.reason);
  else if (message.kind === "start") running?.start.resolve(message.timeSeconds);
  else void run(message);
});

async function run(message: Extract<ToEngine, { kind: "run" }>): Promise<void> {
  const { plan, target, address, share } = message;
  const clock = shiftedClock(realClock(), message.offsetSeconds);
  const counters = new ClientCounters();
  const stop = new AbortController();
  running = { stop, others: new AbortController(), start: Promise.withResolvers() };
  let records: RequestRecord[] = [];
  const flush = () => {
    const transfer = records.map((record) => record.chunkTimesSeconds.buffer);
    tell({ kind: "batch", records, counters: counters.snapshot() }, transfer);
    records = [];
  };
  const over = new AbortController();
  const flushing = flushRegularly(clock, flush, over.signal);
  try {
    const transport = makeTransport(address, clock);
    const engine = localEngine(transport, {
      clock,
      waitUntil: (timeSeconds, signal) => waitPrecisely(clock, timeSeconds, signal),
      countersOf: () => counters,
      ownThread: true,
      ...(share === undefined ? {} : { share: runShare(share, running) }),
    });
    const outcome = await engine.run(plan, {
      target,
      signal: stop.signal,
      onRecord: (record) => records.push(record),
    });
    transport.close();
    flush();
    tell({ kind: "done", outcome });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    tell({ kind: "failed", name, message });
  } finally {
    over.abort();
    await flushing;
  }
}

function runShare({ index, count, tally }: ThreadShare, { others, start }: Running): RunShare {
  return {
    index,
    count,
    tally: new Tally(tally),
    others: others.signal,
    start() {
      tell({ kind: "ready" });
      return start.promise;
    },
    stopped: (reason) => tell({ kind: "stopped", reason }),
  };
}

function makeTransport(address: EngineAddress, clock: Clock): Transport {
  const { apiBase, headers, caCertificates, engine } = address;
  if (engine === "epoll") return epollTransport(apiBase, { clock, headers });
  return rawTransport(apiBase, {
    clock,
    headers,
    ...(caCertificates === undefined ? {} : { caCertificates }),
  });
}

async function flushRegularly(clock: Clock, flush: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleepUntil(clock.nowSeconds() + BATCH_SECONDS, signal);
    } catch {
      return; // the phase is over
    }
    flush();
  }
}

function shiftedClock(clock: Clock, offsetSeconds: number): Clock {
  return {
    nowSeconds: () => clock.nowSeconds() + offsetSeconds,
    sleepUntil: (timeSeconds, signal) => clock.sleepUntil(timeSeconds - offsetSeconds, signal),
  };
}

function tell(message: FromEngine, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}
