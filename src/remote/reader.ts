/**
 * Raw points of a server for a question: what is asked for, what tells of resets and absences, and the last points before.
 *
 * @module
 */
import { labelsKey } from "../series/labels.ts";
import { createdKey } from "../series/resets.ts";
import { everyNameOf, type Selection } from "../series/selection.ts";
import type { Matcher } from "../series/types.ts";
import { unique } from "./assemble.ts";
import { type Discovery, matchersOf } from "./discovery.ts";
import { KeptPoints } from "./kept_points.ts";
import { selectorOf, sendable } from "./promql.ts";
import type { RawSeries, RemoteApi, SpanMs } from "./remote_api.ts";

/** How long before a window its last point is looked for first: Prometheus' own look-back. */
export const NEAR_MS = 300_000;

/** What tells when a target was read, and when its process began: every question needs them. */
const COMMON: RawQuestion = { names: ["up", "process_start_time_seconds"], matchers: [] };

/** Buckets that a histogram is guessed to have: the list of series names only the last. */
const GUESSED_BUCKETS = 40;

/** Spans for which the common series are kept: a chart's and a few more. */
const KEPT_SPANS = 8;

/** Up to so many points of a question are read for the whole span at once, and kept: about 1 MB of text. */
const FEW_POINTS = 30_000;
/** Points that are kept of one state of what is known: about 64 MB. */
const MOST_KEPT = 4_000_000;

/** Some names under the same conditions. */
export interface RawQuestion {
  readonly names: readonly string[];
  readonly matchers: readonly Matcher[];
}

/** How a server is read. */
export interface RawReaderOptions {
  /** Conditions on everything. */
  readonly scope: readonly Matcher[];
  /** So many points are read without counting them before. */
  readonly pointsPerRequest: number;
  /** No more points than that are held. */
  readonly maxSelectPoints: number;
}

/** Reads for one state of what is known. */
export class RawReader {
  readonly #api: RemoteApi;
  readonly #discovery: Discovery;
  readonly #options: RawReaderOptions;
  readonly #common = new Map<string, Promise<RawSeries[]>>();
  readonly #kept: KeptPoints | undefined;
  /** What is read before may begin so early: the window before the span's first moment, and the last point before it. */
  readonly #whole: SpanMs | undefined;

  constructor(api: RemoteApi, discovery: Discovery, options: RawReaderOptions) {
    this.#api = api;
    this.#discovery = discovery;
    this.#options = options;
    if (discovery.span === undefined) return;
    this.#whole = {
      startMs: Math.round(discovery.span.startSeconds * 1000) - NEAR_MS,
      // A moment in seconds may be a millisecond later, rounded up.
      endMs: Math.round(discovery.span.endSeconds * 1000) + 1,
    };
    const kept = { startMs: this.#whole.startMs - NEAR_MS, endMs: this.#whole.endMs };
    this.#kept = new KeptPoints(kept, Math.min(MOST_KEPT, options.maxSelectPoints));
  }

  /** What to ask for: selections with the same conditions are one question. */
  questionsOf(selections: readonly Selection[]): RawQuestion[] {
    const questions = new Map<string, { names: Set<string>; matchers: readonly Matcher[] }>();
    for (const { names, matchers } of selections.flatMap(everyNameOf)) {
      const key = JSON.stringify(matchers);
      const question = questions.get(key) ?? { names: new Set(), matchers };
      names.filter((name) => this.#isShown(name)).forEach((name) => question.names.add(name));
      questions.set(key, question);
    }
    return [...questions.values()].map(({ names, matchers }) => ({ names: [...names], matchers }))
      .filter(({ names }) => names.length > 0);
  }

  /**
   * How many points there are: as the server counts them, or at most so many by what is known where that is few.
   *
   * @param few up to here the estimate will do
   */
  async count(questions: readonly RawQuestion[], span: SpanMs, few: number): Promise<number> {
    const ticks = await this.#ticksIn(span);
    const most = questions.reduce((sum, question) => sum + this.#countSeries(question) * ticks, 0);
    if (most <= few) return most;
    return this.#api.count(questions.flatMap((question) => this.#selectors(question)), span);
  }

  /**
   * All points in a span, both ends included, of each series with points there the last one before (as far back as `earliestMs`:
   * what is observed is counted from it), and what tells of resets and absences.
   */
  async read(questions: readonly RawQuestion[], span: SpanMs, earliestMs: number): Promise<RawSeries[]> {
    const common = await this.#readCommon(span, earliestMs);
    const found: RawSeries[] = [];
    for (const question of withCreated(questions, (name) => this.#isShown(name))) {
      const nearer = { startMs: span.startMs - NEAR_MS, endMs: span.endMs };
      const count = () => this.count([question], nearer, this.#options.pointsPerRequest);
      const about = async () => await this.#ticksIn(this.#whole!) * this.#countSeries(question);
      const few = Math.min(FEW_POINTS, this.#options.pointsPerRequest);
      found.push(...await this.#readWithBefore(question, { span, earliestMs, count, about, few }));
    }
    return unique([...common, ...found]);
  }

  /** Every series that meets the conditions, whatever its name: for short spans. */
  async readAll({ matchers }: RawQuestion, span: SpanMs): Promise<RawSeries[]> {
    return unique(await this.#api.raw(selectorOf([], [...this.#options.scope, ...matchers]), span, 0));
  }

  /** The common series of a span are asked for by every question of a report: they are read once. */
  #readCommon(span: SpanMs, earliestMs: number): Promise<RawSeries[]> {
    const names = COMMON.names.filter((name) => this.#isShown(name));
    if (names.length === 0) return Promise.resolve([]);
    const key = `${span.startMs} ${span.endMs} ${earliestMs}`;
    const known = this.#common.get(key);
    if (known !== undefined) return known;
    const question = { ...COMMON, names };
    const countIn = ({ startMs, endMs }: SpanMs) =>
      Promise.resolve(mostTicks({ startMs: startMs - NEAR_MS, endMs }) * this.#countSeries(question));
    const reading = this.#readWithBefore(question, {
      span,
      earliestMs,
      count: () => countIn(span),
      about: () => countIn(this.#whole!),
      few: Infinity,
    });
    if (this.#common.size >= KEPT_SPANS) this.#common.delete([...this.#common.keys()][0]!);
    this.#common.set(key, reading);
    reading.catch(() => this.#common.delete(key));
    return reading;
  }

  /** The most ticks of any target; as many as there may be where nothing tells. */
  async #ticksIn(span: SpanMs): Promise<number> {
    const earliestMs = Math.min(
      span.startMs,
      Math.round((this.#discovery.span?.startSeconds ?? Infinity) * 1000),
    );
    if (this.#discovery.targets.some(({ witness }) => witness !== "up")) return mostTicks(span);
    const common = await this.#readCommon(span, earliestMs);
    return common.reduce(
      (most, { name, timesMs }) => name === "up" ? Math.max(most, timesMs.length) : most,
      0,
    );
  }

  /** By what was listed, matchers left aside. */
  #countSeries({ names }: RawQuestion): number {
    let count = 0;
    for (const { definitions } of this.#discovery.targets) {
      for (const { name } of definitions) {
        if (names.includes(name)) count += name.endsWith("_bucket") ? GUESSED_BUCKETS : 1;
      }
    }
    return count;
  }

  async #readWithBefore(
    question: RawQuestion,
    { span, earliestMs, count, about, few }: {
      readonly span: SpanMs;
      readonly earliestMs: number;
      /** How many points there are, of the span alone and of all that may be kept. */
      count(): Promise<number>;
      about(): Promise<number>;
      readonly few: number;
    },
  ): Promise<RawSeries[]> {
    const nearMs = span.startMs - NEAR_MS;
    const selector = this.#selector(question);
    const nearer = { startMs: nearMs, endMs: span.endMs };
    const kept = await this.#kept?.take(selector, { span: nearer, beforeMs: span.startMs, earliestMs }, {
      about,
      few,
      whole: (whole, points) => this.#api.raw(selector, whole, points),
    });
    if (kept !== undefined) return kept;
    const series = await this.#api.raw(selector, nearer, await count());
    const missing = new Map(
      series.filter(({ timesMs }) => timesMs[0]! >= span.startMs).map((one) => [keyOf(one), one] as const),
    );
    for (const name of question.names) {
      if (nearMs <= earliestMs || missing.size === 0) break;
      const before = { startMs: earliestMs, endMs: nearMs - 1 };
      await this.#prependLast({ ...question, names: [name] }, before, missing);
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

  #isShown(name: string): boolean {
    return this.#discovery.targets.some(({ names }) => names.has(name));
  }

  #selectors(question: RawQuestion): string[] {
    return question.names.map((name) => this.#selector({ ...question, names: [name] }));
  }

  #selector({ names, matchers }: RawQuestion): string {
    const targets = this.#discovery.targets.filter((target) => names.some((name) => target.names.has(name)));
    return selectorOf(names, [...this.#options.scope, ...sendable(matchers), ...matchersOf(targets)]);
  }
}

/** With the series that hold creation times, which matchers on other labels must not leave out. */
function withCreated(questions: readonly RawQuestion[], isShown: (name: string) => boolean): RawQuestion[] {
  return questions.flatMap(({ names, matchers }) => {
    const all = names.map((name) => `${createdKey({ name, labels: {} }).replace(/\[\]$/, "")}_created`);
    const created = [...new Set(all)].filter((name) => isShown(name) && !names.includes(name));
    if (created.length === 0) return [{ names, matchers }];
    return matchers.length === 0
      ? [{ names: [...names, ...created], matchers }]
      : [{ names, matchers }, { names: created, matchers: [] }];
  });
}

/** A point a second: more often hardly anybody scrapes, and more only makes a piece larger. */
function mostTicks({ startMs, endMs }: SpanMs): number {
  return Math.ceil((endMs - startMs) / 1000);
}

function keyOf({ name, labels }: Pick<RawSeries, "name" | "labels">): string {
  const { __name__: _, ...rest } = labels;
  return name + labelsKey(rest);
}
