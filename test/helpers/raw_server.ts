/** A server of bytes: each path answers as it is told, right or wrong. */

/** Writes whatever it likes; the connection is closed after it. */
export type RawAnswer = (connection: Deno.Conn, request: string) => Promise<void> | void;

const encoder = new TextEncoder();

/** Head and body as one. */
export function rawAnswer(head: string, body: string | Uint8Array = ""): RawAnswer {
  return async (connection) => {
    await writeAll(connection, encoder.encode(`HTTP/1.1 ${head}connection: close\r\n\r\n`));
    await writeAll(connection, typeof body === "string" ? encoder.encode(body) : body);
  };
}

/** Writes all of it; a client that has gone is no failure. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Serves until `close()`. Paths that nobody named are closed without an answer. */
export function rawServer(answers: Readonly<Record<string, RawAnswer>>) {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const open = new Set<Promise<void>>();
  const accepting = (async () => {
    for await (const connection of listener) {
      const done = serve(connection, answers).finally(() => open.delete(done));
      open.add(done);
    }
  })();
  return {
    port: listener.addr.port,
    async close() {
      listener.close();
      await accepting;
      await Promise.all(open);
    },
  };
}

async function serve(connection: Deno.Conn, answers: Readonly<Record<string, RawAnswer>>): Promise<void> {
  try {
    const request = await readHead(connection);
    const path = request.split(" ")[1]?.split("?")[0] ?? "";
    await answers[path]?.(connection, request);
  } catch {
    // The client has gone: that is for it to say.
  } finally {
    connection.close();
  }
}

async function readHead(connection: Deno.Conn): Promise<string> {
  const bytes = new Uint8Array(16384);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(bytes);
    if (count === null) break;
    text += new TextDecoder().decode(bytes.subarray(0, count));
  }
  return text;
}
