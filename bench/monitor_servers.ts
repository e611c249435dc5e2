/**
 * Eight servers for `monitor.ts` to watch, in a process of their own: each shows another scrape each time it is asked. Prints
 * the ports, one a line.
 */
import { createServer } from "node:http";
import { movingBody } from "./monitor_bodies.ts";

const SERVERS = 8;

function serve(body: () => string): Promise<number> {
  const server = createServer((request, response) => {
    const text = request.url === "/metrics" ? body() : "{}";
    const type = request.url === "/metrics" ? "text/plain; version=1.0.0; charset=utf-8" : "application/json";
    response.writeHead(200, { "content-type": type, "content-length": text.length, server: "uvicorn" });
    response.end(text);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

for (let index = 0; index < SERVERS; index++) {
  const port = await serve(movingBody(index + 1));
  Deno.stdout.writeSync(new TextEncoder().encode(`${port}\n`));
}
