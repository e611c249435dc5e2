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
export type FileFigures =
  & Pick<
    BenchmarkRun,
    | "model"
    | "durationSeconds"
    | "completed"
    | "failed"
    | "unfinished"
    | "promptTokens"
    | "outputTokens"
    | "requestsPerSecond"
    | "outputTokensPerSecond"
    | "ttft"
    | "itl"
    | "e2e"
    | "records"
    | "endsOnly"
    | "ratePerSecond"
    | "concurrency"
  >
  & Partial<Pick<BenchmarkRun, "format">>;

/**
 * A run from another tool's file. Where the file holds all of its requests, durations are computed from them: tools differ
 * in what a percentile is, and the same run must be the same whichever file it is read from. Rates are those that the tool
 * states, since it knows when it began; requests tell how much each figure varies within the run.
 */
export function figuresOfFile(file: FileFigures): RunFigures {
  const stated = statedFigures(file);
  const own = file.records.length === 0 ? undefined : ofRecords(file);
  const whole = file.records.length >= requestsOf(file);
  const names = new Set([...Object.keys(own?.figures ?? {}), ...stated.keys()]) as Set<ComparedFigure>;
  const figures: Partial<Record<ComparedFigure, RunFigure>> = {};
  for (const name of names) {
    const measured = own?.figures[name];
    const [first, second] = whole && !RATES.has(name)
      ? [measured?.value, stated.get(name)]
      : [stated.get(name), measured?.value];
    const value = first ?? second;
    if (value === undefined) continue;
    const count = name === "failed_share" ? { count: requestsOf(file) } : {};
    figures[name] = { value, batches: measured?.batches ?? [], ...count };
  }
  const { model: _model, ...conditions } = own?.conditions ?? {};
  return {
    ...(file.format === undefined ? {} : { kind: file.format }),
    conditions: { seenBy: "clients", ...conditions, ...statedConditions(file), ...modelOf(file, own) },
    figures,
    samples: own?.samples ?? {},
  };
}

const RATES: ReadonlySet<ComparedFigure> = new Set<ComparedFigure>([
  "requests_per_second",
  "output_tokens_per_second",
]);

/** All that were due, whatever became of them. */
function requestsOf({ completed, failed, unfinished = 0, records }: FileFigures): number {
  return completed === undefined || failed === undefined ? records.length : completed + failed + unfinished;
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
  const { failed, durationSeconds } = file;
  // A run without length has no rate: its 0 is none.
  const lasted = durationSeconds === undefined || durationSeconds > 0;
  const due = file.completed === undefined ? NaN : requestsOf(file);
  const all: readonly (readonly [ComparedFigure, number | undefined])[] = [
    ["ttft_mean", file.ttft?.mean],
    ["ttft_p50", file.ttft?.percentiles[50]],
    ["ttft_p99", file.ttft?.percentiles[99]],
    ["itl_mean", file.itl?.mean],
    ["itl_p99", file.itl?.percentiles[99]],
    ["e2e_mean", file.e2e?.mean],
    ["e2e_p99", file.e2e?.percentiles[99]],
    ["requests_per_second", lasted ? file.requestsPerSecond : undefined],
    ["output_tokens_per_second", lasted ? file.outputTokensPerSecond : undefined],
    ["failed_share", due > 0 && failed !== undefined ? failed / due : undefined],
  ];
  return new Map(
    all.flatMap(([name, value]) =>
      value === undefined || Number.isNaN(value) ? [] : [[name, value] as const]
    ),
  );
}

function statedConditions(file: FileFigures): RunConditions {
  const { completed = 0, durationSeconds, promptTokens, outputTokens } = file;
  const due = file.completed === undefined || file.failed === undefined ? 0 : requestsOf(file);
  const each = (tokens: number | undefined) =>
    tokens === undefined || completed === 0 ? undefined : tokens / completed;
  const sent = durationSeconds === undefined || !(durationSeconds > 0) || due === 0
    ? undefined
    : due / durationSeconds;
  const [prompt, output] = [each(promptTokens), each(outputTokens)];
  const closed = file.concurrency !== undefined && file.ratePerSecond === undefined;
  return {
    ...(closed ? { users: file.concurrency } : {}),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(sent === undefined ? {} : { requestsPerSecondSent: sent }),
    ...(file.unfinished === undefined || due === 0 ? {} : { cutShare: file.unfinished / due }),
    ...(prompt === undefined ? {} : { promptTokensMean: prompt }),
    ...(output === undefined ? {} : { outputTokensMean: output }),
  };
}

/** A model without a name is not known. */
function modelOf(file: FileFigures, own: RunFigures | undefined): { readonly model?: string } {
  const model = file.model ?? own?.conditions.model ?? "";
  return model === "" ? {} : { model };
}
