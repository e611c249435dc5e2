/**
 * The server of the benchmark from outside: starts it, asks for its truth, and holds clients' figures against it.
 *
 * @module
 */
import { percentile, sorted } from "../src/simulator/workload/distribution.ts";
import type { ServerTruth } from "./client_server.ts";

/** What a client says of one request, whichever client it is. */
export interface SeenRequest {
  readonly id: string;
  readonly sentSeconds: number;
  /** Arrival of each token chunk, Unix seconds. */
  readonly chunks: readonly number[];
}

/** A running server. */
export interface TruthProcess extends AsyncDisposable {
  readonly apiBase: string;
  /** What it did since the last call, by request id, and how many streams it had at once. */
  take(): Promise<{ readonly truths: ReadonlyMap<string, ServerTruth>; readonly maxLive: number }>;
}

/** Starts the server with its schedule. */
export async function startTruthServer(
  schedule: readonly [ttft: number, itl: number, tokens: number],
): Promise<TruthProcess> {
  const script = new URL("./client_server.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, ...schedule.map(String)],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value).trim());
  const apiBase = `http://127.0.0.1:${port}`;
  return {
    apiBase,
    async take() {
      const text = await (await fetch(`${apiBase}/truth`)).text();
      const [head = "{}", ...lines] = text.split("\n");
      const { maxLive }: { readonly maxLive: number } = JSON.parse(head);
      const truths: readonly ServerTruth[] = lines.filter((line) => line !== "").map((line) =>
        JSON.parse(line)
      );
      return { truths: new Map(truths.map((truth) => [truth.id, truth])), maxLive };
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

/** How far a client's figures are from the truth, seconds; positive is too slow. */
export interface TruthErrors {
  readonly requests: number;
  readonly ttftP50: number;
  readonly ttftP90: number;
  readonly ttftP99: number;
  readonly itlP50: number;
  readonly itlP99: number;
  readonly e2eP99: number;
  /** Requests that the client and the server do not both know. */
  readonly unmatched: number;
}

/**
 * Most requests at once by the kernel's receive times. The server's own count begins when it reads a request; one that
 * waits for that in its queue is held by the client all the same.
 */
export function mostHeld(truths: Iterable<ServerTruth>): number {
  const changes: { readonly timeSeconds: number; readonly step: number }[] = [];
  for (const { receivedSeconds, writesSeconds } of truths) {
    changes.push({ timeSeconds: receivedSeconds, step: 1 }, { timeSeconds: writesSeconds.at(-1)!, step: -1 });
  }
  changes.sort((a, b) => a.timeSeconds - b.timeSeconds || a.step - b.step);
  let held = 0;
  let most = 0;
  for (const { step } of changes) most = Math.max(most, held += step);
  return most;
}

/**
 * Requests of a client that sends no id of its own, with the ids by which the server knows them: by the order in which they
 * were sent. Percentiles of both sides do not depend on which of two neighbours is which.
 *
 * @returns nothing where the two sides do not know equally many: then some were lost, and which is not known
 */
export function withIdsInOrder(
  seen: readonly SeenRequest[],
  truths: ReadonlyMap<string, ServerTruth>,
): readonly SeenRequest[] {
  const ids = [...truths.values()].sort((a, b) => a.receivedSeconds - b.receivedSeconds).map(({ id }) => id);
  if (ids.length !== seen.length) return [];
  return [...seen].sort((a, b) => a.sentSeconds - b.sentSeconds).map((one, i) => ({ ...one, id: ids[i]! }));
}

/** Each figure of the client minus the same figure of the truth, over the requests that both know. */
export function errorsAgainst(
  seen: readonly SeenRequest[],
  truths: ReadonlyMap<string, ServerTruth>,
): TruthErrors {
  const pairs = seen.flatMap((request) => {
    const truth = truths.get(request.id);
    return truth === undefined || request.chunks.length === 0 ? [] : [{ request, truth }];
  });
  const error = (share: number, ours: readonly number[], theirs: readonly number[]) =>
    (percentile(sorted(ours), share) ?? NaN) - (percentile(sorted(theirs), share) ?? NaN);
  const ttft = pairs.map(({ request }) => request.chunks[0]! - request.sentSeconds);
  const trueTtft = pairs.map(({ truth }) => truth.writesSeconds[0]! - truth.receivedSeconds);
  const itl = pairs.flatMap(({ request }) => gaps(request.chunks));
  const trueItl = pairs.flatMap(({ truth }) => gaps(truth.writesSeconds));
  const e2e = pairs.map(({ request }) => request.chunks.at(-1)! - request.sentSeconds);
  const trueE2e = pairs.map(({ truth }) => truth.writesSeconds.at(-1)! - truth.receivedSeconds);
  return {
    requests: pairs.length,
    ttftP50: error(0.5, ttft, trueTtft),
    ttftP90: error(0.9, ttft, trueTtft),
    ttftP99: error(0.99, ttft, trueTtft),
    itlP50: error(0.5, itl, trueItl),
    itlP99: error(0.99, itl, trueItl),
    e2eP99: error(0.99, e2e, trueE2e),
    unmatched: seen.length - pairs.length,
  };
}

function gaps(times: readonly number[]): readonly number[] {
  return times.slice(1).map((time, i) => time - times[i]!);
}

/** The middle of three runs, the lower middle of an even number. */
export function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  return ascending[Math.floor((ascending.length - 1) / 2)] ?? NaN;
}
