/**
 * The static dashboard: two rows of three panels as one SVG.
 *
 * @module
 */
import {
  type ChartContext,
  type ChartOptions,
  factsOf,
  readContext,
  SMALL_PANEL_POINTS,
  spanText,
  subtitleOf,
} from "../charts/context.ts";
import { markKey } from "../charts/mark_labels.ts";
import { drawPanel, headHeight, type Panel, sharedNumbers, SMALL_PANEL, svgText } from "../charts/panel.ts";
import { makePicture, type Picture } from "../charts/picture.ts";
import { loadPlotKit } from "../charts/plot_kit.ts";
import { latencyPanel } from "../charts/latency_panel.ts";
import { outcomesPanel, throughputPanel } from "../charts/rate_panels.ts";
import { kvCachePanel, requestsPanel } from "../charts/server_panels.ts";
import { statusPanel } from "../charts/status_panel.ts";
import { cpuPanel, gpuPanel, memoryPanel } from "../charts/system_panels.ts";
import { BOLD_WIDTH, fitMiddle, wrap } from "../charts/text_width.ts";
import { COLOR } from "../charts/theme.ts";
import type { MetricSource } from "../series/types.ts";
import { findingsStrip } from "./findings_strip.ts";
import { punctuation } from "../text/punctuation.ts";

/** Width for which text and lines are chosen: shown at 868 px in JupyterLab, so an 11 px label stays readable. */
const WIDTH = 900;
const MARGIN = 12;
const HEADING = 50;
const PANEL_HEIGHT = 216;
/** At least so much of a panel is left for its drawing, however long the legend of one in its row is. */
const LEAST_BODY = 126;
const COLUMNS = 3;
/** Font size of what numbers at rules mean. */
const KEY_SIZE = 10.5;

/**
 * The lab's six panels: processor, memory, GPU memory; requests, latency, and how full everything is now. Of a server whose
 * machine nobody watches (a recording of one, say): requests, throughput, KV cache; TTFT, ITL, and how requests ended.
 * A panel without data keeps its place and says why. Equal input gives equal bytes.
 */
export async function drawSnapshot(source: MetricSource, options: ChartOptions = {}): Promise<Picture> {
  const context = await readContext(source, { ...options, mostPoints: SMALL_PANEL_POINTS });
  return await drawGrid(context, await snapshotPanels(context), options);
}

/** The six panels of the static dashboard. Where nobody watches the machine, a server's own stand in the machine's places. */
export function snapshotPanels(context: ChartContext): Promise<readonly Panel[]> {
  const short = { withSpan: false };
  if (isServerAlone(context)) {
    return Promise.all([
      requestsPanel(context, short),
      throughputPanel(context, short),
      kvCachePanel(context, short),
      latencyPanel(context, short),
      latencyPanel(context, { ...short, quantity: "itl" }),
      outcomesPanel(context, short),
    ]);
  }
  return Promise.all([
    cpuPanel(context, short),
    memoryPanel(context, short),
    gpuPanel(context, short),
    requestsPanel(context, short),
    latencyPanel(context, short),
    statusPanel(context),
  ]);
}

/** A server is watched, and neither its machine nor a GPU (not even that there is none is known): panels of those would be empty. */
export function isServerAlone(context: ChartContext): boolean {
  return factsOf(context, "server").length > 0 && factsOf(context, "host").length === 0 &&
    factsOf(context, "gpu").length === 0;
}

/** What a grid is told besides how it looks. */
export interface GridOptions extends ChartOptions {
  readonly title?: string;
  /** Puts what the diagnosis says above the panels. */
  readonly findings?: boolean;
}

/** Panels in rows of three under a heading that names what is watched, when, and in which zone. */
export async function drawGrid(
  context: ChartContext,
  panels: readonly Panel[],
  options: GridOptions = {},
): Promise<Picture> {
  const kit = await loadPlotKit();
  const inner = WIDTH - 2 * MARGIN;
  const title = options.title ?? context.text.dashboard;
  const strip = options.findings === true
    ? await findingsStrip(context, { x: MARGIN, width: inner })
    : undefined;
  const width = (WIDTH - MARGIN * (COLUMNS + 1)) / COLUMNS;
  const numbers = sharedNumbers(panels, width, SMALL_PANEL);
  const key = wrap(markKey(numbers), { width: inner, fontSize: KEY_SIZE, maxLines: 3 });
  const heading = HEADING + key.length * KEY_SIZE * 1.4;
  const top = heading + (strip === undefined ? 0 : strip.height + MARGIN);
  const rows = Array.from(
    { length: Math.ceil(panels.length / COLUMNS) },
    (_, row) => panels.slice(row * COLUMNS, (row + 1) * COLUMNS),
  );
  let y = top;
  const body = rows.flatMap((row) => {
    // Drawings side by side begin at one height, whatever stands above each.
    const head = Math.max(...row.map((panel) => headHeight(panel, width, SMALL_PANEL)));
    const height = Math.max(PANEL_HEIGHT, Math.ceil(head + LEAST_BODY));
    const boxes = row.map((_, column) => ({ x: MARGIN + column * (width + MARGIN), y, width, height }));
    y += height + MARGIN;
    return row.map((panel, column) =>
      drawPanel(panel, { kit, box: boxes[column]!, sizes: SMALL_PANEL, headHeight: head, numbers })
    );
  });
  const parts = [
    drawHeading(context, title),
    ...key.map((line, index) =>
      svgText(line, { x: MARGIN, y: HEADING - 9 + (index + 1) * KEY_SIZE * 1.4, size: KEY_SIZE })
    ),
    ...(strip === undefined ? [] : [`<g transform="translate(0,${heading})">${strip.svg}</g>`]),
    ...body,
  ];
  const description = [strip?.description ?? "", ...panels.map((panel) => panel.description)];
  return makePicture({
    title,
    description: description.filter((part) => part !== "").join(". "),
    width: WIDTH,
    height: y,
    body: parts.join(""),
  }, options);
}

function drawHeading(context: ChartContext, title: string): string {
  const inner = WIDTH - 2 * MARGIN;
  const subtitle = subtitleOf([whatIsWatched(context), spanText(context)]);
  return svgText(fitMiddle(title, inner, 17 * BOLD_WIDTH), {
    x: MARGIN,
    y: 24,
    size: 17,
    color: COLOR.text,
    bold: true,
  }) +
    svgText(fitMiddle(subtitle === "" ? context.text.nothingYet : subtitle, inner, 11), {
      x: MARGIN,
      y: 41,
      size: 11,
    });
}

/** `127.0.0.1:8000 vLLM 0.32.0 Qwen3-8B (simulated)`; of many targets the first and how many more. */
export function whatIsWatched(context: ChartContext): string {
  const servers = factsOf(context, "server");
  const [first] = servers;
  if (first === undefined) return "";
  const parts = [first.address ?? first.target, first.kind, first.version, first.models?.join(", ")];
  const more = servers.length > 1 ? ` +${servers.length - 1}` : "";
  const simulated = servers.every((each) => each.simulated)
    ? punctuation(context.language).bracket(context.text.simulated)
    : "";
  return parts.filter((part) => part !== undefined && part !== "").join(" ") + more + simulated;
}
