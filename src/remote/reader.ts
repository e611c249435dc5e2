/**
 * Raw points of a server for a question: what is asked for, what tells of resets and absences, and the last points before.
 *
 * @module
 */
import { labelsKey } from "../series/labels.ts";
import { createdKey } from "../series/resets.ts";
import type { Selection } from "../series/selection.ts";
import type { Matcher } from "../series/types.ts";
import { unique } from "./assemble.ts";
import { type Discovery, matchersOf } from "./discovery.ts";
import { selectorOf, sendable } from "./promql.ts";
import type { RawSeries, RemoteApi, SpanMs } from "./remote_api.ts";

/** How long before a window its last point is looked for first: Prometheus' own look-back. */
export const NEAR_MS = 300_000;

/** Some names under the same conditions. */
export interface RawQuestion {
  readonly names: readonly string[];
  readonly matchers: readonly Matcher[];
}

/** Reads for one state of what is known. */
export class RawReader {
  readonly #api: RemoteApi;
  readonly #discovery: Discovery;
  readonly #scope: readonly Matcher[];

  constructor(api: RemoteApi, discovery: Discovery, scope: readonly Matcher[]) {
    this.#api = api;
    this.#discovery = discovery;
    this.#scope = scope;
  }

  /** What to ask for: selections with the same conditions are one question. */
  questionsOf(selections: readonly Selection[]): RawQuestion[] {
    const questions = new Map<string, { names: Set<string>; matchers: readonly Matcher[] }>();
    for (const { names, matchers } of selections) {
      const key = JSON.stringify(matchers);
      const question = questions.get(key) ?? { names: new Set(), matchers };
      names.forEach((name) => question.names.add(name));
      questions.set(key, question);
    }
    return [...questions.values()].map(({ names, matchers }) => ({ names: [...names], matchers }));
  }

  /** What tells of resets and absences of these: creation times, the start of the process, `up`. */
  contextOf(questions: readonly RawQuestion[]): RawQuestion {
    const wanted = new Set(["up", "process_start_time_seconds"]);
    for (const { names } of questions) {
      for (const name of names) {
        wanted.add(`${createdKey({ name, labels: {} }).replace(/\[\]$/, "")}_created`);
      }
    }
    const shown = [...wanted].filter((name) => this.#discovery.targets.some(({ names }) => names.has(name)));
    return { names: shown, matchers: [] };
  }

  /** How many points there are, as the server counts them. */
  count(questions: readonly RawQuestion[], span: SpanMs): Promise<number> {
    return this.#api.count(questions.flatMap((question) => this.#selectors(question)), span);
  }

  /** All points in a span, both ends included. */
  async read(questions: readonly RawQuestion[], span: SpanMs): Promise<RawSeries[]> {
    const found: RawSeries[] = [];
    for (const question of questions) {
      if (question.names.length === 0) continue;
      const count = await this.count([question], span);
      if (count === 0) continue;
      found.push(...await this.#api.raw(this.#selector(question), span, count));
    }
    return unique(found);
  }

  /**
   * As {@link read}, and for each series that has points there the last one before, as far back as `earliestMs`: what is observed
   * is counted from it.
   */
  async readWithBefore(
    questions: readonly RawQuestion[],
    span: SpanMs,
    earliestMs: number,
  ): Promise<RawSeries[]> {
    const nearMs = span.startMs - NEAR_MS;
    const series = await this.read(questions, { startMs: nearMs, endMs: span.endMs });
    const missing = new Map(
      series.filter(({ timesMs }) => timesMs[0]! >= span.startMs).map((one) => [keyOf(one), one] as const),
    );
    for (const question of questions) {
      for (const name of question.names) {
        if (nearMs <= earliestMs || missing.size === 0) return series;
        await this.#prependLast(
          { ...question, names: [name] },
          { startMs: earliestMs, endMs: nearMs - 1 },
          missing,
        );
      }
    }
    return series;
  }

  /** Puts the last point of the span before the points of the series that are missing one. */
  async #prependLast(question: RawQuestion, span: SpanMs, missing: Map<string, RawSeries>): Promise<void> {
    const [name = ""] = question.names;
    if (![...missing.values()].some((one) => one.name === name)) return;
    const selector = this.#selector(question);
    const counts = await this.#api.countEach(selector, span);
    const wanted = new Set(
      counts.map(({ labels }) => keyOf({ name, labels })).filter((key) => missing.has(key)),
    );
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    // From the latest piece to the earliest: the wanted points are the last ones.
    let endMs = span.endMs;
    let lengthMs = 12 * NEAR_MS;
    while (wanted.size > 0 && endMs >= span.startMs) {
      const startMs = Math.max(span.startMs, endMs - lengthMs + 1);
      for (const one of await this.#api.raw(selector, { startMs, endMs }, total)) {
        const key = keyOf(one);
        if (!wanted.delete(key)) continue;
        missing.get(key)!.timesMs.unshift(one.timesMs.at(-1)!);
        missing.get(key)!.values.unshift(one.values.at(-1)!);
        missing.delete(key);
      }
      endMs = startMs - 1;
      lengthMs *= 4;
    }
  }

  /** Every series that meets the conditions, whatever its name: for short spans. */
  async readAll({ matchers }: RawQuestion, span: SpanMs): Promise<RawSeries[]> {
    return unique(await this.#api.raw(selectorOf([], [...this.#scope, ...matchers]), span, 0));
  }

  #selectors(question: RawQuestion): string[] {
    return question.names.map((name) => this.#selector({ ...question, names: [name] }));
  }

  #selector({ names, matchers }: RawQuestion): string {
    const showing = this.#discovery.targets.filter((target) => names.some((name) => target.names.has(name)));
    const targets = showing.length === 0 ? this.#discovery.targets : showing;
    return selectorOf(names, [...this.#scope, ...sendable(matchers), ...matchersOf(targets)]);
  }
}

function keyOf({ name, labels }: Pick<RawSeries, "name" | "labels">): string {
  const { __name__: _, ...rest } = labels;
  return name + labelsKey(rest);
}
