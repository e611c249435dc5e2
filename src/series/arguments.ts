/**
 * Checks of what series are asked with, for arguments that no compiler has seen.
 *
 * @module
 */
import {
  type Check,
  checkArgument,
  checkFields,
  LIST,
  listOf,
  NUMBER,
  oneOf,
  shape,
  TEXT,
} from "../base/arguments.ts";
import { QUANTITY } from "../catalog/quantities.ts";

/** What has series. */
export const SOURCE: Check = {
  wanted: "a source of series: a collector, a recording or shipped data",
  accepts: (value) => SOURCE_METHODS.accepts(value),
};

const SOURCE_METHODS = shape("", ["span", "describe", "facts", "select", "evaluate", "requests", "events"]);

/** A stretch of time. */
export const SPAN: Check = {
  wanted: "a span, { startSeconds, endSeconds }",
  accepts: (value) => isRange(value),
};

/** Points of a series. */
export const POINTS: Check = {
  wanted: "points, { timesSeconds, values }, such as a series",
  accepts: (value) => isPoints(value),
};

/** A series, with its labels and marks. */
export const SERIES: Check = {
  wanted: "a series, such as (await source.select({ quantity }, span))[0]",
  accepts: (value) => isPoints(value) && MARKS.accepts(value),
};

const MARKS = shape("", ["staleSeconds", "labels"]);

/** A list of series or points. */
export const SERIES_LIST: Check = {
  wanted: "a list of series",
  accepts: (value) => Array.isArray(value) && value.every(isPoints),
};

/** Labels that are wanted. */
export const MATCHERS: Check = {
  wanted: "a list of { label, operator, value }",
  accepts: (value) => Array.isArray(value) && value.every(MATCHER.accepts),
};

const MATCHER = shape("", ["label", "operator", "value"]);

/** Times of evaluation. */
export const GRID: Check = {
  wanted: "a grid, { startSeconds, stepSeconds, count, rangeSeconds }, each a number",
  accepts: (value) =>
    typeof value === "object" && value !== null && "startSeconds" in value && "stepSeconds" in value &&
    "count" in value && "rangeSeconds" in value &&
    [value.startSeconds, value.stepSeconds, value.count, value.rangeSeconds].every(NUMBER.accepts),
};

/** What is selected: a quantity or a name. */
const SELECTOR: Check = {
  wanted: "a selector, { quantity } or { name }",
  accepts: (value) =>
    typeof value === "object" && value !== null &&
    ("quantity" in value && typeof value.quantity === "string" ||
      "name" in value && typeof value.name === "string"),
};

/** A request's row. */
const ROW = shape("", ["id", "dueSeconds", "outcome"]);

/** Rows of requests. */
export const RECORDS: Check = {
  wanted: "a list of requests, such as the records of a load's result",
  accepts: (value) => Array.isArray(value) && value.every(ROW.accepts),
};

export { FAMILIES, FAMILY } from "../parser/arguments.ts";

/** NaN too: a store refuses such a tick by itself. */
const TIME: Check = { wanted: "Unix seconds", accepts: (value) => typeof value === "number" };

/** What a sampler yields. */
const BATCH = shape("a batch, { ids, values, defined, vanishedIds, events }", [
  "ids",
  "values",
  "defined",
  "vanishedIds",
  "events",
]);

/** Something that happened. */
export const EVENT: Check = shape('an event, such as { kind: "note", timeSeconds, text }', [
  "kind",
  "timeSeconds",
]);

/** What is known of a target. */
export const FACTS: Check = shape("facts, { target, simulated }", ["target", "simulated"]);

/** One request's row. */
export const RECORD: Check = {
  wanted: "a request, such as one of a load's records",
  accepts: (value) => ROW.accepts(value),
};

/**
 * Refuses a tick that is none.
 *
 * @throws TypeError
 */
export function checkTick(
  call: string,
  tick: { readonly samplerId: unknown; readonly timeSeconds: unknown },
): void {
  checkArgument(call, { samplerId: tick.samplerId }, TEXT);
  checkArgument(call, { timeSeconds: tick.timeSeconds }, TIME);
}

/**
 * Refuses a tick or its batch that are none.
 *
 * @throws TypeError
 */
export function checkAppend(
  call: string,
  tick: { readonly samplerId: unknown; readonly timeSeconds: unknown; readonly batch: unknown },
): void {
  checkTick(call, tick);
  checkArgument(call, { batch: tick.batch }, BATCH);
}

/**
 * Refuses points or a window that are none. It costs next to nothing where they are some.
 *
 * @param name of the function
 * @throws TypeError
 */
export function checkWindow(name: string, points: unknown, range: unknown): void {
  if (isPoints(points) && isWindow(range)) return;
  const call = `${name}(${name === "overTime" ? '"avg", ' : ""}series, { endSeconds, rangeSeconds: 60 })`;
  checkArgument(call, { points }, POINTS);
  checkArgument(call, { range }, WINDOW);
}

const WINDOW: Check = {
  wanted: "a window, { endSeconds, rangeSeconds }",
  accepts: (value) => isWindow(value),
};

function isWindow(value: unknown): boolean {
  return typeof value === "object" && value !== null && "endSeconds" in value && "rangeSeconds" in value &&
    typeof value.endSeconds === "number" && typeof value.rangeSeconds === "number";
}

/**
 * Refuses a selection that names nothing.
 *
 * @throws TypeError, or RangeError for a quantity that is none
 */
export function checkSelect(call: string, selector: unknown, span: unknown): void {
  checkSelector(call, selector);
  checkArgument(call, { span }, SPAN);
}

/**
 * Refuses a query that asks for nothing, or a grid that is none.
 *
 * @throws TypeError, or RangeError for a quantity that is none
 */
export function checkEvaluate(call: string, query: unknown, grid: unknown): void {
  checkArgument(call, { query }, shape("a query, { selector, fn }", ["selector", "fn"]));
  if (typeof query !== "object" || query === null || !("selector" in query && "fn" in query)) return;
  checkFields(call, { query }, QUERY_FIELDS, {
    instead: { groupBy: "by", aggregate: "combine", quantity: "selector" },
  });
  checkCombination(call, query);
  checkSelector(call, query.selector);
  checkFunction(call, query.fn);
  checkArgument(call, { grid }, GRID);
}

const QUERY_FIELDS = ["selector", "fn", "combine", "by", "whileStale"];

const QUANTILE_KINDS: readonly unknown[] = ["quantile", "histogram_quantile", "histogram_bounded_quantile"];

const FUNCTION_FIELDS = ["kind", "extrapolate", "quantile"];

const COMBINE = oneOf(["none", "sum", "max", "min", "avg"]);

const WHILE_STALE = oneOf(["absent", "as_prometheus"]);

function checkCombination(call: string, query: object): void {
  if ("combine" in query && query.combine !== undefined) {
    checkArgument(call, { combine: query.combine }, COMBINE);
  }
  if ("by" in query && query.by !== undefined) checkArgument(call, { by: query.by }, LABEL_NAMES);
  if ("whileStale" in query && query.whileStale !== undefined) {
    checkArgument(call, { whileStale: query.whileStale }, WHILE_STALE);
  }
}

const LABEL_NAMES = listOf(TEXT, "a list of names of labels");

function checkFunction(call: string, fn: unknown): void {
  checkArgument(call, { fn }, shape('a function, such as { kind: "rate" }', ["kind"]));
  checkFields(call, { fn }, FUNCTION_FIELDS);
  if (typeof fn !== "object" || fn === null || !("kind" in fn)) return;
  if (!QUANTILE_KINDS.includes(fn.kind)) return;
  checkArgument(call, { quantile: "quantile" in fn ? fn.quantile : undefined }, NUMBER);
}

const SELECTOR_FIELDS = ["quantity", "name", "part", "matchers"];

function checkSelector(call: string, selector: unknown): void {
  checkArgument(call, { selector }, SELECTOR);
  if (typeof selector !== "object" || selector === null) return;
  checkFields(call, { selector }, SELECTOR_FIELDS, { instead: { labels: "matchers", metric: "name" } });
  if ("quantity" in selector && selector.quantity !== undefined) {
    checkArgument(call, { quantity: selector.quantity }, QUANTITY);
  }
  if ("matchers" in selector && selector.matchers !== undefined) {
    checkArgument(call, { matchers: selector.matchers }, MATCHERS);
  }
}

function isPoints(value: unknown): boolean {
  return typeof value === "object" && value !== null && "timesSeconds" in value && "values" in value &&
    isColumn(value.timesSeconds) && isColumn(value.values);
}

function isColumn(value: unknown): boolean {
  return ArrayBuffer.isView(value) || LIST.accepts(value);
}

function isRange(value: unknown): boolean {
  return typeof value === "object" && value !== null && "startSeconds" in value && "endSeconds" in value &&
    NUMBER.accepts(value.startSeconds) && NUMBER.accepts(value.endSeconds);
}
