/**
 * Just enough of PromQL to ask the window functions what a recorded server was asked: selectors, functions of ranges,
 * aggregations by labels, `histogram_quantile`, arithmetic of vectors.
 *
 * @module
 */
import {
  type Combine,
  combineResults,
  type GridResult,
  groupBy,
  hideStale,
} from "../../src/series/combine.ts";
import { boundOf, labelsKey, onlyLabels, withoutLabels } from "../../src/series/labels.ts";
import { compileMatchers } from "../../src/series/matchers.ts";
import { overGrid } from "../../src/series/over_grid.ts";
import { histogramQuantile } from "../../src/series/quantile.ts";
import type { Matcher, MatchOperator, Series } from "../../src/series/types.ts";
import { functionOf } from "./answer_tasks.ts";

/** When the queries are asked. */
export interface Times {
  readonly startSeconds: number;
  readonly stepSeconds: number;
  readonly count: number;
}

/** What a Prometheus look-up reaches back. */
const LOOKBACK_SECONDS = 300;

/** Answers a query: vectors over the times, or a number. */
export function answerQuery(query: string, series: readonly Series[], times: Times): GridResult[] {
  const reader = new Reader(query, series, times);
  const value = reader.expression();
  reader.end();
  if (typeof value === "number") throw new Error(`a number alone: ${query}`);
  return value;
}

type Value = GridResult[] | number;

class Reader {
  #at = 0;
  constructor(readonly text: string, readonly series: readonly Series[], readonly times: Times) {}

  expression(): Value {
    let left = this.#product();
    for (let op = this.#operator(/^[-+]/); op !== undefined; op = this.#operator(/^[-+]/)) {
      left = this.#combine(op, left, this.#product());
    }
    return left;
  }

  end(): void {
    if (this.text.slice(this.#at).trim() !== "") throw new Error(`left over: ${this.text.slice(this.#at)}`);
  }

  #product(): Value {
    let left = this.#term();
    for (let op = this.#operator(/^[*/]/); op !== undefined; op = this.#operator(/^[*/]/)) {
      left = this.#combine(op, left, this.#term());
    }
    return left;
  }

  #operator(pattern: RegExp): string | undefined {
    return this.#take(pattern)?.[0];
  }

  #take(pattern: RegExp): RegExpMatchArray | undefined {
    const rest = this.text.slice(this.#at);
    const blank = rest.length - rest.trimStart().length;
    const match = rest.trimStart().match(pattern);
    if (match === null) return undefined;
    this.#at += blank + match[0].length;
    return match;
  }

  #need(pattern: RegExp): RegExpMatchArray {
    const match = this.#take(pattern);
    if (match === undefined) throw new Error(`Cannot read ${this.text} at ${this.text.slice(this.#at)}`);
    return match;
  }

  #term(): Value {
    if (this.#take(/^\(/)) {
      const inner = this.expression();
      this.#need(/^\)/);
      return inner;
    }
    const number = this.#take(/^-?[\d.]+(?![\w:])|^NaN/);
    if (number !== undefined) return Number(number[0]);
    const aggregation = this.#take(/^(sum|avg|min|max|count)\s*(?:by\s*\(([^)]*)\))?\s*\(/);
    if (aggregation !== undefined) return this.#aggregate(aggregation[1]!, aggregation[2] ?? "");
    if (this.#take(/^histogram_quantile\(/)) return this.#quantile();
    const call = this.#take(/^(\w+)\(/);
    if (call !== undefined) return this.#rangeCall(call[1]!);
    return this.#lookUp();
  }

  #aggregate(op: string, by: string): GridResult[] {
    const inner = this.expression() as GridResult[];
    this.#need(/^\)/);
    const labels = by.split(",").map((label) => label.trim()).filter((label) => label !== "");
    if (op === "count") {
      const ones = inner.map((result) => ({ ...result, values: result.values.map(() => 1) }));
      return combineResults(ones, "sum", labels);
    }
    return combineResults(inner, op as Combine, labels);
  }

  #quantile(): GridResult[] {
    const q = this.expression() as number;
    this.#need(/^,/);
    const inner = this.expression() as GridResult[];
    this.#need(/^\)/);
    const groups = groupBy(
      inner,
      [...new Set(inner.flatMap(({ labels }) => Object.keys(labels)))].filter((l) => l !== "le"),
    );
    return groups.map(({ labels, members }) => {
      const values = new Float64Array(this.times.count).fill(NaN);
      const present = new Uint8Array(this.times.count);
      for (let k = 0; k < this.times.count; k++) {
        const buckets = members.filter((member) => member.present[k] === 1)
          .map((member) => ({ le: boundOf(member.labels.le), count: member.values[k]! }));
        if (buckets.length === 0) continue;
        present[k] = 1;
        values[k] = histogramQuantile(q, buckets).value;
      }
      return { name: "", unit: undefined, labels, values, present };
    });
  }

  #rangeCall(name: string): GridResult[] {
    let quantile = NaN;
    if (name === "quantile_over_time") {
      quantile = this.expression() as number;
      this.#need(/^,/);
    }
    const chosen = this.#selector();
    const [, amount, unit] = this.#need(/^\[(\d+)([sm])\]\s*\)/);
    const rangeSeconds = Number(amount) * (unit === "m" ? 60 : 1);
    const fn = functionOf(name, quantile);
    return chosen.map((one) => ({
      name: "",
      unit: undefined,
      // The server keeps the metric's name here and drops it everywhere else.
      labels: name === "last_over_time" ? { ...one.labels, __name__: one.name } : one.labels,
      ...overGrid(fn, { timesSeconds: one.timesSeconds, values: one.values }, {
        ...this.times,
        rangeSeconds,
      }),
    }));
  }

  #lookUp(): GridResult[] {
    return this.#selector().map((one) => {
      const grid = { ...this.times, rangeSeconds: LOOKBACK_SECONDS };
      const result = overGrid("last", one, grid);
      hideStale(result, one, grid);
      return { name: one.name, unit: undefined, labels: { ...one.labels, __name__: one.name }, ...result };
    });
  }

  #selector(): Series[] {
    const [, name = "", braces = ""] = this.#need(/^([a-zA-Z_:][\w:]*)?(\{[^}]*\})?/);
    const matchers: Matcher[] = name === "" ? [] : [{ label: "__name__", operator: "=", value: name }];
    for (const [, label, operator, value] of braces.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)) {
      matchers.push({ label: label!, operator: operator as MatchOperator, value: value! });
    }
    const test = compileMatchers(matchers);
    return this.series.filter((one) => test({ ...one.labels, __name__: one.name }));
  }

  #combine(op: string, left: Value, right: Value): Value {
    const compute = (a: number, b: number) =>
      op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : a / b;
    if (typeof left === "number" && typeof right === "number") return compute(left, right);
    const nameless = (result: GridResult) => withoutLabels(result.labels, ["__name__"]);
    const scaled = (vector: GridResult[], apply: (value: number) => number) =>
      vector.map((one) => ({ ...one, labels: nameless(one), values: one.values.map(apply) }));
    if (typeof left === "number") return scaled(right as GridResult[], (value) => compute(left, value));
    if (typeof right === "number") return scaled(left, (value) => compute(value, right));
    const others = new Map(right.map((result) => [labelsKey(nameless(result)), result]));
    return left.flatMap((one) => {
      const other = others.get(labelsKey(nameless(one)));
      if (other === undefined) return [];
      return [{
        ...one,
        labels: nameless(one),
        present: one.present.map((is, k) => is & other.present[k]!),
        values: one.values.map((value, k) => compute(value, other.values[k]!)),
      }];
    });
  }
}

/** Only the labels that tell results apart. */
export function answerKey(labels: Readonly<Record<string, string>>): string {
  return labelsKey(onlyLabels(labels, Object.keys(labels)));
}
