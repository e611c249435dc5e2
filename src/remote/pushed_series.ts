/**
 * A source's series as a Prometheus server would have scraped them: labels of the target on each, stale markers where they
 * were absent, and the series that Prometheus itself adds about a target.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";
import { labelsKey } from "../series/labels.ts";
import { toMilliseconds } from "../series/milliseconds.ts";
import type { LabEvent, Series, TargetFacts, TimeSpan } from "../series/types.ts";
import { TARGET_INFO } from "./target_info.ts";
import { encodeLabels } from "./write_request.ts";

/** Samples of one series, ready to be sent. */
export interface PushedSeries {
  /** Encoded for a request. */
  readonly labels: Uint8Array;
  /** Whole milliseconds, ascending, each once. */
  readonly timesMs: Float64Array;
  /** One for each time. */
  readonly values: Float64Array;
  /** 1 where the sample is a stale marker. */
  readonly stale: Uint8Array;
}

/** How series are named on the server. */
export interface PushLabels {
  /** The `job` label of every series that has none. */
  readonly job: string;
  /** Put on every series that has no label of that name. */
  readonly extraLabels: Labels;
}

/** Remembers what was sent, so that no sample goes twice and labels are encoded once. */
export class SeriesPreparer {
  readonly #naming: PushLabels;
  readonly #facts: ReadonlyMap<string, TargetFacts>;
  readonly #known = new Map<string, { readonly labels: Uint8Array; lastMs: number }>();
  /** Samples that fell on the millisecond of the one before. */
  skippedSamples = 0;

  constructor(naming: PushLabels, facts: readonly TargetFacts[]) {
    this.#naming = naming;
    this.#facts = new Map(facts.map((each) => [each.target, each]));
  }

  /** Everything of a slice: the series given, and those about their targets. */
  prepare(series: readonly Series[], events: readonly LabEvent[], slice: TimeSpan): PushedSeries[] {
    const labelled = series.length > 0 &&
      series.every(({ sampler, labels }) => sampler === undefined || labels.target === sampler);
    const prepared = series.flatMap((one) => {
      const labels = labelled && one.sampler !== undefined ? withoutTarget(one.labels) : one.labels;
      return this.#ready(one.name, this.#targeted(labels, one.sampler), one) ?? [];
    });
    // What came from a Prometheus server has all this already.
    if (series.some(({ name }) => name === "up")) return prepared;
    return [...prepared, ...this.#aboutTargets(series, events, slice)];
  }

  #aboutTargets(series: readonly Series[], events: readonly LabEvent[], slice: TimeSpan): PushedSeries[] {
    const attempts = new Map<string, Map<number, 0 | 1>>();
    const of = (target: string) => {
      const known = attempts.get(target) ?? new Map<number, 0 | 1>();
      attempts.set(target, known);
      return known;
    };
    for (const [target, members] of groupBySampler(series)) {
      const times = of(target);
      for (const { timesSeconds } of ticksOf(members)) timesSeconds.forEach((time) => times.set(time, 1));
    }
    for (const event of events) {
      if (event.kind !== "scrape_failed") continue;
      if (event.timeSeconds < slice.startSeconds || event.timeSeconds > slice.endSeconds) continue;
      of(event.target).set(event.timeSeconds, 0);
    }
    return [...attempts].flatMap(([target, times]) => this.#upAndInfo(target, times));
  }

  #upAndInfo(target: string, attempts: ReadonlyMap<number, 0 | 1>): PushedSeries[] {
    const times = [...attempts.keys()].sort((a, b) => a - b);
    const none = new Float64Array();
    const timesSeconds = Float64Array.from(times);
    const up = { timesSeconds, values: timesSeconds.map((time) => attempts.get(time)!), staleSeconds: none };
    const good = timesSeconds.filter((time) => attempts.get(time) === 1);
    const info = { timesSeconds: good, values: good.map(() => 1), staleSeconds: none };
    const facts = this.#facts.get(target);
    return [
      this.#ready("up", this.#targeted({}, target), up) ?? [],
      facts === undefined
        ? []
        : this.#ready(TARGET_INFO.name, this.#targeted(TARGET_INFO.labelsOf(facts), target), info) ?? [],
    ].flat();
  }

  #targeted(labels: Labels, target: string | undefined): Labels {
    const { job, extraLabels } = this.#naming;
    const instance = target === undefined ? {} : { instance: target };
    return { ...extraLabels, job, ...instance, ...labels };
  }

  #ready(
    name: string,
    labels: Labels,
    points: Pick<Series, "timesSeconds" | "values" | "staleSeconds">,
  ): PushedSeries | undefined {
    const key = name + labelsKey(labels);
    const known = this.#known.get(key) ?? { labels: encodeLabels(name, labels), lastMs: -Infinity };
    this.#known.set(key, known);
    const merged = merge(points, known.lastMs);
    this.skippedSamples += merged.skipped;
    const count = merged.timesMs.length;
    if (count === 0) return undefined;
    known.lastMs = merged.timesMs[count - 1]!;
    return { labels: known.labels, ...merged };
  }
}

/** The store's own `target` label goes: the target is `instance` on the server. */
function withoutTarget({ target: _, exported_target, ...rest }: Labels): Labels {
  return exported_target === undefined ? rest : { ...rest, target: exported_target };
}

function groupBySampler(series: readonly Series[]): Map<string, Series[]> {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    if (one.sampler === undefined) continue;
    const group = groups.get(one.sampler);
    if (group === undefined) groups.set(one.sampler, [one]);
    else group.push(one);
  }
  return groups;
}

/** The series that tell when a sampler's ticks were: a scrape's own, since a target's may carry times of their own. */
function ticksOf(series: readonly Series[]): readonly Series[] {
  const own = series.filter(({ name }) => name === "lab_scrape_samples");
  return own.length > 0 ? own : series;
}

/** Points and marks in one order. Of several in one millisecond the first is kept, a point before a mark. */
function merge(
  { timesSeconds, values, staleSeconds }: Pick<Series, "timesSeconds" | "values" | "staleSeconds">,
  afterMs: number,
): Omit<PushedSeries, "labels"> & { readonly skipped: number } {
  const size = timesSeconds.length + staleSeconds.length;
  const merged = {
    timesMs: new Float64Array(size),
    values: new Float64Array(size),
    stale: new Uint8Array(size),
  };
  let count = 0;
  let lastMs = afterMs;
  let skipped = 0;
  let point = 0;
  let mark = 0;
  while (point < timesSeconds.length || mark < staleSeconds.length) {
    const isPoint = mark >= staleSeconds.length || timesSeconds[point]! <= staleSeconds[mark]!;
    const timeMs = toMilliseconds(isPoint ? timesSeconds[point]! : staleSeconds[mark]!);
    if (timeMs > lastMs) {
      merged.timesMs[count] = lastMs = timeMs;
      merged.values[count] = isPoint ? values[point]! : NaN;
      merged.stale[count++] = isPoint ? 0 : 1;
    } else if (isPoint && timeMs > afterMs) skipped++; // At or before it: read with the last slice, too.
    if (isPoint) point++;
    else mark++;
  }
  return {
    timesMs: merged.timesMs.subarray(0, count),
    values: merged.values.subarray(0, count),
    stale: merged.stale.subarray(0, count),
    skipped,
  };
}
