/**
 * The workload's own view of its requests.
 *
 * @module
 */
import type { QuantityTable } from "../entry.ts";

/** What the lab's clients saw. */
export const CLIENT: QuantityTable<
  | "client_requests"
  | "client_in_flight"
  | "client_ttft"
  | "client_itl"
  | "client_tpot"
  | "client_e2e"
  | "client_prompt_tokens"
  | "client_generation_tokens"
> = {
  client_requests: {
    type: "counter",
    unit: "requests",
    combine: "sum",
    candidates: [{ server: "lab", name: "lab_client_requests_total" }],
  },
  client_in_flight: {
    type: "gauge",
    unit: "requests",
    combine: "sum",
    candidates: [{ server: "lab", name: "lab_client_in_flight_requests" }],
  },
  client_ttft: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [{ server: "lab", name: "lab_client_time_to_first_token_seconds" }],
  },
  client_itl: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [{ server: "lab", name: "lab_client_inter_token_latency_seconds" }],
  },
  client_tpot: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [{ server: "lab", name: "lab_client_time_per_output_token_seconds" }],
  },
  client_e2e: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [{ server: "lab", name: "lab_client_e2e_latency_seconds" }],
  },
  client_prompt_tokens: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [{ server: "lab", name: "lab_client_prompt_tokens_total" }],
  },
  client_generation_tokens: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [{ server: "lab", name: "lab_client_generation_tokens_total" }],
  },
};
