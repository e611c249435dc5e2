/**
 * The rules of Prometheus text 0.0.4 / 1.0.0 about metrics.
 *
 * Source: https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
 *
 * @module
 */
import type { CommentLine } from "./comments.ts";
import { FamilyIndex, type OpenFamily } from "./families.ts";
import type { Sample } from "./types.ts";

/** Follows the families of a text. */
export class PrometheusRules {
  readonly #families = new FamilyIndex(false);
  readonly #closed = new Set<OpenFamily>();
  #current: OpenFamily | undefined;
  #hasSamples = false;

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
    this.#hasSamples = true;
    return fault;
  }

  /** "The last line must end with a line feed character." */
  end(endsWithNewline: boolean): string | undefined {
    return endsWithNewline ? undefined : "no newline at the end";
  }

  /** "All lines for a given metric must be provided as one single group." */
  #enter(family: OpenFamily): string | undefined {
    if (family === this.#current) return undefined;
    if (this.#current !== undefined) this.#closed.add(this.#current);
    this.#current = family;
    this.#hasSamples = false;
    return this.#closed.has(family) ? "lines of one metric are not together" : undefined;
  }
}
