/**
 * One thing that must hold.
 *
 * @module
 */

/** A step of the gate. */
export interface Step {
  readonly name: string;
  /** What is wrong; "" when nothing is. */
  run(): Promise<string>;
}

/** What a step came to. */
export interface StepResult {
  readonly name: string;
  readonly durationSeconds: number;
  /** What is wrong; "" when nothing is. */
  readonly problem: string;
}

/** Runs a step. A step that throws has failed. */
export async function runStep(step: Step): Promise<StepResult> {
  const startMs = performance.now();
  let problem: string;
  try {
    problem = await step.run();
  } catch (error) {
    problem = error instanceof Error ? error.stack ?? error.message : String(error);
  }
  return { name: step.name, durationSeconds: (performance.now() - startMs) / 1000, problem };
}
