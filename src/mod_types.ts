/**
 * Types that what the public door exports takes and gives; notebooks have them by the door.
 *
 * @module
 */
export type { DetectChangePointsOptions, SeriesChanges } from "./analyzer/analyzer.ts";
export type { AnomalousPoint, AnomalyEpisode, ExpectedBand } from "./analyzer/anomalies.ts";
export type { LittleCheck } from "./analyzer/capacity.ts";
export type {
  FirstLimit,
  LittleFigures,
  PlacesUsed,
  ServedShare,
  ServerCapacity,
} from "./analyzer/capacity_report.ts";
export type { ChangePoint } from "./analyzer/change_points.ts";
export type { ComparableRun, ConditionCheck, DistributionShift, FigureGap } from "./analyzer/compare.ts";
export type { CompareVerdict, FigureComparison } from "./analyzer/compare_figure.ts";
export type { Coefficient, CorrelationPair, CorrelationResult, LagMatch } from "./analyzer/correlation.ts";
export type { WastedTokens } from "./analyzer/cost.ts";
export type { BurnAlert, MetCount } from "./analyzer/error_budget.ts";
export type { FileFigures } from "./analyzer/file_figures.ts";
export type {
  Advice,
  AdviceCode,
  Confidence,
  EvidenceQuantity,
  EvidenceUnit,
  FalsifierCode,
  FINDING_CODES,
  NextMeasurement,
  Severity,
} from "./analyzer/findings.ts";
export type { ForetoldFigures, ModelFigures } from "./analyzer/foretold.ts";
export type { KvCapacity, KvRoom, RoomRange } from "./analyzer/kv_room.ts";
export type { LimitEpisode, LimitOutcome } from "./analyzer/limit_watch.ts";
export type { LimitBounds, LimitStatistic } from "./analyzer/limits.ts";
export type { BlindRule } from "./analyzer/moments.ts";
export type { ShareVerdict } from "./analyzer/objectives.ts";
export type {
  ClientDoubt,
  OutsideEngine,
  OutsideEngines,
  OutsideLatency,
} from "./analyzer/outside_engine.ts";
export type {
  AbsentQuantity,
  AnomalySummary,
  ChangeSummary,
  ClientSummary,
  LatencyFigures,
  LatencyOfServer,
  LatencySummary,
  ObjectiveSummary,
  QuantitySummary,
} from "./analyzer/performance_report.ts";
export type { LostPace } from "./analyzer/run_faults.ts";
export type { COMPARED_FIGURES, ComparedFigure, RunConditions, RunKind } from "./analyzer/run_figures.ts";
export type { Signal } from "./analyzer/signal.ts";
export type { StepModel } from "./analyzer/step_model.ts";
export type { WhatIfLoad } from "./analyzer/what_if.ts";
export type { Computation, Term } from "./catalog/entry.ts";
export type { AnomalyChartsOptions } from "./charts/anomaly_charts.ts";
export type { BeforeAfterOptions, BeforeAfterRow, Estimate } from "./charts/before_after_chart.ts";
export type { ClientServerOptions } from "./charts/client_server_panel.ts";
export type { CorrelationChartOptions } from "./charts/correlation_chart.ts";
export type { LatencyPanelOptions } from "./charts/latency_panel.ts";
export type { PictureOptions } from "./charts/picture.ts";
export type { ScatterData, ScatterSide } from "./charts/scatter_chart.ts";
export type { PanelOptions } from "./charts/system_panels.ts";
export type { Theme } from "./charts/theme.ts";
export type { LoadLevel, LoadSweep } from "./charts/throughput_latency_chart.ts";
export type { DisplayUnit } from "./charts/units.ts";
export type { ReplaySystemOptions } from "./collector/replay_system.ts";
export type { ShippedDataName } from "./collector/shipped_data.ts";
export type { InteractiveDashboard } from "./dashboard/interactive.ts";
export type { FeedMessage, PageFile } from "./dashboard/live_feed.ts";
export type { StatisticsRow, TargetRow } from "./dashboard/statistics.ts";
export type { DataFrame } from "./export/dataframe.ts";
export type { EXPORT_FORMATS } from "./export/export.ts";
export type { WritableFormat } from "./formats/benchmark_file.ts";
export type { FileDistribution } from "./formats/benchmark_run.ts";
export type { EnergyAndTokens } from "./gpu/derived.ts";
export type { GPU_METRICS, GpuMetric } from "./gpu/metrics.ts";
export type { ScriptedGpusOptions, ScriptedValues } from "./gpu/scripted.ts";
export type {
  GpuColumn,
  GpuFault,
  GpuForm,
  GpuIdentity,
  GpuReading,
  GpuSample,
  GpuSource,
  GpuValue,
} from "./gpu/types.ts";
export type { HubMessage } from "./live/event_hub.ts";
export type { PageObjective } from "./dashboard/page_objectives.ts";
export type { PageFeed } from "./live/page_server.ts";
export type { Markdown, Table } from "./notebook/displayable.ts";
export type { Variables } from "./notebook/lab.ts";
export type { EscapingScheme, ExpositionFormat } from "./parser/grammar.ts";
export type { BucketSpan, NativeHistogram } from "./parser/native_histogram.ts";
export type { RecordedPoints } from "./recording/point_reader.ts";
export type { TargetPoints } from "./recording/recording.ts";
export type { LostSpan } from "./recording/repair.ts";
export type { BoundedQuantile } from "./series/quantile_bounds.ts";
export type { MeasuredFigures } from "./analyzer/foretold.ts";
export type { RemoteAuth } from "./remote/address.ts";
export type { AskedBy } from "./remote/remote_words.ts";
export type { PrometheusSource } from "./remote/prometheus_source.ts";
export type { PushProgress, PushRefusal, PushRetry } from "./remote/remote_write.ts";
export type { HealthRow, LabTableOptions } from "./report/lab_tables.ts";
export type { LatencyWaysOptions } from "./report/latency_ways.ts";
export type { NotebookTableOptions } from "./report/notebook_tables.ts";
export type { ReportChart } from "./report/report_blocks.ts";
export type { LATENCIES, ServerLatencies } from "./report/run_summary.ts";
export type { RunSummaryOptions } from "./report/run_summary_lines.ts";
export type { RefusalReason } from "./series/ingest.ts";
export type { CounterPoints } from "./series/observed.ts";
export type { GaugePoints, Holdings, HoldOptions } from "./series/time_weighted.ts";
export type { OutputLength } from "./simulator/engine/answer.ts";
export type { StepJitter } from "./simulator/engine/engine.ts";
export type { StepFit } from "./simulator/engine/fit.ts";
export type {
  INCIDENT_NAMES,
  IncidentName,
  IncidentParameters,
  ScheduledIncident,
} from "./simulator/engine/incidents.ts";
export type { GpuHardware, Profile } from "./simulator/engine/profiles.ts";
export type { LinearStep, RooflineStep, StepTime } from "./simulator/engine/step_time.ts";
export type { EngineLimits, StepPlan, StepWork } from "./simulator/engine/types.ts";
export type { PlainSimulatorOptions } from "./simulator/server/control.ts";
export type { Pace, RunnerEvents } from "./simulator/server/engine_runner.ts";
export type { IncidentRecord, StartIncidentOptions } from "./simulator/server/incident_director.ts";
export type { ServerLogOptions } from "./simulator/server/server_log.ts";
export type { SimulatorOptions } from "./simulator/server/simulated_server.ts";
export type { Incidents } from "./simulator/server/simulated_vllm.ts";
export type { Availability } from "./simulator/workload/availability.ts";
export type { Interval, PercentileIntervals } from "./simulator/workload/distribution.ts";
export type { Probe, ProbeVerdict, RateSearch } from "./simulator/workload/find_max.ts";
export type { FirstTokens } from "./simulator/workload/first_tokens.ts";
export type { Goodput, Objectives } from "./simulator/workload/goodput.ts";
export type { Arrivals, ScheduleLimit } from "./simulator/workload/pacer.ts";
export type {
  AbortPlan,
  Endpoint,
  EngineName,
  LoadMode,
  PhasePlan,
  RequestShape,
  StopReason,
  Timeouts,
} from "./simulator/workload/plan.ts";
export type { WorkloadProgress } from "./simulator/workload/progress.ts";
export type {
  LengthDistribution,
  PromptPlan,
  PromptRow,
  TextMeasure,
  Vocabulary,
} from "./simulator/workload/prompts.ts";
export type { SteadyPart } from "./simulator/workload/results.ts";
export type { LoadForecast, TokenPrices } from "./simulator/workload/safety.ts";
export type { FailureReason } from "./simulator/workload/summary.ts";
export type { Threads, ThreadsLimit } from "./simulator/workload/threads.ts";
export type { TrustReason } from "./simulator/workload/trust.ts";
