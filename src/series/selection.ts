/**
 * From a selector to sample names, for each target: the catalog knows under which name a target shows a quantity.
 *
 * @module
 */
import { NameIndex } from "../catalog/names.ts";
import { quantityOf } from "../catalog/quantities.ts";
import { derivationsOf, resolveAll } from "../catalog/resolve.ts";
import type { QuantityName, ResolvedQuantity, Unit } from "../catalog/types.ts";
import type { MetricMeta, MetricType } from "../parser/types.ts";
import { type Derived, deriveSeries } from "./derive.ts";
import { partsFor } from "./evaluate.ts";
import type { Matcher, SamplePart, Selector, Series, SeriesDefinition, WindowFunction } from "./types.ts";

/** What to read of one sampler, or of all. */
export interface Selection {
  /** Absent: of all samplers. */
  readonly samplerId?: string;
  /** Sample names. */
  readonly names: readonly string[];
  readonly matchers: readonly Matcher[];
  /** Multiplies values (and bounds of buckets) to get `unit`. */
  readonly unitFactor: number;
  readonly unit?: Unit;
  /** Where no name gives the quantity: how it is worked out of the series of `names`. */
  readonly derived?: Derived;
  /** One name of the family, which tells when a server showed it; absent: nobody asks. */
  readonly lifeName?: string;
  /** Other names of the same quantity, in order: each counts where none before it was shown in the same life of a server. */
  readonly others?: readonly Selection[];
}

/** What a source knows of a sampler. */
export interface KnownSampler {
  readonly id: string;
  readonly metas: readonly MetricMeta[];
}

/**
 * Which series a selector means.
 *
 * By name: that sample name; a histogram's function takes the family's name or that of its buckets. By quantity: of each
 * sampler that shows it; `part` names the part of a histogram or summary, and without it functions of windows read its
 * count, while raw points are read of buckets, sum and count.
 *
 * @param fn the function that the series are for; absent: raw points
 */
export function selectionsOf(
  selector: Selector,
  samplers: readonly KnownSampler[],
  fn?: WindowFunction,
): Selection[] {
  const matchers = selector.matchers ?? [];
  const parts = fn === undefined ? "all" : partsFor(fn);
  if ("name" in selector) {
    const base = selector.name.replace(/_(?:bucket|sum|count)$/, "");
    const names = parts === "all" ? [selector.name] : parts.map((part) => `${base}_${part}`);
    return [{ names, matchers, unitFactor: 1 }];
  }
  return samplers.flatMap(({ id, metas }): Selection[] => {
    const resolved = resolveOnce(metas, selector.quantity);
    const wanted = parts !== "all" ? parts : selector.part !== undefined ? [selector.part] : defaultParts(fn);
    const named = resolved.map((one): Selection => ({
      samplerId: id,
      names: namesOf(one, wanted),
      matchers: [...filtersOf(one), ...matchers],
      unitFactor: one.unitFactor,
      unit: one.unit,
      lifeName: lifeNameOf(one),
    }));
    const derived = derivedOnce(metas, selector.quantity).map((one): Selection => ({
      samplerId: id,
      matchers,
      unitFactor: 1,
      ...one,
    }));
    const [first, ...others] = [...named, ...derived];
    if (first === undefined) return [];
    return [others.length === 0 ? first : { ...first, others }];
  });
}

function filtersOf({ labelFilter = {} }: ResolvedQuantity): Matcher[] {
  return Object.entries(labelFilter).map(([label, value]) => ({ label, operator: "=", value }));
}

/** What was found in a list of families, which is never written to; a list that grew is another one. */
const RESOLVED = new WeakMap<readonly MetricMeta[], Map<QuantityName, ResolvedQuantity[]>>();

/** A live page asks for the same names several times a second, and to find one is to look at all. */
function resolveOnce(metas: readonly MetricMeta[], quantity: QuantityName): readonly ResolvedQuantity[] {
  let known = RESOLVED.get(metas);
  if (known === undefined) RESOLVED.set(metas, known = new Map());
  let found = known.get(quantity);
  if (found === undefined) known.set(quantity, found = resolveAll(metas, quantity));
  return found;
}

/** As {@link RESOLVED}. */
const DERIVED = new WeakMap<readonly MetricMeta[], Map<QuantityName, readonly DerivedSelection[]>>();

type DerivedSelection = Required<Pick<Selection, "names" | "derived" | "lifeName">>;

function derivedOnce(metas: readonly MetricMeta[], quantity: QuantityName): readonly DerivedSelection[] {
  let known = DERIVED.get(metas);
  if (known === undefined) DERIVED.set(metas, known = new Map());
  let found = known.get(quantity);
  if (found === undefined) known.set(quantity, found = derivedOf(metas, quantity));
  return found;
}

function derivedOf(metas: readonly MetricMeta[], quantity: QuantityName): DerivedSelection[] {
  const ways = derivationsOf(metas, quantity);
  if (ways.length === 0) return [];
  const index = new NameIndex(metas);
  const { unit } = quantityOf(quantity);
  const [first] = ways;
  // A first way that the lab does not go is no reason to go another.
  if (first?.computation === undefined) return [];
  return ways.flatMap(({ names, computation }) => {
    const shown = names.flatMap((name) => index.find(name)?.name ?? []);
    const [lifeName] = shown;
    if (computation === undefined || lifeName === undefined) return [];
    return [{ names: shown, lifeName, derived: { quantity, unit, computation } }];
  });
}

function defaultParts(fn: WindowFunction | undefined): readonly SamplePart[] {
  return fn === undefined ? ["value", "bucket", "sum", "count"] : ["value", "count"];
}

const PARTS_BY_TYPE: Partial<Record<MetricType, readonly SamplePart[]>> = {
  histogram: ["bucket", "sum", "count"],
  summary: ["quantile", "sum", "count"],
};

function namesOf(resolved: ResolvedQuantity, wanted: readonly SamplePart[]): string[] {
  const own = PARTS_BY_TYPE[resolved.type] ?? ["value"];
  return own.filter((part) => wanted.includes(part)).map((part) =>
    part === "value" || part === "quantile" ? resolved.name : `${resolved.name}_${part}`
  );
}

function lifeNameOf({ name, type }: ResolvedQuantity): string {
  return PARTS_BY_TYPE[type] === undefined ? name : `${name}_count`;
}

/** What is to be read before it is known which name lived when. */
export function everyNameOf(selection: Selection): Selection[] {
  const { others = [] } = selection;
  if (others.length === 0) return [selection];
  return [selection, ...others].flatMap((one) => [
    one,
    { names: one.lifeName === undefined ? one.names : [one.lifeName], matchers: [], unitFactor: 1 },
  ]);
}

/** What was read for a selection: in canonical units, or worked out. */
export function finished(series: readonly Series[], selection: Selection): Series[] {
  return selection.derived === undefined
    ? series.map((one) => inUnits(one, selection))
    : deriveSeries(series, selection.derived);
}

/** How the series of a selection read their units; undefined where they keep their own. */
export function unitsOf(selection: Selection): ((name: string, type: MetricType) => Unit) | undefined {
  const { unit, derived } = selection;
  if (unit === undefined || derived !== undefined) return undefined;
  return (name, type) => unitOfPart(name, type, unit);
}

/** A bucket's unit is that of its bounds: what a quantile of it comes in. */
function unitOfPart(name: string, type: MetricType, unit: Unit): Unit {
  return isCounts(name, type) && name.endsWith("_count") ? "count" : unit;
}

function isCounts(name: string, type: MetricType): boolean {
  return (type === "histogram" || type === "summary") &&
    (name.endsWith("_bucket") || name.endsWith("_count"));
}

/** The same series in canonical units; bounds of buckets too. Counts stay as they are. */
function inUnits(series: Series, selection: Selection): Series {
  const { unit, unitFactor } = selection;
  if (unit === undefined) return series;
  const partUnit = unitOfPart(series.name, series.type, unit);
  const withUnit: Series = series.unit === partUnit ? series : { ...series, unit: partUnit };
  if (unitFactor === 1) return withUnit;
  const counts = isCounts(series.name, series.type);
  const { le } = series.labels;
  const labels = counts && le !== undefined && le !== "+Inf"
    ? { ...series.labels, le: String(Number(le) * unitFactor) }
    : series.labels;
  return {
    ...withUnit,
    labels,
    values: counts ? series.values : series.values.map((value) => value * unitFactor),
  };
}

/** Families of series, as the exposition's `# TYPE` lines had them, each once. */
export function familiesOf(definitions: Iterable<SeriesDefinition>): MetricMeta[] {
  const families = new Map<string, MetricMeta>();
  for (const { name: sample, type, help = "", unit } of definitions) {
    const name = familyName(sample, type);
    if (!families.has(name)) {
      families.set(name, { name, type, help, ...(unit === undefined ? {} : { unit }) });
    }
  }
  return [...families.values()];
}

function familyName(sample: string, type: MetricType): string {
  switch (type) {
    case "histogram":
      return sample.replace(/_(?:bucket|sum|count|created)$/, "");
    case "summary":
      return sample.replace(/_(?:sum|count|created)$/, "");
    case "gaugehistogram":
      return sample.replace(/_(?:bucket|gsum|gcount)$/, "");
    default:
      return sample;
  }
}
