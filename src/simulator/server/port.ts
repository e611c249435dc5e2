/**
 * Puts a simulated server behind a port, and takes it away while the server is down.
 *
 * @module
 */
import type { SimulatedServer } from "./simulated_server.ts";

/** A server that listens. */
export interface OpenPort {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on a port (0: any that is free) and follows the server: refused while it is down, the same port when it is up
 * again.
 *
 * @throws Deno.errors.AddrInUse when the port is taken
 */
export function openPort(
  server: SimulatedServer,
  options: { readonly port: number; readonly host: string },
): OpenPort {
  let listener: Deno.HttpServer<Deno.NetAddr> | undefined;
  let stop = new AbortController();
  const listen = (port: number) => {
    stop = new AbortController();
    return Deno.serve({
      port,
      hostname: options.host,
      signal: stop.signal,
      // The real server ignores Accept-Encoding.
      automaticCompression: false,
      onListen: () => {},
      onError: () => new Response("Internal Server Error", { status: 500 }),
    }, (request) => server.handle(request));
  };
  listener = listen(options.port);
  const { port } = listener.addr;
  server.onState = (state) => {
    if (state === "up") {
      listener ??= listen(port);
    } else {
      stop.abort();
      listener = undefined;
    }
  };
  return {
    port,
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    async close() {
      const finished = listener?.finished;
      server.stop();
      await finished;
    },
  };
}
