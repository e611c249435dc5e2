/**
 * What strict mode asks of a text beyond its single lines.
 *
 * @module
 */
import type { CommentLine } from "./comments.ts";
import type { Grammar } from "./grammar.ts";
import { OpenMetricsRules } from "./strict_openmetrics.ts";
import { PrometheusRules } from "./strict_prometheus.ts";
import type { Sample } from "./types.ts";

/** Sees every line in order and says what is wrong with it, if anything. */
export interface StrictRules {
  sample(sample: Sample): string | undefined;
  comment(comment: CommentLine): string | undefined;
  /** After the last line. */
  end(endsWithNewline: boolean): string | undefined;
}

/** The rules of the grammar's format. */
export function strictRules(grammar: Grammar): StrictRules {
  return grammar.openMetrics ? new OpenMetricsRules() : new PrometheusRules();
}
