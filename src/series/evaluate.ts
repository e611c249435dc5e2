/**
 * Window queries over series that were read already: what every kind of source answers `evaluate` with.
 *
 * @module
 */
import { type Combine, combineResults, type GridResult, hideStale, toSeries } from "./combine.ts";
import { evaluateHistograms, type HistogramMemory } from "./histograms.ts";
import { checkGrid, sweepGrid } from "./over_grid.ts";
import type { Grid, SamplePart, Series, WindowFunction, WindowQuery } from "./types.ts";

/**
 * Evaluates a query over raw series, which must reach back one point before the grid's first window (what is observed is
 * counted from there).
 *
 * Results equal Prometheus' on the same points, but for what `whileStale` says: by default there is no result while a series
 * is marked absent, nor a quantile without observations. Results of combined series carry the labels of `by` only.
 * A result's unit is that of the values; a rate is that by second.
 *
 * @param series in the server's order of arrival (sums are taken in that order); for functions of histograms the `_bucket`, or
 * the `_sum` and `_count` series
 * @param memory what earlier queries worked out of the same series, where several are asked of them
 * @throws RangeError on a grid that is none
 */
export function evaluateSeries(
  query: WindowQuery,
  grid: Grid,
  series: readonly Series[],
  memory?: HistogramMemory,
): Series[] {
  const { fn } = query;
  if (series.length > 0) checkGrid(grid);
  const name = "quantity" in query.selector ? query.selector.quantity : query.selector.name;
  const combine = query.combine ?? defaultCombine(fn, series);
  let results: GridResult[];
  switch (fn.kind) {
    case "histogram_quantile":
    case "histogram_bounded_quantile":
    case "histogram_mean":
    case "histogram_increase":
      results = evaluateHistograms(fn, series, { query, grid, combine, name, memory });
      break;
    default: {
      const each = series.map((one): GridResult => {
        const result = sweepGrid(fn, one, grid);
        if (query.whileStale !== "as_prometheus") hideStale(result, one, grid);
        return { ...result, name: combine === "none" ? one.name : name, labels: one.labels, unit: one.unit };
      });
      results = combineResults(each, combine, query.by ?? []);
    }
  }
  return results.flatMap((result) => toSeries(result, grid) ?? []);
}

/** Counters and histograms add up over engines and models; gauges do not. */
function defaultCombine(fn: WindowFunction, series: readonly Series[]): Combine {
  if (fn.kind.startsWith("histogram_")) return "sum";
  const addsUp = series.some(({ type, labels }) =>
    type === "counter" || type === "histogram" || (type === "summary" && labels.quantile === undefined)
  );
  return addsUp ? "sum" : "none";
}

/** Which series of a family a function needs; "all" where the caller's `part` decides. */
export function partsFor(fn: WindowFunction): readonly SamplePart[] | "all" {
  switch (fn.kind) {
    case "histogram_quantile":
    case "histogram_increase":
      return ["bucket"];
    case "histogram_bounded_quantile":
      return ["bucket", "sum"];
    case "histogram_mean":
      return ["sum", "count"];
    default:
      return "all";
  }
}
