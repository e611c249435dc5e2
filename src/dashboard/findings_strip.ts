/**
 * What the diagnosis says, as a card above the panels of a picture.
 *
 * @module
 */
import type { ChartContext } from "../charts/context.ts";
import { SMALL_PANEL, svgText, tenth } from "../charts/panel.ts";
import { BOLD_WIDTH, fitMiddle, wrap } from "../charts/text_width.ts";
import { COLOR } from "../charts/theme.ts";
import { type PageFinding, readFindings } from "./page_finding.ts";

/** A part of a picture over its whole width. */
export interface Strip {
  /** SVG whose top is at 0. */
  readonly svg: string;
  readonly height: number;
  /** The same in words. */
  readonly description: string;
}

/** More than these would push the charts away; how many others there are is said. */
const MOST_SHOWN = 3;
const { text: TEXT, title: TITLE } = SMALL_PANEL;
const LINE = TEXT * 1.4;
const PADDING = 10;
const GAP = 8;
const SENTENCE_LINES = 2;

/** The gravest findings of the context's span, of a long one those of its end, which is said; undefined where the diagnosis says nothing of the target. */
export async function findingsStrip(
  context: ChartContext,
  place: { readonly x: number; readonly width: number },
): Promise<Strip | undefined> {
  const { findings: all, title, judgedEnd } = await readFindings(context);
  if (all.length === 0) return undefined;
  const shown = all.slice(0, MOST_SHOWN);
  const left = place.x + PADDING;
  const width = place.width - 2 * PADDING;
  let y = PADDING;
  const parts: string[] = [];
  if (judgedEnd) {
    // Not of the whole span that the heading names.
    parts.push(svgText(title, { x: left, y: y + TEXT * 0.8, size: TEXT }));
    y += LINE;
  }
  for (const finding of shown) {
    const drawn = drawFinding(finding, { left, top: y, width });
    parts.push(drawn.svg);
    y += drawn.height + GAP;
  }
  const more = all.length - shown.length;
  if (more > 0) {
    parts.push(svgText(context.text.moreFindings(more), { x: left + 12, y: y + TEXT, size: TEXT }));
    y += LINE + GAP;
  }
  const height = y - GAP + PADDING;
  const card = `<rect x="${tenth(place.x)}" y="0.5" width="${tenth(place.width)}" height="${
    tenth(height - 1)
  }" rx="6" fill="${COLOR.card}" stroke="${COLOR.grid}"/>`;
  return {
    svg: card + parts.join(""),
    height,
    description: shown.map(({ heading, sentence }) => `${heading}: ${sentence}`).join(" "),
  };
}

function drawFinding(
  finding: PageFinding,
  place: { readonly left: number; readonly top: number; readonly width: number },
): { readonly svg: string; readonly height: number } {
  const x = place.left + 12;
  const width = place.width - 12;
  const lines = wrap(finding.sentence, { width, fontSize: TEXT, maxLines: SENTENCE_LINES });
  const height = TITLE * 1.2 + lines.length * LINE;
  const bar = `<rect x="${tenth(place.left)}" y="${tenth(place.top)}" width="4" height="${
    tenth(height)
  }" rx="2" fill="${severityColor(finding.severity)}"/>`;
  const heading = svgText(fitMiddle(finding.heading, width, TITLE * BOLD_WIDTH), {
    x,
    y: place.top + TITLE * 0.9,
    size: TITLE,
    color: COLOR.text,
    bold: true,
  });
  const sentence = lines.map((line, index) =>
    svgText(line, { x, y: place.top + TITLE * 1.2 + (index + 0.8) * LINE, size: TEXT, color: COLOR.text })
  );
  return { svg: bar + heading + sentence.join(""), height };
}

function severityColor(severity: PageFinding["severity"]): string {
  switch (severity) {
    case "critical":
      return COLOR.bad;
    case "warning":
      return COLOR.warn;
    case "info":
      return COLOR.muted;
  }
}
