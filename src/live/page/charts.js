// @ts-check
// Panels of lines drawn with uPlot: one cursor over all, zoom over all, values under the cursor in the legend.
import { axesOf, clocks, isOneDay, rangeOf, rangeWords } from "./axes.js";
import { formatDisplay } from "./format.js";
import { drawGaps, drawMarks, drawWindows, showKeys } from "./overlays.js";
import { loneIndices, nearestKnown, ownTime } from "./points.js";

/**
 * @typedef {import("uplot")} Plot
 * @typedef {(number | null)[]} Values
 * @typedef {"dashed" | "dotted" | "dashdot"} Dash
 * @typedef {{ label: string, color: number, dashed: boolean | Dash, step: boolean, filled: boolean, t: number[], v: Values,
 *   lower?: Values, upper?: Values, spread?: boolean }} PageLine
 * @typedef {{ label: string, color: number, t: number[], lower: Values, upper: Values }} PageBand
 * @typedef {readonly [number, number] | readonly [number, number, string]} PageGap from, to, and of several targets how many
 *   answered
 * @typedef {{ id: string, title: string, subtitle: string, unit: string, absent?: string, lines: PageLine[],
 *   bands: PageBand[], marks: { t: number, label: string, bad: boolean }[], gaps: PageGap[],
 *   limits: { value: number, label: string }[], changes?: { t: number, label: string }[] }} PagePanel
 * @typedef {{ tokens: string, requests: string, events: string }} PerSecond
 * @typedef {{ title: string, subtitle: string, language: string, timeZone: string, startSeconds: number,
 *   endSeconds: number, perSecond: PerSecond, hint: string, time: string, maximum?: string, panels: PagePanel[],
 *   findings?: import("./findings.js").PageFindings }} PageData
 * @typedef {{ series: string[], text: string, muted: string, grid: string, bad: string, warn: string,
 *   card: string }} Palette
 * @typedef {{ color: number, t: number[], upper: Values, lower: Values, spread?: boolean }} Band
 * @typedef {{ t: number[], v: Values, line?: PageLine, edgeOf?: Band, closes?: boolean }} Column
 */

/** uPlot's script stands before this one and leaves a global. */
const uPlot = /** @type {typeof import("uplot")} */ (Reflect.get(globalThis, "uPlot"));
const HEIGHT = 214;
/** Above the lines stand the words of rules. */
const WORDS_HEIGHT = 15;
/** The longest that new points wait to be drawn. */
const LONGEST_WAIT_SECONDS = 5;

/** The theme's colours, as the page's style sheet has them. @returns {Palette} */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const get = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    series: [0, 1, 2, 3, 4, 5].map((index) => get(`--series-${index}`)),
    text: get("--text"),
    muted: get("--muted"),
    grid: get("--grid"),
    bad: get("--bad"),
    warn: get("--warn"),
    card: get("--card"),
  };
}

/** @param {Palette} colors @param {number} index */
const seriesColor = (colors, index) => colors.series[index % 6] ?? colors.text;

/** Lengths of strokes and gaps. @type {Record<Dash, number[]>} */
const DASHES = { dashed: [5, 3], dotted: [1.6, 2.4], dashdot: [7, 2, 1.6, 2] };

/** The border of a swatch; there is none of dashes and dots. @param {boolean | Dash | undefined} dashed */
const borderOf = (dashed) => dashed === "dotted" ? "dotted" : dashed ? "dashed" : "solid";

/** Lines, and the edges of bands as columns of their own, each pair closed by its second. @param {PagePanel} panel */
function columnsOf(panel) {
  /** @type {Column[]} */
  const columns = [];
  for (const line of panel.lines) {
    columns.push({ t: line.t, v: line.v, line });
    if (line.upper && line.lower) columns.push(...edges({ ...line, upper: line.upper, lower: line.lower }));
  }
  for (const band of panel.bands) columns.push(...edges(band));
  return columns;
}

/** @param {Band} band @returns {Column[]} */
function edges(band) {
  return [
    { t: band.t, v: band.upper, edgeOf: band },
    { t: band.t, v: band.lower, edgeOf: band, closes: true },
  ];
}

/** uPlot's name for it: a break reaches from the line's point before to its next, over the times of other lines between. */
const NULL_EXPAND = 2;

/**
 * One time axis: null where a line breaks, also at the times that only other lines have in that gap, else it would be drawn
 * through them; undefined where only another line has the time.
 *
 * @param {Column[]} columns
 */
export function align(columns) {
  const [first] = columns;
  if (columns.length === 1 && first) return /** @type {import("uplot").AlignedData} */ ([first.t, first.v]);
  return uPlot.join(columns.map(({ t, v }) => [t, v]), columns.map(() => [NULL_EXPAND, NULL_EXPAND]));
}

/** @param {string} text */
function label(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}

/** @param {Plot} plot */
const isUnderCursor = (plot) => (plot.cursor.left ?? -1) >= 0;

/** @param {PageLine} line */
const highestOf = ({ v, upper, spread }) =>
  (spread && upper || v).reduce(
    (/** @type {number} */ most, value) => Math.max(most, value ?? -Infinity),
    -Infinity,
  );

/** The last known value of each line in the legend. @param {Plot} plot */
function showNewest(plot) {
  const [times = []] = plot.data;
  plot.setLegend({ idxs: plot.data.map((values) => nearestKnown(values, times.length - 1, times)) }, false);
}

/**
 * The view that all panels of a page share: cursor, zoom, theme.
 *
 * @param {PageData} page
 * @param {(range: { startSeconds: number, endSeconds: number } | undefined, words?: string) => void} [onRange] told which part
 *   of the time is shown, undefined for the whole
 */
export function makeView(page, onRange = () => {}) {
  /** @type {Plot[]} */
  const plots = [];
  const clock = clocks(page.timeZone);
  let span = { startSeconds: page.startSeconds, endSeconds: page.endSeconds };
  let spanBefore = span;
  /** @type {{ letter: string, range: { startSeconds: number, endSeconds: number } }[]} */
  let windows = [];

  /** Keeps the time range of all panels the same; the comparison ends the chain of calls. @param {Plot} source */
  function follow(source) {
    const { min, max } = source.scales.x ?? {};
    if (typeof min !== "number" || typeof max !== "number") return;
    for (const plot of plots) {
      const { min: low, max: high } = plot.scales.x ?? {};
      if (low !== min || high !== max) plot.setScale("x", { min, max });
    }
    if (source !== plots[0]) return;
    const isWhole = [span, spanBefore].some((each) => min === each.startSeconds && max === each.endSeconds);
    if (isWhole) onRange(undefined);
    else {
      const range = { startSeconds: min, endSeconds: max };
      onRange(range, rangeWords(range, clock, span));
    }
  }

  /** @param {{ startSeconds: number, endSeconds: number }} range */
  function zoom({ startSeconds, endSeconds }) {
    plots[0]?.setScale("x", { min: startSeconds, max: endSeconds });
  }

  /** Words that have no place, by panel: where all panels have the same, they are explained once. */
  const keys = new Map();
  let keysWait = false;
  /** @param {HTMLElement} host @param {import("./overlays.js").Key} key */
  function setKey(host, key) {
    keys.set(host, key);
    if (keysWait) return;
    keysWait = true;
    queueMicrotask(() => {
      keysWait = false;
      showKeys(keys);
    });
  }

  /** @param {PagePanel} panel @param {HTMLElement} host */
  function draw(panel, host) {
    const colors = palette();
    // A time with its day takes more room beside the title.
    host.closest("main")?.classList.toggle("days", !isOneDay(span, clock));
    const columns = columnsOf(panel);
    const data = align(columns);
    const plot = new uPlot(
      {
        width: Math.max(200, host.clientWidth),
        height: HEIGHT,
        padding: [WORDS_HEIGHT, null, null, null],
        series: seriesOf(panel, columns, colors),
        bands: bandsOf(columns, colors),
        tzDate: (at) => uPlot.tzDate(new Date(at * 1000), page.timeZone),
        cursor: {
          sync: { key: "lab", setSeries: false },
          drag: { x: true, y: false },
          points: { size: 6 },
          dataIdx: (u, series, index) => nearestKnown(u.data[series], index, u.data[0]),
        },
        scales: {
          x: { time: true, min: span.startSeconds, max: span.endSeconds },
          y: { range: rangeOf(panel) },
        },
        axes: axesOf(panel, colors, { clock, perSecond: page.perSecond }),
        legend: {
          // Swatches as the lines are: the second cue beside the colour.
          markers: {
            width: 2,
            dash: (_, series) => borderOf(columns[series - 1]?.line?.dashed),
          },
        },
        hooks: {
          drawClear: [(/** @type {Plot} */ u) => drawGaps(u, panel, colors)],
          draw: [(/** @type {Plot} */ u) => {
            drawWindows(u, windows, colors);
            setKey(host, drawMarks(u, panel, colors));
          }],
          setScale: [(/** @type {Plot} */ u, /** @type {string} */ scale) => {
            if (scale === "x") follow(u);
          }],
          setCursor: [(/** @type {Plot} */ u) => {
            // Without a cursor the legend shows the newest values.
            if (u.cursor.idx === null) showNewest(u);
          }],
        },
      },
      data,
      host,
    );
    showNewest(plot);
    plots.push(plot);
    return plot;
  }

  /** @param {PagePanel} panel @param {Column[]} columns @param {Palette} colors @returns {import("uplot").Series[]} */
  function seriesOf(panel, columns, colors) {
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const steps = stepped === undefined ? {} : { paths: stepped };
    const when = (/** @type {number} */ at) =>
      isOneDay(span, clock) ? clock.second(at) : `${clock.day(at).slice(5)} ${clock.second(at)}`;
    const time = {
      label: page.time,
      value: (/** @type {Plot} */ _, /** @type {number | null} */ at) => at === null ? "" : when(at),
    };
    return [
      time,
      ...columns.map(({ line, edgeOf }, index) => {
        if (line === undefined) {
          const stairs = edgeOf?.spread ? {} : steps;
          return { class: "edge", stroke: "transparent", width: 0, points: { show: false }, ...stairs };
        }
        const color = seriesColor(colors, line.color);
        return {
          // Text, not markup: a label may be anything that a server sent.
          label: label(line.label),
          stroke: color,
          width: 1.6,
          points: { size: 5, filter: loneIndices },
          ...(line.dashed ? { dash: DASHES[line.dashed === true ? "dashed" : line.dashed] } : {}),
          ...(line.filled ? { fill: color + "26" } : {}),
          ...(line.step ? steps : {}),
          value: (
            /** @type {Plot} */ u,
            /** @type {number | null | undefined} */ value,
            /** @type {number} */ _,
            /** @type {number | null} */ at,
          ) => {
            const format = (/** @type {number | null | undefined} */ of) =>
              formatDisplay(of, panel.unit, page.perSecond);
            if (value === null || value === undefined) {
              // Without a cursor, of a run that is over: the highest, as in the pictures.
              const highest = isUnderCursor(u) || page.maximum === undefined ? NaN : highestOf(line);
              return Number.isFinite(highest) ? `${page.maximum} ${format(highest)}` : "–";
            }
            // Behind a mean stand the columns of its highest and lowest reading.
            const [high, low] = line.spread && typeof at === "number"
              ? [u.data[index + 2]?.[at], u.data[index + 3]?.[at]]
              : [];
            const [times] = u.data;
            const own = ownTime({
              at: times[at ?? -1],
              shown: times[u.cursor.idxs?.[0] ?? -1],
              isUnderCursor: isUnderCursor(u),
              times: line.t,
            }, when);
            return high === undefined || high === low
              ? format(value) + own
              : `${format(value)} (${format(low)}–${format(high)})${own}`;
          },
        };
      }),
    ];
  }

  return {
    plots,
    draw,
    /** Sets what `reset` and panels that were not zoomed show. @param {{ startSeconds: number, endSeconds: number }} next */
    span(next) {
      spanBefore = span;
      span = next;
    },
    /**
     * Whether a later span can be told from the one that is drawn: half a pixel could not be seen. Nothing waits long, a
     * restart and its rule neither.
     *
     * @param {{ startSeconds: number, endSeconds: number }} next
     */
    isDue(next) {
      const width = Math.max(1, (plots[0]?.bbox.width ?? 0) / devicePixelRatio);
      const half = (next.endSeconds - next.startSeconds) / width / 2;
      return next.endSeconds - span.endSeconds >= Math.min(half, LONGEST_WAIT_SECONDS);
    },
    /** New points for a panel that was drawn; their values are shown at once. @param {Plot} plot @param {PagePanel} panel @param {boolean} draws */
    update(plot, panel, draws) {
      const { min, max } = plot.scales.x ?? {};
      // Someone who has zoomed in keeps the place; everyone else follows the newest.
      const follows = min === spanBefore.startSeconds && max === spanBefore.endSeconds;
      plot.setData(align(columnsOf(panel)), false);
      if (draws && follows) plot.setScale("x", { min: span.startSeconds, max: span.endSeconds });
      else if (draws) plot.redraw();
      if (!isUnderCursor(plot)) showNewest(plot);
    },
    /** Removes every panel, before they are drawn anew. */
    clear() {
      for (const plot of plots) plot.destroy();
      plots.length = 0;
      keys.clear();
    },
    /**
     * Moves the cursor of all panels within what is shown, which it enters at the newest.
     *
     * @param {Plot} plot
     * @param {1 | -1} way
     * @param {boolean} [far] by a twentieth of what is shown, not by a point
     */
    step(plot, way, far = false) {
      const times = plot.data[0] ?? [];
      const [first, last] = plot.series[0]?.idxs ?? [0, times.length - 1];
      const by = far ? Math.max(1, Math.round((last - first) / 20)) : 1;
      const index = Math.max(first, Math.min(last, (plot.cursor.idx ?? last) + way * by));
      // Its types do not know the third: tells the other panels.
      /** @type {(at: { left: number, top: number }, fires: boolean, publishes: boolean) => void} */ (plot
        .setCursor)(
          { left: plot.valToPos(times[index] ?? 0, "x"), top: HEIGHT / 4 },
          true,
          true,
        );
    },
    /** Gives every panel the width of its place. */
    fit() {
      for (const plot of plots) {
        const width = Math.max(200, plot.root.parentElement?.clientWidth ?? plot.width);
        if (width !== plot.width) plot.setSize({ width, height: plot.height });
      }
    },
    /** Shows a part of the time in all panels. */
    zoom,
    /** What is shown. @returns {{ startSeconds: number, endSeconds: number }} */
    shown() {
      const { min, max } = plots[0]?.scales.x ?? {};
      return typeof min === "number" && typeof max === "number"
        ? { startSeconds: min, endSeconds: max }
        : span;
    },
    /** Names a part of the time, as above the panels. @param {{ startSeconds: number, endSeconds: number }} range */
    words: (range) => rangeWords(range, clock, span),
    /** Marks parts of the time by letters. @param {typeof windows} next */
    mark(next) {
      if (windows.length === 0 && next.length === 0) return;
      windows = next;
      for (const plot of plots) {
        plot.redraw(false);
        if (!isUnderCursor(plot)) showNewest(plot);
      }
    },
    /** Shows so many times as much time, around the cursor, else the middle; more than the whole is the whole. @param {number} factor */
    scale(factor) {
      const plot = plots.find(({ cursor }) => typeof cursor.idx === "number" && (cursor.left ?? -1) >= 0) ??
        plots[0];
      const { min, max } = plot?.scales.x ?? {};
      if (plot === undefined || typeof min !== "number" || typeof max !== "number") return;
      const under = plot.data[0]?.[plot.cursor.idx ?? -1];
      const middle = (plot.cursor.left ?? -1) >= 0 && under !== undefined ? under : (min + max) / 2;
      const startSeconds = Math.max(span.startSeconds, middle - (middle - min) * factor);
      const endSeconds = Math.min(span.endSeconds, middle + (max - middle) * factor);
      if (endSeconds - startSeconds >= 1) zoom({ startSeconds, endSeconds });
    },
    /** Shows the whole span again. */
    reset() {
      for (const plot of plots) plot.setScale("x", { min: span.startSeconds, max: span.endSeconds });
    },
  };
}

/** @param {Column[]} columns @param {Palette} colors @returns {import("uplot").Band[]} */
function bandsOf(columns, colors) {
  return columns.flatMap((column, index) => {
    if (!column.closes) return [];
    // Series 0 is the time, so the column at `index` is series index + 1.
    return [{ series: [index, index + 1], fill: seriesColor(colors, column.edgeOf?.color ?? 0) + "33" }];
  });
}
