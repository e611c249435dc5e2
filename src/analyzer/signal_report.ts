/**
 * What the report says of one signal: averages, what does not fit, where the level changed.
 *
 * @module
 */
import { QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import { type AnomalyEpisode, type AnomalyResult, detectAnomalies } from "./anomalies.ts";
import { detectChangePoints } from "./change_points.ts";
import type { AnomalySummary, ChangeSummary, QuantitySummary } from "./performance_report.ts";
import type { Signal } from "./signal.ts";
import { summarize } from "./summaries.ts";

/** Findings of one signal; a part that there is nothing to say of is absent. */
export interface SignalReport {
  readonly average?: QuantitySummary;
  readonly anomaly?: AnomalySummary;
  readonly change?: ChangeSummary;
}

/** Durations are judged by their logarithm. */
export function reportSignal(
  quantity: QuantityName,
  signal: Signal,
  options: { readonly thresholdStd?: number },
): SignalReport {
  const { type, unit } = QUANTITIES[quantity];
  const logarithm = type === "histogram" && unit === "seconds";
  const average = summarize(quantity, signal);
  const shared = { quantity, labels: signal.labels, unit, perSecond: signal.perSecond };
  const result = detectAnomalies(signal, { logarithm, ...options });
  // A level worth a line in a report lasts: a fifteenth of the whole at least.
  const minimumLength = Math.max(10, Math.ceil(signal.values.length / 15));
  const levels = detectChangePoints(signal, { logarithm, minimumLength });
  return {
    ...(average === undefined ? {} : { average }),
    ...("absent" in result ? {} : { anomaly: { ...shared, result, ...worstOf(result) } }),
    ...("absent" in levels || levels.changes.length === 0
      ? {}
      : { change: { ...shared, changes: levels.changes } }),
  };
}

function worstOf(result: AnomalyResult): { worst?: AnomalyEpisode } {
  const distance = (episode: AnomalyEpisode) => Math.abs(episode.worst.value - result.median);
  const [first, ...rest] = result.episodes;
  return first === undefined
    ? {}
    : { worst: rest.reduce((worst, one) => distance(one) > distance(worst) ? one : worst, first) };
}
