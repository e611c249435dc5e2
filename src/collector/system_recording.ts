/**
 * The format of a recorded machine: columns of rounded values, one a second.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";
import type { SeriesShape } from "./batch_builder.ts";

/** `data/system/host.json`. */
export interface SystemRecording {
  readonly origin: string;
  readonly intervalSeconds: number;
  readonly details: Readonly<Record<string, string | number>>;
  readonly series: readonly RecordedSeries[];
}

/** A series with a value for each tick; null where there was none. */
export interface RecordedSeries extends SeriesShape {
  readonly labels: Labels;
  readonly values: readonly (number | null)[];
}
