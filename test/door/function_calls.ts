/**
 * A call that is right for every exported function: what the wrong ones are made from.
 *
 * @module
 */
import * as lab from "#lab";
import { profileNamed } from "../../src/simulator/engine/profiles.ts";
import {
  answer,
  CAUSE,
  clock,
  EXPOSITION,
  FACTS,
  FAMILIES,
  GRID,
  type Held,
  IMAGE,
  METAS,
  POINTS,
  PRESENTS,
  RANGE,
  RECORD,
  scripted,
  SPAN,
  STATIC,
} from "./things.ts";

/** Exported functions with arguments that are right. */
export function functionCalls(held: Held): Readonly<Record<string, () => readonly unknown[]>> {
  const picture = { ...PRESENTS, width: 400, theme: "light", id: "a" } as const;
  const chart = () => [STATIC, { ...IMAGE }];
  const chartOf = () => [STATIC, { ...IMAGE, quantity: "ttft" }];
  const record = () => [RECORD];
  const window = () => [POINTS, { ...RANGE }];
  const extrapolated = () => [POINTS, { ...RANGE }, { extrapolate: true }];
  const energy = () => [{ energyJoules: [POINTS], tokens: [POINTS] }, { ...RANGE }];
  return {
    anomalyCharts: () => [held.anomalies, { ...picture, title: "T" }],
    beforeAfterChart: () => [
      [{ label: "a", unit: "seconds", before: { value: 1, count: 1 }, after: { value: 2, count: 1 } }],
      { ...picture, language: "en", timeZone: undefined, note: "n" },
    ],
    biasSentence: () => ["one_token_requests_are_zero", "en"],
    burnRate: () => [{ met: 1, total: 2 }, 0.9],
    causeSentence: () => [CAUSE, "en"],
    changes: window,
    clientServerChart: chartOf,
    compareRuns: () => [STATIC, STATIC, {
      threshold: 0.05,
      confidence: 0.95,
      beyond: "surely",
      figures: ["ttft_mean"],
      loadTolerance: 0.2,
    }],
    compareWitnesses: () => [STATIC, { mustAgree: false, language: "en" }],
    correlationChart: () => [held.correlation, { ...picture, timeZone: undefined, coefficient: "spearman" }],
    foretell:
      () => [STATIC, { profile: profileNamed("tiny-llama-cpu"), limits: { maxNumSequences: 4 }, seed: 1 }],
    fitSource: () => [held.shipped, { span: { startSeconds: 0, endSeconds: 2e9 }, engine: "0" }],
    costOf: () => [STATIC, { span: SPAN, pricePerGpuHour: 2, gpuCount: 1 }],
    cpuChart: chart,
    createRecording: () => [`${held.folder}/${crypto.randomUUID()}.sqlite`, {
      retentionSeconds: 60,
      onEvent: () => {},
      maxBufferedTicks: 10,
      durableSeconds: 1,
      maxFileBytes: 1e6,
      clock: clock(),
    }],
    delta: extrapolated,
    deriv: window,
    detectChangePoints: () => [POINTS, { minimumLength: 2, penalty: 1, logarithm: false, minimumPoints: 2 }],
    distributionChart: chartOf,
    downsample: () => [SERIES, { span: SPAN, columns: 10 }],
    drive: () => [clock(), () => Promise.resolve(1)],
    e2eSeconds: record,
    errorBudget: () => [STATIC, { ttftSeconds: 1, share: 0.9 }, { span: SPAN, rules: lab.BURN_RULES }],
    explainQuantity: () => ["ttft", METAS, { version: "0.32.0" }],
    exportMonitoringData: () => [STATIC, {
      directory: `${held.folder}/${crypto.randomUUID()}`,
      formats: ["json"],
      span: SPAN,
      prefix: "a",
      clock: clock(),
      onFile: () => {},
    }],
    factsTable: () => [[FACTS], { language: "en" }],
    figureBiases: () => [METAS, ["ttft"], "0.32.0"],
    findDeprecated: () => [METAS],
    findUnknownVllm: () => [METAS],
    foldCreated: () => [FAMILIES],
    formatBytes: () => [1024],
    formatCount: () => [10],
    formatNumber: () => [1.5],
    formatRate: () => [1.5, "tokens"],
    formatRatio: () => [0.5],
    formatSeconds: () => [1.5],
    formatValue: () => [1.5, "seconds"],
    gpuChart: () => [STATIC, { ...IMAGE, quantity: "gpu_utilization" }],
    healthTable: () => [[{ id: "a", intervalSeconds: 1, scrapes: 1, failures: 0, gaps: 0, resets: 0 }], {
      language: "en",
    }],
    histogramQuantile: () => [0.5, [{ le: 1, count: 2 }, { le: Infinity, count: 3 }]],
    histogramsOf: () => [FAMILIES[1]],
    idelta: window,
    increase: extrapolated,
    infoLabels: () => [FAMILIES, "vllm:cache_config_info"],
    interTokenSeconds: record,
    irate: window,
    isPresent: () => [{ value: 1 }],
    isQuantityName: () => ["ttft"],
    joinByTime: () => [POINTS, POINTS, { toleranceSeconds: 1 }],
    joulesPerToken: energy,
    kvCacheChart: chart,
    latencyChart:
      () => [STATIC, { ...IMAGE, quantity: "ttft", quantiles: [0.5], objectiveSeconds: 1, scale: "log" }],
    latencyHeatmap: chartOf,
    latencyWays: () => [STATIC, { quantity: "ttft", windowSeconds: 4, language: "en" }],
    live: () => [frames(held.picture), { clock: clock(), signal: new AbortController().signal }],
    memoryChart: chart,
    newestFamilies: () => [STATIC, 1010, { wanted: () => true, freshSeconds: 60 }],
    openLab: () => [{ seed: 1, profile: "lab", language: "en", variables: replayVariables(held) }],
    openNvml: () => [{ path: "/nowhere/libnvidia-ml.so", timeoutSeconds: 1, clock: clock() }],
    openRecording: () => [held.recordingPath, { maxSelectPoints: 1000 }],
    openShippedData: () => ["vllm-0.32.0-restart"],
    overGrid: () => ["rate", POINTS, { ...GRID }],
    overTime: () => ["quantile", POINTS, { ...RANGE }, { quantile: 0.5 }],
    parseExposition: () => [EXPOSITION, {
      format: "prometheus",
      contentType: "text/plain",
      version: "0.0.4",
      strict: false,
      onError: () => {},
      maxBytes: 1000,
    }],
    parseLimit: () => ["ttft_p95 > 2s"],
    prometheusSource: () => ["http://prometheus:9090", {
      matchers: [{ label: "job", operator: "=", value: "vllm" }],
      span: SPAN,
      lookBackSeconds: 300,
      refreshSeconds: 5,
      maxSelectPoints: 1000,
      pointsPerRequest: 1000,
      timeoutSeconds: 1,
      allowPartial: true,
      askedBy: "command",
      clock: clock(),
      fetch: answer,
    }],
    pushSource: () => [STATIC, {
      url: "http://prometheus:9090/api/v1/write",
      span: SPAN,
      job: "lab",
      extraLabels: { a: "b" },
      samplesPerRequest: 100,
      sliceSeconds: 10,
      timeoutSeconds: 1,
      tries: 1,
      clock: clock(),
      fetch: answer,
      signal: new AbortController().signal,
      onProgress: () => {},
    }],
    quantityTitle: () => ["ttft", "en"],
    rate: extrapolated,
    readBenchmark: () => [lab.writeBenchmark(held.workload, "lab")],
    readLimit: () => [STATIC, lab.parseLimit("ttft_p95 > 2s"), 1010],
    realClock: () => [],
    renderReport: () => [held.report, { language: "en", format: "text", charts: [], headingLevel: 2 }],
    renderTable:
      () => [[{ title: "a" }, { title: "b", numeric: true }], [["1", "2"]], { caption: "c", notes: ["n"] }],
    repairRecording: () => [held.recordingPath, `${held.folder}/${crypto.randomUUID()}.sqlite`],
    replay: () => [lab.openRecording(held.recordingPath), new lab.MemorySource(), {
      span: SPAN,
      clock: clock(),
      speed: 10,
      signal: new AbortController().signal,
      onTick: () => {},
    }],
    replaySystemSampler: () => [{ intervalSeconds: 1, id: "host", offsetSeconds: 0 }],
    reportCharts: () => [STATIC, { ...PRESENTS, span: SPAN }],
    requestTable: () => [[RECORD], { rows: 3, language: "en" }],
    requestTimeline: chart,
    requestsChart: chart,
    resets: window,
    resolveQuantity: () => [METAS, "ttft", { version: "0.32.0" }],
    runSummaryLines: () => [held.summary, { language: "en" }],
    sampleTable: () => [FAMILIES[0], { rows: 3, language: "en" }],
    say: () => [["a", "b"]],
    scatterChart: () => [
      {
        x: { values: [1, 2], label: "x", unit: "seconds" },
        y: { values: [1, 2], label: "y", unit: "seconds" },
        note: "n",
      },
      { ...picture, timeZone: undefined },
    ],
    scriptedGpus: () => [scripted()],
    seededRandom: () => [1],
    serveExporter: () => [STATIC, {
      clock: clock(),
      port: 0,
      hostname: "127.0.0.1",
      onError: () => {},
      freshSeconds: 60,
      wanted: () => true,
    }],
    servePage:
      () => [feed(), { clock: clock(), port: 0, everySeconds: 1, onError: () => {}, onNote: () => {} }],
    shippedDataNames: () => [],
    show: () => [{ markdown: "a" }],
    sleep: () => [lab.realClock(), 0, new AbortController().signal],
    slowRequestChart: () => [STATIC, { ...IMAGE, request: "r1" }],
    statusChart: chart,
    stopSignal: () => [],
    summariesOf: () => [FAMILIES[0]],
    summarise: () => [[RECORD], 5],
    summariseRun: () => [STATIC],
    terminalView: () => [STATIC, { ...IMAGE, columns: 80, rows: 24 }],
    throughputChart: chart,
    throughputLatencyChart: () => [
      {
        levels: [{ label: "1", throughput: 1, latencySeconds: 1 }],
        throughputUnit: "tokens_per_second",
        latencyLabel: "TTFT",
        objectiveSeconds: 1,
        tag: "t",
      },
      { ...picture, timeZone: undefined },
    ],
    timeSeriesChart: () => [STATIC, { ...IMAGE, quantity: "running" }],
    timeWeightedMean: () => [{ values: Float64Array.of(1), seconds: Float64Array.of(2), coveredSeconds: 2 }],
    timeWeightedQuantile:
      () => [0.5, { values: Float64Array.of(1), seconds: Float64Array.of(2), coveredSeconds: 2 }],
    toDataFrame:
      () => [STATIC, { quantities: ["running"], names: ["vllm:num_requests_running"], span: SPAN }],
    toParsePrometheusShape: () => [FAMILIES],
    tokensPerJoule: energy,
    tpotSeconds: record,
    ttftSeconds: record,
    wait: () => [0.001, { clock: clock(), signal: new AbortController().signal }],
    watchedLimit: () => [lab.parseLimit("ttft_p95 > 2s")],
    watchedObjective:
      () => [{ quantity: "ttft", seconds: 1 }, { text: "a", share: 0.9, rules: lab.BURN_RULES }],
    windowStats: () => [POINTS, { endSeconds: 1010, rangeSeconds: 10, intervalSeconds: 2 }],
    withStatedFacts: () => [STATIC, { maxNumSequences: 256 }],
    withinSpan: () => [STATIC, { ...SPAN }],
    workloadTable: () => [{ steady: held.workload }, { language: "en" }],
    writeBenchmark: () => [held.workload, "vllm_bench"],
    writeExposition: () => [FAMILIES, { format: "openmetrics", escaping: "underscores" }],
  };
}

const SERIES = {
  name: "a",
  type: "gauge",
  labels: {},
  unit: "seconds",
  ...POINTS,
  staleSeconds: new Float64Array(),
  resetSeconds: new Float64Array(),
};

async function* frames(picture: lab.Picture) {
  yield await Promise.resolve(picture);
}

function feed() {
  return {
    files: () => Promise.resolve(new Map([["/", { type: "text/html", body: "a" }]])),
    snapshot: () => Promise.resolve({ event: "a", data: "b" }),
    news: () => Promise.resolve(undefined),
  };
}

function replayVariables(held: Held): (name: string) => string | undefined {
  const table = new Map([["LAB_MODE", "replay"], ["LAB_OUTPUT", held.folder]]);
  return (name) => table.get(name);
}
