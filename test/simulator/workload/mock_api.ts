/** An API with a known schedule, in this process and on any clock: it logs what it really did. */
import type { Clock } from "../../../src/base/clock.ts";

/** How one request is to be answered. */
export type MockAnswer =
  | {
    readonly kind: "stream";
    readonly ttftSeconds: number;
    readonly itlSeconds: number;
    readonly tokens: number;
  }
  | { readonly kind: "status"; readonly status: number; readonly message: string }
  /** 200, and then an error instead of tokens. */
  | { readonly kind: "error_in_stream"; readonly afterTokens: number; readonly message: string }
  /** Ends without a finish reason, as a dying vLLM does. */
  | { readonly kind: "dies"; readonly afterTokens: number }
  /** The connection breaks. */
  | { readonly kind: "breaks"; readonly afterTokens: number }
  | { readonly kind: "refuses" }
  | { readonly kind: "hangs" };

/** The server's own truth about one request. */
export interface MockTruth {
  readonly id: string;
  readonly receivedSeconds: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly writesSeconds: number[];
  cut: boolean;
}

/** A server behind a fetch. */
export interface MockApi {
  readonly fetch: typeof fetch;
  readonly log: readonly MockTruth[];
  readonly maxInFlight: number;
}

/** Makes one. `answer` decides by the number of the request, from 0. */
export function mockApi(
  clock: Clock,
  answer: (index: number, timeSeconds: number) => MockAnswer,
  options: { readonly tokenizer?: (text: string) => number } = {},
): MockApi {
  const log: MockTruth[] = [];
  const flight = { now: 0, max: 0 };
  return {
    log,
    get maxInFlight() {
      return flight.max;
    },
    fetch: (input, init) => {
      if (String(input).endsWith("/v1/models")) {
        return Promise.resolve(
          Response.json({ object: "list", data: [{ id: "mock-model", max_model_len: 4096 }] }),
        );
      }
      if (String(input).endsWith("/tokenize")) {
        return Promise.resolve(tokenize(String(init?.body), options.tokenizer));
      }
      const truth: MockTruth = {
        id: new Headers(init?.headers).get("x-request-id") ?? "",
        receivedSeconds: clock.nowSeconds(),
        body: JSON.parse(String(init?.body)),
        writesSeconds: [],
        cut: false,
      };
      log.push(truth);
      return respond(clock, {
        truth,
        flight,
        what: answer(log.length - 1, clock.nowSeconds()),
        signal: init?.signal,
      });
    },
  };
}

/** Without a tokenizer it is a server that has no such path. */
function tokenize(body: string, tokenizer: ((text: string) => number) | undefined): Response {
  if (tokenizer === undefined) return Response.json({ detail: "Not Found" }, { status: 404 });
  const asked: { readonly prompt?: string; readonly messages?: readonly { readonly content: string }[] } =
    JSON.parse(body);
  const text = asked.prompt ?? (asked.messages ?? []).map(({ content }) => content).join("\n");
  return Response.json({
    count: tokenizer(text) + (asked.messages === undefined ? 1 : 5),
    max_model_len: 4096,
  });
}

interface Work {
  readonly truth: MockTruth;
  readonly flight: { now: number; max: number };
  readonly what: MockAnswer;
  readonly signal: AbortSignal | null | undefined;
}

function respond(clock: Clock, work: Work): Promise<Response> {
  const { what } = work;
  if (what.kind === "refuses") return Promise.reject(new TypeError("connection refused"));
  if (what.kind === "hangs") return new Promise(() => {});
  if (what.kind === "status") {
    return Promise.resolve(
      Response.json({ error: { message: what.message, code: what.status } }, { status: what.status }),
    );
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      void write(clock, controller, work);
    },
    cancel() {
      work.truth.cut = true;
    },
  });
  return Promise.resolve(
    new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } }),
  );
}

async function write(
  clock: Clock,
  controller: ReadableStreamDefaultController<Uint8Array>,
  { truth, flight, what }: Work,
): Promise<void> {
  const encoder = new TextEncoder();
  const send = (data: unknown) => {
    if (truth.cut) return;
    truth.writesSeconds.push(clock.nowSeconds());
    controller.enqueue(encoder.encode(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`));
  };
  flight.now++;
  flight.max = Math.max(flight.max, flight.now);
  const plan = what.kind === "stream" ? what : { ttftSeconds: 0.05, itlSeconds: 0.01, tokens: 8 };
  const last = "afterTokens" in what ? what.afterTokens : plan.tokens;
  let at = truth.receivedSeconds + plan.ttftSeconds;
  for (let i = 0; i < last && !truth.cut; i++) {
    await clock.sleepUntil(at);
    const finish = what.kind === "stream" && i === last - 1 ? "length" : null;
    send({ choices: [{ index: 0, text: i === 0 ? "" : "a", finish_reason: finish }] });
    at += plan.itlSeconds;
  }
  flight.now--;
  if (truth.cut) return;
  if (what.kind === "breaks") return controller.error(new TypeError("connection reset"));
  if (what.kind === "error_in_stream") send({ error: { message: what.message, code: 500 } });
  if (what.kind === "stream") {
    send({
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: last, prompt_tokens_details: { cached_tokens: 2 } },
    });
  }
  send("[DONE]");
  controller.close();
}
