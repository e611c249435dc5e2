import type { TablesText } from "./tables.ts";
import { counted } from "./counted.ts";

/** English headings. */
export const TABLES_EN: TablesText = {
  sample: "sample",
  labels: "labels",
  value: "value",
  request: "request",
  outcome: "outcome",
  promptTokens: "prompt tokens",
  outputTokens: "output tokens",
  more: (count) => `and ${count} more`,
  target: "target",
  what: "what it is",
  details: "details",
  absent: "absent, because",
  simulated: "simulated",
  sampler: "source",
  interval: "interval",
  reads: "reads",
  failures: "failed",
  gaps: "gaps",
  resets: "resets",
  lastError: "last failure",
  load: "load",
  okOfAll: "ok / all",
  inFlight: "in flight, at most",
  throughput: "output",
  trustTitle: "can be trusted",
  witnessMissing: "one side has no first tokens to count",
  witnessesAgree: (count) => `both sides counted ${counted(count, "first token")}`,
  witnessesDiffer: (client, server) =>
    `clients saw ${
      counted(client, "first token")
    }, the server counted ${server}: others use it, requests were cut, scrapes failed, or it restarted`,
  way: "said as",
  remark: "",
  lifetimeMean: "mean since the server's start (sum / count)",
  windowMean: (window) => `server: mean of the last ${window}`,
  windowP95: (window) => `server: p95 of the last ${window}`,
  clientMean: (window) => `users: mean of the last ${window}`,
  clientP95: (window) => `users: p95 of the last ${window}`,
  exact: "exact",
  bucket: (lower, upper) => `an estimate, within its bucket from ${lower} to ${upper}`,
  ofRequests: (count) => `of ${counted(count, "value")}`,
  trust: {
    good: "yes",
    client_adds: "client adds its lag",
    client_limited: "client-limited",
    not_measured: "not measured",
  },
};
