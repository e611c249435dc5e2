/**
 * What is compared of a run that another tool's file tells of.
 *
 * @module
 */
import type { BenchmarkRun } from "../formats/benchmark_run.ts";
import {
  type ComparedFigure,
  figuresOfRequests,
  type RunConditions,
  type RunFigure,
  type RunFigures,
} from "./run_figures.ts";

/** What is compared of a run as another tool's file describes it. */
export type FileFigures = Pick<
  BenchmarkRun,
  | "model"
  | "durationSeconds"
  | "completed"
  | "failed"
  | "promptTokens"
  | "outputTokens"
  | "requestsPerSecond"
  | "outputTokensPerSecond"
  | "ttft"
  | "itl"
  | "e2e"
  | "records"
  | "endsOnly"
>;

/**
 * A run from another tool's file. Figures are those that the tool states, since it knows its own clock and formulas; its
 * requests, where it holds them, tell how much each varies within the run, and what it does not state.
 */
export function figuresOfFile(file: FileFigures): RunFigures {
  const stated = statedFigures(file);
  const own = file.records.length === 0 ? undefined : ofRecords(file);
  const names = new Set([...Object.keys(own?.figures ?? {}), ...stated.keys()]) as Set<ComparedFigure>;
  const figures: Partial<Record<ComparedFigure, RunFigure>> = {};
  for (const name of names) {
    const measured = own?.figures[name];
    const value = stated.get(name) ?? measured?.value;
    if (value === undefined) continue;
    const count = name === "failed_share" ? { count: requestsOf(file) } : {};
    figures[name] = { value, batches: measured?.batches ?? [], ...count };
  }
  const { model: _model, ...conditions } = own?.conditions ?? {};
  return {
    conditions: { ...statedConditions(file), ...conditions, ...modelOf(file, own) },
    figures,
    samples: own?.samples ?? {},
  };
}

function requestsOf({ completed, failed, records }: FileFigures): number {
  return completed === undefined || failed === undefined ? records.length : completed + failed;
}

/** Without gaps where the file does not hold them. */
function ofRecords({ records, endsOnly = false }: FileFigures): RunFigures {
  const own = figuresOfRequests(records);
  if (!endsOnly) return own;
  const { itl_mean: _mean, itl_p99: _p99, ...figures } = own.figures;
  const { itl: _itl, ...samples } = own.samples;
  return { ...own, figures, samples };
}

function statedFigures(file: FileFigures): ReadonlyMap<ComparedFigure, number> {
  const { completed, failed } = file;
  const ended = (completed ?? NaN) + (failed ?? NaN);
  const all: readonly (readonly [ComparedFigure, number | undefined])[] = [
    ["ttft_mean", file.ttft?.mean],
    ["ttft_p50", file.ttft?.percentiles[50]],
    ["ttft_p99", file.ttft?.percentiles[99]],
    ["itl_mean", file.itl?.mean],
    ["itl_p99", file.itl?.percentiles[99]],
    ["e2e_mean", file.e2e?.mean],
    ["e2e_p99", file.e2e?.percentiles[99]],
    ["requests_per_second", file.requestsPerSecond],
    ["output_tokens_per_second", file.outputTokensPerSecond],
    ["failed_share", ended > 0 && failed !== undefined ? failed / ended : undefined],
  ];
  return new Map(
    all.flatMap(([name, value]) =>
      value === undefined || Number.isNaN(value) ? [] : [[name, value] as const]
    ),
  );
}

function statedConditions(file: FileFigures): RunConditions {
  const { completed = 0, failed = 0, durationSeconds, promptTokens, outputTokens } = file;
  const each = (tokens: number | undefined) =>
    tokens === undefined || completed === 0 ? undefined : tokens / completed;
  const sent = durationSeconds === undefined || !(durationSeconds > 0) || completed + failed === 0
    ? undefined
    : (completed + failed) / durationSeconds;
  const [prompt, output] = [each(promptTokens), each(outputTokens)];
  return {
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(sent === undefined ? {} : { requestsPerSecondSent: sent }),
    ...(prompt === undefined ? {} : { promptTokensMean: prompt }),
    ...(output === undefined ? {} : { outputTokensMean: output }),
  };
}

/** A model without a name is not known. */
function modelOf(file: FileFigures, own: RunFigures | undefined): { readonly model?: string } {
  const model = file.model ?? own?.conditions.model ?? "";
  return model === "" ? {} : { model };
}
