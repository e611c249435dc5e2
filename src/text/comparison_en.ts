/** Comparison of runs in English. @module */
import type { ComparisonText } from "./comparison.ts";

/** @see ComparisonText */
export const COMPARISON_EN: ComparisonText = {
  title: "Comparison of runs",
  verdicts: {
    pass: (threshold) => `PASS: nothing is worse by ${threshold} or more.`,
    inconclusive: (threshold) =>
      `INCONCLUSIVE: the intervals are too wide to say whether anything is worse by ${threshold}. Repeat the runs, in turns.`,
  },
  notComparable: (conditions) =>
    `NOT COMPARABLE: the runs differ in more than what is compared (${
      conditions.join("; ")
    }). A verdict below may come from that alone.`,
  passBut: (threshold, figures) =>
    `PASS: nothing is worse by ${threshold} or more, as far as it can be told. Of ${
      figures.join("; ")
    } it cannot.`,
  fails: {
    measured: (threshold, figures) =>
      `FAIL: surely worse, and measured worse by more than ${threshold}: ${figures.join("; ")}.`,
    surely: (threshold, figures) => `FAIL: surely worse by more than ${threshold}: ${figures.join("; ")}.`,
    gross: (_threshold, figures) =>
      `FAIL: far worse than chance makes it: ${
        figures.join("; ")
      }. By how much exactly takes more runs a side.`,
  },
  short: { pass: "pass", fail: "FAIL", inconclusive: "unclear" },
  figures: {
    ttft_mean: "TTFT, mean",
    ttft_p50: "TTFT, median",
    ttft_p99: "TTFT, p99",
    itl_mean: "ITL, mean",
    itl_p99: "ITL, p99",
    e2e_mean: "E2E latency, mean",
    e2e_p99: "E2E latency, p99",
    requests_per_second: "Requests per second",
    output_tokens_per_second: "Output tokens per second",
    failed_share: "Failed requests",
  },
  conditions: {
    seenBy: "Measured by",
    model: "Model",
    servers: "Servers",
    version: "Server version",
    gpu: "GPU",
    simulated: "Simulated",
    maxNumSequences: "Sequence limit",
    users: "Users at once (closed loop)",
    requestsPerSecondSent: "Requests sent per second",
    promptTokensMean: "Prompt tokens, mean",
    outputTokensMean: "Output tokens, mean",
    durationSeconds: "Duration",
  },
  same: { yes: "same", no: "DIFFERENT", unknown: "unknown" },
  columns: {
    figure: "Figure",
    before: "Before",
    after: "After",
    change: "Change",
    interval: "Interval",
    noticed: "Noticed from",
    verdict: "Verdict",
    condition: "Condition",
    same: "Same",
  },
  conditionsHeading: "Are they comparable?",
  noticedFrom: "Noticed from: a true change of this size fails in four of five such comparisons.",
  noticed: (first, last) =>
    first === last
      ? `These runs would have noticed ${first} or more.`
      : `These runs would have noticed ${first} or more at best, ${last} or more at worst.`,
  joined: (first, second) => `${first} ${second}`,
  tails: (figures) =>
    `${
      figures.join("; ")
    }: not proven to be as before, which takes many more requests. They fail where they are surely worse, and hold no PASS back.`,
  gross: (figures, factor) =>
    `${
      figures.join("; ")
    }: no interval says so, but every run after is worse than every run before, by so much that equal runs would have to differ by a factor of ${factor} from run to run (one standard deviation) to show it once in 400 times.`,
  basis: {
    runs: "Intervals are over whole runs (Welch's t).",
    batches:
      "One run a side, or few: intervals are over ten batches of each. What varies from run to run is not in them.",
    none: "One number a side: no interval.",
  },
  runs: (before, after) => `Runs: ${before} before, ${after} after.`,
  kinds: {
    lab: "the lab's load.json",
    vllm_bench: "a file of vllm bench serve",
    aiperf: "AIPerf's summary",
    aiperf_jsonl: "AIPerf's list of requests",
    guidellm: "GuideLLM's benchmarks.json",
    csv: "the lab's requests.csv",
    requests: "the requests of a recording",
    server: "the server's metrics in a recording",
  },
  kindsDiffer: (before, after) =>
    `Read from ${before.join(" and ")} before, from ${
      after.join(" and ")
    } after: figures are computed from the requests by the same formulas wherever a file holds them.`,
  missing: "Not compared, for it is not known of both sides:",
  notIn: (figure, kinds) => `${figure}: not in ${kinds.join(", nor in ")}`,
  seenBy: { clients: "clients", server: "the server itself" },
  unbounded: (figures, runs) =>
    `No interval for ${
      figures.join("; ")
    }: one run a side cannot say. Give at least ${runs} runs a side, separated by commas.`,
  bounded: (figures) =>
    `${
      figures.join("; ")
    }: a server's buckets say only between what a percentile lies; the interval holds all of that.`,
  cut: (before, after) =>
    `Cut by the end of their run: ${before} of the requests before, ${after} after. Their durations, as a rule the longest, are in no figure.`,
  moreCutAfter: "More were cut after than before, so no duration passes.",
  oneRun: (threshold, runs) =>
    `INCONCLUSIVE: one run a side cannot say whether anything is worse by ${threshold}. Give at least ${runs} runs a side, taken in turns.`,
  nothingShared: "INCONCLUSIVE: no figure is known of both sides.",
};
