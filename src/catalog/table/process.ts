/**
 * The server's process and its HTTP side: what client libraries and web frameworks add.
 *
 * @module
 */
import type { QuantityTable } from "../entry.ts";

/** Quantities of the process. vLLM's V0 engine and several API servers (`--api-server-count`) have none of them. */
export const PROCESS: QuantityTable<
  | "http_requests"
  | "http_request_duration"
  | "process_start_time"
  | "process_cpu_seconds"
  | "process_resident_memory"
> = {
  http_requests: {
    type: "counter",
    unit: "requests",
    combine: "sum",
    candidates: [{
      server: "process",
      name: "http_requests_total",
      engine: "v1",
      biases: [{ code: "frontend_cannot_see_aborts" }],
    }],
  },
  http_request_duration: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [
      { server: "process", name: "http_request_duration_seconds", engine: "v1" },
      { server: "process", name: "http_request_duration_highr_seconds", engine: "v1" },
    ],
  },
  process_start_time: {
    type: "gauge",
    unit: "unix_seconds",
    combine: "none",
    candidates: [{
      server: "process",
      name: "process_start_time_seconds",
      engine: "v1",
      biases: [{ code: "api_server_only" }],
    }],
  },
  process_cpu_seconds: {
    type: "counter",
    unit: "seconds",
    combine: "sum",
    candidates: [{
      server: "process",
      name: "process_cpu_seconds_total",
      engine: "v1",
      biases: [{ code: "api_server_only" }],
    }],
  },
  process_resident_memory: {
    type: "gauge",
    unit: "bytes",
    combine: "sum",
    candidates: [{
      server: "process",
      name: "process_resident_memory_bytes",
      engine: "v1",
      biases: [{ code: "api_server_only" }],
    }],
  },
};
