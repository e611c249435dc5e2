/**
 * Files of load generators: writes any of them, recognises and reads any of them.
 *
 * @module
 */
import { ANY_TEXT, checkArgument, oneOf, shape } from "../base/arguments.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { fromAiperf, fromAiperfLines, toAiperf, toAiperfLines } from "./aiperf.ts";
import type { BenchmarkFormat, BenchmarkRun } from "./benchmark_run.ts";
import { fromGuidellm, toGuidellm } from "./guidellm.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { fromLabResult, LAB_RESULT_FORMAT, toLabResult } from "./lab_result.ts";
import { fromRequestsCsv, isRequestsCsv } from "./requests_csv_reader.ts";
import { requestsToCsv } from "./requests_csv.ts";
import { fromVllmBench, toVllmBench } from "./vllm_bench.ts";

/** What a result can be written as. */
export type WritableFormat = BenchmarkFormat;

/** All of them, with the file names that their own tools use. */
export const BENCHMARK_FILES: Readonly<Record<WritableFormat, string>> = {
  lab: "load.json",
  vllm_bench: "vllm_bench.json",
  aiperf: "profile_export_aiperf.json",
  aiperf_jsonl: "profile_export.jsonl",
  guidellm: "benchmarks.json",
  csv: "requests.csv",
};

const FORMAT = oneOf(Object.keys(BENCHMARK_FILES));

const RESULT = shape("what a load gives, such as await workload.simulateConcurrentLoad(…)", [
  "records",
  "phases",
  "summary",
]);

/** Writes a result in a format; JSON is indented by two, lines end with a line feed. */
export function writeBenchmark(result: WorkloadResult, format: WritableFormat): string {
  const call = 'writeBenchmark(result, "vllm_bench")';
  checkArgument(call, { result }, RESULT);
  checkArgument(call, { format }, FORMAT);
  switch (format) {
    case "lab":
      return `${JSON.stringify(toLabResult(result))}\n`;
    case "vllm_bench":
      return `${JSON.stringify(toVllmBench(result, { detailed: true }))}\n`;
    case "aiperf":
      return `${JSON.stringify(toAiperf(result), null, 2)}\n`;
    case "aiperf_jsonl":
      return toAiperfLines(result);
    case "guidellm":
      return `${JSON.stringify(toGuidellm(result))}\n`;
    case "csv":
      return requestsToCsv(result.records);
  }
}

/**
 * Reads a file of a load generator, whichever it is: a run per benchmark in it.
 *
 * @throws SyntaxError when it is no JSON, JSON lines or CSV of requests, or of no known tool
 */
export function readBenchmark(text: string): readonly BenchmarkRun[] {
  checkArgument("readBenchmark(await Deno.readTextFile(path))", { text }, ANY_TEXT);
  if (isRequestsCsv(text)) return [fromRequestsCsv(text)];
  const whole = parse(text);
  if (isJsonObject(whole)) {
    const runs = readObject(whole);
    if (runs !== undefined) return runs;
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "").map(parse).filter(isJsonObject);
  const first = lines[0];
  if (first !== undefined && isJsonObject(first["metadata"]) && isJsonObject(first["metrics"])) {
    return [fromAiperfLines(lines)];
  }
  // `vllm bench serve --append-result` writes a run per line.
  const appended = lines.length > 1 ? lines.map(readObject).filter((runs) => runs !== undefined).flat() : [];
  if (appended.length > 0) return appended;
  throw new SyntaxError(
    "Cannot read benchmark: of no known tool, wanted vllm bench, AIPerf, GuideLLM or the lab's own file",
  );
}

function readObject(file: JsonObject): readonly BenchmarkRun[] | undefined {
  if (file["format"] === LAB_RESULT_FORMAT) return [fromLabResult(file)];
  if (Array.isArray(file["benchmarks"])) return fromGuidellm(file);
  if ("mean_ttft_ms" in file || ("completed" in file && "request_throughput" in file)) {
    return [fromVllmBench(file)];
  }
  if (isJsonObject(file["request_latency"]) || isJsonObject(file["request_throughput"])) {
    return [fromAiperf(file)];
  }
  return undefined;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // may still be JSON lines: the caller decides
  }
}
