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
  spanText,
  subtitleOf,
} from "../charts/context.ts";
import { drawPanel, type Panel, SMALL_PANEL, svgText } from "../charts/panel.ts";
import { makePicture, type Picture } from "../charts/picture.ts";
import { loadPlotKit } from "../charts/plot_kit.ts";
import { latencyPanel } from "../charts/latency_panel.ts";
import { requestsPanel } from "../charts/server_panels.ts";
import { statusPanel } from "../charts/status_panel.ts";
import { cpuPanel, gpuPanel, memoryPanel } from "../charts/system_panels.ts";
import { fitMiddle } from "../charts/text_width.ts";
import { COLOR } from "../charts/theme.ts";
import type { MetricSource } from "../series/types.ts";

/** Width for which text and lines are chosen: shown at 868 px in JupyterLab, so an 11 px label stays readable. */
const WIDTH = 900;
const MARGIN = 12;
const HEADING = 50;
const PANEL_HEIGHT = 216;
const COLUMNS = 3;

/**
 * The lab's six panels: processor, memory, GPU memory; requests, latency, and how full everything is now.
 * A panel without data keeps its place and says why. Equal input gives equal bytes.
 */
export async function drawSnapshot(source: MetricSource, options: ChartOptions = {}): Promise<Picture> {
  const context = await readContext(source, options);
  return await drawGrid(context, await snapshotPanels(context), options);
}

/** The six panels of the static dashboard. */
export function snapshotPanels(context: ChartContext): Promise<readonly Panel[]> {
  const short = { withSpan: false };
  return Promise.all([
    cpuPanel(context, short),
    memoryPanel(context, short),
    gpuPanel(context, short),
    requestsPanel(context, short),
    latencyPanel(context, short),
    statusPanel(context),
  ]);
}

/** Panels in rows of three under a heading that names what is watched, when, and in which zone. */
export async function drawGrid(
  context: ChartContext,
  panels: readonly Panel[],
  options: ChartOptions & { readonly title?: string } = {},
): Promise<Picture> {
  const kit = await loadPlotKit();
  const width = (WIDTH - MARGIN * (COLUMNS + 1)) / COLUMNS;
  const rows = Math.ceil(panels.length / COLUMNS);
  const height = HEADING + rows * (PANEL_HEIGHT + MARGIN);
  const title = options.title ?? context.text.dashboard;
  const subtitle = subtitleOf([whatIsWatched(context), spanText(context)]);
  const heading = svgText(fitMiddle(title, WIDTH - 2 * MARGIN, 18), {
    x: MARGIN,
    y: 24,
    size: 17,
    color: COLOR.text,
    bold: true,
  }) + svgText(fitMiddle(subtitle === "" ? context.text.nothingYet : subtitle, WIDTH - 2 * MARGIN, 11), {
    x: MARGIN,
    y: 41,
    size: 11,
  });
  const body = panels.map((panel, index) => {
    const box = {
      x: MARGIN + (index % COLUMNS) * (width + MARGIN),
      y: HEADING + Math.floor(index / COLUMNS) * (PANEL_HEIGHT + MARGIN),
      width,
      height: PANEL_HEIGHT,
    };
    return drawPanel(panel, { kit, box, sizes: SMALL_PANEL });
  }).join("");
  const description = panels.map((panel) => panel.description).join(". ");
  return makePicture({ title, description, width: WIDTH, height, body: heading + body }, options);
}

/** `127.0.0.1:8000 vLLM 0.32.0 Qwen3-8B (simulated)`; of many targets the first and how many more. */
export function whatIsWatched(context: ChartContext): string {
  const servers = factsOf(context, "server");
  const [first] = servers;
  if (first === undefined) return "";
  const parts = [first.address ?? first.target, first.kind, first.version, first.models?.join(", ")];
  const more = servers.length > 1 ? ` +${servers.length - 1}` : "";
  const simulated = servers.every((each) => each.simulated) ? ` (${context.text.simulated})` : "";
  return parts.filter((part) => part !== undefined && part !== "").join(" ") + more + simulated;
}
