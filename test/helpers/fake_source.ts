/**
 * A MetricSource made of plain tables, for tests of views: it answers what it was told to answer and computes nothing.
 *
 * @module
 */
import { QUANTITIES } from "../../src/catalog/quantities.ts";
import type { QuantityName, Unit } from "../../src/catalog/types.ts";
import type { Labels, MetricMeta } from "../../src/parser/types.ts";
import type {
  Grid,
  LabEvent,
  MetricSource,
  RequestRecord,
  Selector,
  Series,
  TargetFacts,
  TimeSpan,
  WindowFunction,
  WindowQuery,
} from "../../src/series/types.ts";

/** A series of one quantity as a function of time. `undefined` is no point; in `staleAt` it was marked absent. */
export interface FakeSeries {
  readonly quantity: QuantityName;
  readonly labels?: Labels;
  readonly unit?: Unit;
  readonly type?: Series["type"];
  readonly value: (timeSeconds: number) => number | undefined;
  readonly staleAt?: readonly number[];
}

/** What evaluate() answers for a quantity and function. */
export interface FakeWindow {
  readonly quantity: QuantityName;
  readonly kind: WindowFunction["kind"];
  readonly quantile?: number;
  readonly labels?: Labels;
  readonly unit?: Unit;
  readonly value: (timeSeconds: number) => number | undefined;
  readonly bounds?: (timeSeconds: number) => readonly [number, number];
}

/** The tables. */
export interface FakeTables {
  readonly span?: TimeSpan;
  readonly intervalSeconds?: number;
  readonly series?: readonly FakeSeries[];
  readonly windows?: readonly FakeWindow[];
  readonly facts?: readonly TargetFacts[];
  readonly events?: readonly LabEvent[];
  readonly requests?: readonly RequestRecord[];
  readonly metas?: readonly MetricMeta[];
}

/** Makes the source. */
export function fakeSource(tables: FakeTables): MetricSource {
  const intervalSeconds = tables.intervalSeconds ?? 2;
  return {
    span: () => Promise.resolve(tables.span),
    describe: () => Promise.resolve(tables.metas ?? metasOf(tables)),
    facts: () => Promise.resolve(tables.facts ?? []),
    requests: () => Promise.resolve(tables.requests ?? []),
    events: () => Promise.resolve(tables.events ?? []),
    select: (selector: Selector, span: TimeSpan) =>
      Promise.resolve(select(tables, selector, { span, intervalSeconds })),
    evaluate: (query: WindowQuery, grid: Grid) => Promise.resolve(evaluate(tables, query, grid)),
  };
}

/** A family of the catalog's first name for every quantity in the tables. */
function metasOf(tables: FakeTables): MetricMeta[] {
  const quantities = new Set(
    [...(tables.series ?? []), ...(tables.windows ?? [])].map((each) => each.quantity),
  );
  return [...quantities].map((quantity) => {
    const { type, candidates } = QUANTITIES[quantity];
    return { name: candidates[0]?.name ?? quantity, type, help: "" };
  });
}

function quantityOf(selector: Selector): QuantityName | undefined {
  return "quantity" in selector ? selector.quantity : undefined;
}

function select(
  tables: FakeTables,
  selector: Selector,
  view: { span: TimeSpan; intervalSeconds: number },
): Series[] {
  const { span, intervalSeconds } = view;
  return (tables.series ?? []).filter((each) => each.quantity === quantityOf(selector)).map((each) => {
    const count = Math.floor((span.endSeconds - span.startSeconds) / intervalSeconds + 1e-9) + 1;
    const times = Array.from({ length: count }, (_, k) => span.startSeconds + k * intervalSeconds);
    return seriesOf(each, { name: each.quantity, type: each.type ?? "gauge", times });
  });
}

function evaluate(tables: FakeTables, query: WindowQuery, grid: Grid): Series[] {
  const { fn } = query;
  const times = Array.from({ length: grid.count }, (_, k) => grid.startSeconds + k * grid.stepSeconds);
  const quantity = quantityOf(query.selector);
  if (fn.kind === "last") return combinedLast(tables, query, times);
  return (tables.windows ?? []).filter((each) => {
    const quantile = "quantile" in fn ? fn.quantile : undefined;
    return each.quantity === quantity && each.kind === fn.kind &&
      (each.quantile === undefined || each.quantile === quantile);
  }).map((each) => seriesOf(each, { name: each.quantity, type: "gauge", times }));
}

/** Sum (or highest) of the raw series at each time. */
function combinedLast(tables: FakeTables, query: WindowQuery, times: readonly number[]): Series[] {
  const parts = (tables.series ?? []).filter((each) => each.quantity === quantityOf(query.selector));
  const [first] = parts;
  if (first === undefined) return [];
  const value = (time: number) => {
    const values = parts.map((part) => part.value(time)).filter((each) => each !== undefined);
    if (values.length === 0) return undefined;
    return query.combine === "max" ? Math.max(...values) : values.reduce((a, b) => a + b, 0);
  };
  return [seriesOf({ ...first, labels: {}, value }, { name: first.quantity, type: "gauge", times })];
}

function seriesOf(
  from: FakeSeries | FakeWindow,
  as: { name: string; type: Series["type"]; times: readonly number[] },
): Series {
  const kept = as.times.filter((time) => from.value(time) !== undefined);
  const bounds = "bounds" in from && from.bounds !== undefined ? kept.map(from.bounds) : undefined;
  return {
    name: as.name,
    labels: from.labels ?? {},
    type: as.type,
    ...(from.unit === undefined ? {} : { unit: from.unit }),
    timesSeconds: Float64Array.from(kept),
    values: Float64Array.from(kept, (time) => from.value(time) ?? NaN),
    staleSeconds: Float64Array.from("staleAt" in from ? from.staleAt ?? [] : []),
    ...(bounds === undefined ? {} : {
      lower: Float64Array.from(bounds, ([low]) => low),
      upper: Float64Array.from(bounds, ([, high]) => high),
    }),
  };
}
