/**
 * Watch, load and explain a vLLM inference server: the one door for notebooks (`#lab`).
 *
 * Data flows one way: target → scrape → parse → series → window statistics → charts, analysis, report → files. What has
 * series is a {@link MetricSource}; what yields values on a tick is a {@link Sampler}. Units inside are base units
 * (seconds, bytes, ratio 0–1, tokens, joules), and the unit is the suffix of the name. What is unknown carries a
 * {@link Cause} and is never 0.
 *
 * @module
 */

// Foundations
export type { Cause, CauseCode, Reading } from "./base/cause.ts";
export { isPresent } from "./base/cause.ts";
export type { Clock } from "./base/clock.ts";
export { drive, sleep } from "./base/clock.ts";
export type { Random } from "./base/random.ts";
export { seededRandom } from "./base/random.ts";
export {
  formatBytes,
  formatCount,
  formatNumber,
  formatRate,
  formatRatio,
  formatSeconds,
  formatValue,
} from "./base/format.ts";
export type { Language } from "./text/language.ts";
export { LANGUAGES } from "./text/language.ts";
export { causeSentence } from "./text/causes.ts";
export { quantityTitle } from "./text/quantities.ts";

// Exposition text
export type {
  Exemplar,
  Labels,
  MetricFamily,
  MetricMeta,
  MetricType,
  ParseError,
  Sample,
} from "./parser/types.ts";
export type { ParseOptions } from "./parser/parse.ts";
export { parseExposition } from "./parser/parse.ts";
export type { WriteOptions } from "./parser/write.ts";
export { writeExposition } from "./parser/write.ts";
export { foldCreated } from "./parser/created.ts";
export type { HistogramMetric, SummaryMetric } from "./parser/metrics.ts";
export { histogramsOf, infoLabels, summariesOf } from "./parser/metrics.ts";
export type { ScrapeView } from "./parser/scrape_view.ts";
export type { ScrapeReaderOptions } from "./parser/scrape_reader.ts";
export { ScrapeReader } from "./parser/scrape_reader.ts";
export type { ParsePrometheusFamily, ParsePrometheusMetric } from "./parser/parse_prometheus_shape.ts";
export { toParsePrometheusShape } from "./parser/parse_prometheus_shape.ts";

// Catalog
export type { QuantityExplanation, QuantityName, ResolvedQuantity, Unit } from "./catalog/types.ts";
export type {
  Bias,
  BiasCode,
  Candidate,
  Derivation,
  Quantity,
  QuantityTable,
  ServerName,
} from "./catalog/entry.ts";
export { isQuantityName, QUANTITIES } from "./catalog/quantities.ts";
export type { ResolveOptions } from "./catalog/resolve.ts";
export { resolveQuantity } from "./catalog/resolve.ts";
export { explainQuantity } from "./catalog/explain.ts";
export type { DeprecatedMetric } from "./catalog/survey.ts";
export { findDeprecated, findUnknownVllm } from "./catalog/survey.ts";

// Series and windows
export type {
  Grid,
  LabEvent,
  Matcher,
  MatchOperator,
  MetricSource,
  Points,
  RequestOutcome,
  RequestRecord,
  SampleBatch,
  SamplePart,
  Sampler,
  Selector,
  Series,
  SeriesDefinition,
  TargetFacts,
  TimeSpan,
  TrustLevel,
  WindowFunction,
  WindowQuery,
  WindowRange,
} from "./series/types.ts";
export { SampleError } from "./series/types.ts";
export type { ExtrapolateOptions, OverTimeKind } from "./series/windows.ts";
export { changes, delta, deriv, idelta, increase, irate, overTime, rate, resets } from "./series/windows.ts";
export type { GridFunction, GridValues, PointFunction, RangeFunction } from "./series/over_grid.ts";
export { overGrid } from "./series/over_grid.ts";
export type { Bucket, HistogramQuantile } from "./series/quantile.ts";
export { histogramQuantile } from "./series/quantile.ts";
export type { WindowStatistics, WindowStatsOptions } from "./series/window_stats.ts";
export { windowStats } from "./series/window_stats.ts";
export type { AppendResult, SeriesStoreOptions, StoreRequest } from "./series/store.ts";
export { SeriesStore } from "./series/store.ts";
export type { MemorySourceOptions } from "./series/memory_source.ts";
export { MemorySource } from "./series/memory_source.ts";
export { withinSpan } from "./series/narrow.ts";

// Collecting
export { realClock, VirtualClock } from "./collector/clock.ts";
export type { TargetOptions } from "./collector/targets.ts";
export type { VllmMetricsParserOptions } from "./collector/parser_facade.ts";
export { VllmMetricsParser } from "./collector/parser_facade.ts";
export type { BatchSink } from "./collector/recorder.ts";
export type { SamplerHealth, TickResult } from "./collector/runner.ts";
export type { SeriesSummary } from "./collector/summary.ts";
export type { CollectorOptions, CollectorState, LatestOptions, SummaryStats } from "./collector/collector.ts";
export { RealTimeMetricsCollector } from "./collector/collector.ts";

// Simulating: the server and its users
export type { SimulatedVllmOptions } from "./simulator/server/simulated_vllm.ts";
export { SimulatedVllm } from "./simulator/server/simulated_vllm.ts";
export type { CompletionOptions, WorkloadSimulatorOptions } from "./simulator/workload/simulator_options.ts";
export { WorkloadError } from "./simulator/workload/simulator_options.ts";
export type {
  ConcurrentLoadOptions,
  LoadOptions,
  SteadyLoadOptions,
  WorkloadPhase,
  WorkloadProfile,
} from "./simulator/workload/load_options.ts";
export type { PhaseResult, WorkloadResult } from "./simulator/workload/results.ts";
export type { WorkloadSummary } from "./simulator/workload/summary.ts";
export { summarise } from "./simulator/workload/summary.ts";
export type { Distribution } from "./simulator/workload/distribution.ts";
export type { TrustReport } from "./simulator/workload/trust.ts";
export {
  e2eSeconds,
  interTokenSeconds,
  tpotSeconds,
  ttftSeconds,
} from "./simulator/workload/request_times.ts";
export { VllmWorkloadSimulator } from "./simulator/workload/simulator.ts";

// Looking
export type { ChartOptions, LatencyObjectives } from "./charts/context.ts";
export type { Picture } from "./charts/picture.ts";
export type { DashboardOptions, LiveOptions } from "./dashboard/dashboard.ts";
export { RealTimeDashboard } from "./dashboard/dashboard.ts";
export type { DetailedStatistics } from "./dashboard/statistics.ts";

// Reports and files
export type { RunSummary, ServerLatency } from "./report/run_summary.ts";
export { summariseRun } from "./report/run_summary.ts";
export { runSummaryLines } from "./report/run_summary_lines.ts";
export type { RenderedTable, TableColumn, TableOptions } from "./report/table.ts";
export { renderTable } from "./report/table.ts";
export { requestTable, sampleTable } from "./report/notebook_tables.ts";
export { factsTable, healthTable, workloadTable } from "./report/lab_tables.ts";
export type { ExportFormat, ExportOptions } from "./export/export.ts";
export { exportMonitoringData } from "./export/export.ts";

// Notebooks
export type { Displayable, Lab, LabMode, OpenLabOptions, WaitOptions } from "./notebook.ts";
export { live, openLab, say, show, stopSignal, wait } from "./notebook.ts";

// Analysis
export type {
  AnalyzeCorrelationOptions,
  DetectAnomaliesOptions,
  PerformanceReportOptions,
  SeriesAnomalies,
} from "./analyzer/analyzer.ts";
export { AdvancedMetricsAnalyzer } from "./analyzer/analyzer.ts";
export type { AnomalyOptions, AnomalyResult } from "./analyzer/anomalies.ts";
export type { CorrelationMatrix, CorrelationOptions } from "./analyzer/correlation.ts";
export type { DiagnoseOptions, Diagnosis } from "./analyzer/diagnose.ts";
export type { Evidence, Finding, FindingCode } from "./analyzer/findings.ts";
export type { PerformanceReport } from "./analyzer/performance_report.ts";
export type { FigureBias } from "./analyzer/biases.ts";
export { figureBiases } from "./analyzer/biases.ts";
export { biasSentence } from "./text/biases.ts";
export type { RenderReportOptions } from "./report/render.ts";
export { renderReport } from "./report/render.ts";
export { reportCharts } from "./report/report_charts.ts";
export { latencyWays } from "./report/latency_ways.ts";
export type { WitnessOptions } from "./report/witnesses.ts";
export { compareWitnesses } from "./report/witnesses.ts";

// Charts
export { anomalyCharts } from "./charts/anomaly_charts.ts";
export { clientServerChart } from "./charts/client_server_panel.ts";
export { correlationChart } from "./charts/correlation_chart.ts";
export { requestTimeline } from "./charts/request_timeline.ts";
export type { SlowRequestOptions } from "./charts/slow_request_chart.ts";
export { slowRequestChart } from "./charts/slow_request_chart.ts";
export {
  cpuChart,
  gpuChart,
  kvCacheChart,
  latencyChart,
  memoryChart,
  requestsChart,
  statusChart,
  throughputChart,
  timeSeriesChart,
} from "./charts/source_charts.ts";

// Shipped data and hardware
export { openShippedData, shippedDataNames } from "./collector/shipped_data.ts";
export type { NvmlOptions } from "./nvml/mod.ts";
export { openNvml } from "./nvml/mod.ts";

// Recordings and other stores
export type { OpenRecordingOptions, Recording } from "./recording/recording.ts";
export { openRecording } from "./recording/recording.ts";
export type { RecordingOptions, RecordingWriter } from "./recording/writer.ts";
export { createRecording } from "./recording/writer.ts";
export type { ReplayOptions, ReplaySink } from "./recording/replay.ts";
export { replay } from "./recording/replay.ts";
export type { RepairReport } from "./recording/repair.ts";
export { repairRecording } from "./recording/repair.ts";
export type { PrometheusSourceOptions } from "./remote/prometheus_source.ts";
export type { Exporter, ExporterOptions, ExposeOptions } from "./remote/exporter.ts";
export { newestFamilies, serveExporter } from "./remote/exporter.ts";
export type { StatedFacts } from "./series/stated_facts.ts";
export { withStatedFacts } from "./series/stated_facts.ts";
export { prometheusSource } from "./remote/prometheus_source.ts";
export type { PushOptions, PushSummary } from "./remote/remote_write.ts";
export { pushSource } from "./remote/remote_write.ts";
export type { DataFrameOptions } from "./export/dataframe.ts";
export { toDataFrame } from "./export/dataframe.ts";

// More of the machine
export { ScrapeSampler } from "./collector/scrape_sampler.ts";
export { SystemSampler } from "./collector/system_sampler.ts";
export { GpuSampler } from "./collector/gpu_sampler.ts";
export { replaySystemSampler } from "./collector/replay_system.ts";
export { scriptedGpus } from "./gpu/scripted.ts";
export { joulesPerToken, tokensPerJoule } from "./gpu/derived.ts";

// More of series and analysis
export type { JoinedPoints } from "./series/join.ts";
export { joinByTime } from "./series/join.ts";
export type { DownsampleOptions } from "./series/downsample.ts";
export { downsample } from "./series/downsample.ts";
export { timeWeightedMean, timeWeightedQuantile } from "./series/time_weighted.ts";
export type { ForetellOptions, Foretold } from "./analyzer/foretold.ts";
export { foretell } from "./analyzer/foretold.ts";
export type { SourceFit } from "./simulator/server/fit_source.ts";
export { fitSource } from "./simulator/server/fit_source.ts";
export type { CompareOptions, RunComparison } from "./analyzer/compare.ts";
export { compareRuns } from "./analyzer/compare.ts";
export type { CostOptions, CostReport } from "./analyzer/cost.ts";
export { costOf } from "./analyzer/cost.ts";
export type { Limit, LimitReading } from "./analyzer/limits.ts";
export { parseLimit, readLimit } from "./analyzer/limits.ts";
export type { LimitEvent, Watched } from "./analyzer/limit_watch.ts";
export { LimitWatch, watchedLimit } from "./analyzer/limit_watch.ts";
export type { BurnRule, ErrorBudget, ErrorBudgetOptions } from "./analyzer/error_budget.ts";
export { BURN_RULES, burnRate, errorBudget, watchedObjective } from "./analyzer/error_budget.ts";
export type { Objective } from "./analyzer/objectives.ts";
export type { WebhookOptions } from "./live/webhook.ts";
export { Webhook } from "./live/webhook.ts";
export type { ChangePointOptions, ChangePointResult } from "./analyzer/change_points.ts";
export { detectChangePoints } from "./analyzer/change_points.ts";

// More to look at
export type { DashboardPage } from "./dashboard/overview.ts";
export { DASHBOARD_PAGES } from "./dashboard/overview.ts";
export type { LiveFeedOptions } from "./dashboard/live_feed.ts";
export { LiveFeed } from "./dashboard/live_feed.ts";
export type { PageServerOptions, ServedPage } from "./live/page_server.ts";
export { servePage } from "./live/page_server.ts";
export type { TerminalOptions } from "./dashboard/terminal.ts";
export { terminalView } from "./dashboard/terminal.ts";
export { beforeAfterChart } from "./charts/before_after_chart.ts";
export { distributionChart } from "./charts/distribution_panel.ts";
export { latencyHeatmap } from "./charts/heat_panel.ts";
export { scatterChart } from "./charts/scatter_chart.ts";
export { throughputLatencyChart } from "./charts/throughput_latency_chart.ts";

// Files of other tools
export type { BenchmarkFormat, BenchmarkRun } from "./formats/benchmark_run.ts";
export { readBenchmark, writeBenchmark } from "./formats/benchmark_file.ts";

// Types that the above take and give.
export type * from "./mod_types.ts";
