/**
 * Eight servers for `monitor.ts` to watch, in a process of their own: each shows a scrape of vLLM 0.32.0 after a load (58 KB,
 * 540 samples) whose histograms and counters have moved each time it is asked, half of the lines. Prints the ports, one a line.
 */
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { seededRandom } from "../src/base/random.ts";

const SERVERS = 8;
const packed = Deno.readFileSync(new URL("../data/shapes/vllm-0.32.0-after.txt.gz", import.meta.url));
const LINES = new TextDecoder().decode(gunzipSync(packed)).trimEnd().split("\n");

/** What moves: its text before the value, the value, and by how much it rises at most. A gauge is drawn anew below that. */
interface Moving {
  readonly head: string;
  value: number;
  readonly most: number;
  readonly rises: boolean;
}

function movingLine(line: string): Moving | string {
  const at = line.lastIndexOf(" ");
  const head = line.slice(0, at + 1);
  const value = Number(line.slice(at + 1));
  if (line.startsWith("#") || /^(process|python)_|_created|_info|_config/.test(line)) return line;
  if (/^vllm:num_requests_(running|waiting)\{/.test(line)) return { head, value, most: 16, rises: false };
  if (/^vllm:kv_cache_usage_perc/.test(line)) return { head, value, most: 1, rises: false };
  return value > 0 ? { head, value, most: 5, rises: true } : line;
}

function serve(random: () => number): Promise<number> {
  const lines = LINES.map(movingLine);
  const body = () => {
    // One step for all buckets of a scrape: cumulative counts stay in order.
    const step = Math.floor(5 * random());
    return lines.map((line) => {
      if (typeof line === "string") return line;
      if (line.rises) line.value += step;
      else line.value = line.most === 1 ? random() : Math.floor(line.most * random());
      return line.head + (Number.isInteger(line.value) ? line.value.toFixed(1) : String(line.value));
    }).join("\n") + "\n";
  };
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
  const random = seededRandom(index + 1);
  const port = await serve(() => random.next());
  Deno.stdout.writeSync(new TextEncoder().encode(`${port}\n`));
}
