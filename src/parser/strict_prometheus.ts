/**
 * The rules of Prometheus text 0.0.4 / 1.0.0 about metrics.
 *
 * Source: https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md (quoted below)
 *
 * @module
 */
import type { CommentLine } from "./comments.ts";
import { FamilyIndex, type OpenFamily } from "./families.ts";
import { parseNumberText } from "./number.ts";
import type { Labels, Sample } from "./types.ts";

/** Buckets or quantiles of one label set so far. */
interface Distribution {
  lastBound: number;
  /** Value of the +Inf bucket. */
  infinity: number | undefined;
  count: number | undefined;
}

/** Follows the families of a text. */
export class PrometheusRules {
  readonly #families = new FamilyIndex(false);
  readonly #closed = new Set<OpenFamily>();
  readonly #seen = new Set<string>();
  #current: OpenFamily | undefined;
  #hasSamples = false;
  #distributions = new Map<string, Distribution>();

  comment(comment: CommentLine): string | undefined {
    if (comment.kind !== "help" && comment.kind !== "type") return undefined;
    const family = this.#families.declare(comment.name);
    const fault = this.#enter(family);
    if (fault !== undefined) return fault;
    if (comment.kind === "help") {
      if (family.help !== undefined) return "second HELP of a metric";
      family.help = comment.text;
      return undefined;
    }
    if (family.type !== undefined) return "second TYPE of a metric";
    // "The TYPE line for a metric name must appear before the first sample is reported for that metric name."
    if (this.#hasSamples) return "TYPE after samples";
    family.type = comment.type;
    return undefined;
  }

  sample(sample: Sample): string | undefined {
    const family = this.#families.find(sample.name) ?? this.#families.declare(sample.name);
    const fault = this.#enter(family);
    if (fault !== undefined) return fault;
    this.#hasSamples = true;
    // "Each line must have a unique combination of a metric name and labels." Points of one series at several times are
    // taken, as Prometheus and its Python client take them.
    const line = `${sample.timestampSeconds ?? ""} ${sample.name}${labelsKey(sample.labels)}`;
    if (this.#seen.has(line)) return "series occurs twice";
    this.#seen.add(line);
    return this.#distributionFault(family, sample);
  }

  /** "The last line must end with a line feed character." */
  end(endsWithNewline: boolean): string | undefined {
    return this.#closeDistributions() ?? (endsWithNewline ? undefined : "no newline at the end");
  }

  /** "All lines for a given metric must be provided as one single group." */
  #enter(family: OpenFamily): string | undefined {
    if (family === this.#current) return undefined;
    const fault = this.#closeDistributions();
    if (this.#current !== undefined) this.#closed.add(this.#current);
    this.#current = family;
    this.#hasSamples = false;
    return fault ?? (this.#closed.has(family) ? "lines of one metric are not together" : undefined);
  }

  /** "The buckets of a histogram and the quantiles of a summary must appear in increasing numerical order of their label values." */
  #distributionFault(
    family: OpenFamily,
    { name, labels, value, timestampSeconds }: Sample,
  ): string | undefined {
    if (family.type !== "histogram" && family.type !== "summary") return undefined;
    const { le, quantile, ...own } = labels;
    const key = `${timestampSeconds ?? ""} ${labelsKey(own)}`;
    let distribution = this.#distributions.get(key);
    if (distribution === undefined) {
      this.#distributions.set(
        key,
        distribution = { lastBound: -Infinity, infinity: undefined, count: undefined },
      );
    }
    if (name === `${family.name}_count`) distribution.count = value;
    const isBucket = family.type === "histogram" && name === `${family.name}_bucket`;
    if (!isBucket && !(family.type === "summary" && name === family.name)) return undefined;
    const bound = parseNumberText((isBucket ? le : quantile) ?? "");
    if (bound === undefined || Number.isNaN(bound)) {
      return `${isBucket ? "le" : "quantile"} label is not a number`;
    }
    if (bound <= distribution.lastBound) return "bounds are not in ascending order";
    distribution.lastBound = bound;
    if (isBucket && bound === Infinity) distribution.infinity = value;
    return undefined;
  }

  /** "A histogram must have a bucket with {le="+Inf"}. Its value must be identical to the value of x_count." */
  #closeDistributions(): string | undefined {
    const distributions = [...this.#distributions.values()];
    this.#distributions = new Map();
    if (this.#current?.type !== "histogram") return undefined;
    if (distributions.some(({ infinity }) => infinity === undefined)) return "histogram without +Inf bucket";
    const differs = distributions.some(({ infinity, count }) => count !== undefined && count !== infinity);
    return differs ? "histogram count is not its +Inf bucket" : undefined;
  }
}

function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1));
}
