/**
 * OpenMetrics 1.0's rules about metrics, groups and values.
 *
 * Source: https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 *
 * @module
 */
import type { CommentLine } from "./comments.ts";
import { parseNumberText } from "./number.ts";
import type { MetricType, Sample } from "./types.ts";

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total", "_created"],
  summary: ["", "_count", "_sum", "_created"],
  histogram: ["_count", "_sum", "_bucket", "_created"],
  gaugehistogram: ["_gcount", "_gsum", "_bucket"],
  info: ["_info"],
};

/** Times that differ by less are the same: no clock is finer. */
const NANOSECOND = 1e-9;

/** Sample names that a type takes up; a family's own name is always one. */
const NOT_NAN = ["_total", "_sum", "_count", "_bucket", "_gcount", "_gsum"];
const NOT_NEGATIVE = ["_total", "_sum", "_count", "_bucket", "_gcount"];
const WHOLE = ["_bucket", "_count", "_gcount"];

/** The points of one label set of a histogram, at one time. */
interface HistogramGroup {
  readonly key: string;
  readonly timestampSeconds: number | undefined;
  lastBound: number | undefined;
  lastCount: number;
  count: number | undefined;
  sum: number | undefined;
  gaugeSum: number | undefined;
  negativeBound: boolean;
}

/** One metric family at a time: a name that comes back is a clash. */
export class OpenMetricsRules {
  #name: string | undefined;
  #type: MetricType | undefined;
  #help: string | undefined;
  #unit: string | undefined;
  #hasSamples = false;
  readonly #takenNames = new Set<string>();
  #groupKey: string | undefined;
  #groupTimestamp: number | undefined;
  #groupKeys = new Set<string>();
  #histogram: HistogramGroup | undefined;
  #ended = false;

  comment(comment: CommentLine): string | undefined {
    if (comment.kind === "eof") {
      this.#ended = true;
      return this.#close();
    }
    if (comment.kind === "remark" || comment.kind === "fault") return undefined;
    if (comment.name === this.#name && this.#hasSamples) return "metadata after samples";
    if (comment.name !== this.#name) {
      const fault = this.#close();
      if (fault !== undefined) return fault;
      this.#open(comment.name);
    }
    switch (comment.kind) {
      case "help":
        if (this.#help !== undefined) return "second HELP of a metric";
        this.#help = comment.text;
        return undefined;
      case "type":
        if (this.#type !== undefined) return "second TYPE of a metric";
        this.#type = comment.type;
        return undefined;
      case "unit":
        if (this.#unit !== undefined) return "second UNIT of a metric";
        this.#unit = comment.text;
        return undefined;
    }
  }

  sample(sample: Sample): string | undefined {
    if (!this.#owns(sample.name)) {
      const fault = this.#close();
      if (fault !== undefined) return fault;
      this.#open(sample.name);
    }
    this.#hasSamples = true;
    const suffix = sample.name.slice(this.#name!.length);
    if (sample.native !== undefined) return this.#nativeFault(suffix);
    return this.#labelFault(sample, suffix) ?? this.#groupFault(sample, suffix) ??
      this.#valueFault(sample, suffix) ??
      this.#histogramFault(sample, suffix);
  }

  #nativeFault(suffix: string): string | undefined {
    if (this.#type !== "histogram") return "native histogram without its TYPE";
    return suffix === "" ? undefined : "native histogram with a suffix";
  }

  end(): string | undefined {
    return this.#ended ? undefined : this.#close();
  }

  #open(name: string): void {
    this.#name = name;
    this.#type = this.#help = this.#unit = undefined;
    this.#hasSamples = false;
    this.#groupKey = this.#groupTimestamp = undefined;
    this.#groupKeys = new Set();
    this.#histogram = undefined;
  }

  /** What can be said of a family only when it is complete. */
  #close(): string | undefined {
    const name = this.#name;
    if (name === undefined) return undefined;
    this.#name = undefined;
    const type = this.#type ?? "unknown";
    for (const suffix of new Set([...(SUFFIXES[type] ?? []), ""])) {
      if (this.#takenNames.has(name + suffix)) return `name ${name}${suffix} is taken`;
      this.#takenNames.add(name + suffix);
    }
    if (this.#unit) {
      if (!name.endsWith(`_${this.#unit}`)) return `unit of ${name} is not the end of its name`;
      if (type === "info" || type === "stateset") return `unit of ${name}, which is of a type without units`;
    }
    return this.#closeHistogram();
  }

  #owns(sampleName: string): boolean {
    if (this.#name === undefined || !sampleName.startsWith(this.#name)) return false;
    return (SUFFIXES[this.#type ?? "unknown"] ?? [""]).includes(sampleName.slice(this.#name.length)) ||
      // A native histogram has no suffix; it shares its family with the buckets.
      (this.#type === "histogram" && sampleName === this.#name);
  }

  #labelFault(sample: Sample, suffix: string): string | undefined {
    const type = this.#type;
    if (type === "stateset" && sample.labels[this.#name!] === undefined) return "stateset without its label";
    if (type === "histogram" && suffix === "") return "histogram sample without _bucket, _sum or _count";
    if (suffix === "_bucket" && (type === "histogram" || type === "gaugehistogram")) {
      if (!isBound(sample.labels.le)) return "le label is not a number";
    }
    if (type === "summary" && suffix === "") {
      const quantile = parseNumberText(sample.labels.quantile ?? "");
      if (quantile === undefined || !(quantile >= 0 && quantile <= 1)) {
        return "quantile label is not between 0 and 1";
      }
    }
    return undefined;
  }

  #groupFault(sample: Sample, suffix: string): string | undefined {
    const key = this.#keyOf(sample, suffix);
    const time = sample.timestampSeconds;
    if (key === this.#groupKey) {
      if ((time === undefined) !== (this.#groupTimestamp === undefined)) {
        return "timestamp only on some of a metric";
      }
      if (time !== undefined && time < this.#groupTimestamp! - NANOSECOND && this.#type !== "info") {
        return "timestamp goes back";
      }
    } else if (this.#groupKeys.has(key)) return "samples of one metric are not together";
    this.#groupKey = key;
    this.#groupTimestamp = time;
    this.#groupKeys.add(key);
    return undefined;
  }

  /** The labels that name a metric within its family. */
  #keyOf(sample: Sample, suffix: string): string {
    if (this.#type === "info") return "";
    const own = this.#type === "stateset"
      ? this.#name
      : this.#type === "summary" && suffix === ""
      ? "quantile"
      : suffix === "_bucket"
      ? "le"
      : undefined;
    const pairs = Object.entries(sample.labels).filter(([label]) => label !== own);
    return JSON.stringify(pairs.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
  }

  #valueFault(sample: Sample, suffix: string): string | undefined {
    const { value } = sample;
    const type = this.#type;
    if (type === "stateset" && value !== 0 && value !== 1) return "stateset value is neither 0 nor 1";
    if (type === "info" && value !== 1) return "info value is not 1";
    if (type === "summary" && suffix === "" && value < 0) return "quantile value is negative";
    if (WHOLE.includes(suffix) && !Number.isInteger(value)) return "count is not a whole number";
    if (NOT_NAN.includes(suffix) && Number.isNaN(value)) return "counter-like value is NaN";
    if (NOT_NEGATIVE.includes(suffix) && value < 0) return "counter-like value is negative";
    if (sample.exemplar !== undefined && !this.#mayHaveExemplar(suffix)) {
      return "exemplar on a sample other than a bucket or a counter";
    }
    return undefined;
  }

  #mayHaveExemplar(suffix: string): boolean {
    return this.#type === "counter" ? suffix === "_total" : suffix === "_bucket" && this.#isHistogram;
  }

  get #isHistogram(): boolean {
    return this.#type === "histogram" || this.#type === "gaugehistogram";
  }

  #histogramFault(sample: Sample, suffix: string): string | undefined {
    if (!this.#isHistogram) return undefined;
    const key = this.#keyOf(sample, suffix);
    let group = this.#histogram;
    if (group === undefined || group.key !== key || group.timestampSeconds !== sample.timestampSeconds) {
      const fault = this.#closeHistogram();
      if (fault !== undefined) return fault;
      group = this.#histogram = newGroup(key, sample.timestampSeconds);
    }
    switch (suffix) {
      case "_bucket":
        return addBucket(group, sample);
      case "_count":
      case "_gcount":
        group.count = sample.value;
        return undefined;
      case "_sum":
        group.sum = sample.value;
        return undefined;
      case "_gsum":
        group.gaugeSum = sample.value;
        return undefined;
    }
    return undefined;
  }

  #closeHistogram(): string | undefined {
    const group = this.#histogram;
    this.#histogram = undefined;
    if (group === undefined) return undefined;
    if (group.lastBound !== Infinity) return "histogram without +Inf bucket";
    if (group.count !== undefined && group.count !== group.lastCount) {
      return "histogram count is not its +Inf bucket";
    }
    const summed = group.sum !== undefined || group.gaugeSum !== undefined;
    if (summed !== (group.count !== undefined)) return "histogram with only one of sum and count";
    if (group.negativeBound && group.sum !== undefined) return "histogram sum with negative buckets";
    if (!group.negativeBound && (group.gaugeSum ?? 0) < 0) return "negative sum without negative buckets";
    return undefined;
  }
}

function newGroup(key: string, timestampSeconds: number | undefined): HistogramGroup {
  return {
    key,
    timestampSeconds,
    lastBound: undefined,
    lastCount: 0,
    count: undefined,
    sum: undefined,
    gaugeSum: undefined,
    negativeBound: false,
  };
}

function addBucket(group: HistogramGroup, sample: Sample): string | undefined {
  const bound = parseNumberText(sample.labels.le ?? "")!;
  if (group.lastBound !== undefined && bound <= group.lastBound) return "buckets are not in ascending order";
  if (sample.value < group.lastCount) return "bucket counts fall";
  if (bound < 0) group.negativeBound = true;
  group.lastBound = bound;
  group.lastCount = sample.value;
  return undefined;
}

/** A bucket's bound: a number, where infinity is spelled `+Inf` and nothing else. */
function isBound(le: string | undefined): boolean {
  const bound = parseNumberText(le ?? "");
  if (bound === undefined || Number.isNaN(bound)) return false;
  return bound !== Infinity || le === "+Inf";
}
