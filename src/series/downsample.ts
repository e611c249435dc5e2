/**
 * Fewer points for a picture, with the minima, maxima and gaps of all.
 *
 * @module
 */
import { checkArgument, checkOptions, needed, NUMBER } from "../base/arguments.ts";
import { SERIES, SPAN } from "./arguments.ts";
import { m4Indices } from "./m4.ts";
import type { Series, TimeSpan } from "./types.ts";

/** What is drawn, and how wide. */
export interface DownsampleOptions {
  /** What the width shows. */
  readonly span: TimeSpan;
  /** Pixels across the span. */
  readonly columns: number;
}

/**
 * Keeps of every pixel column the first, last, lowest and highest point of each stretch between gaps: the line through them
 * covers the same pixels as the line through all. At most four points for each column and stretch; marks of absence stay.
 *
 * Points outside the span are left out. Few points come back as they are. Of NaN values in a row one is kept: it breaks the
 * line. Method: see {@link m4Indices}.
 */
export function downsample(series: Series, options: DownsampleOptions): Series {
  const call = "downsample(series, { span, columns: 720 })";
  checkArgument(call, { series }, SERIES);
  checkOptions<DownsampleOptions>(call, options, { span: needed(SPAN), columns: needed(NUMBER) });
  const { startSeconds, endSeconds } = options.span;
  const columns = Math.max(1, Math.floor(options.columns));
  const { timesSeconds, values, staleSeconds } = series;
  const inside = timesSeconds.map((_, index) => index).filter((index) => {
    const time = timesSeconds[index] ?? NaN;
    return time >= startSeconds && time <= endSeconds;
  });
  const from = inside[0] ?? 0;
  const to = from + inside.length;
  const points = {
    timesSeconds: timesSeconds.subarray(from, to),
    values: values.subarray(from, to),
    staleSeconds,
  };
  const kept = m4Indices(points, { startSeconds, endSeconds, columns });
  if (kept.length === timesSeconds.length) return series;
  const pick = (column: Float64Array) => Float64Array.from(kept, (index) => column[from + index] ?? NaN);
  return {
    ...series,
    timesSeconds: pick(timesSeconds),
    values: pick(values),
    ...(series.lower === undefined ? {} : { lower: pick(series.lower) }),
    ...(series.upper === undefined ? {} : { upper: pick(series.upper) }),
  };
}
