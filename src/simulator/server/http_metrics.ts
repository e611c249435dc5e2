/**
 * The `http_*` families as prometheus-fastapi-instrumentator keeps them: children appear at first use.
 *
 * @module
 */
import { Histogram } from "../engine/statistics.ts";

/** Paths that the instrumentator leaves out. */
const NOT_COUNTED = /^\/(metrics|health|version|ping|load)(\/|$)/;

/** A request as it is counted when its answer has ended. */
export interface HttpObservation {
  readonly path: string;
  /** The route, or "none" for a path that has none. */
  readonly handler: string;
  readonly method: string;
  readonly status: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly durationSeconds: number;
}

/** A child with when it began. */
export interface HttpChild<Value> {
  readonly labels: Readonly<Record<string, string>>;
  readonly createdSeconds: number;
  readonly value: Value;
}

interface Summary {
  count: number;
  sum: number;
}

/** All `http_*` children of a server. */
export class HttpMetrics {
  readonly requests = new Map<string, HttpChild<{ count: number }>>();
  readonly requestSizes = new Map<string, HttpChild<Summary>>();
  readonly responseSizes = new Map<string, HttpChild<Summary>>();
  readonly durations = new Map<string, HttpChild<Histogram>>();
  readonly fineDurations: Histogram;
  readonly #durationBounds: readonly number[];

  /** The bounds of its two histograms. */
  constructor(bounds: { readonly durations: readonly number[]; readonly fineDurations: readonly number[] }) {
    this.#durationBounds = bounds.durations;
    this.fineDurations = new Histogram(bounds.fineDurations);
  }

  /** Counts an ended request. */
  observe(seen: HttpObservation, timeSeconds: number): void {
    if (NOT_COUNTED.test(seen.path)) return;
    const { handler, method } = seen;
    const status = `${Math.floor(seen.status / 100)}xx`;
    child(this.requests, { handler, method, status }, timeSeconds, () => ({ count: 0 })).count++;
    add(child(this.requestSizes, { handler }, timeSeconds, emptySummary), seen.requestBytes);
    add(child(this.responseSizes, { handler }, timeSeconds, emptySummary), seen.responseBytes);
    this.fineDurations.observe(seen.durationSeconds);
    child(this.durations, { handler, method }, timeSeconds, () => new Histogram(this.#durationBounds))
      .observe(seen.durationSeconds);
  }
}

function emptySummary(): Summary {
  return { count: 0, sum: 0 };
}

function add(summary: Summary, value: number): void {
  summary.count++;
  summary.sum += value;
}

function child<Value>(
  children: Map<string, HttpChild<Value>>,
  labels: Readonly<Record<string, string>>,
  createdSeconds: number,
  make: () => Value,
): Value {
  const key = JSON.stringify(labels);
  let known = children.get(key);
  if (known === undefined) {
    known = { labels, createdSeconds, value: make() };
    children.set(key, known);
  }
  return known.value;
}
