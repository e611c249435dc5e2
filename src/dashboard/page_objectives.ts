/**
 * Objectives on a live page: a named level on the panel of each latency, the share that kept it, and what is left of its budget.
 *
 * @module
 */
import { limitsOf } from "../analyzer/error_budget.ts";
import { summarizeObjectives } from "../analyzer/objective_summaries.ts";
import { isKept, type Objective, objectiveVerdict } from "../analyzer/objectives.ts";
import { formatRatio, formatSeconds } from "../base/format.ts";
import { clockTime, clockTimeFrom } from "../charts/time_axis.ts";
import { objectiveLines } from "../report/cost_blocks.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { chartsText } from "../text/charts.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import type { PagePanel } from "./page_data.ts";

/** An objective with the text that asked for it. */
export interface PageObjective {
  /** As it was asked for: `ttft=2s@95%`. */
  readonly text: string;
  /** Its limits, and the share of the requests that must keep them. */
  readonly objective: Objective;
}

/** What became of all objectives over a span. */
export interface PageObjectives {
  readonly title: string;
  /** As findings: grave where it is missed for sure or an alarm stands, a warning where it seems so. */
  readonly items: readonly {
    readonly severity: "critical" | "warning" | "info";
    readonly heading: string;
    readonly lines: readonly string[];
  }[];
}

/** Panels by the quantity of a limit. A page has none of TPOT: a mean gap is a level for single ones. */
const PANEL_OF: Readonly<Record<string, string>> = { ttft: "ttft", itl: "itl", tpot: "itl", e2e: "e2e" };

/** Panels with the levels of the objectives, each once. */
export function withObjectives(
  panels: readonly PagePanel[],
  objectives: readonly PageObjective[],
  language: Language,
): readonly PagePanel[] {
  if (objectives.length === 0) return panels;
  const { bracket } = punctuation(language);
  const { objective: named } = chartsText(language).throughputLatency;
  const levels = objectives.flatMap(({ objective }) =>
    limitsOf(objective).map(({ quantity, seconds }) => {
      const share = objective.share === undefined ? "" : bracket(formatRatio(objective.share));
      const of = quantity === "tpot" ? "TPOT " : "";
      return { panel: PANEL_OF[quantity], value: seconds, label: of + named(formatSeconds(seconds)) + share };
    })
  );
  return panels.map((panel) => {
    const own = levels.filter(({ panel: id }) => id === panel.id);
    const distinct = new Map(
      [...panel.limits, ...own.map(({ value, label }) => ({ value, label }))].map((
        limit,
      ) => [limit.label, limit]),
    );
    return { ...panel, limits: [...distinct.values()] };
  });
}

/** Counts each objective over the span, in the words of the command line. */
export async function pageObjectives(
  source: MetricSource,
  objectives: readonly PageObjective[],
  view: { readonly span: TimeSpan; readonly language: Language; readonly timeZone: string },
): Promise<PageObjectives> {
  const { span, language, timeZone } = view;
  // Each time with its day where that is another than what stands before it, or than the title's.
  const showSpan = ({ startSeconds, endSeconds }: TimeSpan) =>
    `${clockTimeFrom(startSeconds, span.endSeconds, timeZone)} … ${
      clockTimeFrom(endSeconds, startSeconds, timeZone)
    }`;
  const summaries = await summarizeObjectives(source, objectives, span);
  return {
    title: chartsText(language).live.objectives(clockTime(span.endSeconds, timeZone)),
    items: summaries.map((summary) => {
      const { budget, text: heading } = summary;
      const lines = objectiveLines(summary, language, showSpan);
      if ("absent" in budget) return { severity: "info", heading, lines };
      const verdict = objectiveVerdict(budget);
      const severity = isKept(verdict) ? "info" : verdict === "missed" ? "critical" : "warning";
      return { severity, heading, lines };
    }),
  };
}
