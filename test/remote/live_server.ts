/**
 * A real server for one test: its own folder and port, ended with it.
 *
 * @module
 */
import { createServer } from "node:net";

/** A running server. */
export interface LiveServer extends AsyncDisposable {
  readonly url: string;
}

/** Which servers there are: the variable that names the program, and how it is started. */
export const SERVERS = {
  prometheus: {
    variable: "LAB_TEST_PROMETHEUS",
    args: (folder: string, port: number) => [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
      "--storage.tsdb.retention.time=10y",
      "--log.level=error",
    ],
  },
  victoria: {
    variable: "LAB_TEST_VICTORIA_METRICS",
    args: (folder: string, port: number) => [
      `-storageDataPath=${folder}/data`,
      `-httpListenAddr=127.0.0.1:${port}`,
      `-promscrape.config=${folder}/prometheus.yml`,
      "-promscrape.config.strictParse=false",
      "-retentionPeriod=100y",
      "-search.latencyOffset=0s",
      "-maxLabelsPerTimeseries=64",
      "-loggerLevel=ERROR",
    ],
  },
} as const;

/**
 * Starts a server.
 *
 * @param scrape an address that it scrapes each second as job "scraped"
 */
export async function startServer(kind: keyof typeof SERVERS, scrape?: string): Promise<LiveServer> {
  const program = Deno.env.get(SERVERS[kind].variable);
  if (program === undefined) throw new TypeError(`${SERVERS[kind].variable} names no program`);
  const folder = await Deno.makeTempDir();
  const target = scrape === undefined ? "[]" : `
  - job_name: scraped
    static_configs: [{targets: ["${scrape}"]}]`;
  await Deno.writeTextFile(
    `${folder}/prometheus.yml`,
    `global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs: ${target}\n`,
  );
  const port = await freePort();
  const child = new Deno.Command(program, {
    args: SERVERS[kind].args(folder, port),
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  for (let left = 100; !await answers(`${url}/api/v1/query?query=1`); left--) {
    if (left === 0) throw new Error(`${program} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
