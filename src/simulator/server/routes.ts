/**
 * Which answer belongs to which path.
 *
 * @module
 */
import { ApiError } from "./api_error.ts";
import type { ApiRules } from "./api_request.ts";
import { answerCall, type RouteContext } from "./answer_call.ts";
import {
  fixedAnswer,
  isPreflight,
  jsonText,
  OWN_HEADERS,
  preflight,
  streamOf,
  UnreadableBodyError,
} from "./http_answer.ts";
import type { HttpAnswer, HttpHeader, HttpRequest } from "./http_message.ts";
import { metricsText } from "./metrics_text.ts";
import type { SimulatedServer } from "./simulated_server.ts";
import { readDetokenizeRequest, readTokenizeRequest } from "./tokenize_request.ts";

/** What everything but a plain `GET /metrics` declares. */
const OLD_TEXT_VERSION = "0.0.4";

/** Routes with the methods they take; `/metrics` has its own rules. Those from `/sleep` on need vLLM's development mode. */
const ROUTES: Readonly<Record<string, readonly string[]>> = {
  "/health": ["GET"],
  "/ping": ["GET", "POST"],
  "/version": ["GET"],
  "/load": ["GET"],
  "/kv_event_sources": ["GET"],
  "/v1/models": ["GET"],
  "/tokenize": ["POST"],
  "/detokenize": ["POST"],
  "/v1/completions": ["POST"],
  "/v1/chat/completions": ["POST"],
  "/sleep": ["POST"],
  "/wake_up": ["POST"],
  "/is_sleeping": ["GET"],
  "/reset_prefix_cache": ["POST"],
  "/start_profile": ["POST"],
  "/stop_profile": ["POST"],
};

const EMPTY_ANSWERS = new Set([
  "/health",
  "/ping",
  "/sleep",
  "/wake_up",
  "/reset_prefix_cache",
  "/start_profile",
  "/stop_profile",
]);

/** Answers a request and counts it. */
export async function route(server: SimulatedServer, request: HttpRequest): Promise<HttpAnswer> {
  const { path } = request;
  const arrivalSeconds = server.clock.nowSeconds();
  const { life } = server;
  life.httpRequests++;
  const requestBytes = Number(request.header("content-length") ?? 0);
  const closed = (status: number, responseBytes: number) => {
    const handler = path in ROUTES ? path : "none";
    const now = server.clock.nowSeconds();
    const seen = { path, handler, method: request.method, status, requestBytes, responseBytes };
    life.http.observe({ ...seen, durationSeconds: now - arrivalSeconds }, now);
  };
  return await answer(server, request, { life, arrivalSeconds, closed });
}

/** What a body is checked against. */
function rulesOf(server: SimulatedServer): ApiRules {
  const textOf = (ids: readonly number[]) => server.vocabulary.text(ids);
  return { models: [server.modelName], maxModelLength: server.limits.maxModelLength, textOf };
}

interface PlainOptions {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: readonly HttpHeader[];
  readonly headersAfter?: readonly HttpHeader[];
}

async function answer(
  server: SimulatedServer,
  request: HttpRequest,
  context: RouteContext,
): Promise<HttpAnswer> {
  const { path, method } = request;
  if (isPreflight(request)) return preflight(request);
  if (path === "/metrics" || path.startsWith("/metrics/")) return await metrics(server, request);
  const plain = (
    text: string,
    { status = 200, type = "application/json", ...headers }: PlainOptions = {},
  ) => {
    context.closed(status, text.length);
    return fixedAnswer(text, { status, type, ...headers });
  };
  const methods = ROUTES[path];
  if (methods === undefined) {
    const location = redirect(request);
    return location === undefined
      ? plain(`{"detail":"Not Found"}`, { status: 404 })
      : plain("", { status: 307, type: "", headersAfter: [["location", location]] });
  }
  if (!methods.includes(method)) {
    return plain(`{"detail":"Method Not Allowed"}`, {
      status: 405,
      // FastAPI tells the methods of the first of a path's routes.
      headers: [["allow", methods[0]!]],
    });
  }
  try {
    const rules = rulesOf(server);
    switch (path) {
      case "/v1/completions":
        return await answerCall(server, request, { ...context, endpoint: "completions", rules });
      case "/v1/chat/completions":
        return await answerCall(server, request, { ...context, endpoint: "chat", rules });
      default:
        return plain(shortAnswer(server, request, context), {
          status: path === "/health" && context.life.dead ? 503 : 200,
          ...(EMPTY_ANSWERS.has(path) ? { type: "" } : {}),
        });
    }
  } catch (error) {
    if (error instanceof ApiError) {
      return plain(error.body(server.shape.quirks.flatErrors), { status: error.status });
    }
    if (error instanceof UnreadableBodyError) {
      return plain(`{"detail":"There was an error parsing the body"}`, { status: 400 });
    }
    throw error;
  }
}

/** Where a path with a slash too many leads; undefined for one that leads nowhere. */
function redirect({ path, query, header }: HttpRequest): string | undefined {
  if (!path.endsWith("/") || !(path.replace(/\/+$/, "") in ROUTES)) return undefined;
  return `http://${header("host") ?? "127.0.0.1"}${path.replace(/\/+$/, "")}${
    query === "" ? "" : `?${query}`
  }`;
}

/** The answers that are a short text. */
function shortAnswer(server: SimulatedServer, request: HttpRequest, { life }: RouteContext): string {
  switch (request.path) {
    case "/version":
      return JSON.stringify({ version: server.shape.version });
    case "/load":
      return JSON.stringify({ server_load: 0 });
    case "/kv_event_sources":
      return "{}";
    case "/v1/models":
      return models(server);
    case "/tokenize":
      return tokenized(server, request);
    case "/detokenize":
      return JSON.stringify({ prompt: readDetokenizeRequest(jsonText(request), rulesOf(server)) });
    case "/sleep":
      server.sleep(new URLSearchParams(request.query).get("level") === "2" ? 2 : 1);
      return "";
    case "/wake_up":
      server.sleep(0);
      return "";
    case "/is_sleeping":
      return JSON.stringify({ is_sleeping: life.sleepLevel > 0 });
    case "/reset_prefix_cache":
      for (const { engine } of life.runners) engine.resetPrefixCache();
      return "";
    default:
      return "";
  }
}

function tokenized(server: SimulatedServer, request: HttpRequest): string {
  const remember = (pieces: readonly string[]) => server.vocabulary.remember(pieces);
  const { tokens, pieces } = readTokenizeRequest(jsonText(request), { ...rulesOf(server), remember });
  return JSON.stringify({
    count: tokens.length,
    max_model_len: server.limits.maxModelLength,
    tokens,
    token_strs: pieces ?? null,
  });
}

function models(server: SimulatedServer): string {
  const created = Math.floor(server.clock.nowSeconds());
  const permission = {
    id: `modelperm-${server.life.nextId()}`,
    object: "model_permission",
    created,
    allow_create_engine: false,
    allow_sampling: true,
    allow_logprobs: true,
    allow_search_indices: false,
    allow_view: true,
    allow_fine_tuning: false,
    organization: "*",
    group: null,
    is_blocking: false,
  };
  const model = {
    id: server.modelName,
    object: "model",
    created,
    owned_by: "vllm",
    root: server.profile.model,
    parent: null,
    max_model_len: server.limits.maxModelLength,
    permission: [permission],
  };
  return JSON.stringify({ object: "list", data: [model] });
}

/** The exact path answers GET with a length; every other method and path of it is prometheus_client's own application. */
async function metrics(server: SimulatedServer, request: HttpRequest): Promise<HttpAnswer> {
  const isPlain = request.path === "/metrics" && request.method === "GET";
  const { frontEndDelaySeconds } = server.disturbance;
  if (frontEndDelaySeconds > 0) {
    await server.clock.sleepUntil(server.clock.nowSeconds() + frontEndDelaySeconds);
  }
  const version = isPlain ? server.shape.quirks.textVersion : OLD_TEXT_VERSION;
  const type = `text/plain; version=${version}; charset=utf-8`;
  const headers: readonly HttpHeader[] = [["content-type", type], ...OWN_HEADERS];
  if (request.method === "HEAD") return { status: 200, headers, body: undefined };
  const text = metricsText(server.life.metricsState());
  return isPlain ? fixedAnswer(text, { type }) : { status: 200, headers, body: streamOf(text) };
}
