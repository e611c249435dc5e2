/** Servers and samplers that do as told. */
import type { Clock } from "../../src/base/clock.ts";
import { sleep } from "../../src/base/clock.ts";
import type { SampleBatch, Sampler } from "../../src/series/types.ts";

/** What a scripted server does with one request. */
export type Answer =
  | {
    readonly body: string | Uint8Array;
    readonly status?: number;
    readonly headers?: Record<string, string>;
  }
  | { readonly error: Error }
  | { readonly hang: true };

/** A fetch that answers by path; an answer may take time on the given clock. Each request is noted in `asked`. */
export function scriptedFetch(
  answer: (url: URL, count: number) => Answer,
  options: { readonly clock?: Clock; readonly delaySeconds?: number } = {},
) {
  const asked: { readonly url: URL; readonly headers: Headers }[] = [];
  const fake: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    const count = asked.filter((each) => each.url.pathname === url.pathname).length;
    asked.push({ url, headers: new Headers(init?.headers) });
    if (options.clock !== undefined && options.delaySeconds !== undefined) {
      await sleep(options.clock, options.delaySeconds, init?.signal ?? undefined);
    }
    const said = answer(url, count);
    if ("error" in said) throw said.error;
    if ("hang" in said) return await untilAborted(init?.signal ?? undefined);
    const body = typeof said.body === "string" ? said.body : new Blob([new Uint8Array(said.body)]).stream();
    return new Response(body, {
      status: said.status ?? 200,
      headers: { "content-type": "text/plain; version=1.0.0; charset=utf-8", ...said.headers },
    });
  };
  return { fetch: fake, asked };
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** What Deno's fetch throws on Linux when nothing listens. */
export function refused(): Error {
  const cause = new Error(
    "error sending request for url (http://127.0.0.1:9/metrics): client error (Connect): tcp connect error: Connection refused (os error 111)",
  );
  return new TypeError("fetch failed", { cause });
}

/** A small exposition as vLLM 0.32.0 writes it, with a counter and a start time. */
export function exposition(
  tokens: number,
  options: { readonly startSeconds?: number; readonly engines?: number } = {},
) {
  const { startSeconds = 1_700_000_000, engines = 1 } = options;
  const lines = [
    "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.",
    "# TYPE process_start_time_seconds gauge",
    `process_start_time_seconds ${startSeconds}`,
    "# HELP vllm:num_requests_running Number of requests in model execution batches.",
    "# TYPE vllm:num_requests_running gauge",
  ];
  const each = (line: (engine: number) => string) => {
    for (let engine = 0; engine < engines; engine++) lines.push(line(engine));
  };
  each((engine) => `vllm:num_requests_running{engine="${engine}",model_name="tiny"} ${engine + 1}.0`);
  lines.push(
    "# HELP vllm:generation_tokens_total Number of generation tokens processed.",
    "# TYPE vllm:generation_tokens_total counter",
  );
  each((engine) => `vllm:generation_tokens_total{engine="${engine}",model_name="tiny"} ${tokens}.0`);
  return lines.join("\n") + "\n";
}

/** A sampler with one gauge whose read is a function of the tick. */
export function gaugeSampler(
  options: {
    readonly id: string;
    readonly intervalSeconds: number;
    readonly read: (timeSeconds: number, count: number, signal: AbortSignal) => number | Promise<number>;
    readonly onDispose?: () => void;
  },
): Sampler {
  const { id, intervalSeconds, read, onDispose } = options;
  let count = 0;
  return {
    id,
    intervalSeconds,
    async sample(timeSeconds, signal): Promise<SampleBatch> {
      const value = await read(timeSeconds, count++, signal);
      return {
        ids: [0],
        values: [value],
        defined: [{ id: 0, name: `test_${id}`, labels: {}, type: "gauge" }],
        vanishedIds: [],
        events: [],
      };
    },
    [Symbol.asyncDispose]() {
      onDispose?.();
      return Promise.resolve();
    },
  };
}
