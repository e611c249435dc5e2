/** English words for incidents. @module */
import type { IncidentTexts } from "./incidents.ts";

/** @see IncidentTexts */
export const INCIDENTS_EN: IncidentTexts = {
  "arrival-surge": {
    title: "More users arrive",
    cause: "Requests come several times as often as before.",
    notice:
      "The batch grows first and inter-token latency with it; the queue follows some time later, and then TTFT.",
    tell: "Arrivals grow while the rate of finished requests stays flat. KV usage is not at its limit.",
  },
  "batch-limit": {
    title: "The batch is too small",
    cause: "max_num_seqs is lower than the number of users.",
    notice: "Requests wait and TTFT grows by the time in the queue; inter-token latency does not change.",
    tell: "Running is pinned at a round number while KV usage is low.",
  },
  "kv-exhausted": {
    title: "The KV cache is full",
    cause: "Answers become many times longer and fill the cache.",
    notice: "KV usage stands at 100%, requests are preempted and computed again, the queue grows.",
    tell: "Preemptions, and running falls while waiting grows.",
  },
  "huge-prompts": {
    title: "A few huge prompts",
    cause: "Now and then somebody sends a prompt as long as the model allows.",
    notice:
      "The p99 of inter-token latency jumps while its p50 hardly moves; TTFT grows for whoever comes behind.",
    tell: "The largest buckets of prompt length fill.",
  },
  "cold-cache": {
    title: "The prefix cache goes cold",
    cause: "Prompts no longer share their start, or the cache was reset.",
    notice:
      "The hit rate falls to zero within one scrape; more prompt tokens are computed, TTFT and batch grow.",
    tell: "Arrivals and queried tokens are unchanged.",
  },
  "front-end-starved": {
    title: "The front end is starved",
    cause: "The API server has too little CPU: requests reach the engine late.",
    notice: "TTFT grows by a constant; queue time, prefill and inter-token latency do not change.",
    tell: "End-to-end time minus queue and inference grows, and scrapes take longer.",
  },
  "slow-network": {
    title: "A slow network",
    cause: "What the server sends reaches its clients late and in bursts.",
    notice: "The client measures a longer TTFT and uneven gaps; the server's own numbers do not change.",
    tell: "Only the client sees it.",
  },
  "abort-storm": {
    title: "Users give up",
    cause: "Most requests are cut by their clients after a few tokens.",
    notice: "Fewer requests finish, the batch shrinks, inter-token latency gets better.",
    tell: "First tokens minus finished requests grows; the success counters do not show it.",
  },
  "crash": {
    title: "Crash and restart",
    cause: "The server's processes are gone and start again.",
    notice:
      "Scrapes are refused for the load time; afterwards every counter begins at zero and the cache is cold.",
    tell: "The start time and all creation times change: it was not the network.",
  },
  "hang": {
    title: "The engine hangs",
    cause: "A step never ends.",
    notice: "Gauges are frozen and counters flat, although /health says that all is well.",
    tell: "Requests are running and there are no steps. An idle server has none running.",
  },
  "one-engine-stuck": {
    title: "One of two engines is stuck",
    cause: "A step of one engine never ends; the other goes on.",
    notice: "About half of the requests never finish. Sums over the engines hide why.",
    tell: "Steps per engine: none against many.",
  },
  "gpu-throttled": {
    title: "The GPU is too hot",
    cause: "Clocks are held down.",
    notice: "Inter-token latency grows, and with it the batch.",
    tell: "Latency is above what this batch size needs; the GPU gives a reason, and its clock is low.",
  },
  "gpu-lost": {
    title: "A GPU is lost",
    cause: "The GPU has fallen off the bus (XID 79); the engine dies.",
    notice: "Streams end without a finish, new requests get 500, /health 503, and then the server is gone.",
    tell: "The GPU itself is missing from the readings.",
  },
  "noisy-neighbour": {
    title: "A noisy neighbour on the CPU",
    cause: "Other programs take the CPU that starts the GPU's work.",
    notice: "Inter-token latency grows at the same batch size, steps become fewer.",
    tell: "Power and GPU utilisation fall. With a throttled GPU they would not.",
  },
  "upgrade": {
    title: "Another version",
    cause: "The server was replaced by another version or model.",
    notice: "Series end and others begin; some figures have other names.",
    tell: "/version and /v1/models answer otherwise.",
  },
  "admission-limit": {
    title: "Requests are turned away",
    cause: "The limit of queued requests is reached.",
    notice: "Requests are refused with 503; TTFT of those admitted stays good.",
    tell: "The counter of rejections grows and nothing waits.",
  },
  "memory-taken": {
    title: "Others take the memory",
    cause: "Another program holds GPU memory when the server starts.",
    notice: "After a restart the server has fewer KV blocks, and runs full sooner.",
    tell: "num_gpu_blocks is lower, and the GPU's memory is used by somebody else.",
  },
};
