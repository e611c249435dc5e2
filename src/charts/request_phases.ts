/**
 * Draws one request: bars of phases and a tick for every chunk, on an axis of elapsed time.
 *
 * @module
 */
import { formatSeconds } from "../base/format.ts";
import type { ChartsText } from "../text/charts.ts";
import { type Box, svgText, tenth } from "./panel.ts";
import { SERVER_PHASES, type ServerMeanwhile } from "./server_meanwhile.ts";
import { endOf, PHASE_COLOR, type SentRequest } from "./sent_request.ts";
import { fitEnd, textWidth, wrap } from "./text_width.ts";
import { COLOR, seriesColor } from "./theme.ts";
import { linearAxis } from "./ticks.ts";
import { formatTick } from "./units.ts";

/** What is drawn. */
export interface ExplainedRequest {
  readonly request: SentRequest;
  readonly meanwhile: ServerMeanwhile;
  readonly sentences: readonly string[];
}

interface Place {
  readonly box: Box;
  readonly fontSize: number;
  readonly text: ChartsText;
}

interface Segment {
  readonly from: number;
  readonly to: number;
  readonly color: number;
}

const BAR = 14;
const GAP = 6;
const TICKS_HEIGHT = 12;

/** Three rows (the request, its chunks, the server meanwhile), the axis, the sentences. */
export function drawPhases({ request, meanwhile, sentences }: ExplainedRequest, place: Place): string {
  const { box, fontSize, text } = place;
  const names = [text.slowRequest.thisRequest, text.slowRequest.chunks, serverName(meanwhile, text)];
  const left = Math.min(box.width * 0.35, Math.max(...names.map((name) => textWidth(name, fontSize)))) + 10;
  const mine = segmentsOf(request);
  const servers = serverSegments(meanwhile);
  const longest = Math.max(endOf(request) - request.sentSeconds, servers.at(-1)?.to ?? 0, 1e-6);
  const axis = linearAxis({ unit: "seconds", minimum: 0, maximum: longest, steps: 6 });
  const [, last] = axis.domain;
  const width = box.width - left - 20;
  const pixels = (seconds: number) => box.x + left + (seconds / last) * width;
  // Over each bar stand its durations: no colour of a bar has the contrast that text needs.
  const top = box.y + fontSize + 6;
  const tops = [top, top + BAR + 4, top + BAR + TICKS_HEIGHT + 4 + GAP + fontSize];
  const bottom = (tops[2] ?? top) + BAR + 6;
  const grid = axis.ticks.map((tick) => {
    const x = tenth(pixels(tick));
    return `<path d="M${x},${tenth(box.y + 2)}V${tenth(bottom)}" stroke="${COLOR.grid}"/>` +
      svgText(formatTick(tick, "seconds", text), {
        x: pixels(tick),
        y: bottom + fontSize + 3,
        size: fontSize,
        anchor: "middle",
      });
  });
  const rowName = (index: number, height: number) =>
    svgText(wrap(names[index] ?? "", { width: left - 8, fontSize, maxLines: 1 })[0] ?? "", {
      x: box.x + left - 10,
      y: (tops[index] ?? top) + height / 2 + fontSize * 0.35,
      size: fontSize,
      color: COLOR.text,
      anchor: "end",
    });
  const bars = (segments: readonly Segment[], index: number) =>
    segments.map((segment) => drawBar(segment, { y: tops[index] ?? top, pixels, fontSize })).join("");
  return [
    ...grid,
    rowName(0, BAR) + bars(mine, 0),
    rowName(1, TICKS_HEIGHT) + drawChunks(request, { y: tops[1] ?? top, pixels }),
    rowName(2, BAR) +
    (meanwhile.absent === undefined
      ? bars(servers, 2)
      : svgText(fitEnd(meanwhile.absent, width - 8, fontSize), {
        x: pixels(0) + 4,
        y: (tops[2] ?? top) + BAR / 2 + fontSize * 0.35,
        size: fontSize,
      })),
    drawSentences(sentences, { ...place, box: { ...box, y: bottom + fontSize + 14 } }),
  ].join("");
}

function serverName({ count }: ServerMeanwhile, text: ChartsText): string {
  return count === undefined ? text.server : text.slowRequest.serverMean(count);
}

function segmentsOf(request: SentRequest): readonly Segment[] {
  const { sentSeconds, chunkTimesSeconds } = request;
  const whole = endOf(request) - sentSeconds;
  const first = (chunkTimesSeconds[0] ?? endOf(request)) - sentSeconds;
  const wait = { from: 0, to: first, color: PHASE_COLOR.wait };
  return first < whole ? [wait, { from: first, to: whole, color: PHASE_COLOR.decode }] : [wait];
}

const SERVER_COLORS = [PHASE_COLOR.queue, PHASE_COLOR.prefill, PHASE_COLOR.decode];

function serverSegments({ phases }: ServerMeanwhile): readonly Segment[] {
  let from = 0;
  return SERVER_PHASES.flatMap((name, index) => {
    const seconds = phases[name];
    if (seconds === undefined) return [];
    const segment = { from, to: from + seconds, color: SERVER_COLORS[index] ?? 0 };
    from = segment.to;
    return [segment];
  });
}

function drawBar(
  { from, to, color }: Segment,
  place: { readonly y: number; readonly pixels: (seconds: number) => number; readonly fontSize: number },
): string {
  const { y, pixels, fontSize } = place;
  const width = Math.max(1, pixels(to) - pixels(from) - 1);
  const label = formatSeconds(to - from);
  const bar = `<rect x="${tenth(pixels(from))}" y="${tenth(y)}" width="${
    tenth(width)
  }" height="${BAR}" rx="2" fill="${seriesColor(color)}"/>`;
  // What does not fit stands in the legend.
  if (textWidth(label, fontSize) > width) return bar;
  return bar + svgText(label, {
    x: pixels(from) + 1,
    y: y - 3,
    size: fontSize,
    color: COLOR.text,
  });
}

/** A tick for each chunk, one for each half pixel at most. */
function drawChunks(
  { chunkTimesSeconds, sentSeconds }: SentRequest,
  place: { readonly y: number; readonly pixels: (seconds: number) => number },
): string {
  const { y, pixels } = place;
  const places = new Set(
    Array.from(chunkTimesSeconds, (time) => Math.round(pixels(time - sentSeconds) * 2) / 2),
  );
  if (places.size === 0) return "";
  const path = [...places].map((x) => `M${x},${tenth(y)}v${TICKS_HEIGHT}`).join("");
  return `<path d="${path}" stroke="${COLOR.muted}"/>`;
}

function drawSentences(sentences: readonly string[], { box, fontSize }: Place): string {
  const lines = sentences.flatMap((each) => wrap(each, { width: box.width, fontSize, maxLines: 2 }));
  return lines.map((line, index) =>
    svgText(line, { x: box.x, y: box.y + (index + 0.8) * fontSize * 1.5, size: fontSize, color: COLOR.text })
  ).join("");
}
