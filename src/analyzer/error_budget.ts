/**
 * How fast an objective's error budget is spent, and when that is worth an alarm.
 *
 * @module
 */
import {
  ANY_TEXT,
  checkArgument,
  checkOptions,
  listOf,
  needed,
  NUMBER,
  OBJECT,
  shape,
  SHARE,
} from "../base/arguments.ts";
import { QUANTITY } from "../catalog/quantities.ts";
import { SOURCE, SPAN } from "../series/arguments.ts";
import type { Cause } from "../base/cause.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import type { Watched } from "./limit_watch.ts";
import type { LimitReading } from "./limits.ts";
import {
  countBuckets,
  type Counted,
  countRequests,
  countWindow,
  type MetCount,
  stillWaitingAt,
  sumOf,
} from "./objective_counts.ts";
import { judgeShare, type Objective, OBJECTIVE_CHECKS, type ShareVerdict } from "./objectives.ts";

export { limitsOf, type MetCount } from "./objective_counts.ts";

/** A pair of windows: an alarm stands while the budget burns at the factor or faster in both. */
export interface BurnRule {
  /** Says that it matters. */
  readonly longSeconds: number;
  /** Says that it still goes on. */
  readonly shortSeconds: number;
  /** Multiples of the rate that spends the whole budget exactly in the period. */
  readonly factor: number;
}

/** Length of the period that a budget is for: 30 days. */
const PERIOD_SECONDS = 30 * 86_400;

/**
 * The three pairs of Google's SRE workbook, chapter 5, table 5-8: 2 % of a 30-day budget in an hour (burn rate 14.4), 5 %
 * in six hours (6), 10 % in three days (1); each with a short window of a twelfth.
 */
export const BURN_RULES: readonly BurnRule[] = [
  burnRule(3600, 0.02),
  burnRule(6 * 3600, 0.05),
  burnRule(3 * 86_400, 0.1),
];

function burnRule(longSeconds: number, budgetShare: number): BurnRule {
  // Rounded: 0.02 × 720 is not quite 14.4 in binary.
  const factor = Number((budgetShare * PERIOD_SECONDS / longSeconds).toFixed(6));
  return { longSeconds, shortSeconds: longSeconds / 12, factor };
}

/**
 * Share of missed requests by the share that may be missed: 1 spends the budget exactly in its period. Undefined without
 * requests; Infinity when anything is missed though nothing may be.
 */
export function burnRate(count: MetCount, wanted: number): number | undefined {
  const call = "burnRate({ met: 980, total: 1000 }, 0.99)";
  checkArgument(call, { count }, MET_COUNT);
  checkArgument(call, { wanted }, NUMBER);
  const { met, total } = count;
  if (!(total > 0)) return undefined;
  const missed = 1 - met / total;
  return missed === 0 ? 0 : missed / Math.max(0, 1 - wanted);
}

/** Fewer requests in the long window raise no alarm: one of three that fails says little. */
const LEAST_REQUESTS = 10;

/** A stretch in which a rule's alarm stood. */
export interface BurnAlert {
  /** Which pair of windows. */
  readonly rule: BurnRule;
  /** From the first step at which it stood to the last. */
  readonly span: TimeSpan;
  /** Fastest burn in the long window. */
  readonly peak: number;
}

/** An objective over a span. By a server's buckets `met` are the requests that surely met it; see `boundarySeconds`. */
export interface ErrorBudget extends ShareVerdict {
  /** What was looked at. */
  readonly span: TimeSpan;
  /** "requests": clients' rows, exact. "server": buckets of the server's histogram. */
  readonly basis: "requests" | "server";
  /** Over the whole span; 1 spends the budget exactly in its period. */
  readonly burnRate: number;
  /** The bucket border that stood in for the limit: the largest that is not above it. Absent with rows. */
  readonly boundarySeconds?: number;
  /**
   * Of an ITL objective held against a server. "request_means": by each request's mean time per output token, which is its mean
   * gap where each chunk holds one token. "gaps": `total` and `met` are single gaps between tokens, for lack of those.
   */
  readonly countedBy?: "request_means" | "gaps";
  /** By a server's buckets: missed ones of `total` that surely waited longer than the limit when the data ended. */
  readonly stillWaiting?: number;
  /** By a server's buckets: so many requests at least were cut before those could hold them, and are in neither `met` nor `total`. */
  readonly cut?: number;
  /** By the buckets of several servers: what each observed, and who waited at its end. `met` and `total` are of all together. */
  readonly byServer?: readonly (MetCount & { readonly target: string })[];
  /** Stretches in which an alarm stood, by rule and time. A window that reaches back before the span counts what is there. */
  readonly alerts: readonly BurnAlert[];
}

/** How {@link errorBudget} looks. */
export interface ErrorBudgetOptions {
  /** Default everything that the source holds. */
  readonly span?: TimeSpan;
  /** Default {@link BURN_RULES}. */
  readonly rules?: readonly BurnRule[];
}

const RULES = listOf(shape("", ["longSeconds", "shortSeconds"]), "a list of rules, such as BURN_RULES");

const MET_COUNT = shape("{ met, total }", ["met", "total"]);

const OBJECTIVE_INSTEAD = { ttft: "ttftSeconds", tpot: "tpotSeconds", itl: "itlSeconds", e2e: "e2eSeconds" };

/** What {@link watchedObjective} holds against the objective. */
type WatchedLimit = Parameters<typeof watchedObjective>[0];

type WatchedOptions = Parameters<typeof watchedObjective>[1];

/**
 * Attainment, what is left of the budget, and when it burnt too fast. By clients' rows where the source has any, else by
 * the server's histogram of the one limit that the objective names.
 */
export async function errorBudget(
  source: MetricSource,
  objective: Objective,
  options: ErrorBudgetOptions = {},
): Promise<ErrorBudget | { readonly absent: Cause }> {
  const call = "errorBudget(collector, { ttftSeconds: 0.5, share: 0.99 })";
  checkArgument(call, { source }, SOURCE);
  checkArgument(call, { objective }, OBJECT);
  checkOptions<Objective>(call, objective, OBJECTIVE_CHECKS, { instead: OBJECTIVE_INSTEAD });
  checkOptions<ErrorBudgetOptions>(call, options, { span: SPAN, rules: RULES });
  const span = options.span ?? await source.span();
  if (span === undefined) return { absent: { code: "no_data" } };
  const requests = await source.requests(span);
  const counted = requests.length > 0
    ? countRequests(requests, objective, span)
    : await countBuckets(source, objective, span);
  if ("absent" in counted) return counted;
  return budgetOf(counted, { span, wanted: objective.share ?? 0.99, rules: options.rules ?? BURN_RULES });
}

function budgetOf(
  counted: Counted,
  { span, wanted, rules }: {
    readonly span: TimeSpan;
    readonly wanted: number;
    readonly rules: readonly BurnRule[];
  },
): ErrorBudget | { readonly absent: Cause } {
  const { basis, steps, boundarySeconds, countedBy, byServer, stillWaiting = 0, cut } = counted;
  const met = steps.reduce((sum, step) => sum + step.met, 0);
  const total = steps.reduce((sum, step) => sum + step.total, 0);
  const rate = burnRate({ met, total }, wanted);
  if (rate === undefined) return { absent: { code: "no_requests_in_window" } };
  return {
    span,
    basis,
    ...judgeShare({ met, total }, wanted),
    burnRate: rate,
    ...(boundarySeconds === undefined ? {} : { boundarySeconds }),
    ...(countedBy === undefined ? {} : { countedBy }),
    ...(stillWaiting > 0 ? { stillWaiting } : {}),
    ...(cut === undefined ? {} : { cut }),
    ...(byServer === undefined ? {} : { byServer }),
    alerts: tellingRules(rules, span).flatMap((rule) => alertsOf(counted, { rule, wanted, span })),
  };
}

/** A long window that reaches beyond the span sees what the one before it sees: of those only the first is told. */
function tellingRules(rules: readonly BurnRule[], span: TimeSpan): readonly BurnRule[] {
  const length = span.endSeconds - span.startSeconds;
  return rules.filter((_, i) => i === 0 || rules[i - 1]!.longSeconds < length);
}

function alertsOf(
  { steps, stepSeconds }: Counted,
  { rule, wanted, span }: { readonly rule: BurnRule; readonly wanted: number; readonly span: TimeSpan },
): BurnAlert[] {
  const sums = [{ met: 0, total: 0 }];
  for (const step of steps) {
    const last = sums.at(-1)!;
    sums.push({ met: last.met + step.met, total: last.total + step.total });
  }
  const burnAt = (end: number, seconds: number) => {
    const from = sums[Math.max(0, end - Math.max(1, Math.round(seconds / stepSeconds)))]!;
    const to = sums[end]!;
    const total = to.total - from.total;
    if (seconds === rule.longSeconds && total < LEAST_REQUESTS) return 0;
    return burnRate({ met: to.met - from.met, total }, wanted) ?? 0;
  };
  const alerts: BurnAlert[] = [];
  let standing: (TimeSpan & { readonly peak: number }) | undefined;
  for (let end = 1; end <= steps.length + 1; end++) {
    const long = end > steps.length ? undefined : burnAt(end, rule.longSeconds);
    const burning = long !== undefined && long >= rule.factor &&
      burnAt(end, rule.shortSeconds) >= rule.factor;
    const timeSeconds = Math.min(span.endSeconds, span.startSeconds + end * stepSeconds);
    if (burning) {
      standing ??= { startSeconds: timeSeconds, endSeconds: timeSeconds, peak: long };
      standing = { ...standing, endSeconds: timeSeconds, peak: Math.max(standing.peak, long) };
    } else if (standing !== undefined) {
      const { peak, ...stretch } = standing;
      alerts.push({ rule, span: stretch, peak });
      standing = undefined;
    }
  }
  return alerts;
}

/**
 * An objective as something to watch live, by the server's buckets: beyond while a rule's alarm stands. The value is the
 * burn rate in the long window of the rule that stands, or of the fastest one.
 */
export function watchedObjective(
  limit: { readonly quantity: QuantityName; readonly seconds: number },
  options: { readonly text: string; readonly share: number; readonly rules?: readonly BurnRule[] },
): Watched {
  const call = 'watchedObjective({ quantity: "ttft", seconds: 0.5 }, { text: "fast", share: 0.99 })';
  checkArgument(call, { limit }, OBJECT);
  checkOptions<WatchedLimit>(call, limit, { quantity: needed(QUANTITY), seconds: needed(NUMBER) });
  checkOptions<WatchedOptions>(call, options, {
    text: needed(ANY_TEXT),
    share: needed(SHARE),
    rules: RULES,
  });
  const { text, share, rules = BURN_RULES } = options;
  return {
    text,
    holdSeconds: 0,
    side: "above",
    read: async (source, nowSeconds): Promise<readonly LimitReading[]> => {
      const stillWaiting = sumOf(await stillWaitingAt(source, limit, nowSeconds));
      let worst: { value: number; beyond: boolean } | undefined;
      for (const rule of rules) {
        const [long, short] = [
          await burnNow(source, {
            ...limit,
            share,
            nowSeconds,
            stillWaiting,
            windowSeconds: rule.longSeconds,
            leastRequests: LEAST_REQUESTS,
          }),
          await burnNow(source, {
            ...limit,
            share,
            nowSeconds,
            stillWaiting,
            windowSeconds: rule.shortSeconds,
            leastRequests: 1,
          }),
        ];
        if (long === undefined) continue;
        const beyond = long >= rule.factor && (short ?? 0) >= rule.factor;
        const worse = worst === undefined || (beyond && !worst.beyond) ||
          (beyond === worst.beyond && long > worst.value);
        if (worse) worst = { value: long, beyond };
      }
      return worst === undefined
        ? [{ target: "", absent: { code: "no_requests_in_window" } }]
        : [{ target: "", labels: {}, ...worst }];
    },
  };
}

/** Undefined for fewer requests than wanted. */
async function burnNow(
  source: MetricSource,
  look: {
    readonly quantity: QuantityName;
    readonly seconds: number;
    readonly share: number;
    readonly nowSeconds: number;
    readonly windowSeconds: number;
    readonly leastRequests: number;
    readonly stillWaiting: number;
  },
): Promise<number | undefined> {
  const { nowSeconds, windowSeconds, stillWaiting } = look;
  const ended = await countWindow(source, look, {
    startSeconds: nowSeconds - windowSeconds,
    endSeconds: nowSeconds,
  });
  const counted = { met: ended.met, total: ended.total + stillWaiting };
  return counted.total < look.leastRequests ? undefined : burnRate(counted, look.share);
}
