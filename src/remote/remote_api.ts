/**
 * The HTTP API that Prometheus, VictoriaMetrics and their kin share, with checked answers and errors that say what to do.
 *
 * @module
 */
import { isJsonObject, type Json, type JsonObject, stringAt } from "../formats/json.ts";
import type { Labels } from "../parser/types.ts";
import { labelsKey } from "../series/labels.ts";
import type { RemoteAddress } from "./address.ts";
import { instantOf } from "./promql.ts";
import { RemoteHttp, type RemoteHttpOptions, StatusError } from "./remote_http.ts";

/** How the API is asked. */
export interface RemoteApiOptions extends RemoteHttpOptions {
  /** Most points asked for at once. */
  readonly pointsPerRequest: number;
}

/** A series as the server gave it. */
export interface RawSeries {
  readonly name: string;
  readonly labels: Labels;
  /** Whole milliseconds, ascending, each once. */
  readonly timesMs: number[];
  /** One for each time. */
  readonly values: number[];
}

/** Whole milliseconds, both included. */
export interface SpanMs {
  readonly startMs: number;
  readonly endMs: number;
}

/** A family's entry in a server's metadata. */
export interface RemoteMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** A shorter span is not cut further when it is too much for a server. */
const SHORTEST_PIECE_MS = 60_000;

/** One server. */
export class RemoteApi {
  readonly #http: RemoteHttp;
  readonly #pointsPerRequest: number;
  #isVictoria: Promise<boolean> | undefined;

  /** @param address that of the server, or of anything under its `/api/v1` */
  constructor(address: RemoteAddress, options: RemoteApiOptions) {
    this.#http = new RemoteHttp(address, options);
    this.#pointsPerRequest = options.pointsPerRequest;
  }

  /** The server as it may be shown. */
  get shown(): string {
    return this.#http.shown;
  }

  /** Labels of every series that meets one of the selectors. Servers may list some that have no sample in the span. */
  async series(selectors: readonly string[], span: SpanMs): Promise<Labels[]> {
    const parameters = new URLSearchParams(selectors.map((selector) => ["match[]", selector]));
    parameters.set("start", instantOf(span.startMs));
    parameters.set("end", instantOf(span.endMs));
    const data = await this.#http.get("series", parameters, "the list of series");
    if (!Array.isArray(data)) throw this.#http.notThat("the list of series", "no list");
    return inOrder(data.map((each) => this.#labels(each, "the list of series")), labelsKey);
  }

  /** By family; empty where the server keeps none. */
  async metadata(): Promise<ReadonlyMap<string, RemoteMetadata>> {
    const found = new Map<string, RemoteMetadata>();
    let data: Json;
    try {
      data = await this.#http.get("metadata", new URLSearchParams(), "metadata");
    } catch (error) {
      if (error instanceof StatusError && error.hasNone) return found;
      throw error;
    }
    if (!isJsonObject(data)) throw this.#http.notThat("metadata", "no object");
    for (const [family, entries] of Object.entries(data)) {
      const known = Array.isArray(entries) ? entries.filter(isJsonObject) : [];
      // Several targets may tell different things; one that knows the type is worth more.
      const best = known.find((entry) => !["", "unknown"].includes(stringAt(entry, "type"))) ?? known[0];
      if (best === undefined) continue;
      found.set(family, {
        type: stringAt(best, "type"),
        help: stringAt(best, "help"),
        unit: stringAt(best, "unit"),
      });
    }
    return found;
  }

  /**
   * Raw points, asked for piece by piece.
   *
   * @param count how many points there are, to cut the span
   */
  async raw(selector: string, span: SpanMs, count: number): Promise<RawSeries[]> {
    const found = new Map<string, RawSeries>();
    const lengthMs = span.endMs - span.startMs + 1;
    const pieces = Math.min(lengthMs, Math.max(1, Math.ceil(count / this.#pointsPerRequest)));
    for (let k = 1; k <= pieces; k++) {
      const startMs = span.startMs + Math.floor((lengthMs * (k - 1)) / pieces);
      const endMs = span.startMs + Math.floor((lengthMs * k) / pieces) - 1;
      if (endMs >= startMs) await this.#halved(selector, { startMs, endMs }, found);
    }
    return inOrder([...found.values()], ({ name, labels }) => name + labelsKey(labels));
  }

  /** What is too much for the server's own limits is asked for in halves. */
  async #halved(selector: string, span: SpanMs, found: Map<string, RawSeries>): Promise<void> {
    try {
      return await this.#rawPiece(selector, span, found);
    } catch (error) {
      const { startMs, endMs } = span;
      const isSmall = endMs - startMs < SHORTEST_PIECE_MS;
      if (isSmall || !(error instanceof StatusError) || !error.isTooMuch) throw error;
      const middleMs = Math.floor((startMs + endMs) / 2);
      await this.#halved(selector, { startMs, endMs: middleMs }, found);
      await this.#halved(selector, { startMs: middleMs + 1, endMs }, found);
    }
  }

  /**
   * An instant query of `x[…]` gives the points themselves. Prometheus 2 counts the window's first instant in, 3 and
   * VictoriaMetrics do not: the window begins a millisecond early, and what is too early is left out here.
   */
  async #rawPiece(selector: string, span: SpanMs, found: Map<string, RawSeries>): Promise<void> {
    const query = `${selector}[${span.endMs - span.startMs + 1}ms]`;
    for (const item of await this.#query(query, span.endMs, { what: "raw points", type: "matrix" })) {
      const values = item.values;
      if (!Array.isArray(values)) continue; // Native histograms alone.
      const { __name__: name = "", ...labels } = this.#labels(item.metric, "raw points");
      const key = JSON.stringify(item.metric);
      let series = found.get(key);
      if (series === undefined) found.set(key, series = { name, labels, timesMs: [], values: [] });
      for (const pair of values) {
        const [timeMs, value] = this.#point(pair);
        const last = series.timesMs.at(-1) ?? -Infinity;
        if (timeMs < span.startMs || timeMs > span.endMs || timeMs <= last) continue;
        series.timesMs.push(timeMs);
        series.values.push(value);
      }
    }
  }

  /** How many points there are of each selector, added up. Counting is the same everywhere, so the server does it. */
  async count(selectors: readonly string[], span: SpanMs): Promise<number> {
    if (selectors.length === 0 || span.endMs < span.startMs) return 0;
    const range = `[${span.endMs - span.startMs + 1}ms]`;
    const terms = selectors.map((selector) => `(sum(count_over_time(${selector}${range})) or vector(0))`);
    const result = await this.#query(terms.join("+"), span.endMs, {
      what: "a count of points",
      type: "vector",
    });
    return result.reduce((sum, item) => sum + this.#point(item.value)[1], 0);
  }

  /** How many points each series has, by selector (one name each: the answer carries none). */
  async countEach(
    selector: string,
    span: SpanMs,
  ): Promise<{ readonly labels: Labels; readonly count: number }[]> {
    const query = `count_over_time(${selector}[${span.endMs - span.startMs + 1}ms])`;
    const result = await this.#query(query, span.endMs, { what: "a count of points", type: "vector" });
    return result.map((item) => ({
      labels: this.#labels(item.metric, "a count of points"),
      count: this.#point(item.value)[1],
    }));
  }

  /**
   * Where points are: counts by labels in cells of time, each `(end - stepMs, end]`. Cells without points are left out.
   */
  async countCells(
    selector: string,
    grid: { readonly startMs: number; readonly stepMs: number; readonly count: number },
    by: readonly string[],
  ): Promise<{ readonly labels: Labels; readonly endsMs: readonly number[] }[]> {
    const parameters = new URLSearchParams({
      query: `sum by (${by.join(",")}) (count_over_time(${selector}[${grid.stepMs}ms]))`,
      start: instantOf(grid.startMs + grid.stepMs),
      end: instantOf(grid.startMs + grid.stepMs * grid.count),
      step: instantOf(grid.stepMs),
    });
    const what = "where points are";
    const result = this.#result(await this.#http.get("query_range", parameters, what), "matrix", what);
    return result.map((item) => ({
      labels: this.#labels(item.metric, what),
      endsMs: (Array.isArray(item.values) ? item.values : []).map((pair) => this.#point(pair)[0]),
    }));
  }

  /**
   * Whether it is VictoriaMetrics, told by an operator that only MetricsQL has. Its raw points hold stale markers as NaN, and
   * never an ordinary NaN, which it drops on arrival.
   */
  isVictoria(): Promise<boolean> {
    this.#isVictoria ??= (async () => {
      try {
        await this.#http.get(
          "query",
          new URLSearchParams({ query: "1 default 2", time: "0" }),
          "what server it is",
        );
        return true;
      } catch (error) {
        if (error instanceof StatusError && (error.status === 400 || error.status === 422)) return false;
        this.#isVictoria = undefined;
        throw error;
      }
    })();
    return this.#isVictoria;
  }

  async #query(
    query: string,
    timeMs: number,
    want: { readonly what: string; readonly type: string },
  ): Promise<JsonObject[]> {
    const parameters = new URLSearchParams({ query, time: instantOf(timeMs) });
    return this.#result(await this.#http.get("query", parameters, want.what), want.type, want.what);
  }

  #result(data: Json, type: string, what: string): JsonObject[] {
    const result = isJsonObject(data) && data.resultType === type ? data.result : undefined;
    if (!Array.isArray(result)) throw this.#http.notThat(what, `no ${type}`);
    return result.map((item) => {
      if (!isJsonObject(item)) throw this.#http.notThat(what, "an item that is no object");
      return item;
    });
  }

  #labels(value: Json | undefined, what: string): Labels {
    if (!isJsonObject(value)) throw this.#http.notThat(what, "labels that are none");
    const labels: Record<string, string> = {};
    for (const [name, text] of Object.entries(value)) {
      if (typeof text !== "string") throw this.#http.notThat(what, "a label that is no text");
      // A label may be called __proto__: it is data, too.
      Object.defineProperty(labels, name, {
        value: text,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return labels;
  }

  #point(pair: Json | undefined): readonly [timeMs: number, value: number] {
    if (Array.isArray(pair) && typeof pair[0] === "number" && typeof pair[1] === "string") {
      return [Math.round(pair[0] * 1000), numberOf(pair[1])];
    }
    throw this.#http.notThat("points", "a point that is none");
  }
}

/** VictoriaMetrics gives series in an order that changes from answer to answer. */
function inOrder<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  return keyed.sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0).map(({ item }) => item);
}

/** As Prometheus and Go write numbers. */
function numberOf(text: string): number {
  switch (text) {
    case "+Inf":
    case "Inf":
      return Infinity;
    case "-Inf":
      return -Infinity;
    default:
      return text === "" ? NaN : Number(text);
  }
}
