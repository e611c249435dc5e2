/**
 * The simulated vLLM without a port: a `fetch` that reaches it directly, on any clock.
 *
 * @module
 */
import { decoded } from "./http_connection.ts";
import {
  type ByteSink,
  type HttpAnswer,
  type HttpRequest,
  isStream,
  type StreamBody,
} from "./http_message.ts";
import { IncidentDirector } from "./incident_director.ts";
import { SimulatedServer, type SimulatorOptions } from "./simulated_server.ts";

/** Chunks that wait for a slow reader before a stream calls itself full. */
const CHUNKS_AHEAD = 64;

/**
 * A `fetch` for one server. While the server is down it rejects with a TypeError, as a refused connection does; an
 * aborted signal or a cancelled body is a client that has gone.
 */
export function fetchOf(server: SimulatedServer): typeof fetch {
  return async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const { signal = null, ...rest } = init ?? {};
    const given = signal ?? (input instanceof Request ? input.signal : undefined);
    given?.throwIfAborted();
    const gone = new AbortController();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    aborted.catch(() => {});
    given?.addEventListener("abort", () => {
      gone.abort(given.reason);
      reject(given.reason);
    }, { once: true });
    const request = await requestOf(new Request(input, rest), gone.signal);
    const answer = server.handle(request).then((answer) => responseOf(answer, given, aborted));
    answer.catch(() => {});
    return await Promise.race([answer, aborted]);
  };
}

async function requestOf(request: Request, gone: AbortSignal): Promise<HttpRequest> {
  const { method, headers } = request;
  const url = new URL(request.url);
  const body = new Uint8Array(await request.arrayBuffer());
  // On a connection the client would say how long its body is.
  if (body.length > 0) headers.set("content-length", String(body.length));
  return {
    method,
    path: decoded(url.pathname),
    query: url.search.slice(1),
    body,
    gone,
    header: (name) => headers.get(name) ?? (name === "host" ? url.host : undefined),
  };
}

function responseOf(
  { status, headers: given, body }: HttpAnswer,
  signal: AbortSignal | undefined,
  aborted: Promise<never>,
): Response {
  const headers = new Headers();
  for (const [name, value] of given) headers.append(name, value);
  headers.set("server", "uvicorn");
  if (!isStream(body)) {
    const bytes = body === undefined || body.length === 0 ? null : new Uint8Array(body);
    return new Response(bytes, { status, headers });
  }
  return new Response(readableOf(body, signal === undefined ? undefined : aborted), { status, headers });
}

/** A body as a stream that ends with the signal's reason once that is aborted. */
function readableOf(
  body: StreamBody,
  aborted: Promise<never> | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let over = false;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const sink: ByteSink = {
        get isFull() {
          return (controller.desiredSize ?? 0) <= 0;
        },
        write: (bytes) => {
          if (!over) controller.enqueue(new Uint8Array(bytes));
        },
        end: () => {
          if (!over) controller.close();
          over = true;
        },
        fail: (error) => {
          if (!over) controller.error(error);
          over = true;
        },
      };
      body.begin(sink);
      aborted?.catch((reason) => {
        sink.fail(reason);
        body.cancel();
      });
    },
    pull: () => body.drained(),
    cancel: () => {
      over = true;
      body.cancel();
    },
  }, { highWaterMark: CHUNKS_AHEAD });
}

/** A simulated server in this process. */
export interface InProcessVllm {
  /** Reaches this server whatever the address's host says. */
  readonly fetch: typeof fetch;
  readonly server: SimulatedServer;
  readonly director: IncidentDirector;
  /** An address to put into clients; no port is open. */
  readonly url: string;
  readonly apiBase: string;
}

/** Makes one. It runs while its clock does. */
export function startInProcess(options: SimulatorOptions): InProcessVllm {
  const server = new SimulatedServer(options);
  const url = "http://simulated-vllm.local:8000";
  return {
    fetch: fetchOf(server),
    server,
    director: new IncidentDirector(server),
    url,
    apiBase: `${url}/v1`,
  };
}
