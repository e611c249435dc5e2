/**
 * One value of a quantity over a whole span.
 *
 * @module
 */
import type { Cause, Reading } from "../base/cause.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { Matcher, MetricSource, SamplePart, TimeSpan, WindowFunction } from "../series/types.ts";
import { wholeSpan } from "../series/whole_span.ts";
import { type AbsenceContext, absenceContext, absenceOf } from "./absence.ts";

/** Figures of one span; what has none is absent by its cause. */
export class SpanFigures {
  #context: AbsenceContext | undefined;

  /** Nothing is read yet. Without a span everything is absent. */
  constructor(readonly source: MetricSource, readonly span: TimeSpan | undefined) {}

  /** Why there is nothing of a quantity. */
  async absence(quantity: QuantityName): Promise<Cause> {
    this.#context ??= await absenceContext(this.source, this.span);
    return absenceOf(quantity, this.#context);
  }

  /** What was counted within the span, of all series that match. */
  async increase(
    quantity: QuantityName,
    options: { part?: SamplePart; matchers?: readonly Matcher[] } = {},
  ): Promise<Reading> {
    return await this.evaluate(quantity, { kind: "increase", extrapolate: false }, options);
  }

  /** A function over the span, then combined over all series that match; default their sum. */
  async evaluate(
    quantity: QuantityName,
    fn: WindowFunction,
    options: { part?: SamplePart; matchers?: readonly Matcher[]; combine?: "sum" | "max" | "avg" } = {},
  ): Promise<Reading> {
    if (this.span === undefined) return { absent: { code: "no_data" } };
    const { combine = "sum", ...selected } = options;
    const grid = wholeSpan(this.span);
    const query = { selector: { quantity, ...selected }, fn, combine, whileStale: "as_prometheus" } as const;
    const value = (await this.source.evaluate(query, grid))[0]?.values[0];
    return value === undefined || Number.isNaN(value) ? { absent: await this.absence(quantity) } : { value };
  }
}
