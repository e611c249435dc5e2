/**
 * The lab's dashboard over any source.
 *
 * @module
 */
import {
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  DURATION,
  oneOf,
  POSITIVE,
  SIGNAL,
} from "../base/arguments.ts";
import { CHART_CHECKS, checkChart, checkView } from "../charts/chart_checks.ts";
import { type Clock, drive, sleep } from "../base/clock.ts";
import type { ChartOptions } from "../charts/context.ts";
import type { Picture } from "../charts/picture.ts";
import type { MetricSource } from "../series/types.ts";
import { type InteractiveDashboard, interactiveDashboard } from "./interactive.ts";
import { DASHBOARD_PAGES, type DashboardPage, drawPage } from "./overview.ts";
import { drawSnapshot } from "./snapshot.ts";
import { type DetailedStatistics, detailedStatistics } from "./statistics.ts";

/** How a dashboard looks, and the clock that its live view waits on. */
export interface DashboardOptions extends ChartOptions {
  /** Needed by {@link RealTimeDashboard.live}. */
  readonly clock?: Clock;
}

/** How long and how often a live view draws. */
export interface LiveOptions {
  /** How long; default 60. */
  readonly seconds?: number;
  /** Between two frames; default 2. A frame that takes longer delays the next, none is made up for. */
  readonly everySeconds?: number;
  /** Only the newest so many seconds are drawn, so that a frame's cost stays bounded; default 600. */
  readonly windowSeconds?: number;
  /** Ends it early, after the frame under way. */
  readonly signal?: AbortSignal;
}

const CHECKS: Checks<DashboardOptions> = { ...CHART_CHECKS, clock: CLOCK };

const LIVE_CHECKS: Checks<LiveOptions> = {
  seconds: DURATION,
  everySeconds: POSITIVE,
  windowSeconds: POSITIVE,
  signal: SIGNAL,
};

/**
 * Pictures and tables of what a source holds: a live collector, a recording, shipped data, a remote store.
 *
 * @example
 * ```ts
 * import { openShippedData, RealTimeDashboard } from "#lab";
 *
 * const dashboard = new RealTimeDashboard(await openShippedData("vllm-0.32.0-cpu"));
 * const picture = await dashboard.snapshot();
 * ```
 */
export class RealTimeDashboard {
  readonly #source: MetricSource;
  readonly #options: DashboardOptions;

  /**
   * Over a source.
   *
   * @param source where every number comes from; it is only read
   */
  constructor(source: MetricSource, options: DashboardOptions = {}) {
    checkChart("new RealTimeDashboard(collector, lab.viewOptions)", source, options, CHECKS);
    this.#source = source;
    this.#options = options;
  }

  /** The static 2×3 dashboard: machine and server, or the server alone where no machine is watched. An empty source gives six panels that say so. */
  async snapshot(options: ChartOptions = {}): Promise<Picture> {
    checkView<ChartOptions>("dashboard.snapshot()", options, CHART_CHECKS);
    return await drawSnapshot(this.#source, { ...this.#options, ...options });
  }

  /** A page of panels: the overview (what users feel, what comes in, how full, what fails), or one side in detail. */
  async page(page: DashboardPage = "overview", options: ChartOptions = {}): Promise<Picture> {
    const call = 'dashboard.page("overview")';
    checkArgument(call, { page }, oneOf(DASHBOARD_PAGES));
    checkView<ChartOptions>(call, options, CHART_CHECKS);
    return await drawPage(this.#source, page, { ...this.#options, ...options });
  }

  /** Every quantity that is there: current, mean, highest, lowest and p95 of the last 5 minutes. */
  async detailedStats(options: ChartOptions = {}): Promise<DetailedStatistics> {
    checkView<ChartOptions>("dashboard.detailedStats()", options, CHART_CHECKS);
    return await detailedStatistics(this.#source, { ...this.#options, ...options });
  }

  /** One HTML page with zoom and values under the cursor; for a notebook it comes with its picture. */
  async interactive(options: ChartOptions = {}): Promise<InteractiveDashboard> {
    checkView<ChartOptions>("dashboard.interactive()", options, CHART_CHECKS);
    return await interactiveDashboard(this.#source, { ...this.#options, ...options });
  }

  /**
   * Frames of the snapshot as time passes, the first at once. Ends after `seconds`, or quietly when the signal is
   * aborted.
   *
   * @throws TypeError when the dashboard was made without a clock
   */
  async *live(options: LiveOptions = {}): AsyncGenerator<Picture, void, void> {
    checkOptions<LiveOptions>("dashboard.live({ seconds: 60 })", options, LIVE_CHECKS, { also: ["clock"] });
    const { clock } = this.#options;
    if (clock === undefined) {
      throw new TypeError(
        "Cannot run live: the dashboard has no clock, wanted new RealTimeDashboard(collector, lab.viewOptions)",
      );
    }
    const { seconds = 60, everySeconds = 2, windowSeconds = 600, signal } = options;
    const endSeconds = clock.nowSeconds() + seconds;
    while (true) {
      yield await this.#frame(windowSeconds);
      const nextSeconds = clock.nowSeconds() + everySeconds;
      if (signal?.aborted === true || nextSeconds > endSeconds + 1e-9) return;
      try {
        await drive(clock, () => sleep(clock, everySeconds, signal));
      } catch (error) {
        if (signal !== undefined && error === signal.reason) return;
        throw error;
      }
    }
  }

  async #frame(windowSeconds: number): Promise<Picture> {
    const span = this.#options.span ?? await this.#source.span();
    if (span === undefined) return await this.snapshot();
    const startSeconds = Math.max(span.startSeconds, span.endSeconds - windowSeconds);
    return await this.snapshot({ span: { startSeconds, endSeconds: span.endSeconds } });
  }
}
