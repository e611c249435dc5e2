/**
 * What is wrong now, for a live page: the diagnosis and changes of level, worked out anew now and then.
 *
 * @module
 */
import { AdvancedMetricsAnalyzer } from "../analyzer/analyzer.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { QuantityName } from "../catalog/types.ts";
import { clockTime } from "../charts/time_axis.ts";
import { formatDisplay } from "../charts/units.ts";
import { QUANTITIES } from "../catalog/quantities.ts";
import { rateUnit } from "../charts/units.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { chartsText } from "../text/charts.ts";
import type { Language } from "../text/language.ts";
import { type PageFinding, pageFindings } from "./page_finding.ts";
import { type PageObjective, type PageObjectives, pageObjectives } from "./page_objectives.ts";

/** A change of level as a mark on its panel. */
export interface PageChange {
  /** Id of the panel. */
  readonly panel: string;
  readonly t: number;
  readonly label: string;
}

/** What was found the last time. */
export interface PageFindings {
  /** `Findings of the last 5 minutes, 10:03:20`. */
  readonly title: string;
  readonly findings: readonly PageFinding[];
  readonly changes: readonly PageChange[];
  /** Where some were given. */
  readonly objectives?: PageObjectives;
}

/** How findings are looked for. */
export interface LiveFindingsOptions {
  /** Times the runs, and lets others in between. */
  readonly clock: Clock;
  readonly language: Language;
  /** IANA name. */
  readonly timeZone: string;
  /** Counted over all that is held; default none. */
  readonly objectives?: readonly PageObjective[];
  /** Not sooner again; default 10. */
  readonly everySeconds?: number;
}

/** What is judged: what happened before is on the charts. */
const JUDGED_SECONDS = 300;
/**
 * A run that took long waits so many times as long before the next, so that it takes a tenth of a percent of a core; but no
 * longer than what it judged: "not enough history yet" must not outlive its reason on a busy machine.
 */
const REST = 1000;
/** So much work is done before others are let in. */
const STRETCH_SECONDS = 0.015;
const MOST_FINDINGS = 8;
const MOST_CHANGES = 3;

/** Whose level is watched, and on which panel it stands. */
const WATCHED: readonly (readonly [QuantityName, string])[] = [
  ["ttft", "ttft"],
  ["itl", "itl"],
  ["e2e", "e2e"],
  ["running", "requests"],
  ["generation_tokens", "throughput"],
  ["kv_cache_usage", "kv"],
];

/** Works out findings in the background, one run at a time. */
export class LiveFindings {
  readonly #source: MetricSource;
  readonly #options: LiveFindingsOptions;
  #latest: PageFindings | undefined;
  #running = false;
  #nextSeconds = -Infinity;
  #failure: { readonly error: unknown } | undefined;

  /** Over a source, which is only read. */
  constructor(source: MetricSource, options: LiveFindingsOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** The findings of the last run that ended; the same object until another ends. */
  get latest(): PageFindings | undefined {
    return this.#latest;
  }

  /**
   * Begins a run where one is due, and does not wait for it.
   *
   * @throws what the run before failed with
   */
  refresh(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
    const { clock, everySeconds = 10 } = this.#options;
    const begun = clock.nowSeconds();
    if (this.#running || begun < this.#nextSeconds) return;
    this.#running = true;
    let work = 0;
    let judgedSeconds = 0;
    const source = politely(this.#source, clock, (seconds) => work += seconds);
    this.#run(source).then(
      (seconds) => judgedSeconds = seconds,
      (error: unknown) => {
        this.#failure = { error };
        judgedSeconds = JUDGED_SECONDS;
      },
    ).finally(() => {
      this.#running = false;
      const rest = Math.min(REST * work, judgedSeconds);
      this.#nextSeconds = Math.max(begun + everySeconds, clock.nowSeconds() + rest);
    });
  }

  /** @returns how long a time was judged */
  async #run(source: MetricSource): Promise<number> {
    const held = await source.span();
    if (held === undefined) return 0;
    const { language, timeZone, objectives = [] } = this.#options;
    const { endSeconds } = held;
    const startSeconds = Math.max(held.startSeconds, endSeconds - JUDGED_SECONDS);
    const span = { startSeconds, endSeconds };
    const { findings } = await new AdvancedMetricsAnalyzer(source).diagnose({
      span,
      confirmedOnly: true,
      knownSeconds: 0,
    });
    const changes = await levelChanges(source, span, language);
    const { live } = chartsText(language);
    const minutes = Math.max(1, Math.round((endSeconds - startSeconds) / 60));
    this.#latest = {
      title: live.findings(minutes, clockTime(endSeconds, timeZone)),
      findings: pageFindings(findings, { language, timeZone }).slice(0, MOST_FINDINGS),
      changes,
      ...(objectives.length === 0
        ? {}
        : { objectives: await pageObjectives(source, objectives, { span: held, language, timeZone }) }),
    };
    return endSeconds - startSeconds;
  }
}

/**
 * Changes of level of quantities that are one series: of several servers each has its own, and a page would be full of
 * them. Only levels of 15 points and more that differ by 5 deviations of the noise, the newest of each panel.
 */
async function levelChanges(source: MetricSource, span: TimeSpan, language: Language): Promise<PageChange[]> {
  const analyzer = new AdvancedMetricsAnalyzer(source);
  const text = chartsText(language);
  const found: PageChange[] = [];
  for (const [quantity, panel] of WATCHED) {
    const series = await analyzer.detectChangePoints(quantity, {
      span,
      minimumLength: 15,
      minimumDeviations: 5,
    });
    const [only] = series;
    if (only === undefined || series.length > 1 || "absent" in only) continue;
    const { unit } = QUANTITIES[quantity];
    const shown = (value: number) => formatDisplay(value, only.perSecond ? rateUnit(unit) : unit, text);
    for (const { timeSeconds, before, after } of only.result.changes.slice(-MOST_CHANGES)) {
      found.push({ panel, t: timeSeconds, label: `${shown(before)} → ${shown(after)}` });
    }
  }
  return found;
}

/**
 * The source, which lets others have the thread between two questions when it was held long enough. What is waited for (a
 * network) is no work.
 */
function politely(source: MetricSource, clock: Clock, onWork: (seconds: number) => void): MetricSource {
  let since = clock.nowSeconds();
  let stretch = 0;
  const account = () => {
    const now = clock.nowSeconds();
    stretch += now - since;
    onWork(now - since);
    since = now;
  };
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    account();
    if (stretch >= STRETCH_SECONDS) {
      await sleep(clock, 0.001);
      stretch = 0;
      since = clock.nowSeconds();
    }
    // What is in memory is read before the promise is given.
    const answer = question();
    account();
    try {
      return await answer;
    } finally {
      since = clock.nowSeconds();
    }
  };
  return {
    span: () => ask(() => source.span()),
    describe: () => ask(() => source.describe()),
    facts: () => ask(() => source.facts()),
    events: (span) => ask(() => source.events(span)),
    requests: (span) => ask(() => source.requests(span)),
    select: (selector, span) => ask(() => source.select(selector, span)),
    evaluate: (query, grid) => ask(() => source.evaluate(query, grid)),
  };
}
