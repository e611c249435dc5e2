/**
 * Which answer belongs to which path.
 *
 * @module
 */
import { ApiError } from "./api_error.ts";
import { type ApiRules, readTokenizeRequest } from "./api_request.ts";
import { answerCall, type RouteContext } from "./answer_call.ts";
import { fixedAnswer, jsonText, preflight, streamOf } from "./http_answer.ts";
import { metricsText } from "./metrics_text.ts";
import type { SimulatedServer } from "./simulated_server.ts";

/** What everything but a plain `GET /metrics` declares. */
const OLD_TEXT_VERSION = "0.0.4";

/** Routes with the methods they take; `/metrics` has its own rules. */
const ROUTES: Readonly<Record<string, readonly string[]>> = {
  "/health": ["GET"],
  "/ping": ["GET", "POST"],
  "/version": ["GET"],
  "/load": ["GET"],
  "/v1/models": ["GET"],
  "/tokenize": ["POST"],
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
export async function route(server: SimulatedServer, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const arrivalSeconds = server.clock.nowSeconds();
  const { life } = server;
  life.httpRequests++;
  const requestBytes = Number(request.headers.get("content-length") ?? 0);
  const closed = (status: number, responseBytes: number) => {
    const handler = pathname in ROUTES ? pathname : "none";
    const now = server.clock.nowSeconds();
    const seen = { path: pathname, handler, method: request.method, status, requestBytes, responseBytes };
    life.http.observe({ ...seen, durationSeconds: now - arrivalSeconds }, now);
  };
  const response = await answer(server, request, { pathname, life, arrivalSeconds, closed });
  response.headers.set("server", "uvicorn");
  response.headers.set("x-lab-simulated", "1");
  if (!response.headers.has("vary")) response.headers.set("vary", "Origin");
  return response;
}

/** What a body is checked against. */
function rulesOf(server: SimulatedServer): ApiRules {
  return { models: [server.modelName], maxModelLength: server.limits.maxModelLength };
}

async function answer(server: SimulatedServer, request: Request, context: RouteContext): Promise<Response> {
  const { pathname } = context;
  if (pathname === "/metrics" || pathname.startsWith("/metrics/")) {
    return await metrics(server, request, pathname);
  }
  const plain = (
    text: string,
    init: { status?: number; type?: string; headers?: Record<string, string> } = {},
  ) => {
    const { status = 200, type = "application/json", headers = {} } = init;
    context.closed(status, text.length);
    return fixedAnswer(text, { status, type, headers });
  };
  const methods = ROUTES[pathname];
  if (methods === undefined) return plain(`{"detail":"Not Found"}`, { status: 404 });
  if (!methods.includes(request.method)) {
    return plain(`{"detail":"Method Not Allowed"}`, {
      status: 405,
      headers: { allow: methods.join(", ") },
    });
  }
  try {
    switch (pathname) {
      case "/v1/completions":
        return await answerCall(server, request, {
          ...context,
          endpoint: "completions",
          rules: rulesOf(server),
        });
      case "/v1/chat/completions":
        return await answerCall(server, request, { ...context, endpoint: "chat", rules: rulesOf(server) });
      default:
        return plain(await shortAnswer(server, request, context), {
          status: pathname === "/health" && context.life.dead ? 503 : 200,
          ...(EMPTY_ANSWERS.has(pathname) ? { type: "" } : {}),
        });
    }
  } catch (error) {
    if (error instanceof ApiError) {
      return plain(error.body(server.shape.quirks.flatErrors), { status: error.status });
    }
    throw error;
  }
}

/** The answers that are a short text. */
async function shortAnswer(
  server: SimulatedServer,
  request: Request,
  { pathname, life }: RouteContext,
): Promise<string> {
  switch (pathname) {
    case "/version":
      return JSON.stringify({ version: server.shape.version });
    case "/load":
      return JSON.stringify({ server_load: 0 });
    case "/v1/models":
      return models(server);
    case "/tokenize": {
      const tokens = readTokenizeRequest(await jsonText(request), rulesOf(server));
      const { maxModelLength } = server.limits;
      return JSON.stringify({
        count: tokens.length,
        max_model_len: maxModelLength,
        tokens,
        token_strs: null,
      });
    }
    case "/sleep":
      server.sleep(new URL(request.url).searchParams.get("level") === "2" ? 2 : 1);
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

async function metrics(server: SimulatedServer, request: Request, pathname: string): Promise<Response> {
  if (request.method === "OPTIONS") return preflight();
  const isPlain = pathname === "/metrics" && request.method === "GET";
  const { frontEndDelaySeconds } = server.disturbance;
  if (frontEndDelaySeconds > 0) {
    await server.clock.sleepUntil(server.clock.nowSeconds() + frontEndDelaySeconds);
  }
  const version = isPlain ? server.shape.quirks.textVersion : OLD_TEXT_VERSION;
  const type = `text/plain; version=${version}; charset=utf-8`;
  const headers = { "content-type": type };
  if (request.method === "HEAD") return new Response(null, { headers });
  const text = metricsText(server.life.metricsState());
  return isPlain ? fixedAnswer(text, { type }) : new Response(streamOf(text), { headers });
}
