/**
 * Checks of what the analysis is asked with, for cells that no compiler has seen.
 *
 * @module
 */
import { type Checks, COUNT, FLAG, listOf, NUMBER, oneOf, POSITIVE, SHARE, TEXT } from "../base/arguments.ts";
import { QUANTITY_LIST } from "../catalog/quantities.ts";
import { MATCHERS, SPAN } from "../series/arguments.ts";
import type {
  AnalyzeCorrelationOptions,
  DetectAnomaliesOptions,
  DetectChangePointsOptions,
  PerformanceReportOptions,
} from "./analyzer.ts";
import { CHANGE_POINT_CHECKS } from "./change_points.ts";
import type { DiagnoseOptions } from "./diagnose.ts";
import { NAMED_OBJECTIVES } from "./objectives.ts";

/** Of a correlation. */
export const CORRELATION_CHECKS: Checks<AnalyzeCorrelationOptions> = {
  span: SPAN,
  quantities: QUANTITY_LIST,
  names: listOf(TEXT, "a list of names"),
  stepSeconds: POSITIVE,
  detrend: oneOf(["none", "difference"]),
  maxLagSeconds: NUMBER,
  minimumPoints: COUNT,
  confidence: SHARE,
};

/** Of a search for anomalies. */
export const ANOMALY_CHECKS: Checks<DetectAnomaliesOptions> = {
  span: SPAN,
  matchers: MATCHERS,
  thresholdStd: POSITIVE,
  falseAlarmRate: SHARE,
  logarithm: FLAG,
  minimumPoints: COUNT,
  joinSeconds: NUMBER,
  resolution: NUMBER,
};

/** Of a search for changes in a source. */
export const CHANGE_CHECKS: Checks<DetectChangePointsOptions> = {
  ...CHANGE_POINT_CHECKS,
  span: SPAN,
  matchers: MATCHERS,
};

/** Of a diagnosis. */
export const DIAGNOSE_CHECKS: Checks<DiagnoseOptions> = {
  span: SPAN,
  windowSeconds: POSITIVE,
  stepSeconds: POSITIVE,
  sinceSeconds: NUMBER,
  confirmedOnly: FLAG,
  knownSeconds: NUMBER,
};

/** Of a report. */
export const REPORT_CHECKS: Checks<PerformanceReportOptions> = {
  ...DIAGNOSE_CHECKS,
  thresholdStd: POSITIVE,
  pricePerGpuHour: NUMBER,
  gpuCount: NUMBER,
  objectives: NAMED_OBJECTIVES,
};
