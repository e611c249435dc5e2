import type { CliText } from "./cli.ts";
import { counted, plural } from "./counted.ts";

/** English words of the command lines. */
export const CLI_EN: CliText = {
  cannotWatch: (address, cause) => `Cannot watch ${address}: ${cause}`,
  recordingFails: (cause) =>
    `${cause}. What is measured stays in memory, and goes into the file as soon as that takes it: make room on the disk, or close what locks the file`,
  recordingWorks: (lost) =>
    lost === 0
      ? "The recording is written again, and has everything"
      : `The recording is written again, without ${counted(lost, "read")} that memory could not hold`,
  writtenElsewhere: (line, folder) => `${line}; the files go to ${folder}`,
  metricsElsewhere: "; --metrics-url tells where the metrics are, when not at URL/metrics",
  answersAgain: (target) => `${target} answers again`,
  standsStill: (target, engine, duration, running) =>
    `No token for ${duration} from ${target}${engine === "" ? "" : `, engine ${engine}`}, although ${
      counted(running, "request runs", "requests run")
    }: it may hang`,
  goesOn: (target, engine) => `${target}${engine === "" ? "" : `, engine ${engine}`} makes tokens again`,
  serving: (url) => `Simulated vLLM on ${url} (metrics at ${url}/metrics). Ctrl-C ends it.`,
  servingTry: (url) =>
    [
      `  ask    curl ${url}/v1/completions -H 'content-type: application/json' -d '{"prompt": "Hello", "max_tokens": 20}'`,
      `  load   deno task load --url ${url}`,
      `  watch  deno task monitor --url ${url}`,
    ].join("\n"),
  incidentPlanned: (at, duration, title, notice) =>
    `At ${at}${duration === undefined ? "" : ` for ${duration}`}: ${title}. Watch: ${notice}`,
  profileHeads: {
    name: "profile",
    alone: "token alone",
    busy: "token busy",
    prefill: "prompt tokens/s",
    cache: "cache tokens",
    what: "what",
  },
  profileNote:
    "token alone: time between tokens of a request that is alone; busy: of one among 32 with 1,000 tokens each (fewer where they do not fit). Computed; --json tells sources and what was measured.",
  incidentHeads: {
    cause: "happens",
    notice: "watch",
    tell: "tells it apart",
    parameters: "parameters",
  },
  limitHeads: { name: "name", with: "with", units: "units", what: "what", example: "For example" },
  unreachable: "How long a server has not answered",
  lostPace: (late, times) =>
    `This machine is too slow for this load: the simulated engine is ${late} late (${
      counted(times, "time")
    } so far). Its figures are those of a slower server; /metrics tells of it as lab_simulation_lost_pace_total`,
  portTaken: (port) => `Cannot listen on port ${port}: it is taken, wanted a free one (--port)`,
  cell: (number, count, heading) => `cell ${number} of ${count}: ${heading}`,
  cellDone: (duration) => ` ${duration}`,
  cellFailed: (number, reason) => `Cell ${number} failed: ${reason}`,
  interrupted: "Interrupted: what was collected is kept.",
  nothingCollected: "Nothing was collected.",
  written: "Written",
  findings: "Findings",
  nothingThere: (address, { match, time }) =>
    `${address} holds no series ${
      match ? "that meets every --match" : "of a server of language models, or of the lab"
    }${time ? ", in that time" : ""}`,
  sent: (samples) => `${counted(samples, "sample")} sent`,
  pushed: (samples, series, address) =>
    `Sent ${counted(samples, "sample")} of ${series} series to ${address}`,
  pushFails: (address, why, more) =>
    `${address}: ${why}; trying ${counted(more, "more time")}. Ctrl-C ends it.`,
  pushRetries: (retries) =>
    `${counted(retries, "try", "tries")} failed and ${plural(retries, "was", "were")} repeated`,
  pushRefused: (status, why, requests, samples) =>
    `Refused with HTTP ${status}${why === "" ? "" : ` (${why})`}: ${counted(requests, "request")} with ${
      counted(samples, "sample")
    }`,
  page: (url, tunnel) => `Live page: ${url} (from another machine: ${tunnel})`,
  noRun: (folder) => `No run in ${folder} yet: the shipped data is used`,
  cannotOpen: (path, reason) => `Cannot open ${path}: ${reason}`,
  notARun: (path, kind) =>
    `Cannot compare ${path}: it looks like ${kind}, wanted a recording, or the JSON result of deno task load, vllm bench serve, AIPerf or GuideLLM, or requests.csv of deno task load`,
  reading: (name) => `Reading ${name}`,
  readingRuns: (name, runs) => `Reading ${name}: ${counted(runs, "run")}`,
  noRunIn: (path, files) => `Cannot compare ${path}: no run in this folder, wanted one of ${files}`,
  noRecordingIn: (path, file) =>
    `Cannot open ${path}: no recording in this folder, wanted one with a ${file}; deno task compare reads the results of a load`,
  whichSides:
    "Cannot compare: which runs are before and which after is not clear, wanted BEFORE AFTER, or --before RUN … --after RUN …",
  exporter: (url) => `For a Prometheus: ${url}`,
  stretch: (span) => `Only ${span}`,
  sides: { before: (span) => `Before: ${span}`, after: (span) => `After: ${span}` },
  outside: (held) => `Cannot choose a stretch: nothing lies in it, the source holds ${held}`,
  monitoring: (targets, interval) => `Watching ${targets} every ${interval}. Ctrl-C ends it.`,
  givenTwice: (address) => `${address} is given twice: it is watched once`,
  noServerFound: (tried) => `Cannot find a vLLM on this machine: tried ${tried}; give its address with --url`,
  found: (address) => `Found a server at ${address}`,
  repaired: {
    kept: "Kept",
    lost: "Lost",
    nothing: "nothing",
    all: "all series",
    missing: (bytes) => `${bytes} at the end`,
    span: (target, from, to, series) => `${target}, ${from} to ${to}: ${series}`,
    parts: {
      samples: (count) => counted(count, "sample"),
      chunks: (count) => counted(count, "piece of a series", "pieces of series"),
      blocks: (count) => counted(count, "block"),
      ticks: (count) => counted(count, "tick"),
      events: (count) => counted(count, "event"),
      requests: (count) => counted(count, "request"),
      scrapes: (count) => counted(count, "scrape"),
      series: (count) => counted(count, "series", "series"),
    },
    kinds: {
      samples: "samples",
      chunks: "pieces of series",
      blocks: "blocks of samples",
      ticks: "ticks",
      events: "events",
      requests: "requests",
      scrapes: "scrapes",
      series: "series",
    },
    uncounted: (kinds) =>
      `More may be lost of these, how many is unknown, for their end cannot be read: ${kinds.join(", ")}`,
  },
  needsYes: (address) => `Cannot load ${address}: it is not this machine and nobody agreed, wanted --yes`,
  cannotLoad: (address, cause) => `Cannot load ${address}: ${cause}`,
};
