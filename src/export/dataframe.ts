/**
 * A source as a danfojs DataFrame, for those who know pandas.
 *
 * danfojs costs 121 MB of files, so nothing here names it but at run time: it is installed by `deno task dataframe` only, into
 * `optional/dataframe`, and reached through that folder's own `require`.
 *
 * @module
 */
import { checkArgument, checkOptions, type Checks, listOf, TEXT } from "../base/arguments.ts";
import { checkMetricName } from "../catalog/metric_name.ts";
import { QUANTITY_LIST } from "../catalog/quantities.ts";
import { SOURCE, SPAN } from "../series/arguments.ts";
import { createRequire } from "node:module";
import type { QuantityName } from "../catalog/types.ts";
import type { MetricSource, Series, TimeSpan } from "../series/types.ts";
import { seriesKey } from "./reading.ts";

/** The part of danfojs' DataFrame that notebooks use; the object has all of it. */
export interface DataFrame {
  /** Rows and columns. */
  readonly shape: readonly number[];
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** Rows. */
  readonly values: readonly unknown[];
  /** Prints a table. */
  print(): void;
  /** The first rows. */
  head(rows?: number): DataFrame;
  /** Count, mean, deviation, minimum, median, maximum and variance of each numeric column. */
  describe(): DataFrame;
  /** One column. */
  column(name: string): unknown;
  /** Some columns, or all but some. */
  loc(selection: { rows?: unknown; columns?: unknown }): DataFrame;
}

/** What becomes columns. */
export interface DataFrameOptions {
  /** Quantities, in canonical units. Default: what `names` says, else every gauge and counter. */
  readonly quantities?: readonly QuantityName[];
  /** Sample names as the server spells them. */
  readonly names?: readonly string[];
  /** Default: all of the source. */
  readonly span?: TimeSpan;
}

const CHECKS: Checks<DataFrameOptions> = {
  quantities: QUANTITY_LIST,
  names: listOf(TEXT, "a list of names"),
  span: SPAN,
};

/** Most cells of a table; danfojs keeps each as an object. */
const MOST_CELLS = 2_000_000;

/**
 * One row for each time at which anything was read, one column for each series, `time` (ISO 8601, UTC) first. Where a series has
 * no point the cell is NaN, as in pandas: never 0 and never the value before.
 *
 * @throws Error when danfojs is not installed, saying how to
 * @throws RangeError when the table would have more than 2 million cells
 */
export async function toDataFrame(source: MetricSource, options: DataFrameOptions = {}): Promise<DataFrame> {
  const call = 'toDataFrame(collector, { quantities: ["running"] })';
  checkArgument(call, { source }, SOURCE);
  checkOptions<DataFrameOptions>(call, options, CHECKS);
  if (options.names !== undefined) {
    const families = await source.describe();
    for (const name of options.names) checkMetricName(call, name, families);
  }
  const danfo = loadDanfo();
  const span = options.span ?? await source.span();
  const series = span === undefined ? [] : await chosenSeries(source, span, options);
  const times = [...new Set(series.flatMap(({ timesSeconds }) => [...timesSeconds]))].sort((a, b) => a - b);
  if (times.length * series.length > MOST_CELLS) {
    throw new RangeError(
      `Cannot make a DataFrame of ${times.length} × ${series.length} cells: wanted at most ${MOST_CELLS}, name quantities or a shorter span`,
    );
  }
  const rowOf = new Map(times.map((time, row) => [time, row]));
  const columns: Record<string, (string | number)[]> = {
    time: times.map((time) => new Date(Math.round(time * 1000)).toISOString()),
  };
  for (const each of series) {
    const column = new Array<number>(times.length).fill(NaN);
    each.timesSeconds.forEach((time, i) => column[rowOf.get(time)!] = each.values[i]!);
    columns[seriesKey(each)] = column;
  }
  return new danfo.DataFrame(columns);
}

interface Danfo {
  readonly DataFrame: new (columns: Record<string, (string | number)[]>) => DataFrame;
}

function loadDanfo(): Danfo {
  const require = createRequire(new URL("../../optional/dataframe/from.cjs", import.meta.url));
  try {
    return require("danfojs-node") as Danfo;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "MODULE_NOT_FOUND") throw error;
    throw new Error(
      "Cannot make a DataFrame: danfojs is not installed, wanted it in optional/dataframe; run `deno task dataframe` once",
      { cause: error },
    );
  }
}

async function chosenSeries(
  source: MetricSource,
  span: TimeSpan,
  options: DataFrameOptions,
): Promise<Series[]> {
  const found: Series[] = [];
  for (const quantity of options.quantities ?? []) {
    for (const series of await source.select({ quantity }, span)) found.push({ ...series, name: quantity });
  }
  const names = options.names ?? (options.quantities === undefined ? await plainNames(source) : []);
  for (const name of names) found.push(...await source.select({ name }, span));
  return found.filter(({ timesSeconds }) => timesSeconds.length > 0);
}

/** Histograms have a column for each bucket, which hardly anyone wants: they are named, or left out. */
async function plainNames(source: MetricSource): Promise<string[]> {
  const families = await source.describe();
  return families.filter(({ type, name }) =>
    (type === "gauge" || type === "counter") && !name.endsWith("_created")
  ).map(({ name }) => name);
}
