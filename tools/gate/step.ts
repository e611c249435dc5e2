/**
 * One thing that must hold, and running several of them.
 *
 * @module
 */

/** A step of the gate. */
export interface Step {
  readonly name: string;
  /** What is wrong; "" when nothing is. Ends early when the signal is aborted. */
  run(signal: AbortSignal): Promise<string>;
}

/** What a step came to. */
export interface StepResult {
  readonly name: string;
  readonly durationSeconds: number;
  /** What is wrong; "" when nothing is. */
  readonly problem: string;
}

/** Runs a step. A step that throws has failed. */
export async function runStep(
  step: Step,
  signal: AbortSignal = new AbortController().signal,
): Promise<StepResult> {
  const startMs = performance.now();
  let problem: string;
  try {
    problem = await step.run(signal);
  } catch (error) {
    problem = error instanceof Error ? error.stack ?? error.message : String(error);
  }
  return { name: step.name, durationSeconds: (performance.now() - startMs) / 1000, problem };
}

/** How {@link runSteps} goes about it. */
export interface RunStepsOptions {
  /** Aborted: steps that run are ended, others do not begin. */
  readonly signal: AbortSignal;
  /** Steps at the same time. */
  readonly atOnce: number;
}

/**
 * Runs steps side by side and yields what they came to in the order of the list, each as soon as it and all before it have
 * ended. After an abort it ends early: a step that was cut has no result.
 */
export async function* runSteps(
  steps: readonly Step[],
  options: RunStepsOptions,
): AsyncGenerator<StepResult, void, undefined> {
  const { signal, atOnce } = options;
  const results = steps.map(() => Promise.withResolvers<StepResult | undefined>());
  let next = 0;
  const work = async () => {
    for (let index = next++; index < steps.length; index = next++) {
      const step = steps[index];
      const result = step === undefined || signal.aborted ? undefined : await runStep(step, signal);
      results[index]?.resolve(signal.aborted ? undefined : result);
    }
  };
  for (let worker = 0; worker < atOnce; worker++) void work();
  for (const { promise } of results) {
    const result = await promise;
    if (result === undefined) return;
    yield result;
  }
}
