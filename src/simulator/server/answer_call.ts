/**
 * Answers calls of the completions APIs, streamed or whole, and those of users who are only simulated.
 *
 * @module
 */
import { answerDetails } from "./answer_details.ts";
import { wholeAnswer } from "./api_answer.ts";
import { ApiError } from "./api_error.ts";
import { type ApiRequest, type ApiRules, type Endpoint, readApiRequest } from "./api_request.ts";
import { Generation, type GenerationOptions } from "./generation.ts";
import { engineDead, fixedAnswer, jsonText, OWN_HEADERS } from "./http_answer.ts";
import type { HttpAnswer, HttpRequest } from "./http_message.ts";
import type { ServerLife } from "./server_life.ts";
import type { SimulatedServer } from "./simulated_server.ts";
import { AnswerStream } from "./streaming.ts";

/** What is known of a request when its route is found. */
export interface RouteContext {
  readonly life: ServerLife;
  readonly arrivalSeconds: number;
  /** Counts it; called once, when the answer has ended. */
  readonly closed: (status: number, responseBytes: number) => void;
}

interface Started {
  readonly call: ApiRequest;
  readonly generation: Generation;
  readonly options: GenerationOptions;
}

/**
 * Answers a call.
 *
 * @throws ApiError with the refusal
 */
export async function answerCall(
  server: SimulatedServer,
  request: HttpRequest,
  context: RouteContext & { readonly endpoint: Endpoint; readonly rules: ApiRules },
): Promise<HttpAnswer> {
  const { life, arrivalSeconds, endpoint, rules } = context;
  const requestId = request.header("x-request-id");
  const read = readApiRequest(jsonText(request), endpoint, rules);
  const call = requestId === undefined ? read : { ...read, requestId };
  server.director?.users.remember(call, arrivalSeconds);
  const started = start(server, call, { life, arrivalSeconds });
  return call.stream
    ? streamed(server, started, context)
    : await whole(server, request, { ...context, started });
}

/** Admission, and everything ready for the engine. */
function start(
  server: SimulatedServer,
  call: ApiRequest,
  at: { readonly life: ServerLife; readonly arrivalSeconds: number },
): Started {
  const { life, arrivalSeconds } = at;
  if (life.dead) throw engineDead();
  const options = server.admit(call, arrivalSeconds);
  const generation = new Generation(life, call, options);
  life.used = true;
  return { call, generation, options };
}

function streamed(server: SimulatedServer, started: Started, { life, closed }: RouteContext): HttpAnswer {
  const { call, generation, options } = started;
  life.openAnswers++;
  const stream = new AnswerStream({ head: options.head, call, generation, network: server.network }, () => {
    life.openAnswers--;
    server.openAnswers.delete(stream.break);
    closed(200, 0);
  });
  server.openAnswers.add(stream.break);
  generation.start(options, stream);
  return {
    status: 200,
    headers: [["content-type", "text/event-stream; charset=utf-8"], ...OWN_HEADERS],
    body: stream,
  };
}

async function whole(
  server: SimulatedServer,
  { gone }: HttpRequest,
  context: RouteContext & { readonly started: Started },
): Promise<HttpAnswer> {
  const { life, started: { call, generation, options } } = context;
  life.openAnswers++;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = () => {
    generation.abort();
    // The real server books a call whose client has gone like one that was answered.
    context.closed(200, 0);
    reject(gone.reason);
  };
  const breakOff = (error: Error) => {
    generation.abort();
    reject(error);
  };
  gone.addEventListener("abort", leave, { once: true });
  server.openAnswers.add(breakOff);
  try {
    const events = {
      onText: () => {},
      onEnd: () => server.network.delay(resolve),
      onDeath: () => reject(engineDead()),
    };
    generation.start(options, events);
    await promise;
  } finally {
    life.openAnswers--;
    server.openAnswers.delete(breakOff);
    gone.removeEventListener("abort", leave);
  }
  const told = generation.choices.map((choice) => ({ choice, details: answerDetails(call, choice) }));
  if (call.echoOnly) { for (const { choice } of told) choice.text = ""; }
  const text = wholeAnswer(options.head, told, generation.usage);
  context.closed(200, text.length);
  return fixedAnswer(text, { type: "application/json" });
}

/**
 * A request from within, as if another user had sent it: counted like any other.
 *
 * @param onToken told after every token how many the answer has, with the way to cut it
 */
export function sendAsUser(
  server: SimulatedServer,
  call: ApiRequest,
  onToken: (tokens: number, cut: () => void) => void,
): void {
  const life = server.life;
  if (server.state !== "up") return;
  const arrivalSeconds = server.clock.nowSeconds();
  life.httpRequests++;
  const requestBytes = 120 + 4 * call.prompts[0]!.length;
  let isOpen = true;
  const close = (status: number) => {
    if (!isOpen) return;
    isOpen = false;
    life.openAnswers--;
    const now = server.clock.nowSeconds();
    const seen = { path: "/v1/completions", handler: "/v1/completions", method: "POST", status };
    const durationSeconds = now - arrivalSeconds;
    life.http.observe({ ...seen, requestBytes, responseBytes: 0, durationSeconds }, now);
  };
  life.openAnswers++;
  try {
    const { generation, options } = start(server, call, { life, arrivalSeconds });
    const cut = () => {
      generation.abort();
      close(200);
    };
    generation.start(options, {
      onText: (choice) => onToken(choice.tokens, cut),
      onEnd: () => close(200),
      onDeath: () => close(200),
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    close(error.status);
  }
}
