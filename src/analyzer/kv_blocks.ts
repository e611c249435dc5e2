/**
 * KV cache that a server has less of after a restart: the memory went elsewhere, or somebody asked for less.
 *
 * @module
 */
import type { MetricSource, Series, TimeSpan } from "../series/types.ts";
import { EVIDENCE } from "./evidence.ts";
import type { Finding } from "./findings.ts";
import { ofTarget } from "./server_reads.ts";

/** Less than this is rounding and fragmentation. */
const SHRUNK = 0.95;

interface CacheLife extends TimeSpan {
  readonly engine: string;
  readonly tokens: number;
}

/** One finding for each engine whose cache became smaller from one life to the next. Empty where sizes are not told. */
export async function shrunkCacheFindings(
  source: MetricSource,
  at: { readonly target: string; readonly only: boolean; readonly span: TimeSpan },
): Promise<Finding[]> {
  const series = await source.select({ quantity: "cache_config", matchers: ofTarget(at.target) }, at.span);
  const lives = series.flatMap(lifeOf).sort((a, b) => a.startSeconds - b.startSeconds);
  return lives.flatMap((life, index) => {
    const before = lives.slice(0, index).findLast((one) =>
      one.engine === life.engine && one.endSeconds < life.startSeconds
    );
    return before === undefined || life.tokens >= SHRUNK * before.tokens ? [] : [shrunk(life, before, at)];
  });
}

function lifeOf({ labels, timesSeconds }: Series): CacheLife[] {
  const tokens = Number(labels.num_gpu_blocks) * Number(labels.block_size);
  const startSeconds = timesSeconds[0];
  const endSeconds = timesSeconds.at(-1);
  if (!(tokens > 0) || startSeconds === undefined || endSeconds === undefined) return [];
  return [{ engine: labels.engine ?? "", tokens, startSeconds, endSeconds }];
}

function shrunk(
  life: CacheLife,
  before: CacheLife,
  at: { readonly target: string; readonly only: boolean; readonly span: TimeSpan },
): Finding {
  const window = { startSeconds: life.startSeconds, endSeconds: life.endSeconds };
  return {
    code: "kv_cache_shrunk",
    severity: "warning",
    confidence: "high",
    target: at.target,
    ...(at.only || life.engine === "" ? {} : { engine: life.engine }),
    span: window,
    evidence: [{
      quantity: "kv_cache_tokens",
      window,
      value: life.tokens,
      ...EVIDENCE.kv_cache_tokens,
      baseline: before.tokens,
    }],
    falsifiedBy: ["fewer_blocks_on_purpose"],
    advice: [
      { code: "separate_gpu_programs" },
      { code: "more_kv_memory", flag: "--gpu-memory-utilization" },
      { code: "reserve_kv_memory", flag: "--kv-cache-memory-bytes" },
    ],
    next: "gpu_memory_by_process",
    params: { before: before.tokens, left: life.tokens / before.tokens },
    consequences: [],
  };
}
