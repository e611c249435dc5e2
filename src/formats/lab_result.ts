/**
 * The lab's own file of a load: everything of a result, exact.
 *
 * @module
 */
import { requestsSpan } from "../series/request_span.ts";
import type { RequestRecord } from "../series/types.ts";
import { compact } from "../simulator/workload/compact.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { summarise } from "../simulator/workload/summary.ts";
import type { BenchmarkRun, FileDistribution } from "./benchmark_run.ts";
import type { Distribution } from "../simulator/workload/distribution.ts";
import { named, numberIn } from "./figures.ts";
import { isJsonObject, type Json, type JsonObject, objectAt } from "./json.ts";
import { outcomeCounts } from "./outcomes.ts";

/** Says what a file is; a change that breaks readers gets a new number. */
export const LAB_RESULT_FORMAT = "lab-load/1";

/** Writes a result: durations in seconds, instants in Unix seconds, typed arrays as lists, "Infinity" as a string. */
export function toLabResult(result: WorkloadResult): JsonObject {
  return { format: LAB_RESULT_FORMAT, ...asObject(plain(result)) };
}

/** A value as JSON can hold it; functions and undefined fields are left out. */
function plain(value: unknown): Json {
  if (value instanceof Float64Array) return [...value];
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return null;
  return Object.fromEntries(
    Object.entries(value).filter(([, one]) => one !== undefined && typeof one !== "function").map((
      [key, one],
    ) => [key, plain(one)]),
  );
}

function asObject(value: Json): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Reads such a file. The figures are made again from the requests, so that they cannot disagree with them. */
export function fromLabResult(file: JsonObject): BenchmarkRun {
  const records = readRecords(file["records"]);
  const span = isJsonObject(file["span"]) ? file["span"] : {};
  const start = span["startSeconds"];
  const startSeconds = typeof start === "number" ? start : undefined;
  const run = requestsSpan(records);
  const durationSeconds = run === undefined ? undefined : run.endSeconds - run.startSeconds;
  const summary = summarise(records, durationSeconds);
  return {
    format: "lab",
    ...(typeof file["model"] === "string" ? { model: file["model"] } : {}),
    ...named("startSeconds", startSeconds),
    ...loadOfPhases(file["phases"]),
    ...named("durationSeconds", durationSeconds),
    ...outcomeCounts(records),
    promptTokens: summary.promptTokens,
    outputTokens: summary.outputTokens,
    requestsPerSecond: summary.requestsPerSecond,
    outputTokensPerSecond: summary.outputTokensPerSecond,
    totalTokensPerSecond: summary.totalTokensPerSecond,
    ...named("ttft", fileDistribution(summary.ttft)),
    ...named("itl", fileDistribution(summary.itl)),
    ...named("tpot", fileDistribution(summary.tpot)),
    ...named("e2e", fileDistribution(summary.e2e)),
    records,
  };
}

/** Rate or users that all phases had in common; what differs from phase to phase is left out. */
function loadOfPhases(phases: Json | undefined): Pick<BenchmarkRun, "ratePerSecond" | "concurrency"> {
  const modes = (Array.isArray(phases) ? phases.filter(isJsonObject) : []).map((phase) =>
    objectAt(objectAt(phase, "plan"), "mode")
  );
  const common = (of: (mode: JsonObject) => number | undefined) => {
    const values = new Set(modes.map(of));
    return values.size === 1 ? [...values][0] : undefined;
  };
  const ratePerSecond = common((mode) => numberIn(objectAt(mode, "arrivals"), "ratePerSecond", 1));
  const limit = ratePerSecond === undefined ? undefined : common((mode) => numberIn(mode, "maxInFlight", 1));
  return {
    ...named("ratePerSecond", ratePerSecond),
    ...named("concurrency", common((mode) => numberIn(mode, "users", 1)) ?? limit),
  };
}

function fileDistribution(figures: Distribution | undefined): FileDistribution | undefined {
  if (figures === undefined) return undefined;
  const { count, mean, std, min, max, sum, p50, p90, p95, p99 } = figures;
  return { count, mean, std, min, max, sum, percentiles: { 50: p50, 90: p90, 95: p95, 99: p99 } };
}

/** Reads rows of requests; one that is not a request is left out. */
export function readRecords(value: Json | undefined): readonly RequestRecord[] {
  return Array.isArray(value)
    ? value.filter(isJsonObject).map(readRecord).filter((one) => one !== undefined)
    : [];
}

const OUTCOMES = ["ok", "error", "connection_error", "timeout", "aborted", "unfinished", "dropped"] as const;
const TRUST = ["good", "client_adds", "client_limited", "not_measured"] as const;

function readRecord(row: JsonObject): RequestRecord | undefined {
  const text = (key: string) => typeof row[key] === "string" ? row[key] : undefined;
  const number = (key: string) => typeof row[key] === "number" ? row[key] : undefined;
  const outcome = OUTCOMES.find((one) => one === row["outcome"]);
  const dueSeconds = number("dueSeconds");
  if (outcome === undefined || dueSeconds === undefined) return undefined;
  const chunks = row["chunkTimesSeconds"];
  const from = row["outputTokensFrom"];
  return compact({
    id: text("id") ?? "",
    target: text("target") ?? "",
    model: text("model") ?? "",
    endpoint: row["endpoint"] === "chat" ? "chat" as const : "completions" as const,
    phase: text("phase") ?? "",
    outcome,
    dueSeconds,
    sentSeconds: number("sentSeconds"),
    connectStartedSeconds: number("connectStartedSeconds"),
    connectedSeconds: number("connectedSeconds"),
    headersSeconds: number("headersSeconds"),
    chunkTimesSeconds: Float64Array.from(
      Array.isArray(chunks) ? chunks.filter((time) => typeof time === "number") : [],
    ),
    endSeconds: number("endSeconds"),
    status: number("status"),
    finishReason: text("finishReason"),
    promptTokens: number("promptTokens"),
    cachedTokens: number("cachedTokens"),
    outputTokens: number("outputTokens"),
    outputTokensFrom: tokensFrom(from),
    maxTokens: number("maxTokens"),
    error: text("error"),
    text: text("text"),
    engine: text("engine") ?? "",
    trust: TRUST.find((one) => one === row["trust"]) ?? "not_measured",
  });
}

function tokensFrom(value: Json | undefined): "usage" | "chunks" | undefined {
  return value === "usage" || value === "chunks" ? value : undefined;
}
