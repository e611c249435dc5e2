/**
 * Answers window-function tasks, one JSON object a line on standard input, one JSON array a line on standard output:
 * lets a scorer of another language compare these functions with a Prometheus server's answers.
 *
 *     {"fn": "rate", "rangeMs": 30000, "timesMs": [..], "values": [..], "evalMs": [..], "quantile"?: 0.9}
 *     {"fn": "histogram_quantile", "quantile": 0.9, "rangeMs": .., "evalMs": [..], "buckets": [{"le", "timesMs", "values"}]}
 *
 * `--each` calls the function for every window; without it `overGrid` does the same in one pass where times are a grid.
 *
 * @module
 */
import { histogramQuantile } from "../../src/series/quantile.ts";
import { overGrid, type PointFunction } from "../../src/series/over_grid.ts";
import { CompensatedSum } from "../../src/series/sums.ts";
import * as windows from "../../src/series/windows.ts";
import type { Points } from "../../src/series/types.ts";

type Text = number | "NaN" | "+Inf" | "-Inf";
interface Columns {
  readonly timesMs: number[];
  readonly values: Text[];
}
type Task =
  & { readonly fn: string; readonly rangeMs: number; readonly evalMs: number[]; readonly quantile?: Text }
  & Columns
  & { readonly buckets?: ({ readonly le: string } & Columns)[] };

const numberOf = (text: Text | string): number =>
  text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
const textOf = (value: number | undefined): Text | null =>
  value === undefined
    ? null
    : Number.isNaN(value)
    ? "NaN"
    : value === Infinity
    ? "+Inf"
    : value === -Infinity
    ? "-Inf"
    : value;
const pointsOf = (columns: Columns): Points => ({
  timesSeconds: Float64Array.from(columns.timesMs, (ms) => ms / 1000),
  values: Float64Array.from(columns.values, numberOf),
});

/** The function of a task's name, e.g. `avg_over_time` → `{ kind: "avg" }`. */
export function functionOf(name: string, quantile: number): PointFunction {
  const kind = name.replace(/_over_time$/, "");
  return (kind === "quantile" ? { kind, quantile } : { kind }) as PointFunction;
}

/** The same function, window by window. */
export function callEach(
  fn: PointFunction,
  points: Points,
  range: { endSeconds: number; rangeSeconds: number },
) {
  switch (fn.kind) {
    case "increase":
    case "rate":
    case "delta":
      return windows[fn.kind](points, range, fn);
    case "irate":
    case "idelta":
    case "resets":
    case "changes":
    case "deriv":
      return windows[fn.kind](points, range);
    case "quantile":
      return windows.overTime("quantile", points, range, fn);
    default:
      return windows.overTime(fn.kind, points, range);
  }
}

function evaluate(fn: PointFunction, columns: Columns, task: Task, each: boolean): (number | undefined)[] {
  const points = pointsOf(columns);
  const rangeSeconds = task.rangeMs / 1000;
  const step = task.evalMs.length > 1 ? task.evalMs[1]! - task.evalMs[0]! : 1000;
  if (each || task.evalMs.some((ms, i) => ms !== task.evalMs[0]! + i * step)) {
    return task.evalMs.map((ms) => callEach(fn, points, { endSeconds: ms / 1000, rangeSeconds }));
  }
  const { values, present } = overGrid(fn, points, {
    startSeconds: task.evalMs[0]! / 1000,
    stepSeconds: step / 1000,
    count: task.evalMs.length,
    rangeSeconds,
  });
  return Array.from(values, (value, i) => present[i] === 1 ? value : undefined);
}

function answer(task: Task, each: boolean): (number | undefined)[] {
  const q = numberOf(task.quantile ?? "NaN");
  if (task.buckets === undefined) return evaluate(functionOf(task.fn, q), task, task, each);
  const rates = task.buckets.map((bucket) => evaluate({ kind: "rate" }, bucket, task, each));
  return task.evalMs.map((_, at) => {
    const sums = new Map<string, CompensatedSum>();
    task.buckets!.forEach(({ le }, i) => {
      const value = rates[i]![at];
      if (value === undefined) return;
      const sum = sums.get(le);
      if (sum === undefined) sums.set(le, new CompensatedSum(value));
      else sum.add(value);
    });
    if (sums.size === 0) return undefined;
    const buckets = [...sums].map(([le, s]) => ({ le: numberOf(le), count: s.sum + s.compensation }));
    return histogramQuantile(q, buckets).value;
  });
}

if (import.meta.main) {
  const each = Deno.args.includes("--each");
  const text = await new Response(Deno.stdin.readable).text();
  const output: string[] = [];
  for (const line of text.split("\n")) {
    if (line !== "") output.push(JSON.stringify(answer(JSON.parse(line) as Task, each).map(textOf)));
  }
  await new Blob([output.join("\n") + "\n"]).stream().pipeTo(Deno.stdout.writable);
}
