/**
 * Whose metrics they are, by their names.
 *
 * @module
 */
import type { ServerName } from "./entry.ts";
import type { NameIndex } from "./names.ts";

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

/** Every server and exporter that has a name among these. */
export function serversOf(index: NameIndex): ReadonlySet<ServerName> {
  const servers = new Set<ServerName>();
  for (const key of index.keys()) {
    const prefix = PREFIXES.find(([start]) => key.startsWith(start));
    if (prefix !== undefined) servers.add(prefix[1]);
  }
  return servers;
}
