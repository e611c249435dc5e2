/**
 * One latency as the server says and as the client saw it, on one axis.
 *
 * @module
 */
import { outsideEngine } from "../analyzer/outside_engine.ts";
import { type Checks, FLAG } from "../base/arguments.ts";
import { QUANTITY } from "../catalog/quantities.ts";
import { CHART_CHECKS, checkChart, QUANTILES } from "./chart_checks.ts";
import { formatSeconds } from "../base/format.ts";
import type { QuantityName } from "../catalog/types.ts";
import { hasSeveralServers } from "../series/facts.ts";
import type { MetricSource } from "../series/types.ts";
import { outsideFigure, outsideText } from "../text/outside.ts";
import { punctuation } from "../text/punctuation.ts";
import { shortQuantityTitle } from "../text/quantities.ts";
import { clientLine } from "./client_lines.ts";
import {
  type ChartContext,
  type ChartOptions,
  marksOf,
  objectiveLimits,
  readContext,
  simulatedTag,
  spanText,
  subtitleOf,
} from "./context.ts";
import { gapsOf } from "./gaps.ts";
import { windowLines } from "./lines.ts";
import { panelPicture, type Picture } from "./picture.ts";
import { latencyLine, quantileColor, quantileName } from "./latency_panel.ts";
import { absentReason, type PanelOptions } from "./system_panels.ts";
import { togetherText } from "./server_latency_lines.ts";
import { makeTimePanel, type TimeLine, type TimePanel } from "./time_panel.ts";

/** What is compared. */
export interface ClientServerOptions extends PanelOptions {
  /** Default `ttft`. */
  readonly quantity?: QuantityName;
  /** Default 0.5 and 0.95. */
  readonly quantiles?: readonly number[];
}

const CHECKS: Checks<ChartOptions & ClientServerOptions> = {
  ...CHART_CHECKS,
  withSpan: FLAG,
  quantity: QUANTITY,
  quantiles: QUANTILES,
};

/**
 * Server quantiles (solid, with the bucket of the highest) beside the client's (dashed, exact where rows are kept); the server's
 * exact mean where there is no client.
 */
export async function clientServerChart(
  source: MetricSource,
  options: ChartOptions & ClientServerOptions = {},
): Promise<Picture> {
  checkChart('clientServerChart(collector, { quantity: "ttft" })', source, options, CHECKS);
  const context = await readContext(source, options);
  return await panelPicture(await clientServerPanel(context, options), options);
}

/** The client's highest quantile as in every latency panel; green stays the mean's. */
function clientColor(quantiles: readonly number[], index: number): number {
  return index === quantiles.length - 1 ? 3 : 5;
}

/** The panel of {@link clientServerChart}. */
export async function clientServerPanel(
  context: ChartContext,
  options: ClientServerOptions = {},
): Promise<TimePanel> {
  const quantity = options.quantity ?? "ttft";
  const quantiles = options.quantiles ?? [0.5, 0.95];
  const { text } = context;
  const pairs = await Promise.all(quantiles.map(async (q, index) => {
    const [server, client] = await Promise.all([
      windowLines(context, quantity, {
        fn: { kind: "histogram_bounded_quantile", quantile: q },
        side: "server",
      }),
      clientLine(context, quantity, q),
    ]);
    const name = quantileName(q);
    const band = index === quantiles.length - 1;
    return {
      server: server.slice(0, 1).map((line) =>
        latencyLine(line, { label: name, color: quantileColor(quantiles, index), band })
      ),
      client: client === undefined ? [] : [
        latencyLine(client, {
          label: `${text.client} ${name}`,
          color: clientColor(quantiles, index),
          // Two dashed lines would be one for who cannot tell their colours.
          dashed: band ? "dashed" : "dotted",
        }),
      ],
    };
  }));
  // The exact mean where the client tells nothing: with its lines there would be five. A live page begins with what there is.
  const isAlone = context.live === undefined && pairs.every(({ client }) => client.length === 0);
  const means = isAlone
    ? await windowLines(context, quantity, { fn: { kind: "histogram_mean" }, side: "server" })
    : [];
  const lines: readonly TimeLine[] = [
    ...pairs.flatMap(({ server, client }) => [...server, ...client]),
    ...means.slice(0, 1).map((line) => latencyLine(line, { label: text.mean, color: 2, dashed: "dotted" })),
  ];
  // A title promises nothing that is not there.
  const sides = new Set(pairs.flatMap(({ server, client }) => [
    ...server.map(() => "server"),
    ...client.map(() => "client"),
  ]));
  const title = text.quantities[quantity];
  return makeTimePanel({
    title: sides.size === 2 ? text.clientServer(shortQuantityTitle(title)) : title,
    ...simulatedTag(context, "server"),
    subtitle: subtitleOf([
      text.axis.seconds,
      text.windows(formatSeconds(context.rangeSeconds)),
      lines.some((line) => line.upper !== undefined)
        ? text.bandOf(quantileName(quantiles.at(-1) ?? 0.95))
        : "",
      togetherText(context),
      sides.size === 2 ? await outsidePart(context, quantity) : "",
      options.withSpan ?? true ? spanText(context) : "",
    ]),
    ...(lines.length > 0 ? {} : { absent: absentReason(context, quantity, "server") }),
    text,
  }, {
    span: context.span ?? { startSeconds: 0, endSeconds: 0 },
    timeZone: context.timeZone,
    unit: "seconds",
    scale: "linear",
    lines,
    marks: marksOf(context, "server", { phases: true }),
    gaps: gapsOf(context, "server"),
    limits: objectiveLimits(context, quantity),
  });
}

/** What of the latency lies outside the servers' clock, over the whole picture; "" where that cannot be asked. */
async function outsidePart(context: ChartContext, quantity: QuantityName): Promise<string> {
  // A live page asks for a piece at a time; of one server of several the client's requests are not known apart.
  const isPart = context.live !== undefined ||
    (context.target !== undefined && hasSeveralServers(context.facts));
  if (context.span === undefined || isPart || (quantity !== "ttft" && quantity !== "e2e")) return "";
  const one = (await outsideEngine(context.source, { span: context.span }))[quantity];
  if (one === undefined) return "";
  const { language } = context;
  return outsideText(language).title + punctuation(language).colon + outsideFigure(one, language);
}
