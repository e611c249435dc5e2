/**
 * The interactive dashboard: one HTML page that needs nothing but itself.
 *
 * @module
 */
import { escapeHtml, scriptJson } from "../base/escape.ts";
import { type ChartContext, type ChartOptions, readContext } from "../charts/context.ts";
import type { MetricSource } from "../series/types.ts";
import { readPageData } from "./page_data.ts";
import { pageControls } from "./page_controls.ts";
import { type PageEvidence, type PageFinding, readFindings } from "./page_finding.ts";
import { bundleScripts, readPageFile, readUplot } from "./page_files.ts";
import { drawGrid, snapshotPanels } from "./snapshot.ts";

/** An interactive dashboard for a file and for a notebook. */
export interface InteractiveDashboard {
  /** A whole HTML document: opens from disk, asks for nothing over the network. */
  readonly page: string;
  /** For a notebook: the picture, a line of text, then the page in a frame. An untrusted notebook keeps the first two. */
  readonly html: string;
  /** For a place without HTML. */
  readonly text: string;
}

/** Height of the frame in a notebook until its page has told its own; where that is not heard, the page scrolls in it. */
const FRAME_HEIGHT = 620;
/** Draws what a source holds as an interactive page. */
export async function interactiveDashboard(
  source: MetricSource,
  options: ChartOptions = {},
): Promise<InteractiveDashboard> {
  const context = await readContext(source, options);
  const page = await makePage(context);
  const picture = await drawGrid(context, await snapshotPanels(context), options);
  const image = (await picture.png()).toBase64();
  const { text } = context;
  // Run once for each output, so in a scope of its own.
  const script = `{${await bundleScripts("notebook.js")}}`;
  // A front end that does not trust the notebook drops the frame and the style: then, and only then, the picture is seen.
  const html = `<div class="lab-last-state">` +
    `<img alt="${escapeHtml(picture.title)}" style="max-width:100%" src="data:image/png;base64,${image}">` +
    `<p>${escapeHtml(text.interactive.loaded)}</p></div><style>.lab-last-state { display: none; }</style>` +
    `<script>${inScript(script)}</script><iframe title="${
      escapeHtml(picture.title)
    }" data-lab-page sandbox="allow-scripts" width="100%"` +
    ` style="border:0;height:${FRAME_HEIGHT}px" srcdoc="${attribute(page)}"></iframe>`;
  return { page, html, text: `${picture.title}: ${text.interactive.loaded}` };
}

/** A quoted attribute needs only these two replaced; the page is ours and its data is already safe. */
function attribute(page: string): string {
  return page.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

async function makePage(context: ChartContext): Promise<string> {
  const [data, findings, uplot, style, script] = await Promise.all([
    readPageData(context),
    readFindings(context),
    readUplot(),
    readPageFile("page.css"),
    bundleScripts("interactive.js"),
  ]);
  const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
  return `<!doctype html>
<html lang="${context.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(data.title)}</title>
<style>${uplot.style}${style}</style>
</head>
<body>
<header><h1>${escapeHtml(data.title)}</h1><p>${escapeHtml(data.subtitle)}</p>${
    pageControls(context.text, context.language)
  }</header>
${findingsSection(findings)}<main></main>
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${inScript(uplot.script)}</script>
<script type="module">${inScript(script)}</script>
</body>
</html>
`;
}

/** As the live page shows them, but for good. */
function findingsSection({ title, findings }: Awaited<ReturnType<typeof readFindings>>): string {
  if (findings.length === 0) return "";
  const item = ({ severity, heading, sentence, advice, evidence }: PageFinding) =>
    `<li class="${severity}"><strong>${escapeHtml(heading)}</strong><p>${escapeHtml(sentence)}</p>${
      advice === undefined ? "" : `<p>${escapeHtml(advice)}</p>`
    }${evidence === undefined ? "" : evidenceButton(evidence)}</li>`;
  return `<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">${escapeHtml(title)}</h2>
<ul>${findings.map(item).join("")}</ul>
</section>
`;
}

function evidenceButton({ label, from, to, panel }: PageEvidence): string {
  return `<button type="button" data-from="${from}" data-to="${to}" data-panel="${panel}">${
    escapeHtml(label)
  }</button>`;
}

/** No text inside a script may end it. */
function inScript(code: string): string {
  return code.replaceAll("</script", "<\\/script");
}
