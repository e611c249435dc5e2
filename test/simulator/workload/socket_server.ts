/** A server on a real socket that answers with the bytes it is told, and says what came. */

/** What the server does with one request: bytes to write, one after another; "close" ends the connection, "stall" is 0.3 s. */
export type SocketAnswer = readonly (string | "close" | "stall")[];

/** A running server. */
export interface SocketServer extends AsyncDisposable {
  readonly port: number;
  /** The heads and bodies of all requests so far. */
  readonly requests: readonly string[];
  /** How many connections were opened. */
  readonly connections: number;
}

/** Listens on a free port. `answer` decides by the number of the request, from 0. */
export function listen(
  answer: (index: number) => SocketAnswer,
  options: { readonly tls?: { readonly cert: string; readonly key: string }; readonly hostname?: string } =
    {},
): SocketServer {
  const address = { hostname: options.hostname ?? "127.0.0.1", port: 0 };
  const listener = options.tls === undefined
    ? Deno.listen(address)
    : Deno.listenTls({ ...address, ...options.tls });
  const state = { requests: [] as string[], connections: 0 };
  const open = new Set<Deno.Conn>();
  const accepting = accept(listener, state, { answer, open });
  return {
    port: (listener.addr as Deno.NetAddr).port,
    get requests() {
      return state.requests;
    },
    get connections() {
      return state.connections;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) {
        open.delete(conn);
        conn.close();
      }
      await accepting;
    },
  };
}

interface State {
  readonly requests: string[];
  connections: number;
}

interface Behaviour {
  readonly answer: (index: number) => SocketAnswer;
  readonly open: Set<Deno.Conn>;
}

async function accept(listener: Deno.Listener, state: State, behaviour: Behaviour): Promise<void> {
  const serving: Promise<void>[] = [];
  try {
    for await (const conn of listener) {
      state.connections++;
      behaviour.open.add(conn);
      serving.push(serve(conn, state, behaviour).finally(() => behaviour.open.delete(conn)));
    }
  } catch {
    // the listener was closed
  }
  await Promise.all(serving);
}

async function serve(conn: Deno.Conn, state: State, { answer, open }: Behaviour): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  const encoder = new TextEncoder();
  try {
    while (true) {
      let text = "";
      while (!isWhole(text)) {
        const count = await conn.read(buffer);
        if (count === null) return;
        text += new TextDecoder().decode(buffer.subarray(0, count));
      }
      state.requests.push(text);
      for (const part of answer(state.requests.length - 1)) {
        if (part === "close") return;
        if (part !== "stall") await conn.write(encoder.encode(part));
        // The next part must come in a read of its own: give the client its turn.
        await new Promise((resolve) => setTimeout(resolve, part === "stall" ? 300 : 1));
      }
    }
  } catch {
    // the client closed
  } finally {
    if (open.delete(conn)) conn.close();
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = Number(text.match(/content-length: (\d+)/i)?.[1] ?? 0);
  return new TextEncoder().encode(text.slice(end + 4)).length >= length;
}

/** A whole stream of so many tokens, each token a part of its own. */
export function streamParts(
  tokens: number,
  options: { readonly crlf?: boolean; readonly keepAlive?: boolean } = {},
): string[] {
  const end = options.crlf === true ? "\r\n\r\n" : "\n\n";
  const events = Array.from(
    { length: tokens },
    (_, i) =>
      `data: {"choices":[{"index":0,"text":"é","finish_reason":${
        i === tokens - 1 ? '"length"' : "null"
      }}]}${end}`,
  );
  events.push(
    `data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":${tokens}}}${end}data: [DONE]${end}`,
  );
  const size = (text: string) => new TextEncoder().encode(text).length.toString(16);
  return [
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n" +
    `${options.keepAlive === false ? "connection: close\r\n" : ""}\r\n`,
    ...events.map((event) => `${size(event)}\r\n${event}\r\n`),
    "0\r\n\r\n",
  ];
}
