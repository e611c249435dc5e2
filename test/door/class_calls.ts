/**
 * A call that is right for every method of an exported class.
 *
 * @module
 */
import * as lab from "#lab";
import {
  answer,
  batchOf,
  type Call,
  CAUSE,
  clock,
  EVENT,
  EXPOSITION,
  FACTS,
  gpuSource,
  GRID,
  type Held,
  IMAGE,
  RECORD,
  sampler,
  source,
  SPAN,
  STATIC,
} from "./things.ts";

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

const OBJECTIVES = [{ text: "ttft=2s@95%", objective: { ttftSeconds: 2, share: 0.95 } }];

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
          () => [{ span: SPAN, thresholdStd: 3, pricePerGpuHour: 1, gpuCount: 1, objectives: OBJECTIVES }],
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
      construct:
        () => [STATIC, { ...IMAGE, windowSeconds: 60, notes: true, clock: clock(), watched: OBJECTIVES }],
      methods: {
        snapshot: () => [],
        news: () => [],
        files: () => [],
        compare: () => [{ a: { startSeconds: 1000, endSeconds: 1005 }, b: SPAN }],
      },
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
