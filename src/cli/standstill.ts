/**
 * Engines that make no token although requests run: told while it lasts, for latencies show it only when it is over.
 *
 * @module
 */
import { isServer } from "../series/facts.ts";
import type { MetricSource, Series } from "../series/types.ts";

/** An engine that stands still, or goes on. */
export interface Standstill {
  /** Name of the server. */
  readonly target: string;
  /** Its number; "" where its server has one. */
  readonly engine: string;
  /** Requests that run on it, at least; 0 when it goes on. */
  readonly running: number;
}

/** So long without any token, and at least three readings: a single huge prompt is shorter, or runs beside others that go on. */
export const STANDSTILL_SECONDS = 10;
const LEAST_READINGS = 3;

/** Keeps which engines stand still. */
export class StandstillWatch {
  /** Tokens of those that do, by engine. */
  readonly #still = new Map<string, number>();
  readonly #intervalSeconds: number;
  readonly #length: number;

  constructor(intervalSeconds: number) {
    this.#intervalSeconds = intervalSeconds;
    this.#length = Math.max(STANDSTILL_SECONDS, LEAST_READINGS * intervalSeconds);
  }

  /** Each engine once when it has stood still for that time, and once when it makes tokens again. */
  async look(source: MetricSource, nowSeconds: number): Promise<readonly Standstill[]> {
    const startSeconds = nowSeconds - this.#length - 1.5 * this.#intervalSeconds;
    const span = { startSeconds, endSeconds: nowSeconds };
    const running = Map.groupBy(await source.select({ quantity: "running" }, span), engineOf);
    const tokens = Map.groupBy(await source.select({ quantity: "generation_tokens" }, span), engineOf);
    const engines = Map.groupBy(running.keys(), (key) => key.split("\n")[0]!);
    const [sole] = (await source.facts()).filter(isServer);
    return [...running].flatMap(([key, gauges]) => {
      const [label = "", number = ""] = key.split("\n");
      const engine = (engines.get(label)?.length ?? 0) > 1 ? number : "";
      // Series of a sole server do not name it.
      const target = label || sole?.target || sole?.address || "";
      const counters = tokens.get(key) ?? [];
      const total = counters.reduce((sum, { values }) => sum + (values.at(-1) ?? NaN), 0);
      const held = this.#held(gauges, counters, nowSeconds);
      const before = this.#still.get(key);
      if (before === undefined) {
        if (held === 0) return [];
        this.#still.set(key, total);
        return [{ target, engine, running: held }];
      }
      // Silence is no progress, and a restart is told as one.
      if (held > 0 || counters.length === 0 || total === before) return [];
      this.#still.delete(key);
      return total > before ? [{ target, engine, running: 0 }] : [];
    });
  }

  /** Requests that ran at every reading while no token came; 0 where one came, none ran, or not all of the time was read. */
  #held(gauges: readonly Series[], counters: readonly Series[], nowSeconds: number): number {
    if (counters.length === 0) return 0;
    if (![...gauges, ...counters].every((series) => this.#isWhole(series, nowSeconds))) return 0;
    if (counters.some(({ values }) => values.at(-1) !== values[0])) return 0;
    return gauges.reduce((sum, { values }) => sum + Math.min(...values), 0);
  }

  /** Read until now and over the whole time, without an end between. */
  #isWhole({ timesSeconds, staleSeconds }: Series, nowSeconds: number): boolean {
    const first = timesSeconds[0];
    const last = timesSeconds.at(-1);
    if (first === undefined || last === undefined || timesSeconds.length < LEAST_READINGS) return false;
    return last >= nowSeconds - 2.5 * this.#intervalSeconds - 1 &&
      last - first >= this.#length - this.#intervalSeconds && staleSeconds.every((time) => time < first);
  }
}

function engineOf({ labels }: Series): string {
  return `${labels.target ?? ""}\n${labels.engine ?? ""}`;
}
