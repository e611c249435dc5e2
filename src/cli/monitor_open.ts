/**
 * What `monitor` opens before it watches: its recording, its collector, the page and the port for a Prometheus.
 *
 * @module
 */
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { escapeTerminal } from "../base/escape.ts";
import { realClock } from "../collector/clock.ts";
import { RealTimeMetricsCollector } from "../collector/collector.ts";
import type { TargetOptions } from "../collector/targets.ts";
import { LiveFeed } from "../dashboard/live_feed.ts";
import { type ServedPage, servePage } from "../live/page_server.ts";
import { RECORDING_FILE } from "../notebook/lab.ts";
import { createRecording, type RecordingWriter } from "../recording/writer.ts";
import { type Exporter, serveExporter } from "../remote/exporter.ts";
import type { LabEvent } from "../series/types.ts";
import { causeSentence } from "../text/causes.ts";
import { cliText } from "../text/cli.ts";
import type { Language } from "../text/language.ts";
import type { WrittenObjective } from "./alarms.ts";
import { type CommonOptions, systemReason } from "./options.ts";
import { removeEmptyRun } from "./runs.ts";
import { CliError, note } from "./terminal.ts";

/** What is to be opened. */
export interface OpenOptions extends CommonOptions {
  readonly interval: number;
  readonly page: boolean;
  readonly pagePort?: number;
  readonly exporterPort?: number;
  readonly exporterHost: string;
  readonly record?: string;
  readonly objective: readonly WrittenObjective[];
}

/** What a watch works with. */
export interface OpenMonitor {
  readonly recording: RecordingWriter;
  readonly collector: RealTimeMetricsCollector;
  readonly exporter: Told<Exporter> | undefined;
  readonly page: Told<ServedPage> | undefined;
}

/** Something that is served, and the line that says where. */
export interface Told<Served> {
  readonly served: Served;
  readonly line: string;
}

/** What stays in memory: a day, or as much of it as goes into this. The recording keeps all of it. */
const RETENTION_SECONDS = 24 * 3600;
/** A day of one server, of its machine and of eight GPUs, each second. */
const MEMORY_BYTES = 512 * 1024 ** 2;

/**
 * Opens them. Where one of them cannot be opened, nothing is left behind.
 *
 * @throws CliError (exit 2) that says which, and why
 */
export async function openMonitor(
  options: OpenOptions,
  { targets, directory, clock }: {
    readonly targets: readonly TargetOptions[];
    readonly directory: string;
    readonly clock: Clock;
  },
): Promise<OpenMonitor> {
  let recording: RecordingWriter | undefined;
  try {
    recording = record(options.record ?? join(directory, RECORDING_FILE), options.lang);
    const collector = new RealTimeMetricsCollector({
      targets,
      intervalSeconds: options.interval,
      clock,
      retentionSeconds: RETENTION_SECONDS,
      maxBytes: MEMORY_BYTES,
      recording,
    });
    const exporter = openExporter(collector, options);
    const page = await openPage(collector, options);
    return { recording, collector, exporter, page };
  } catch (error) {
    recording?.close();
    await removeEmptyRun(directory);
    throw error;
  }
}

function record(path: string, language: Language): RecordingWriter {
  try {
    return createRecording(path, { onEvent: (event) => tellRecording(event, language) });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CliError(`Cannot record to ${path}: ${systemReason(error)}, wanted a file that can be written`);
  }
}

/** Told when it happens: there may be time to make room before the end. */
function tellRecording(event: LabEvent, language: Language): void {
  if (event.kind !== "recording") return;
  const text = cliText(language);
  if (event.state === "recovered") return note(text.recordingWorks(event.lostTicks ?? 0));
  if (event.cause === undefined) return;
  const cause = escapeTerminal(causeSentence(event.cause, language));
  note(event.cause.code === "recording_failed" ? text.recordingFails(cause) : cause);
}

async function openPage(
  collector: RealTimeMetricsCollector,
  options: OpenOptions,
): Promise<Told<ServedPage> | undefined> {
  if (!options.page && options.pagePort === undefined) return undefined;
  const feed = new LiveFeed(collector, {
    notes: true,
    language: options.lang,
    clock: realClock(),
    watched: options.objective,
  });
  try {
    const served = await servePage(feed, {
      clock: realClock(),
      onNote: (text) => collector.note(text),
      ...(options.pagePort === undefined ? {} : { port: options.pagePort }),
    });
    return { served, line: cliText(options.lang).page(served.url, served.tunnel) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CliError(
      `Cannot serve the page on port ${options.pagePort ?? 0}: ${systemReason(error)}, wanted a free one`,
    );
  }
}

/** For a Prometheus, where a port was named. */
function openExporter(
  collector: RealTimeMetricsCollector,
  options: OpenOptions,
): Told<Exporter> | undefined {
  if (options.exporterPort === undefined) return undefined;
  const { exporterPort: port, exporterHost: hostname } = options;
  try {
    const served = serveExporter(collector, {
      clock: realClock(),
      port,
      hostname,
      onError: (error) => note(escapeTerminal(`Cannot answer a scrape: ${error}`)),
    });
    return { served, line: cliText(options.lang).exporter(served.url) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CliError(
      `Cannot serve metrics on ${hostname}:${port}: ${systemReason(error)}, wanted a free port`,
    );
  }
}
