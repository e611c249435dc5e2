import type { RunSummaryText } from "./run_summary.ts";
import { counted } from "./counted.ts";

/** English words of the run summary. */
export const RUN_SUMMARY_EN: RunSummaryText = {
  nothing: "Nothing was collected.",
  simulated: "simulated",
  targets: "Watched",
  span: (from, to, duration) => `${from} to ${to} (${duration})`,
  requests: "Requests",
  outcomes: {
    ok: "ok",
    error: "refused or failed",
    connection_error: "connection failed",
    timeout: "timed out",
    aborted: "cut on purpose",
    unfinished: "unfinished",
    dropped: "never sent",
  },
  notSent: (count) => `${count} not sent`,
  rate: (rate, duration) => `${rate} ended well over ${duration} of load`,
  noClient: "no requests were sent from here",
  tokens: (prompt, output, rate) => `Tokens: ${prompt} prompt, ${output} generated (${rate})`,
  clientSide: "client",
  serverSide: "server",
  mean: "mean",
  count: "n",
  bucket: (lower, upper) => `within ${lower} to ${upper}`,
  peaks: "Peaks",
  running: "running",
  waiting: "waiting",
  kvCache: "KV cache",
  cpu: "CPU",
  memory: "memory",
  preemptions: "preemptions",
  failedScrapes: (count) =>
    `${counted(count, "scrape")} failed: gaps in the charts, empty cells in the files`,
  clockJumps: (count, longest) =>
    `The clock jumped ${count === 1 ? "once" : counted(count, "time")}, by ${
      count === 1 ? longest : `up to ${longest}`
    }: this machine slept or was too busy, its process was stopped, or its clock was set; meanwhile nothing was read`,
  resets: (count) => `${counted(count, "counter reset")}: the server was restarted`,
  cutBeforeToken: (cut, of, p50, p99) =>
    `${cut} of ${of} requests ${cut === 1 ? "was" : "were"} cut before a first token and ${
      cut === 1 ? "is" : "are"
    } not in TTFT: by how long they had waited, its true p50 is at least ${p50}, its true p99 at least ${p99}.`,
  together: (servers) => `${servers} servers together`,
  failure: (count, what, reason) => `${count} × ${what}: ${reason}`,
};
