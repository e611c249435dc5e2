/**
 * Parquet: a row per point, for tables larger than CSV is good for.
 *
 * @module
 */
import { zstdCompressSync } from "node:zlib";
import type { ColumnSource } from "hyparquet-writer";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { selectInSlices } from "./reading.ts";

/** Rows of a row group: what is held at once. */
const GROUP_ROWS = 100_000;

/**
 * Writes `time` (UTC, milliseconds), `time_seconds`, `name`, `labels` (a JSON object), `value` to a file; series after
 * series, NaN and infinities as they are. The library is loaded when this is called.
 *
 * Times that rise evenly are small as differences and as their bytes side by side, and zstd takes what repeats: a day of one server, 20 million
 * rows, is 11 MB instead of 216. DuckDB and pandas (pyarrow) read it.
 */
export async function writeParquet(
  source: MetricSource,
  span: TimeSpan,
  options: { readonly path: string; readonly names: readonly string[] },
): Promise<void> {
  const { fileWriter, ParquetWriter, schemaFromColumnData } = await import("hyparquet-writer");
  const writer = fileWriter(options.path);
  const schema = schemaFromColumnData({ columnData: columnsOf(emptyRows()) });
  const parquet = new ParquetWriter({
    writer,
    schema,
    createdBy: "vllm-lab",
    codec: "ZSTD",
    compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
  });
  let rows = emptyRows();
  const flush = async () => {
    if (rows.values.length === 0) return;
    await parquet.write({ columnData: columnsOf(rows), rowGroupSize: GROUP_ROWS });
    rows = emptyRows();
  };
  for (const name of options.names) {
    for (const series of await selectInSlices(source, name, span)) {
      const labels = JSON.stringify(series.labels);
      for (let i = 0; i < series.values.length; i++) {
        rows.times.push(series.timesSeconds[i]!);
        rows.names.push(series.name);
        rows.labels.push(labels);
        rows.values.push(series.values[i]!);
        if (rows.values.length === GROUP_ROWS) await flush();
      }
    }
  }
  await flush();
  await parquet.finish();
}

interface Rows {
  readonly times: number[];
  readonly names: string[];
  readonly labels: string[];
  readonly values: number[];
}

function emptyRows(): Rows {
  return { times: [], names: [], labels: [], values: [] };
}

function columnsOf(rows: Rows) {
  const milliseconds = rows.times.map((time) => new Date(Math.round(time * 1000)));
  return [
    { name: "time", data: milliseconds, type: "TIMESTAMP", nullable: false, encoding: "DELTA_BINARY_PACKED" },
    {
      name: "time_seconds",
      data: Float64Array.from(rows.times),
      type: "DOUBLE",
      nullable: false,
      encoding: "BYTE_STREAM_SPLIT",
    },
    { name: "name", data: rows.names, type: "STRING", nullable: false },
    { name: "labels", data: rows.labels, type: "STRING", nullable: false },
    { name: "value", data: Float64Array.from(rows.values), type: "DOUBLE", nullable: false },
  ] satisfies ColumnSource[];
}
