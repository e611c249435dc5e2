/**
 * What a live page is fed with: the whole at first, then only what is new.
 *
 * @module
 */
import { NAMED_OBJECTIVES } from "../analyzer/objectives.ts";
import { checkOptions, type Checks, CLOCK, FLAG, needed, POSITIVE } from "../base/arguments.ts";
import { CHART_CHECKS, checkChart } from "../charts/chart_checks.ts";
import type { Clock } from "../base/clock.ts";
import { escapeHtml } from "../base/escape.ts";
import { formatSeconds } from "../base/format.ts";
import {
  type ChartContext,
  type ChartOptions,
  type LiveShape,
  readContext,
  subtitleOf,
} from "../charts/context.ts";
import { clockTime, localTimeZone } from "../charts/time_axis.ts";
import { SPAN } from "../series/arguments.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { type ChartsText, chartsText } from "../text/charts.ts";
import type { Language } from "../text/language.ts";
import { LiveFindings, type PageFindings } from "./live_findings.ts";
import { compareWindows } from "./compare_windows.ts";
import { joinPanels } from "./join_panels.ts";
import {
  type PageData,
  type PagePanel,
  pagePanels,
  pageSpan,
  readPageData,
  toPagePanel,
} from "./page_data.ts";
import { type PageObjective, withObjectives } from "./page_objectives.ts";
import { compareControls, comparePlace, pageControls } from "./page_controls.ts";
import { readPageFile, readScripts, readUplot } from "./page_files.ts";

/** A file of the page. */
export interface PageFile {
  /** Its content type. */
  readonly type: string;
  /** Its text. */
  readonly body: string;
}

/** One message for the page. Data is one line of JSON. */
export interface FeedMessage {
  /** Everything, or what is new. */
  readonly event: "snapshot" | "points";
  /** One line of JSON. */
  readonly data: string;
}

/** How a live page is fed. */
export interface LiveFeedOptions extends ChartOptions {
  /** How much of the past a page gets when it opens, and keeps; default 24 h. */
  readonly windowSeconds?: number;
  /** Whether the page has a field for notes; whoever serves it must take them. Default false. */
  readonly notes?: boolean;
  /** Times the findings; without one the page has none. */
  readonly clock?: Clock;
  /**
   * Objectives with the text that asked for them: a level on the panel of each latency, and with a clock the share that kept it
   * and what is left of its error budget. Default none.
   */
  readonly watched?: readonly PageObjective[];
}

const CHECKS: Checks<LiveFeedOptions> = {
  ...CHART_CHECKS,
  windowSeconds: POSITIVE,
  notes: FLAG,
  clock: CLOCK,
  watched: NAMED_OBJECTIVES,
};

/** Windows of rates stay the same while time goes on, so that old and new points mean the same. */
const RANGE_SECONDS = 15;
/** So much of the past a page gets in detail: what its shorter windows show. */
const RECENT_SECONDS = 900;
/** Events this old still matter to a new point: a gap that just ended, a restart within a window. */
const EVENTS_BEFORE_SECONDS = 600;
/** Windows that a reader can choose, in seconds. */
const WINDOWS = [300, 900, 3600, 21600];

/** Feeds live pages from a source. Holds nothing but what was told last: the time of the newest point, gaps, marks, findings. */
export class LiveFeed {
  readonly #source: MetricSource;
  readonly #options: LiveFeedOptions;
  readonly #findings: LiveFindings | undefined;
  /** The form of the panels, which every later piece must fit. */
  readonly #live: LiveShape = { counts: new Map() };
  #toldSeconds = -Infinity;
  #toldFindings: PageFindings | undefined;
  /** Gaps and marks of the last news, by panel. */
  #toldPlaces: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  /** Over a source, which is only read. */
  constructor(source: MetricSource, options: LiveFeedOptions = {}) {
    checkChart("new LiveFeed(collector, { clock: lab.clock })", source, options, CHECKS);
    this.#source = source;
    const { clock, language = "en", timeZone = localTimeZone(), watched: objectives = [] } = options;
    // Asked for once: the engine takes longer to tell the zone than to draw a panel.
    this.#options = { rangeSeconds: RANGE_SECONDS, ...options, timeZone };
    if (clock !== undefined) {
      this.#findings = new LiveFindings(source, { clock, language, timeZone, objectives });
    }
  }

  /** Everything that a page needs when it opens: the newest quarter of an hour in detail, what is older in outline. */
  async snapshot(): Promise<FeedMessage> {
    const { span } = await this.#pageSpan();
    const page = span === undefined || span.endSeconds - span.startSeconds <= 2 * RECENT_SECONDS
      ? await readPageData(await this.#contextOf(span))
      : await this.#longPage(span);
    const latest = this.#findings?.latest;
    const findings = latest === undefined ? {} : { findings: latest };
    const panels = this.#withObjectives(page.panels);
    return { event: "snapshot", data: JSON.stringify({ ...page, panels, ...findings }) };
  }

  #withObjectives(panels: readonly PagePanel[]): readonly PagePanel[] {
    const { watched = [], language = "en" } = this.#options;
    return withObjectives(panels, watched, language);
  }

  async #contextOf(span: TimeSpan | undefined, rangeSeconds?: number): Promise<ChartContext> {
    const read = await readContext(this.#source, {
      ...this.#options,
      ...(span === undefined ? {} : { span }),
      ...(rangeSeconds === undefined ? {} : { rangeSeconds }),
    });
    return { ...read, live: this.#live };
  }

  /** Windows of the outline are as long as its steps, so that nothing falls between them; the heading says how long. */
  async #longPage(span: TimeSpan): Promise<PageData> {
    const borderSeconds = span.endSeconds - RECENT_SECONDS;
    const { rangeSeconds = RANGE_SECONDS } = this.#options;
    const outline = { startSeconds: span.startSeconds, endSeconds: borderSeconds };
    const { grid } = await this.#contextOf(outline);
    const windowSeconds = Math.max(rangeSeconds, grid.stepSeconds);
    // First, so that the newer piece has its form: as many lines as there ever were.
    const older = await pagePanels(await this.#contextOf(outline, windowSeconds));
    const context = await this.#contextOf({
      startSeconds: borderSeconds + 0.001,
      endSeconds: span.endSeconds,
    });
    const page = await readPageData(context);
    const byId = new Map(older.map(([id, panel]) => [id, toPagePanel(id, panel, context.text)]));
    const at = clockTime(borderSeconds, context.timeZone);
    return {
      ...page,
      startSeconds: pageSpan(span).startSeconds,
      subtitle: subtitleOf([page.subtitle, context.text.live.outline(at, formatSeconds(windowSeconds))]),
      panels: page.panels.map((panel) => joinPanels(byId.get(panel.id), panel)),
    };
  }

  /**
   * What came since the last call, with findings where there are other ones; undefined when nothing did. The first call only
   * notes where the new begins.
   *
   * @throws what looking for findings failed with, once; the next call goes on
   */
  async news(): Promise<FeedMessage | undefined> {
    // Before anything is counted as told: when it throws, the next news hold these points too.
    this.#findings?.refresh();
    const held = await this.#source.span();
    if (held === undefined || held.endSeconds <= this.#toldSeconds) return undefined;
    const from = this.#toldSeconds;
    this.#toldSeconds = held.endSeconds;
    if (from === -Infinity) return undefined;
    const context = await this.#newContext({ startSeconds: from + 0.001, endSeconds: held.endSeconds });
    const panels = this.#withObjectives(
      this.#withoutTold(
        (await pagePanels(context)).map(([id, panel]) => toPagePanel(id, panel, context.text)),
      ),
    );
    const { span = held } = await this.#pageSpan();
    const latest = this.#findings?.latest;
    const findings = latest === this.#toldFindings ? {} : { findings: latest };
    this.#toldFindings = latest;
    return { event: "points", data: JSON.stringify({ ...pageSpan(span), panels, ...findings }) };
  }

  /**
   * Leaves out gaps and marks that the last news had alike: every page has them, from there or from its beginning. One that
   * has grown or says something else now is told again.
   */
  #withoutTold(panels: readonly PagePanel[]): readonly PagePanel[] {
    const before = this.#toldPlaces;
    this.#toldPlaces = new Map(
      panels.map(({ id, gaps, marks }) => [id, new Set([...gaps, ...marks].map(keyOf))]),
    );
    return panels.map((panel) => {
      const told = before.get(panel.id);
      if (told === undefined || told.size === 0) return panel;
      const isNew = (place: PlaceOnPanel) => !told.has(keyOf(place));
      return { ...panel, gaps: panel.gaps.filter(isNew), marks: panel.marks.filter(isNew) };
    });
  }

  /**
   * Figures of two parts of the time and their difference, as one line of JSON; "n/a" where a part holds nothing of a figure.
   *
   * @throws TypeError where one of them is no span
   */
  async compare(spans: { readonly a: TimeSpan; readonly b: TimeSpan }): Promise<string> {
    const call = "feed.compare({ a: { startSeconds, endSeconds }, b: { startSeconds, endSeconds } })";
    checkOptions<typeof spans>(call, spans, { a: needed(SPAN), b: needed(SPAN) });
    return JSON.stringify(await compareWindows(this.#source, spans, this.#options));
  }

  /** The page's files by path. */
  async files(): Promise<ReadonlyMap<string, PageFile>> {
    const [uplot, style, scripts] = await Promise.all([
      readUplot(),
      readPageFile("page.css"),
      readScripts("live.js"),
    ]);
    const language = this.#options.language ?? "en";
    const script = (body: string): PageFile => ({ type: "text/javascript; charset=utf-8", body });
    return new Map<string, PageFile>([
      ["/", {
        type: "text/html; charset=utf-8",
        body: indexPage(chartsText(language), {
          language,
          notes: this.#options.notes === true,
          findings: this.#findings !== undefined,
        }),
      }],
      ["/page.css", { type: "text/css; charset=utf-8", body: uplot.style + style }],
      ["/uplot.js", script(uplot.script)],
      ...[...scripts].map(([name, body]) => [`/${name}`, script(body)] as const),
    ]);
  }

  async #pageSpan(): Promise<{ readonly span?: TimeSpan }> {
    const held = await this.#source.span();
    if (held === undefined) return {};
    const startSeconds = Math.max(
      held.startSeconds,
      held.endSeconds - (this.#options.windowSeconds ?? 86400),
    );
    return { span: { startSeconds, endSeconds: held.endSeconds } };
  }

  /** A context of the new points alone, that still knows the events before them. */
  async #newContext(span: TimeSpan): Promise<ChartContext> {
    const context = await readContext(this.#source, { ...this.#options, span });
    const startSeconds = span.startSeconds - EVENTS_BEFORE_SECONDS;
    return {
      ...context,
      live: this.#live,
      // Windows end at the new times alone; raw points reach back so far that every series which is read has one. What a page
      // has already it leaves out.
      span: { ...span, startSeconds: span.startSeconds - 3 * intervalOf(context) },
      events: await this.#source.events({ startSeconds, endSeconds: span.endSeconds }),
    };
  }
}

/** A gap or a mark. */
type PlaceOnPanel = PagePanel["gaps"][number] | PagePanel["marks"][number];

function keyOf(place: PlaceOnPanel): string {
  return JSON.stringify(place);
}

/** The slowest target's interval. */
function intervalOf({ facts }: ChartContext): number {
  return Math.max(1, ...facts.map(({ intervalSeconds }) => intervalSeconds ?? 0));
}

/** No inline script or style: the page's policy forbids them. */
function indexPage(
  text: ChartsText,
  page: { readonly language: Language; readonly notes: boolean; readonly findings: boolean },
): string {
  const { live } = text;
  const note = page.notes
    ? `<form id="note"><label>${
      escapeHtml(live.note)
    } <input id="note-text" maxlength="200" autocomplete="off"></label> ` +
      `<button type="submit">${escapeHtml(live.add)}</button></form>`
    : "";
  const findings = page.findings
    ? `<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">${escapeHtml(live.looking)}</h2>
<ul aria-live="polite"></ul>
</section>
<section id="objectives" aria-labelledby="objectives-title" hidden>
<h2 id="objectives-title"></h2>
<ul></ul>
</section>
`
    : "";
  const option = (seconds: number) =>
    `<option value="${seconds}">${escapeHtml(live.window(seconds))}</option>`;
  return `<!doctype html>
<html lang="${page.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(text.dashboard)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script src="uplot.js" defer></script>
<script src="live.js" type="module"></script>
</head>
<body>
<header>
<h1>${escapeHtml(text.dashboard)}</h1>
<p id="subtitle"></p>
<div class="controls">
<span id="status" role="status" data-live="${escapeHtml(live.live)}" data-lost="${
    escapeHtml(live.lost)
  }" data-paused="${escapeHtml(live.paused)}">${escapeHtml(live.connecting)}</span>
<button id="pause" type="button" aria-pressed="false">${escapeHtml(live.pause)}</button>
<label>${escapeHtml(live.windowLabel)} <select id="window">${
    WINDOWS.map(option).join("")
  }<option value="all" selected>${escapeHtml(live.all)}</option></select></label>
${note}
</div>
${pageControls(text, page.language)}
${compareControls(page.language)}
</header>
${findings}${comparePlace(page.language)}<main></main>
</body>
</html>
`;
}
