/**
 * What became of objectives over a span, each counted as well as the source allows.
 *
 * @module
 */
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { errorBudget, limitsOf } from "./error_budget.ts";
import type { Objective } from "./objectives.ts";
import type { ObjectiveSummary } from "./performance_report.ts";

/**
 * One summary an objective where the source holds clients' rows, which tell whether a request met all its limits; else one a
 * limit, by the server's buckets.
 */
export async function summarizeObjectives(
  source: MetricSource,
  objectives: readonly { readonly text: string; readonly objective: Objective }[],
  span: TimeSpan,
): Promise<readonly ObjectiveSummary[]> {
  const byRows = (await source.requests(span)).length > 0;
  const summaries: ObjectiveSummary[] = [];
  for (const { text, objective } of objectives) {
    if (byRows) {
      summaries.push({ text, budget: await errorBudget(source, objective, { span }) });
      continue;
    }
    for (const { key, quantity, seconds } of limitsOf(objective)) {
      const share = objective.share === undefined ? {} : { share: objective.share };
      const budget = await errorBudget(source, { [key]: seconds, ...share }, { span });
      summaries.push({ text: `${text} (${quantity})`, limitSeconds: seconds, budget });
    }
  }
  return summaries;
}
