/**
 * Words on charts and dashboards.
 *
 * @module
 */
import type { Unit } from "../catalog/types.ts";
import { CHARTS_EN } from "./charts_en.ts";
import { CHARTS_ZH_TW } from "./charts_zh_tw.ts";
import type { Language } from "./language.ts";
import type { QuantityTitles } from "./quantities.ts";

/** Every word that a chart or a dashboard shows, numbers arriving as finished text. */
export interface ChartsText {
  readonly quantities: QuantityTitles;
  readonly dashboard: string;
  readonly pages: {
    readonly overview: string;
    readonly latency: string;
    readonly engine: string;
    readonly gpu: string;
    readonly system: string;
  };
  readonly outcomes: string;
  readonly preemptions: string;
  readonly finished: string;
  readonly failedRequests: string;
  readonly refused: string;
  readonly prefixCache: string;
  readonly hitRatio: string;
  readonly statistics: string;
  readonly simulated: string;
  /** Put between what a server says and what a client saw. */
  readonly server: string;
  readonly client: string;
  readonly running: string;
  readonly waiting: string;
  readonly mean: string;
  readonly current: string;
  readonly maximum: string;
  /** How many of several watched things answered; with `most` between so many and that. */
  readonly answering: (count: number, of: number, most?: number) => string;
  readonly restart: string;
  readonly counterReset: string;
  readonly requests: string;
  readonly requestStates: string;
  readonly latency: string;
  readonly throughput: string;
  readonly prompt: string;
  readonly generation: string;
  readonly statusNow: string;
  readonly cpu: string;
  readonly memory: string;
  readonly gpuMemory: string;
  readonly gpu: string;
  readonly kvCache: string;
  readonly engine: (name: string) => string;
  readonly gpuName: (name: string) => string;
  readonly noGpu: string;
  /** There are values, but none at the end of the span. */
  readonly notNow: string;
  /** No sampler for it. */
  readonly notWatched: string;
  readonly memorySize: string;
  readonly ofAllCores: string;
  readonly container: string;
  readonly containerLimit: string;
  /** `30 s windows`: what a rate or quantile looks back over. */
  readonly windows: (duration: string) => string;
  /** Where some windows are shorter: those after a start or a gap reach back to its end only. */
  readonly windowsUpTo: (duration: string) => string;
  /** Of many readings drawn as one point each piece of time. */
  readonly meanAndRange: (duration: string) => string;
  readonly bandOf: (quantile: string) => string;
  /** In a subtitle or for a line: what is shown is of several servers. */
  readonly serversTogether: (count: number) => string;
  /** Of many servers the one that is shown. */
  readonly slowest: (server: string) => string;
  readonly fastest: (server: string) => string;
  /** By which quantile, over how long at the end. */
  readonly byTheLast: (quantile: string, duration: string) => string;
  readonly slowestAndFastest: (judged: string) => string;
  /** Of so many servers, at each time. */
  readonly slowestOf: (count: number) => string;
  readonly fastestOf: (count: number) => string;
  readonly slowestNow: (server: string, judged: string) => string;
  /** In a subtitle: each line is a server's. */
  readonly ofEachServer: (quantile: string) => string;
  readonly minToMax: (count: number) => string;
  readonly highest: (name: string) => string;
  /** Of so many, whichever that is at each time. */
  readonly highestOf: (count: number) => string;
  readonly highestNow: (name: string) => string;
  readonly lines: (shown: number, all: number) => string;
  readonly findings: string;
  /** After the findings that are shown. */
  readonly moreFindings: (count: number) => string;
  readonly nothingYet: string;
  readonly perSecond: { readonly tokens: string; readonly requests: string; readonly events: string };
  /** What an axis shows, by unit. */
  readonly axis: Readonly<Record<Unit | "tokens_per_second" | "requests_per_second" | "per_second", string>>;
  readonly correlation: {
    readonly title: string;
    readonly method: (method: string, n: string, step: string) => string;
    readonly undefinedCell: string;
    readonly names: { readonly spearman: string; readonly pearson: string };
    readonly ofChanges: string;
    /** What an uncoloured cell means. */
    readonly faint: string;
    readonly needsTwo: string;
  };
  readonly scatter: (x: string, y: string) => string;
  readonly scatterEmpty: string;
  readonly anomalies: {
    readonly title: (quantity: string) => string;
    readonly mark: string;
    readonly band: string;
    readonly robust: (threshold: string, median: string, n: number) => string;
    readonly moving: (
      threshold: string,
      how: { readonly count: number; readonly windowPoints?: number; readonly periodPoints?: number },
    ) => string;
    readonly rare: (median: string, n: number) => string;
  };
  readonly heatmap: {
    readonly title: (quantity: string) => string;
    readonly cells: (each: string) => string;
    readonly total: (count: string) => string;
  };
  readonly distribution: {
    readonly title: (quantity: string) => string;
    readonly share: (count: string, mean: string) => string;
  };
  readonly timeline: {
    readonly none: string;
    readonly title: string;
    readonly wait: string;
    readonly decode: string;
    readonly failed: string;
    readonly shown: (shown: number, all: number) => string;
  };
  /** One request explained. */
  readonly slowRequest: {
    readonly title: string;
    /** Its id. */
    readonly which: (id: string) => string;
    readonly tokens: (prompt: string | undefined, output: string) => string;
    readonly axis: string;
    readonly thisRequest: string;
    readonly chunks: string;
    /** Of how many requests the bar is the mean. */
    readonly serverMean: (count: number) => string;
    readonly queue: string;
    readonly prefill: string;
    /** A phase as the server has it. */
    readonly ofServer: (phase: string) => string;
    readonly share: (share: string, wait: string, whole: string) => string;
    readonly noToken: (whole: string) => string;
    readonly state: (running: string, waiting: string, kv: string | undefined) => string;
    readonly pause: (longest: string, usual: string) => string;
  };
  readonly clientServer: (quantity: string) => string;
  readonly throughputLatency: {
    readonly title: string;
    readonly eachPoint: (count: string) => string;
    readonly none: string;
    readonly objective: (value: string) => string;
  };
  readonly compare: {
    readonly title: string;
    readonly before: string;
    readonly after: string;
    readonly n: (n: string) => string;
  };
  readonly table: {
    readonly quantity: string;
    readonly series: string;
    readonly current: string;
    readonly average: string;
    readonly minimum: string;
    readonly maximum: string;
    readonly p95: string;
    readonly points: string;
    readonly state: string;
    readonly interval: string;
    readonly duration: string;
    readonly target: string;
    readonly what: string;
    readonly gaps: string;
    readonly resets: string;
    readonly stateLive: string;
    readonly stateStale: string;
    /** Put behind a quantity's title. */
    readonly kinds: { readonly gauge: string; readonly rate: string; readonly histogram: string };
    /** How current and p95 are meant, given the window of rates. */
    readonly explanation: (window: string) => string;
  };
  readonly live: {
    readonly connecting: string;
    readonly live: string;
    readonly lost: string;
    readonly paused: string;
    readonly pause: string;
    readonly windowLabel: string;
    readonly window: (seconds: number) => string;
    readonly all: string;
    readonly note: string;
    readonly add: string;
    readonly findings: (minutes: number, at: string) => string;
    /** How long the windows of what is older than that time are. */
    readonly outline: (at: string, duration: string) => string;
    /** Over all that is held, to that time. */
    readonly objectives: (at: string) => string;
    /** Before the first findings have come. */
    readonly looking: string;
    /** Servers, and how many others. */
    readonly andMore: (names: string, others: number) => string;
    readonly try: (advice: string) => string;
    /** On a button: shows the time in which something was found. */
    readonly show: (times: string) => string;
  };
  readonly interactive: {
    readonly hint: string;
    readonly loaded: string;
    /** On a button: shows the whole time again. */
    readonly whole: string;
  };
}

const TEXTS: Readonly<Record<Language, ChartsText>> = { en: CHARTS_EN, "zh-TW": CHARTS_ZH_TW };

/** The words of a language. */
export function chartsText(language: Language): ChartsText {
  return TEXTS[language];
}
