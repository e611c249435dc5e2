/**
 * Writes `/metrics`: the shape of a recorded version, filled with a model's figures.
 *
 * @module
 */
import { type Histogram, oneTwoFive } from "../engine/statistics.ts";
import { type EngineView, HISTOGRAM_FAMILIES, histogramOf, SCALAR_FAMILIES } from "./bindings.ts";
import type { HttpChild, HttpMetrics } from "./http_metrics.ts";
import { processValue, type ServerProcess } from "./process_metrics.ts";
import { pythonFloat } from "./python_float.ts";
import type { MetricsShape, ShapeChild, ShapeFamily } from "./shape.ts";

/** All that the text shows. */
export interface MetricsState {
  readonly shape: MetricsShape;
  readonly modelName: string;
  readonly engines: readonly EngineView[];
  readonly http: HttpMetrics;
  readonly process: ServerProcess;
  readonly rejections: { readonly requests: number; readonly tokens: number };
  /** Labels of `cache_config_info` that differ from the recorded server's. */
  readonly cacheConfig: Readonly<Record<string, string>>;
  readonly createdSeconds: number;
  readonly timeSeconds: number;
  /** True once a request has reached an engine. */
  readonly used: boolean;
  /** How well each engine keeps up with the clock; shown together with {@link MetricsState.targetInfo}. */
  readonly pace: readonly { readonly lateSeconds: number; readonly lost: number }[];
  /** Whether a last family says that the server is simulated: no server of vLLM has one like it. */
  readonly targetInfo: boolean;
}

/** What {@link MetricsState.targetInfo} adds, in the form in which the lab writes it to a Prometheus server. */
const TARGET_INFO_LINES = [
  "# HELP lab_target_info What the lab knows of a target, as labels",
  "# TYPE lab_target_info gauge",
  'lab_target_info{simulated="true"} 1.0',
];

/** Bounds of a family's buckets for a server with this `--max-model-len`; none when the version has no such family. */
export function boundsOf(shape: MetricsShape, family: string, maxModelLength: number): readonly number[] {
  const lines = shape.used.find((candidate) => candidate.name === family)?.children[0]?.lines ?? [];
  const bounds = lines.flatMap(({ le }) => le === undefined || le === "+Inf" ? [] : [Number(le)]);
  const ofTokens = oneTwoFive(shape.quirks.maxModelLength);
  const isOfTokens = bounds.length === ofTokens.length &&
    bounds.every((bound, index) => bound === ofTokens[index]);
  return isOfTokens ? oneTwoFive(maxModelLength) : bounds;
}

/** The family's name for one of an engine's histograms in this version. */
export function familyOf(shape: MetricsShape, histogram: string): string | undefined {
  return Object.keys(HISTOGRAM_FAMILIES).find((family) =>
    HISTOGRAM_FAMILIES[family] === histogram && shape.used.some(({ name }) => name === family)
  );
}

/** Gauges of the scheduler: with several API servers they have no sample before the first request. */
const SCHEDULER_GAUGES = new Set([
  "vllm:num_requests_running",
  "vllm:num_requests_waiting",
  "vllm:num_requests_waiting_by_reason",
  "vllm:kv_cache_usage_perc",
]);

/** The text of `/metrics`. */
export function metricsText(state: MetricsState): string {
  const { shape } = state;
  const lines: string[] = [];
  // V0 shows next to nothing before its first request.
  const hidden = shape.severalProcesses && shape.quirks.countsAsV0 && !state.used;
  for (const family of hidden ? shape.idle : shape.used) {
    const written = family.name.startsWith("http_") ? httpLines(state, family) : ownLines(state, family);
    if (written.length === 0 && isLeftOut(state, family)) continue;
    lines.push(`# HELP ${family.name} ${family.help}`, `# TYPE ${family.name} ${family.type}`);
    for (const line of written) lines.push(line);
  }
  if (state.targetInfo) lines.push(...paceLines(state), ...TARGET_INFO_LINES);
  return `${lines.join("\n")}\n`;
}

/** Whether this machine is fast enough for what it simulates: whoever reads the rest has to know. */
function paceLines({ pace }: MetricsState): string[] {
  const late = "lab_simulation_late_seconds";
  const lost = "lab_simulation_lost_pace_total";
  const samples = (name: string, value: (of: { lateSeconds: number; lost: number }) => number) =>
    pace.map((of, engine) => `${name}{engine="${engine}"} ${pythonFloat(value(of))}`);
  return [
    `# HELP ${late} How late the last step ended that made a simulated engine give up catching up`,
    `# TYPE ${late} gauge`,
    ...samples(late, ({ lateSeconds }) => lateSeconds),
    `# HELP ${lost} Steps so late that a simulated engine gave up catching up: its figures are those of a slower server`,
    `# TYPE ${lost} counter`,
    ...samples(lost, ({ lost }) => lost),
  ];
}

/** A family without a sample shows its help and type, unless it is of creation times or of several processes. */
function isLeftOut({ shape }: MetricsState, { name }: ShapeFamily): boolean {
  return name.endsWith("_created") || (shape.severalProcesses && !SCHEDULER_GAUGES.has(name));
}

function ownLines(state: MetricsState, family: ShapeFamily): string[] {
  const lines: string[] = [];
  if (state.shape.severalProcesses && !state.used && SCHEDULER_GAUGES.has(family.name)) return lines;
  for (const child of family.children) {
    const engineLabel = child.labels.find(([name]) => name === "engine")?.[1];
    // A recording of several engines has one child for each: the first stands for all.
    if (engineLabel !== undefined && engineLabel !== "0") continue;
    const engines = engineLabel === undefined ? state.engines.slice(0, 1) : state.engines;
    for (const [index, engine] of engines.entries()) {
      for (const line of childLines(state, { family, child, engine, index })) lines.push(line);
    }
  }
  return lines;
}

interface Place {
  readonly family: ShapeFamily;
  readonly child: ShapeChild;
  readonly engine: EngineView;
  readonly index: number;
}

function childLines(state: MetricsState, place: Place): string[] {
  const { family, child, engine, index } = place;
  const labels = child.labels.map(([name, value]): [string, string] => {
    if (name === "engine") return [name, String(index)];
    if (name === "model_name") return [name, escapeLabel(state.modelName)];
    const changed = family.name === "vllm:cache_config_info" ? state.cacheConfig[name] : undefined;
    return [name, changed === undefined ? value : escapeLabel(changed)];
  });
  const histogram = histogramOf(family.name, engine);
  if (histogram !== undefined) return histogramLines(child, labels, histogram);
  // V0 knows only reasons that have occurred.
  const { countsAsV0 } = state.shape.quirks;
  if (countsAsV0 && family.name === "vllm:request_success_total" && scalarValue(state, place) === 0) {
    return [];
  }
  const sample = child.lines[0]!.sample;
  return [`${sample}${labelText(labels)} ${pythonFloat(scalarValue(state, place))}`];
}

function scalarValue(state: MetricsState, { family, child, engine }: Place): number {
  const label = (name: string) => child.labels.find(([known]) => known === name)?.[1];
  const binding = SCALAR_FAMILIES[family.name];
  if (binding !== undefined) return binding(engine, label);
  if (family.name === "vllm:admission_rejections_total") {
    return label("reason") === "max_num_queued_reqs" ? state.rejections.requests : state.rejections.tokens;
  }
  // Each series was made a few microseconds after the one before, as in the recording.
  if (family.name.startsWith("vllm:") && family.name.endsWith("_created")) {
    return state.createdSeconds + (child.values[0]! - firstCreated(state.shape));
  }
  if (family.name === "vllm:lora_requests_info") return state.timeSeconds;
  return processValue(state.process, family.name, {
    recorded: child.values[0]!,
    timeSeconds: state.timeSeconds,
  });
}

function firstCreated(shape: MetricsShape): number {
  const created = shape.used.filter(({ name }) => name.startsWith("vllm:") && name.endsWith("_created"));
  return Math.min(...created.map(({ children }) => children[0]!.values[0]!));
}

function histogramLines(child: ShapeChild, labels: [string, string][], histogram: Histogram): string[] {
  const lines: string[] = [];
  let bucketsWritten = false;
  for (const { sample, le } of child.lines) {
    if (le === undefined) {
      const value = sample.endsWith("_count") ? histogram.count : histogram.sum;
      lines.push(`${sample}${labelText(labels)} ${pythonFloat(value)}`);
    } else if (!bucketsWritten) {
      bucketsWritten = true;
      for (const line of bucketLines(sample, labels, histogram)) lines.push(line);
    }
  }
  return lines;
}

function bucketLines(sample: string, labels: [string, string][], histogram: Histogram): string[] {
  let cumulative = 0;
  return Array.from(histogram.counts, (count, index) => {
    cumulative += count;
    const le = pythonFloat(histogram.bounds[index] ?? Infinity);
    return `${sample}${labelText([...labels, ["le", le]])} ${pythonFloat(cumulative)}`;
  });
}

function httpLines(state: MetricsState, family: ShapeFamily): string[] {
  const { http } = state;
  const created = family.name.endsWith("_created");
  const children = childrenOf(http, family.name.replace(/_created$|_total$/, ""));
  if (children === undefined) {
    if (created) return [`${family.name} ${pythonFloat(state.createdSeconds + 1.4)}`];
    return histogramLines(family.children[0]!, [], http.fineDurations);
  }
  return [...children.values()].flatMap((child): string[] => {
    const labels = Object.entries(child.labels);
    if (created) return [`${family.name}${labelText(labels)} ${pythonFloat(child.createdSeconds)}`];
    const { value } = child;
    if ("bounds" in value) return histogramLines(family.children[0]!, labels, value);
    if (!("sum" in value)) return [`${family.name}${labelText(labels)} ${pythonFloat(value.count)}`];
    return [
      `${family.name}_count${labelText(labels)} ${pythonFloat(value.count)}`,
      `${family.name}_sum${labelText(labels)} ${pythonFloat(value.sum)}`,
    ];
  });
}

type HttpValue = { count: number } | { count: number; sum: number } | Histogram;

/** The children behind an `http_*` name; undefined for the one without labels. */
function childrenOf(http: HttpMetrics, name: string): ReadonlyMap<string, HttpChild<HttpValue>> | undefined {
  switch (name) {
    case "http_requests":
      return http.requests;
    case "http_request_size_bytes":
      return http.requestSizes;
    case "http_response_size_bytes":
      return http.responseSizes;
    case "http_request_duration_seconds":
      return http.durations;
    case "http_request_duration_highr_seconds":
      return undefined;
    default:
      throw new RangeError(`Cannot write ${name}: no figure stands behind it, wanted a known http_ family`);
  }
}

/** Labels in alphabetical order, as prometheus_client writes them. */
function labelText(labels: readonly (readonly [string, string])[]): string {
  if (labels.length === 0) return "";
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, value]) => `${name}="${value}"`).join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
