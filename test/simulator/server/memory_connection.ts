/** A connection without a socket: bytes that a client sends, bytes that it gets. */
import type { ByteConnection } from "../../../src/simulator/server/http_connection.ts";
import { HttpConnection } from "../../../src/simulator/server/http_connection.ts";
import { WriteTurn } from "../../../src/simulator/server/http_sink.ts";
import type { SimulatedServer } from "../../../src/simulator/server/simulated_server.ts";

export class MemoryConnection implements ByteConnection {
  /** What the server has written, as Latin-1 (bytes stay apart). */
  readonly written: Uint8Array[] = [];
  readonly closed: Promise<void>;
  /** Resolves when the server has ended its side, where it can. */
  readonly halfClosed: Promise<void>;
  readonly closeWrite?: () => Promise<void>;
  /** While true, writes do not end: a client that has stopped reading. */
  stalled = false;
  /** Largest piece per write; the rest has to be written again. */
  mostBytes = Infinity;
  #input: Uint8Array[] = [];
  #ended = false;
  #wake: (() => void) | undefined;
  #unstall: (() => void)[] = [];
  readonly #close: () => void;

  constructor({ closesHalf = false }: { readonly closesHalf?: boolean } = {}) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#close = resolve;
    const half = Promise.withResolvers<void>();
    this.halfClosed = half.promise;
    if (closesHalf) {
      this.closeWrite = () => {
        half.resolve();
        return Promise.resolve();
      };
    }
  }

  send(text: string | Uint8Array): void {
    this.#input.push(typeof text === "string" ? new TextEncoder().encode(text) : text);
    this.#wake?.();
  }

  /** The client closes. */
  leave(): void {
    this.#ended = true;
    this.#wake?.();
  }

  resume(): void {
    this.stalled = false;
    for (const go of this.#unstall.splice(0)) go();
  }

  get text(): string {
    const all = new Uint8Array(this.written.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.written) {
      all.set(part, at);
      at += part.length;
    }
    return new TextDecoder().decode(all);
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#input.length === 0) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const part = this.#input.shift()!;
    const now = part.subarray(0, buffer.length);
    buffer.set(now);
    if (now.length < part.length) this.#input.unshift(part.subarray(now.length));
    return now.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.stalled) await new Promise<void>((resolve) => this.#unstall.push(resolve));
    const taken = bytes.slice(0, this.mostBytes);
    this.written.push(taken);
    return taken.length;
  }

  close(): void {
    this.#ended = true;
    this.#wake?.();
    this.#close();
  }
}

/** Serves a client that is only in memory. */
export function connectTo(
  server: SimulatedServer,
  options: { readonly closesHalf?: boolean } = {},
): MemoryConnection {
  const memory = new MemoryConnection(options);
  const connection = new HttpConnection(memory, {
    handler: (request) => server.handle(request),
    turn: new WriteTurn(),
    onClosed: () => {},
  });
  void connection.run();
  return memory;
}
