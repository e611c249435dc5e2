/**
 * Puts a simulated server behind a port, and takes it away while the server is down.
 *
 * @module
 */
import { HttpConnection } from "./http_connection.ts";
import { WriteTurn } from "./http_sink.ts";
import type { SimulatedServer } from "./simulated_server.ts";

/** A server that listens. */
export interface OpenPort {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** A thousand clients may come in one moment, as to uvicorn, whose backlog is 2,048. */
const BACKLOG = 2048;

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
  let door: Door | undefined = new Door(server, options);
  const { port } = door;
  server.onState = (state) => {
    if (state === "up") {
      door ??= new Door(server, { ...options, port });
    } else {
      door?.close();
      door = undefined;
    }
  };
  return {
    port,
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    async close() {
      const accepting = door?.accepting;
      server.stop();
      await accepting;
    },
  };
}

/** A listener with its connections. */
class Door {
  readonly port: number;
  /** Settles when nobody is let in any more. */
  readonly accepting: Promise<void>;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<HttpConnection>();
  readonly #turn = new WriteTurn();

  constructor(server: SimulatedServer, { port, host }: { readonly port: number; readonly host: string }) {
    this.#listener = Deno.listen({ port, hostname: host, tcpBacklog: BACKLOG });
    this.port = this.#listener.addr.port;
    this.accepting = this.#accept(server);
  }

  close(): void {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
  }

  async #accept(server: SimulatedServer): Promise<void> {
    for (;;) {
      let accepted: Deno.TcpConn;
      try {
        accepted = await this.#listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
        // A client that left in the queue, or no file descriptor left: a moment later it may fare better.
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      accepted.setNoDelay(true);
      const connection = new HttpConnection(accepted, {
        handler: (request) => server.handle(request),
        turn: this.#turn,
        onClosed: () => this.#connections.delete(connection),
      });
      this.#connections.add(connection);
      void connection.run();
    }
  }
}
