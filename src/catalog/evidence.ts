/**
 * What the names that a server shows tell of the server itself.
 *
 * @module
 */
import type { ServerName } from "./entry.ts";
import type { NameIndex } from "./names.ts";
import { QUANTITIES } from "./quantities.ts";
import { isBefore } from "./version.ts";

/** What is known or can be told of a server. Versions are vLLM's. */
export interface Evidence {
  /** Every server and exporter that has a name among them. */
  readonly servers: ReadonlySet<ServerName>;
  /** vLLM's engine; undefined: not a vLLM, or too little to tell. */
  readonly engine: "v0" | "v1" | undefined;
  /** The version itself, when it was told. */
  readonly version: string | undefined;
  /** No older and no newer than these; undefined: no bound. Both are the version when it was told. */
  readonly atLeast: string | undefined;
  readonly atMost: string | undefined;
}

/** How each one's names begin (colons as underscores). `process_` and `http_` belong to no server in particular. */
const PREFIXES: readonly (readonly [string, ServerName])[] = [
  ["vllm_", "vllm"],
  ["sglang_", "sglang"],
  ["trtllm_", "tensorrt_llm"],
  ["tgi_", "tgi"],
  ["llamacpp_", "llama_cpp"],
  ["dynamo_", "dynamo"],
  ["nv_", "triton"],
  ["DCGM_FI_", "dcgm_exporter"],
  ["nvidia_smi_", "nvidia_gpu_exporter"],
  ["node_", "node_exporter"],
  ["container_", "cadvisor"],
  ["lab_", "lab"],
];

/** From this version on vLLM has one engine: its release notes say that V0 is removed. */
const ONE_ENGINE = "0.11.0";

/** Gathers it. @param version as the server says, when it does */
export function evidenceOf(index: NameIndex, version: string | undefined): Evidence {
  const bounds = version === undefined ? versionBounds(index) : { atLeast: version, atMost: version };
  const servers = serversOf(index);
  // A version says it whatever names are there: a server may leave out those that would.
  const isV1 = servers.has("vllm") && bounds.atLeast !== undefined && !isBefore(bounds.atLeast, ONE_ENGINE);
  return { servers, engine: isV1 ? "v1" : engineOf(index), version, ...bounds };
}

/** Every server and exporter that has a name among these. */
export function serversOf(index: NameIndex): ReadonlySet<ServerName> {
  const servers = new Set<ServerName>();
  for (const key of index.keys()) {
    const prefix = PREFIXES.find(([start]) => key.startsWith(start));
    if (prefix !== undefined) servers.add(prefix[1]);
  }
  return servers;
}

/** By the names that only one of the two engines has. */
function engineOf(index: NameIndex): "v0" | "v1" | undefined {
  const has = (name: string) => index.find(name) !== undefined;
  if (has("vllm:prefix_cache_queries_total") || has("vllm:gpu_prefix_cache_queries_total")) return "v1";
  return has("vllm:num_requests_running") && has("vllm:gpu_cache_usage_perc") ? "v0" : undefined;
}

/** No older than the newest name, no newer than the last version that had the oldest. */
function versionBounds(index: NameIndex): { atLeast: string | undefined; atMost: string | undefined } {
  let atLeast: string | undefined;
  let atMost: string | undefined;
  for (const { candidates } of Object.values(QUANTITIES)) {
    for (const candidate of candidates) {
      if (candidate.server !== "vllm" || index.find(candidate.name) === undefined) continue;
      const last = candidate.hiddenUntil ?? candidate.until;
      if (candidate.since !== undefined && !isBefore(candidate.since, atLeast)) atLeast = candidate.since;
      if (last !== undefined && !isBefore(atMost, last)) atMost = last;
    }
  }
  return { atLeast, atMost };
}
