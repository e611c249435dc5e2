/**
 * The part of Prometheus' HTTP API that the source asks for, over series in memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { compileMatchers } from "../../src/series/matchers.ts";
import type { Matcher } from "../../src/series/types.ts";

/** A series with its name among the labels. */
export interface FakeSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds and values. */
  readonly points: readonly (readonly [timeSeconds: number, value: string])[];
}

/** How it behaves. */
export interface FakeOptions {
  /** Prometheus 2: the window's first instant belongs to it. */
  readonly closedWindows?: boolean;
  readonly victoria?: boolean;
  readonly metadata?: Readonly<Record<string, readonly object[]>>;
}

/** A server; `requests` are the queries that it was asked. */
export function fakeServer(
  series: readonly FakeSeries[],
  options: FakeOptions = {},
): { readonly fetch: typeof fetch; readonly requests: string[] } {
  const requests: string[] = [];
  const answer = (input: string | URL | Request): Response => {
    const url = new URL(input instanceof Request ? input.url : input);
    const parameters = url.searchParams;
    const path = url.pathname.replace(/^.*\/api\/v1\//, "");
    const query = parameters.get("query") ?? "";
    requests.push(`${path} ${query}${parameters.getAll("match[]").join(" ")}`);
    switch (path) {
      case "metadata":
        return success(options.metadata ?? {});
      case "series": {
        const found = parameters.getAll("match[]").flatMap((selector) => choose(series, selector));
        return success([...new Set(found)].map(({ labels }) => labels));
      }
      case "query":
        if (query === "1 default 2") return options.victoria ? success({}) : failure(400, "parse error");
        return instant(series, query, { atMs: milliseconds(parameters.get("time")), ...options });
      case "query_range":
        return overTime(series, query, parameters);
      default:
        return failure(404, "no such page");
    }
  };
  return { fetch: (input) => Promise.resolve(answer(input)), requests };
}

function success(data: unknown): Response {
  return Response.json({ status: "success", data });
}

function failure(status: number, error: string): Response {
  return Response.json({ status: "error", errorType: "bad_data", error }, { status });
}

function milliseconds(seconds: string | null): number {
  return Math.round(Number(seconds) * 1000);
}

/** A selector with a window in milliseconds. */
const WINDOW = /(\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\})\[(\d+)ms\]/g;

function instant(
  series: readonly FakeSeries[],
  query: string,
  at: { readonly atMs: number; readonly closedWindows?: boolean },
): Response {
  const windows = [...query.matchAll(WINDOW)].map(([, selector = "", range = ""]) => ({
    found: choose(series, selector).map((one) => ({ one, points: pointsIn(one, Number(range), at) }))
      .filter(({ points }) => points.length > 0),
  }));
  assert.ok(windows.length > 0, query);
  const [first] = windows;
  if (query.startsWith("{")) {
    const result = first!.found.map(({ one, points }) => ({
      metric: one.labels,
      values: points.map(([timeSeconds, value]) => [timeSeconds, value]),
    }));
    return success({ resultType: "matrix", result });
  }
  const counted = windows.map(({ found }) => found.map(({ one, points }) => ({ one, count: points.length })));
  const result = query.startsWith("count_over_time")
    ? counted[0]!.map(({ one: { labels: { __name__: _, ...metric } }, count }) => ({
      metric,
      value: [at.atMs / 1000, String(count)],
    }))
    : [{
      metric: {},
      value: [at.atMs / 1000, String(counted.flat().reduce((sum, { count }) => sum + count, 0))],
    }];
  return success({ resultType: "vector", result });
}

function overTime(series: readonly FakeSeries[], query: string, parameters: URLSearchParams): Response {
  const [[, selector = "", range = ""] = []] = query.matchAll(WINDOW);
  const step = milliseconds(parameters.get("step"));
  const groups = new Map<string, Map<number, number>>();
  for (const one of choose(series, selector)) {
    const { job, instance } = one.labels;
    const key = JSON.stringify({ job, instance });
    const cells = groups.get(key) ?? new Map<number, number>();
    groups.set(key, cells);
    for (
      let atMs = milliseconds(parameters.get("start"));
      atMs <= milliseconds(parameters.get("end"));
      atMs += step
    ) {
      const count = pointsIn(one, Number(range), { atMs }).length;
      if (count > 0) cells.set(atMs, (cells.get(atMs) ?? 0) + count);
    }
  }
  const result = [...groups].filter(([, cells]) => cells.size > 0).map(([key, cells]) => ({
    metric: JSON.parse(key),
    values: [...cells].sort(([a], [b]) => a - b).map(([atMs, count]) => [atMs / 1000, String(count)]),
  }));
  return success({ resultType: "matrix", result });
}

function pointsIn(
  { points }: FakeSeries,
  rangeMs: number,
  { atMs, closedWindows = false }: { readonly atMs: number; readonly closedWindows?: boolean },
): FakeSeries["points"] {
  return points.filter(([timeSeconds]) => {
    const timeMs = Math.round(timeSeconds * 1000);
    return timeMs <= atMs && (timeMs > atMs - rangeMs || (closedWindows && timeMs === atMs - rangeMs));
  });
}

/** The server's own reading of a selector: its literals are Go's, which JSON reads alike for what stands in them here. */
function choose(series: readonly FakeSeries[], selector: string): FakeSeries[] {
  const matchers = [...selector.matchAll(/([a-zA-Z_]\w*)(=~|!~|!=|=)("(?:[^"\\]|\\.)*")/g)].map((
    [, label = "", operator, literal = ""],
  ): Matcher => ({ label, operator: operatorOf(operator), value: String(JSON.parse(literal)) }));
  assert.ok(matchers.some(({ value }) => value !== ""), `${selector} selects everything`);
  const test = compileMatchers(matchers);
  return series.filter(({ labels }) => test(labels));
}

function operatorOf(text: string | undefined): Matcher["operator"] {
  assert.ok(text === "=" || text === "!=" || text === "=~" || text === "!~");
  return text;
}

/** Points at whole seconds from a start on. */
export function everySecond(
  startSeconds: number,
  values: readonly (number | string | undefined)[],
): FakeSeries["points"] {
  return values.flatMap((value, i) =>
    value === undefined ? [] : [[startSeconds + i, String(value)] as const]
  );
}
