/**
 * The simulated vLLM without a port: a `fetch` that reaches it directly, on any clock.
 *
 * @module
 */
import { IncidentDirector } from "./incident_director.ts";
import { SimulatedServer, type SimulatorOptions } from "./simulated_server.ts";

/**
 * A `fetch` for one server. While the server is down it rejects with a TypeError, as a refused connection does; an
 * aborted signal or a cancelled body is a client that has gone.
 */
export function fetchOf(server: SimulatedServer): typeof fetch {
  return async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const { signal = null, ...rest } = init ?? {};
    const given = signal ?? (input instanceof Request ? input.signal : undefined);
    given?.throwIfAborted();
    const abort = new AbortController();
    const request = new Request(input, { ...rest, signal: abort.signal });
    // On a connection the client would say how long its body is.
    if (typeof rest.body === "string") {
      request.headers.set("content-length", String(new TextEncoder().encode(rest.body).length));
    }
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    aborted.catch(() => {});
    given?.addEventListener("abort", () => {
      abort.abort(given.reason);
      reject(given.reason);
    }, { once: true });
    const answer = server.handle(request);
    answer.catch(() => {});
    const response = await Promise.race([answer, aborted]);
    return given === undefined || response.body === null ? response : cutBy(response, aborted);
  };
}

/** The response with a body that ends with the signal's reason once it is aborted. */
function cutBy(response: Response, aborted: Promise<never>): Response {
  const reader = response.body!.getReader();
  let over = false;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      aborted.catch((reason) => {
        if (over) return;
        over = true;
        controller.error(reason);
        void reader.cancel(reason).catch(() => {});
      });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (over) return;
      if (!done) return controller.enqueue(value);
      over = true;
      controller.close();
    },
    async cancel(reason) {
      over = true;
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return new Response(body, response);
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
