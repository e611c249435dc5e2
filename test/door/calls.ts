/**
 * A call that is right for everything that the public door exports: what the wrong ones are made from.
 *
 * @module
 */
import * as lab from "#lab";
import type { MetricFamily, MetricSource, RequestRecord, SampleBatch, Sampler, WorkloadResult } from "#lab";

/** A call, and what frees its result where nothing else does. */
export interface Call {
  /** As a reader would write it. */
  readonly name: string;
  /** Does it, with other arguments than the right ones. */
  readonly call: (args: readonly unknown[]) => unknown;
  /** The right ones. Made anew for each call, because some are used up. */
  readonly args: () => readonly unknown[];
}

const EXPOSITION = [
  "# TYPE vllm:num_requests_running gauge",
  'vllm:num_requests_running{engine="0",model_name="m"} 3',
  "# TYPE vllm:time_to_first_token_seconds histogram",
  'vllm:time_to_first_token_seconds_bucket{engine="0",model_name="m",le="0.5"} 4',
  'vllm:time_to_first_token_seconds_bucket{engine="0",model_name="m",le="+Inf"} 6',
  'vllm:time_to_first_token_seconds_sum{engine="0",model_name="m"} 3.5',
  'vllm:time_to_first_token_seconds_count{engine="0",model_name="m"} 6',
  "# TYPE vllm:generation_tokens_total counter",
  'vllm:generation_tokens_total{engine="0",model_name="m"} 120',
  "",
].join("\n");

const SPAN = { startSeconds: 1000, endSeconds: 1010 };
const GRID = { startSeconds: 1002, stepSeconds: 2, count: 5, rangeSeconds: 4 };
const RANGE = { endSeconds: 1010, rangeSeconds: 10 };
const POINTS = { timesSeconds: Float64Array.of(1000, 1002, 1004, 1006), values: Float64Array.of(1, 2, 4, 5) };
const FAMILIES: readonly MetricFamily[] = lab.parseExposition(EXPOSITION);
const METAS = FAMILIES.map(({ name, type, help }) => ({ name, type, help: help ?? "" }));
const CAUSE = { code: "no_data", params: { quantity: "ttft" } } as const;
const PRESENTS = { language: "en", timeZone: "UTC" } as const;
const IMAGE = {
  ...PRESENTS,
  span: SPAN,
  rangeSeconds: 4,
  target: "vllm",
  width: 400,
  theme: "light",
  id: "a",
} as const;

const RECORD: RequestRecord = {
  id: "r1",
  target: "workload",
  model: "m",
  endpoint: "completions",
  phase: "steady",
  outcome: "ok",
  dueSeconds: 1001,
  sentSeconds: 1001,
  chunkTimesSeconds: Float64Array.of(1001.2, 1001.6, 1002),
  endSeconds: 1002,
  promptTokens: 5,
  outputTokens: 3,
  engine: "fetch",
  trust: "not_measured",
};

const EVENT = { kind: "note", timeSeconds: 1003, text: "here" } as const;
const FACTS = { target: "vllm", kind: "vllm", simulated: true, address: "http://s" } as const;

/** A source that holds three ticks of a server. */
function source(): lab.MemorySource {
  const held = new lab.MemorySource({ maxPoints: 100 });
  const reader = new lab.ScrapeReader({});
  for (let tick = 0; tick < 4; tick++) held.append("vllm", 1000 + 2 * tick, batchOf(reader, tick));
  held.addFacts(FACTS);
  held.addRequest(RECORD);
  return held;
}

function batchOf(reader: lab.ScrapeReader, tick: number): SampleBatch {
  const text = EXPOSITION.replace(/ (\d+)$/gm, (_, number) => ` ${Number(number) + tick}`);
  const view = reader.read(new TextEncoder().encode(text), 1000 + 2 * tick, "text/plain");
  return {
    ids: view.ids.slice(),
    values: view.values.slice(),
    defined: view.defined.slice(),
    vanishedIds: view.vanishedIds.slice(),
    events: [],
  };
}

const STATIC: MetricSource = source();

function sampler(id = "own"): Sampler {
  return {
    id,
    intervalSeconds: 1,
    sample: () =>
      Promise.resolve({
        ids: new Uint32Array(),
        values: new Float64Array(),
        defined: [],
        vanishedIds: new Uint32Array(),
        events: [],
      }),
  };
}

function clock() {
  return new lab.VirtualClock(1000);
}

const answer: typeof fetch = () =>
  Promise.resolve(new Response(EXPOSITION, { headers: { "content-type": "text/plain" } }));

function gpuSource(): lab.GpuSource {
  return lab.scriptedGpus(scripted());
}

function scripted() {
  return {
    gpus: [{ index: "0", uuid: "GPU-0", name: "Test" }],
    values: () => ({}),
    faults: () => [],
    details: { driver: "1" },
  } as unknown as lab.ScriptedGpusOptions;
}

/** Things that are made once, with files of their own. */
export interface Held {
  readonly folder: string;
  readonly recordingPath: string;
  readonly report: lab.PerformanceReport;
  readonly summary: lab.RunSummary | undefined;
  readonly correlation: lab.CorrelationMatrix;
  readonly anomalies: readonly lab.SeriesAnomalies[];
  readonly picture: lab.Picture;
  readonly workload: WorkloadResult;
}

/** Makes them. */
export async function holdings(): Promise<Held> {
  const folder = await Deno.makeTempDir({ prefix: "lab-door-" });
  const recordingPath = `${folder}/recording.sqlite`;
  const writer = lab.createRecording(recordingPath, {});
  const reader = new lab.ScrapeReader({});
  for (let tick = 0; tick < 3; tick++) writer.append("vllm", 1000 + 2 * tick, batchOf(reader, tick));
  writer.close();
  const analyzer = new lab.AdvancedMetricsAnalyzer(STATIC);
  return {
    folder,
    recordingPath,
    report: await analyzer.generatePerformanceReport(),
    summary: await lab.summariseRun(STATIC),
    correlation: await analyzer.analyzeCorrelation(),
    anomalies: await analyzer.detectAnomalies("running"),
    picture: await lab.kvCacheChart(STATIC),
    workload: await workloadResult(),
  };
}

async function workloadResult(): Promise<WorkloadResult> {
  const time = clock();
  const server = lab.SimulatedVllm.inProcess({ clock: time });
  const users = new lab.VllmWorkloadSimulator({ apiBase: server.apiBase, clock: time, fetch: server.fetch });
  const result = await users.simulateConcurrentLoad({ concurrency: 1, requests: 1, maxTokens: 3 });
  await server.stop();
  return result;
}

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
      figures: ["ttft_mean"],
      loadTolerance: 0.2,
    }],
    compareWitnesses: () => [STATIC, { mustAgree: false, language: "en" }],
    correlationChart: () => [held.correlation, { ...picture, timeZone: undefined, coefficient: "spearman" }],
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

/** How an instance is made, and what its methods are called with. */
export interface ClassCalls {
  readonly construct: () => readonly unknown[];
  /** Where the constructor is for the lab's own use only. */
  readonly make?: () => object;
  readonly methods: Readonly<Record<string, () => readonly unknown[]>>;
}

const SOURCE_METHODS = {
  span: () => [],
  describe: () => [],
  facts: () => [],
  select: () => [{ quantity: "running", matchers: [] }, { ...SPAN }],
  evaluate: () => [{ selector: { quantity: "generation_tokens" }, fn: { kind: "rate" } }, { ...GRID }],
  requests: () => [{ ...SPAN }],
  events: () => [{ ...SPAN }],
};

const FEEDING = {
  append: () => ["vllm", 2000, batchOf(new lab.ScrapeReader({}), 1)],
  fail: () => ["vllm", 2000, EVENT],
  addEvent: () => [EVENT],
  addRequest: () => [RECORD],
  addFacts: () => [FACTS],
};

/** Exported classes with calls that are right. */
export function classCalls(held: Held): Readonly<Record<string, ClassCalls>> {
  const aborted = () => new AbortController().signal;
  const load = {
    maxTokens: 3,
    temperature: 0.5,
    endpoint: "chat",
    stream: true,
    seed: 1,
    prompts: ["a"],
    ignoreEos: true,
    extraBody: {},
    atEnd: "drain",
    drainSeconds: 1,
    keepText: true,
    keepPrefixes: true,
    tokenBudget: 1000,
    stopAfterFailures: 3,
    signal: aborted(),
    onProgress: () => {},
  };
  return {
    AdvancedMetricsAnalyzer: {
      construct: () => [STATIC],
      methods: {
        analyzeCorrelation: () => [{
          span: SPAN,
          quantities: ["running"],
          names: ["vllm:num_requests_running"],
          stepSeconds: 2,
          detrend: "none",
          maxLagSeconds: 4,
          minimumPoints: 2,
          confidence: 0.9,
        }],
        detectAnomalies: () => ["running", { span: SPAN, matchers: [], thresholdStd: 3, minimumPoints: 2 }],
        detectChangePoints: () => ["running", { span: SPAN, matchers: [], minimumLength: 2 }],
        diagnose: () => [{ span: SPAN, windowSeconds: 10, stepSeconds: 2, sinceSeconds: 1000 }],
        generatePerformanceReport:
          () => [{ span: SPAN, thresholdStd: 3, pricePerGpuHour: 1, gpuCount: 1, objectives: [] }],
      },
    },
    GpuSampler: {
      construct: () => [{ source: gpuSource(), intervalSeconds: 1, id: "gpu" }],
      methods: { sample: () => [1000, aborted()] },
    },
    LimitWatch: {
      construct: () => [[lab.watchedLimit(lab.parseLimit("ttft_p95 > 2s"))]],
      methods: { look: () => [STATIC, 1010], close: () => [1010] },
    },
    LiveFeed: {
      construct: () => [STATIC, { ...IMAGE, windowSeconds: 60, notes: true, clock: clock() }],
      methods: { snapshot: () => [], news: () => [], files: () => [] },
    },
    MemorySource: {
      construct: () => [{ maxPoints: 100, maxBytes: 1e6, labelTargets: "auto", maxSelectPoints: 1000 }],
      make: source,
      methods: { ...SOURCE_METHODS, ...FEEDING },
    },
    PrometheusSource: {
      construct: () => [],
      make: () => lab.prometheusSource("http://prometheus:9090", { clock: clock(), fetch: answer }),
      methods: SOURCE_METHODS,
    },
    RealTimeDashboard: {
      construct: () => [STATIC, { ...IMAGE, clock: clock() }],
      methods: {
        snapshot: () => [{ ...IMAGE }],
        page: () => ["overview", { ...IMAGE }],
        detailedStats: () => [{ ...IMAGE }],
        interactive: () => [{ ...IMAGE }],
        live: () => [{ seconds: 0, everySeconds: 2, windowSeconds: 60, signal: aborted() }],
      },
    },
    RealTimeMetricsCollector: {
      construct: () => [collectorOptions()],
      methods: {
        ...SOURCE_METHODS,
        start: () => [],
        stop: () => [],
        collectOnce: () => [],
        addSampler: () => [sampler()],
        note: () => ["here"],
        getLatestData: () => ["running", { points: 3, seconds: 10, labels: { engine: "0" } }],
        getSummaryStats: () => [],
      },
    },
    Recording: {
      construct: () => [],
      make: () => lab.openRecording(held.recordingPath),
      methods: {
        ...SOURCE_METHODS,
        targets: () => [],
        readTarget: () => ["vllm", { ...SPAN }],
        close: () => [],
      },
    },
    RecordingWriter: {
      construct: () => [],
      make: () => lab.createRecording(`${held.folder}/${crypto.randomUUID()}.sqlite`),
      methods: {
        ...FEEDING,
        addScrape: () => ["vllm", 1000, { body: new Uint8Array([1]), contentType: "text/plain" }],
        listen: () => [() => {}],
        close: () => [],
      },
    },
    SampleError: { construct: () => [CAUSE, { cause: "a" }], methods: {} },
    ScrapeReader: {
      construct: () => [{ onError: () => {}, maxBytes: 1000 }],
      methods: { read: () => [new TextEncoder().encode(EXPOSITION), 1000, "text/plain"] },
    },
    ScrapeSampler: {
      construct: () => [{
        id: "a",
        metricsUrl: "http://s/metrics",
        apiUrl: "http://s",
        intervalSeconds: 1,
        timeoutSeconds: 1,
        headers: { a: "b" },
        fetch: answer,
        clock: clock(),
        maxBytes: 1000,
        maxSamples: 100,
      }],
      methods: { sample: () => [1000, aborted()] },
    },
    SeriesStore: {
      construct: () => [{ maxPoints: 100, maxBytes: 1e6, labelTargets: "auto" }],
      make: () => source().store,
      methods: {
        definitions: () => ["vllm"],
        countSeries: () => ["vllm"],
        span: () => ["vllm"],
        append: FEEDING.append,
        fail: () => ["vllm", 2000],
        select: () => [{
          names: ["vllm:num_requests_running"],
          samplerId: "vllm",
          span: SPAN,
          lastPoints: 3,
          matchers: [],
        }],
        countPoints: () => [{ names: ["vllm:num_requests_running"] }],
      },
    },
    SimulatedVllm: {
      construct: () => [],
      make: () => lab.SimulatedVllm.inProcess({ clock: lab.realClock() }),
      methods: { crash: () => [], restart: () => [{ loadSeconds: 0 }], pace: () => [], stop: () => [] },
    },
    SystemSampler: {
      construct: () => [{
        intervalSeconds: 1,
        id: "host",
        readFile: () => "",
        perCore: false,
        devices: false,
        describe: () => Promise.resolve({}),
      }],
      methods: { sample: () => [1000, aborted()] },
    },
    VirtualClock: {
      construct: () => [0],
      methods: {
        nowSeconds: () => [],
        sleepUntil: () => [1000, AbortSignal.abort()],
        drive: () => [() => Promise.resolve(1)],
      },
    },
    VllmMetricsParser: {
      construct: () => [{
        url: "http://s",
        timeoutSeconds: 1,
        headers: { a: "b" },
        fetch: answer,
        clock: clock(),
        onError: () => {},
      }],
      methods: {
        fetchRawMetrics: () => [],
        parseMetrics: () => [EXPOSITION],
        getSpecificMetrics: () => [["running", /ttft/]],
      },
    },
    VllmWorkloadSimulator: {
      construct: () => [workloadOptions()],
      methods: {
        checkAvailability: () => [{ timeoutSeconds: 1, signal: aborted() }],
        sendCompletion: () => [{ ...completion(load), prompt: "a", timeoutSeconds: 5 }],
        simulateConcurrentLoad: () => [{
          ...load,
          concurrency: 1,
          requests: 1,
          durationSeconds: 1,
          thinkSeconds: 0,
          spreadSeconds: 0,
        }],
        simulateSteadyLoad: () => [{
          ...load,
          durationSeconds: 1,
          requestsPerMinute: 60,
          arrivals: "constant",
          requests: 2,
          maxInFlight: 10,
          dropAfterSeconds: 1,
        }],
        run: () => [
          {
            name: "p",
            phases: [{ name: "a", mode: { kind: "closed", users: 1 }, requests: 1, maxTokens: 3 }],
          },
          { signal: aborted(), onProgress: () => {} },
        ],
        forecast:
          () => [[{ name: "a", mode: { kind: "closed", users: 1 }, requests: 1 }], { signal: aborted() }],
        close: () => [],
      },
    },
    Webhook: {
      construct: () => ["http://hook/a", {
        clock: clock(),
        timeoutSeconds: 1,
        tries: 1,
        mostWaiting: 10,
        onFailing: () => {},
        onRecovered: () => {},
        fetch: answer,
      }],
      methods: { tell: () => [{ a: 1 }], close: () => [0] },
    },
    WorkloadError: { construct: () => [CAUSE], methods: {} },
  };
}

/** Functions that classes have without an instance, and those of what they hold. */
export function otherCalls(): readonly Call[] {
  const server = () => lab.SimulatedVllm.inProcess({ clock: clock() });
  const options = {
    port: 0,
    host: "127.0.0.1",
    incidents: [],
    onLostPace: () => {},
    seed: 1,
    model: "m",
    engines: 1,
  };
  return [
    {
      name: "SimulatedVllm.start",
      call: (args) => Reflect.apply(lab.SimulatedVllm.start, lab.SimulatedVllm, args),
      args: () => [options],
    },
    {
      name: "SimulatedVllm.inProcess",
      call: (args) => Reflect.apply(lab.SimulatedVllm.inProcess, lab.SimulatedVllm, args),
      args: () => [{
        clock: clock(),
        profile: "lab",
        seed: 1,
        model: "m",
        vllmVersion: "0.32.0",
        engines: 1,
        loadSeconds: 0,
      }],
    },
    {
      name: "incidents.start",
      call: (args) => {
        const { incidents } = server();
        return Reflect.apply(incidents.start, incidents, args);
      },
      args: () => ["slow-network", {}, { durationSeconds: 1 }],
    },
    {
      name: "incidents.end",
      call: (args) => {
        const { incidents } = server();
        return Reflect.apply(incidents.end, incidents, args);
      },
      args: () => ["slow-network"],
    },
  ];
}

function completion<
  T extends {
    aborts?: unknown;
    atEnd: unknown;
    tokenBudget: unknown;
    stopAfterFailures: unknown;
    onProgress: unknown;
  },
>(load: T) {
  const { atEnd: _a, tokenBudget: _b, stopAfterFailures: _c, onProgress: _d, ...rest } = load;
  return rest;
}

function collectorOptions() {
  return {
    targets: [{ id: "a", url: "http://s", headers: { a: "b" } }],
    intervalSeconds: 1,
    maxDataPoints: 100,
    maxBytes: 1e6,
    quantities: ["running"],
    gpu: false,
    system: false,
    samplers: [sampler("first")],
    clock: clock(),
    fetch: answer,
  };
}

function workloadOptions() {
  const time = clock();
  const server = lab.SimulatedVllm.inProcess({ clock: time });
  return {
    apiBase: server.apiBase,
    clock: time,
    fetch: server.fetch,
    model: undefined,
    endpoint: "completions",
    prompts: ["a"],
    seed: 1,
    random: lab.seededRandom(1),
    headers: { a: "b" },
    onProgress: () => {},
    stopSignal: () => new AbortController().signal,
    target: "workload",
    samplerIntervalSeconds: 1,
    simulated: true,
    engine: "raw",
    ownThread: false,
  };
}
