/** The report in English. @module */
import type { ReportText } from "./report.ts";
import { counted, plural } from "./counted.ts";

/** @see ReportText */
export const REPORT_EN: ReportText = {
  title: "Performance report",
  simulated: "These numbers come from a simulated server.",
  span: (from, to, duration) => `${from} to ${to} (${duration})`,
  empty: "Nothing was collected.",
  windows: (count, { width, step, servers }) =>
    `${counted(count, "window")} of ${width}${servers === undefined ? "" : ` of ${servers} servers`} ${
      plural(count, "was", "were")
    } judged${
      step === undefined
        ? ""
        : `; one begins every ${step}${servers === undefined ? "" : " on each server"}, so they overlap`
    }.`,
  cut: (at) =>
    `The recording has no end mark: what wrote it was cut off at ${at}, and what came in its last second may be missing.`,
  lostPace: (times, worst) =>
    `The simulated server could not keep its schedule, for this machine was too busy: ${
      counted(times, "time")
    }, up to ${worst} late. These are figures of a slower server than the one that was meant.`,
  verdict: "Verdict",
  also: "Just as serious:",
  goesOn: "Still so when the data ends:",
  besides: "Beside it, until the data ends:",
  otherServers: "Of the other servers:",
  allHealthy: (servers) => `Nothing is wrong on any of the ${servers} servers.`,
  findings: "Findings",
  when: (from, to) => `from ${from} to ${to}`,
  moment: (at) => `at ${at}`,
  figuresOf: (duration, from) => `figures of the ${duration} from ${from}`,
  since: (from) => `since ${from}`,
  engine: (name) => `engine ${name}`,
  evidence: "Evidence",
  wrongIf: "This would be wrong if:",
  tryThis: "Try:",
  measureNext: "Measure next:",
  follows: "Follows from it:",
  again: (times, held) => `(${times} times, ${held} in all)`,
  gravest: (times, held, [from, to]) =>
    `the gravest of ${times} times, ${held} in all, between ${from} and ${to}`,
  more: (count) => `${counted(count, "more finding")}`,
  charts: "Charts",
  targets: "Targets",
  latencies: "Latencies as the server says",
  client: "Latencies as clients saw them",
  averages: "Averages",
  anomalies: "Anomalies",
  noAnomalies: "No series has values that do not fit the rest of it.",
  changes: "Changes of level",
  biases: "What is off in these figures:",
  bias: (figures, fault) => `${figures.join(", ")}: ${fault}`,
  alwaysZero: (names) => `0 all the time: ${names.join("; ")}.`,
  method: "How this was judged",
  blind: "Not judged, for lack of data:",
  absent: "Not available:",
  scrapes: (failed, restarts) => `Failed scrapes: ${failed}. Restarts: ${restarts}.`,
  stepModel: ({ engine, step, decode, prompt, error }) =>
    `Step model${engine} learnt from the counters: ${step} a step + ${decode} a decoding request + ${prompt} a computed prompt token (error ±${error}).`,
  outcomes: (list) => `Requests: ${list}.`,
  endedLater: (count) =>
    `These are the requests that were due in this time; ${count} of them ended after it. The server's figures are of what ended in it.`,
  estimated:
    "Quantiles are estimated from buckets, with the values between which they surely lie in brackets (by bucket, sum and count); where nothing is left to estimate, those stand alone (≤, >, a range). Means are exact.",
  together: (servers) => `${servers} servers together`,
  apart: { slower: (target) => `${target} (slower)`, faster: (target) => `${target} (faster)` },
  standsApart: (target, how) => `${target} answers unlike the other servers: ${how}.`,
  apartBy: {
    slower: (name, mean, others) => `${name} takes ${mean} on average, elsewhere at most ${others}`,
    faster: (name, mean, others) => `${name} takes ${mean} on average, elsewhere at least ${others}`,
  },
  partAbove: (list) =>
    `A part reads longer than the whole (${list}): both are estimates inside their bounds, and a server counts TTFT at the first token, queue, prefill and decode time only when the request ends.`,
  noneAtEnd:
    "Current n/a: the series has no value where the data ends, as after failed scrapes or a restart.",
  sigma: "σ: distance from what is usual there, in robust standard deviations of the series.",
  sigmaOfChanges:
    "σ: size of the step, in standard deviations of the noise around it. Confidence: 1 less the probability that a series without any change shows one so clear anywhere.",
  formulas: "In formulas w is the window in seconds; c0, c1 and c2 are the three terms of the step model.",
  meanOf: (name) => `${name}, mean`,
  sent: (count) => `${count} ${count === "1" ? "request" : "requests"} sent from here`,
  finished: (count) => `${count} finished on the server`,
  missing: (names, cause) => `${names.join("; ")}: ${cause}`,
  details: {
    maxNumSequences: "sequence limit",
    maxModelLength: "context length",
    kvCacheTokens: "KV cache tokens",
  },
  columns: {
    what: "What",
    value: "Value",
    limit: "Threshold",
    usual: "Usual",
    window: "Window",
    formula: "Formula",
    count: "Count",
    mean: "Mean",
    current: "Current",
    minimum: "Min",
    maximum: "Max",
    p50: "p50",
    p90: "p90",
    p99: "p99",
    series: "Series",
    episodes: "Episodes",
    worst: "Worst",
    at: "At",
    before: "Before",
    after: "After",
    median: "Median",
    confidence: "Confidence",
    target: "Target",
    kind: "Kind",
    version: "Version",
    models: "Models",
    interval: "Interval",
    address: "Address",
    details: "Details",
  },
  perSecond: (name) => `${name} per second`,
};
