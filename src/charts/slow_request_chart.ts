/**
 * One slow request explained: its own phases as the client saw them, and what the server's phases were meanwhile.
 *
 * @module
 */
import { type Checks, TEXT } from "../base/arguments.ts";
import { CHART_CHECKS, checkChart } from "./chart_checks.ts";
import { formatNumber, formatRatio, formatSeconds } from "../base/format.ts";
import type { MetricSource, RequestRecord } from "../series/types.ts";
import { type ChartContext, type ChartOptions, readContext, subtitleOf } from "./context.ts";
import type { LegendEntry, Panel } from "./panel.ts";
import { panelPicture, type Picture } from "./picture.ts";
import { drawPhases } from "./request_phases.ts";
import { readServerMeanwhile, type ServerMeanwhile } from "./server_meanwhile.ts";
import { endOf, isSent, PHASE_COLOR, type SentRequest } from "./sent_request.ts";
import { seriesColor } from "./theme.ts";
import { clockTime, zoneOffsetName } from "./time_axis.ts";

/** Which request is explained. */
export interface SlowRequestOptions extends ChartOptions {
  /** Its id; default the one that took longest, of those that ended well where there are any. */
  readonly request?: string;
}

const CHECKS: Checks<SlowRequestOptions> = { ...CHART_CHECKS, request: TEXT };

/**
 * A request's wait for its first token, its decoding and the arrival of each of its chunks, on an axis of elapsed time; under
 * it queue, prefill and decode of the server: means of the requests that ended while it ran and in the two scrapes after, since
 * /metrics has no phases of a single request. Sentences say what that amounts to.
 */
export async function slowRequestChart(
  source: MetricSource,
  options: SlowRequestOptions = {},
): Promise<Picture> {
  checkChart('slowRequestChart(collector, { request: "r1" })', source, options, CHECKS);
  const context = await readContext(source, options);
  const panel = await slowRequestPanel(context, options.request);
  return await panelPicture(panel, { height: 240, ...options });
}

/** The panel of {@link slowRequestChart}. */
export async function slowRequestPanel(context: ChartContext, id?: string): Promise<Panel> {
  const { text, timeZone } = context;
  const all = context.span === undefined ? [] : await context.source.requests(context.span);
  const request = choose(all, id);
  const title = text.slowRequest.title;
  if (request === undefined) {
    const absent = text.timeline.none;
    return { title, subtitle: "", legend: [], description: `${title}; ${absent}`, absent, draw: () => "" };
  }
  const { sentSeconds } = request;
  const meanwhile = await readServerMeanwhile(context, request);
  const simulated = context.facts.some((facts) => facts.kind === "workload" && facts.simulated);
  const subtitle = subtitleOf([
    text.slowRequest.which(request.id),
    `${clockTime(sentSeconds, timeZone)} ${zoneOffsetName(sentSeconds, timeZone)}`,
    tokensText(request, context),
    request.outcome === "ok" ? "" : text.timeline.failed,
    text.slowRequest.axis,
  ]);
  const sentences = explain(request, meanwhile, context);
  return {
    title,
    ...(simulated ? { tag: text.simulated } : {}),
    subtitle,
    legend: legendOf(request, meanwhile, context),
    description: [title, subtitle, ...sentences].join("; "),
    draw: (_kit, box, fontSize) =>
      drawPhases({ request, meanwhile, sentences }, { box, fontSize, text: context.text }),
  };
}

function choose(all: readonly RequestRecord[], id: string | undefined): SentRequest | undefined {
  const sent = all.filter(isSent);
  if (id !== undefined) return sent.find((request) => request.id === id);
  const well = sent.filter((request) => request.outcome === "ok");
  return (well.length > 0 ? well : sent).reduce<SentRequest | undefined>(
    (a, b) => a === undefined || endOf(b) - b.sentSeconds > endOf(a) - a.sentSeconds ? b : a,
    undefined,
  );
}

function tokensText({ promptTokens, outputTokens }: RequestRecord, { text }: ChartContext): string {
  if (outputTokens === undefined) return "";
  const prompt = promptTokens === undefined ? undefined : formatNumber(promptTokens);
  return text.slowRequest.tokens(prompt, formatNumber(outputTokens));
}

function legendOf(
  request: SentRequest,
  { phases }: ServerMeanwhile,
  { text }: ChartContext,
): readonly LegendEntry[] {
  const first = request.chunkTimesSeconds[0];
  const entry = (label: string, seconds: number | undefined, color: number): LegendEntry[] =>
    seconds === undefined
      ? []
      : [{ label, value: formatSeconds(seconds), color: seriesColor(color), mark: "bar" }];
  const { slowRequest, timeline } = text;
  const wait = (first ?? endOf(request)) - request.sentSeconds;
  return [
    ...entry(timeline.wait, wait, PHASE_COLOR.wait),
    ...entry(timeline.decode, first === undefined ? undefined : endOf(request) - first, PHASE_COLOR.decode),
    ...entry(slowRequest.ofServer(slowRequest.queue), phases.queue_time, PHASE_COLOR.queue),
    ...entry(slowRequest.ofServer(slowRequest.prefill), phases.prefill_time, PHASE_COLOR.prefill),
    ...entry(slowRequest.ofServer(timeline.decode), phases.decode_time, PHASE_COLOR.decode),
  ];
}

/** A pause this many times the usual is worth a sentence. */
const LONG_PAUSE = 5;

function explain(
  request: SentRequest,
  meanwhile: ServerMeanwhile,
  { text }: ChartContext,
): readonly string[] {
  const { slowRequest } = text;
  const first = request.chunkTimesSeconds[0];
  const whole = endOf(request) - request.sentSeconds;
  const sentences: string[] = [];
  if (first === undefined) sentences.push(slowRequest.noToken(formatSeconds(whole)));
  else if (whole > 0) {
    const wait = first - request.sentSeconds;
    sentences.push(slowRequest.share(formatRatio(wait / whole), formatSeconds(wait), formatSeconds(whole)));
  }
  const { state } = meanwhile;
  if (state.running !== undefined && state.waiting !== undefined) {
    const kv = state.kv_cache_usage === undefined ? undefined : formatRatio(state.kv_cache_usage);
    sentences.push(slowRequest.state(formatNumber(state.running), formatNumber(state.waiting), kv));
  }
  const pause = longestPause(request.chunkTimesSeconds);
  if (pause !== undefined && pause.longest >= LONG_PAUSE * pause.usual) {
    sentences.push(slowRequest.pause(formatSeconds(pause.longest), formatSeconds(pause.usual)));
  }
  return sentences;
}

/** Longest and median time between two chunks; undefined for fewer than three chunks. */
function longestPause(times: Float64Array): { readonly longest: number; readonly usual: number } | undefined {
  if (times.length < 3) return undefined;
  const pauses = times.subarray(1).map((time, index) => time - (times[index] ?? time)).sort();
  return { longest: pauses.at(-1) ?? 0, usual: pauses[Math.floor(pauses.length / 2)] ?? 0 };
}
