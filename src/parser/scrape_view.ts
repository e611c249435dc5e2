/**
 * What one read of a scrape yields, in columns.
 *
 * @module
 */
import type { SeriesDefinition } from "../series/types.ts";

/** Columns of one scrape; valid until the reader's next `read`. `values[i]` belongs to series `ids[i]`. */
export interface ScrapeView {
  /** Series of this read, in the order of the text. */
  readonly ids: Uint32Array;
  /** NaN where the text says so. */
  readonly values: Float64Array;
  /** Unix seconds stated by the text per value, NaN where it states none; absent when no line states one. */
  readonly timestampsSeconds?: Float64Array;
  /** Series seen for the first time. Ids are small integers, never reused. */
  readonly defined: readonly SeriesDefinition[];
  /** Series of the read before that this one lacks. */
  readonly vanishedIds: Uint32Array;
  /** Lines that were given up. */
  readonly skippedLines: number;
}
