/**
 * A report of nothing, for tests that fill in what they are about.
 *
 * @module
 */
import type { PerformanceReport } from "../../src/analyzer/performance_report.ts";

/** Of no time, no server and no finding. */
export const EMPTY_REPORT: PerformanceReport = {
  span: undefined,
  facts: [],
  simulated: false,
  diagnosis: {
    span: undefined,
    findings: [],
    windows: 0,
    windowSeconds: 30,
    stepSeconds: 10,
    stepModels: [],
    blind: [],
  },
  averages: [],
  latencies: [],
  anomalies: [],
  changes: [],
  biases: [],
  absent: [],
  scrapes: { failed: 0, restarts: 0 },
};
