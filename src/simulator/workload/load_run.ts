/**
 * Runs planned phases one after another and puts their result together.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { RequestRecord } from "../../series/types.ts";
import type { CounterRegistry } from "./counter_registry.ts";
import type { EngineOutcome, LoadEngine } from "./engine.ts";
import { sorted } from "./distribution.ts";
import { planFigures } from "./load_options.ts";
import { checkPlan, type PhasePlan } from "./plan.ts";
import { progressOf, type WorkloadProgress } from "./progress.ts";
import type { PhaseResult, SteadyPart, WorkloadResult } from "./results.ts";
import { steadyWindow } from "./steady.ts";
import { summarise } from "./summary.ts";
import { measureOf } from "./text_maker.ts";
import { judgeTrust, lagP99, worstLag } from "./trust.ts";

/** What a run needs. */
export interface LoadRunContext {
  readonly name: string;
  readonly apiBase: string;
  readonly target: string;
  readonly clock: Clock;
  readonly engine: LoadEngine;
  readonly registry: CounterRegistry;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: WorkloadProgress) => void;
}

const PROGRESS_SECONDS = 1;

/**
 * Runs the plans in order; an abort or a dead server ends the run, and what was done is returned.
 *
 * @throws RangeError when there are no plans or one cannot be meant, before anything is sent
 */
export async function runPlans(
  plans: readonly PhasePlan[],
  context: LoadRunContext,
): Promise<WorkloadResult> {
  if (plans.length === 0) throw new RangeError("Cannot run load: no phases, wanted at least one");
  for (const plan of plans) checkPlan(plan);
  const startSeconds = context.clock.nowSeconds();
  const records: RequestRecord[] = [];
  const phases: PhaseResult[] = [];
  const outcomes: EngineOutcome[] = [];
  for (const plan of plans) {
    const told: RequestRecord[] = [];
    const outcome = await runOne(plan, told, context);
    const own = outcome.records ?? told;
    for (const record of own) records.push(record);
    phases.push(phaseResult(plan, outcome, own));
    outcomes.push(outcome);
    if (outcome.stopped !== undefined) break;
  }
  return assemble(phases, { records, outcomes, startSeconds, context });
}

async function runOne(
  plan: PhasePlan,
  own: RequestRecord[],
  context: LoadRunContext,
): Promise<EngineOutcome> {
  const { clock, registry, target, onProgress } = context;
  const startSeconds = clock.nowSeconds();
  const event = { kind: "workload", target, phase: plan.name } as const;
  registry.addEvent({ ...event, timeSeconds: startSeconds, state: "begin", plan: planFigures(plan) });
  let counts: Record<string, number> = {};
  const tell = (last: boolean) => onProgress?.(phaseProgress(plan, context, { own, startSeconds, last }));
  const over = new AbortController();
  const ticking = onProgress === undefined ? undefined : every(clock, () => tell(false), over.signal);
  try {
    const outcome = await context.engine.run(plan, {
      target,
      signal: context.signal ?? new AbortController().signal,
      onRecord: (record) => {
        own.push(record);
        registry.addRecord(record);
      },
    });
    counts = { ...countsOf(outcome, own.length), ...lagOf(outcome, context) };
    return outcome;
  } finally {
    over.abort();
    await ticking;
    tell(true);
    const figures = { ...planFigures(plan), ...counts };
    registry.addEvent({ ...event, timeSeconds: clock.nowSeconds(), state: "end", plan: figures });
  }
}

/** For the event at a phase's end: planned = rows + not sent, and what was lost with a thread that failed. */
function countsOf({ planned, notSent, stopped }: EngineOutcome, rows: number): Record<string, number> {
  const lost = stopped?.code === "thread_failed" ? { lost: stopped.lost } : {};
  return { planned: planned ?? rows, rows, notSent, ...lost };
}

/** For readers of a recording: what this client may add to a time. The kernel's receive times suffer from no lag. */
function lagOf({ lags }: EngineOutcome, { engine }: LoadRunContext): Record<string, number> {
  const lagSeconds = worstLag([lags]);
  const lagP99Seconds = lagSeconds === undefined || engine.name === "epoll"
    ? undefined
    : lagP99(sorted(lagSeconds));
  return lagP99Seconds === undefined ? {} : { lagP99Seconds };
}

async function every(clock: Clock, work: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleepUntil(clock.nowSeconds() + PROGRESS_SECONDS, signal);
    } catch {
      return; // the phase is over
    }
    work();
  }
}

function phaseProgress(
  plan: PhasePlan,
  context: LoadRunContext,
  state: { readonly own: readonly RequestRecord[]; readonly startSeconds: number; readonly last: boolean },
): WorkloadProgress {
  const { durationSeconds, requests } = plan.limit;
  return progressOf(state.own, {
    phase: plan.name,
    elapsedSeconds: context.clock.nowSeconds() - state.startSeconds,
    inFlight: context.registry.inFlight(plan.shape.model),
    last: state.last,
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(requests === undefined ? {} : { planned: requests }),
  });
}

function assemble(
  phases: readonly PhaseResult[],
  run: {
    readonly records: readonly RequestRecord[];
    readonly outcomes: readonly EngineOutcome[];
    readonly startSeconds: number;
    readonly context: LoadRunContext;
  },
): WorkloadResult {
  const { records, outcomes, startSeconds, context } = run;
  const endSeconds = context.clock.nowSeconds();
  // Starting and ending the client is no part of the load.
  const summary = summarise(records);
  const { shape, seed } = phases[0]!.plan;
  const stopped = phases.at(-1)!.stopped;
  const limit = outcomes.find(({ threadsLimit }) => threadsLimit !== undefined)?.threadsLimit;
  return {
    name: context.name,
    target: context.target,
    apiBase: context.apiBase,
    model: shape.model,
    endpoint: shape.endpoint,
    engine: context.engine.name,
    ownThread: context.engine.ownThread,
    threads: Math.max(...outcomes.map(({ threads }) => threads)),
    ...(limit === undefined ? {} : { threadsLimit: limit }),
    seed,
    keptPrefixes: phases.some(({ plan }) => plan.salt === ""),
    span: { startSeconds, endSeconds },
    phases,
    records,
    summary,
    trust: judgeTrust(records, worstLag(outcomes.map(({ lags }) => lags)), {
      engine: context.engine.name,
      maxInFlight: summary.maxInFlight,
      closedPhases: new Set(phases.filter(({ plan }) => plan.mode.kind === "closed").map(({ name }) => name)),
    }),
    ...(stopped === undefined ? {} : { stopped }),
  };
}

function phaseResult(
  plan: PhasePlan,
  outcome: EngineOutcome,
  records: readonly RequestRecord[],
): PhaseResult {
  const { startSeconds, endSeconds, plannedSeconds, planned, notSent, stopped } = outcome;
  const steady = records.length < LEAST_STEADY ? undefined : steadyPart(plan, records);
  return {
    name: plan.name,
    plan,
    span: { startSeconds, endSeconds },
    summary: summarise(records, endSeconds - startSeconds),
    lengths: plan.prompts.kind === "texts" ? "texts" : measureOf(plan.prompts),
    ...(plannedSeconds === undefined ? {} : { plannedSeconds }),
    ...(planned === undefined ? {} : { planned }),
    notSent,
    ...(steady === undefined ? {} : { steady }),
    ...(stopped === undefined ? {} : { stopped }),
  };
}

/** Below this, warm-up and steady state cannot be told apart. */
const LEAST_STEADY = 10;

function steadyPart(plan: PhasePlan, records: readonly RequestRecord[]): SteadyPart | undefined {
  const window = steadyWindow(records, { loop: plan.mode.kind });
  if (window === undefined) return undefined;
  const { span, before, after, steady } = window;
  return {
    span,
    before,
    after,
    settled: steady,
    summary: summarise(window.records, span.endSeconds - span.startSeconds),
  };
}
