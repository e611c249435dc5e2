/**
 * Checks of what a collector is asked with, for cells that no compiler has seen.
 *
 * @module
 */
import {
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  COUNT_FROM_1,
  either,
  FLAG,
  FUNCTION,
  listOf,
  needed,
  POSITIVE,
  shape,
  TEXT,
  TEXTS_BY_NAME,
} from "../base/arguments.ts";
import { QUANTITY_LIST } from "../catalog/quantities.ts";
import type { CollectorOptions, LatestOptions } from "./collector.ts";

/** Whatever yields values on a tick. */
export const SAMPLER: Check = shape("a sampler, such as workload.sampler", [
  "id",
  "intervalSeconds",
  "sample",
]);

const TARGET: Check = either("", TEXT, {
  wanted: "",
  accepts: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
});

/** Servers. */
const TARGETS = listOf(TARGET, "a list of addresses (an empty one for this machine alone: system: true)");

const GPU = either("a source of GPUs, such as lab.server.gpus, or true or false", FLAG, shape("", ["read"]));

const SYSTEM = either("a sampler, or true or false", FLAG, SAMPLER);

const SINK = shape("a recording, such as createRecording(path)", ["append", "fail", "addEvent", "addFacts"]);

/** Of {@link CollectorOptions}. */
const CHECKS: Checks<CollectorOptions> = {
  targets: needed(TARGETS),
  intervalSeconds: POSITIVE,
  maxDataPoints: POSITIVE,
  retentionSeconds: POSITIVE,
  maxBytes: POSITIVE,
  quantities: QUANTITY_LIST,
  gpu: GPU,
  system: SYSTEM,
  recording: SINK,
  samplers: listOf(SAMPLER, "a list of samplers"),
  clock: CLOCK,
  fetch: FUNCTION,
};

/** Names that other tools have, or that one would guess. */
const INSTEAD = {
  url: "targets",
  urls: "targets",
  endpoint: "targets",
  endpoints: "targets",
  server: "targets",
  servers: "targets",
  metricsUrl: "targets",
  apiBase: "targets",
  everySeconds: "intervalSeconds",
  period: "intervalSeconds",
  maxPoints: "maxDataPoints",
  retention: "retentionSeconds",
  metrics: "quantities",
};

/**
 * Refuses options of a collector that cannot be meant.
 *
 * @throws TypeError, or RangeError where a value is of the right kind but no such name or number
 */
export function checkCollectorOptions(options: CollectorOptions): void {
  const call = 'new RealTimeMetricsCollector({ targets: ["http://127.0.0.1:8000"], intervalSeconds: 2 })';
  checkOptions<CollectorOptions>(call, options, CHECKS, { instead: INSTEAD });
  const { targets, system, gpu, samplers } = options;
  // A list of servers that came out empty looks like this; who wants this machine alone says so.
  if (targets.length > 0 || system !== undefined || gpu !== undefined || samplers !== undefined) return;
  checkArgument(call, { targets }, { ...TARGETS, accepts: () => false });
}

/** Of {@link LatestOptions}. */
export const LATEST_CHECKS: Checks<LatestOptions> = {
  points: COUNT_FROM_1,
  seconds: POSITIVE,
  labels: TEXTS_BY_NAME,
};
