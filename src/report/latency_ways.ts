/**
 * One latency said in several ways, side by side: what a lifetime mean hides and a window shows.
 *
 * @module
 */
import { type WindowHistogram, windowHistograms } from "../analyzer/bounded_quantiles.ts";
import { outsideEngine } from "../analyzer/outside_engine.ts";
import { checkArgument, type Checks, needed, oneOf, POSITIVE } from "../base/arguments.ts";
import { checkView } from "../charts/chart_checks.ts";
import { clientDurations } from "../charts/client_lines.ts";
import { SOURCE } from "../series/arguments.ts";
import { isServer } from "../series/facts.ts";
import { boundedQuantile } from "../series/quantile_bounds.ts";
import { formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { percentile, sorted } from "../simulator/workload/distribution.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { outsideRemark, outsideText, outsideValue } from "../text/outside.ts";
import { punctuation } from "../text/punctuation.ts";
import { type TablesText, tablesText } from "../text/tables.ts";
import { type RenderedTable, renderTable } from "./table.ts";

/** Which latency, and over which window before the newest reading. */
export interface LatencyWaysOptions {
  /** The latency. */
  readonly quantity: "ttft" | "itl" | "tpot" | "e2e";
  /** The window, seconds; default 30. */
  readonly windowSeconds?: number;
  /** Default English. */
  readonly language?: Language;
}

const CHECKS: Checks<LatencyWaysOptions> = {
  quantity: needed(oneOf(["ttft", "itl", "tpot", "e2e"])),
  windowSeconds: POSITIVE,
  language: LANGUAGE,
};

/**
 * One latency in a table: the lifetime mean beside the mean and p95 of a window, from the server and from the users; of
 * several servers all together and each by itself. What cannot be had is n/a.
 *
 * Of the users as of the server counts what was over within the window: a first token that came, a gap that ended, a request
 * that ended.
 */
export async function latencyWays(source: MetricSource, options: LatencyWaysOptions): Promise<RenderedTable> {
  const call = 'latencyWays(collector, { quantity: "ttft" })';
  checkArgument(call, { source }, SOURCE);
  checkView<LatencyWaysOptions>(call, options, CHECKS);
  const text = tablesText(options.language ?? "en");
  const windowSeconds = options.windowSeconds ?? 30;
  const span = await source.span();
  if (span === undefined) return renderTable([{ title: text.way }, { title: text.value, numeric: true }], []);
  const window = { startSeconds: span.endSeconds - windowSeconds, endSeconds: span.endSeconds };
  const [all] = await windowHistograms(source, options.quantity, { span: window });
  const servers = (await source.facts()).filter(isServer);
  const each = servers.length > 1
    ? await windowHistograms(source, options.quantity, { span: window, by: ["target"] })
    : [];
  const client = await clientValues(source, options.quantity, window);
  const { semicolon } = punctuation(options.language ?? "en");
  const together = servers.length > 1 ? text.together(servers.length) : "";
  const mean = (of: WindowHistogram | undefined, name: string) =>
    said(
      of?.sum === undefined ? undefined : of.sum / of.count,
      [name, text.exact, countText(of, text)].filter(isSaid).join(semicolon),
      text,
    );
  const p95 = (of: WindowHistogram | undefined, name: string) => {
    const found = of === undefined ? undefined : boundedQuantile(0.95, of);
    const bounds = found === undefined
      ? ""
      : text.bucket(formatSeconds(found.lower), formatSeconds(found.upper));
    return said(found?.value, [name, bounds].filter(isSaid).join(semicolon), text);
  };
  const long = formatSeconds(windowSeconds);
  const ofServers = (figure: typeof mean, title: string) =>
    each.map((one) => [title, ...figure(one, one.labels.target ?? "")]);
  return renderTable(
    [{ title: text.way }, { title: text.value, numeric: true }, { title: text.remark }],
    [
      [text.lifetimeMean, ...said(await lifetimeMean(source, options, span), together, text)],
      [text.windowMean(long), ...mean(all, together)],
      ...ofServers(mean, text.windowMean(long)),
      [text.windowP95(long), ...p95(all, together)],
      ...ofServers(p95, text.windowP95(long)),
      [text.clientMean(long), ...said(meanOf(client), text.ofRequests(client.length), text)],
      [text.clientP95(long), ...said(percentile(client, 0.95), "", text)],
      ...await outsideRow(source, options, { window, long }),
    ],
  );
}

/** Of TTFT and E2E: those a server and a client both measure once a request. */
async function outsideRow(
  source: MetricSource,
  { quantity, language = "en" }: LatencyWaysOptions,
  { window, long }: { readonly window: TimeSpan; readonly long: string },
): Promise<readonly string[][]> {
  if (quantity !== "ttft" && quantity !== "e2e") return [];
  const one = (await outsideEngine(source, { span: window }))[quantity];
  if (one === undefined) return [];
  return [[outsideText(language).titleOf(long), outsideValue(one), outsideRemark(one, language)]];
}

function isSaid(part: string): boolean {
  return part !== "";
}

function countText(of: WindowHistogram | undefined, text: TablesText): string {
  return of === undefined ? "" : text.ofRequests(of.count);
}

/** Sum by count of the newest points, over all engines: what stands on the page, divided. */
async function lifetimeMean(
  source: MetricSource,
  options: LatencyWaysOptions,
  span: TimeSpan,
): Promise<number | undefined> {
  const newest = async (part: "sum" | "count") => {
    const series = await source.select({ quantity: options.quantity, part }, span);
    return series.reduce((total, one) => total + (one.values.at(-1) ?? 0), 0);
  };
  const count = await newest("count");
  return count > 0 ? await newest("sum") / count : undefined;
}

async function clientValues(
  source: MetricSource,
  quantity: LatencyWaysOptions["quantity"],
  span: TimeSpan,
): Promise<Float64Array> {
  // Requests are found by when they were due, which may be long before the window.
  const all = await source.requests({ startSeconds: 0, endSeconds: span.endSeconds });
  return sorted(clientDurations(all, quantity, span));
}

function meanOf(values: Float64Array): number | undefined {
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0) / values.length;
}

/** A figure and what is said of it; of one that is not there why not. */
function said(value: number | undefined, remark: string, text: TablesText): readonly [string, string] {
  return value === undefined || Number.isNaN(value)
    ? [NOT_AVAILABLE, text.noneEnded]
    : [formatSeconds(value), remark];
}
