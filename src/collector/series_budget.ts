/**
 * How many series one target may make in a run.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { SampleError } from "../series/types.ts";

/** Characters of names and labels that are kept of one target. */
const MOST_CHARACTERS = 128 * 2 ** 20;

/** What counts of a series. */
interface NamedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Counts the series of a target. Each scrape may be small enough, and yet a label that differs from request to request fills
 * the memory in time: past the limit nothing more is read, and each scrape says why.
 */
export class SeriesBudget {
  readonly #mostSeries: number;
  #series = 0;
  #characters = 0;
  #spent: Cause | undefined;

  /** @param mostSeries of a whole run, those that are gone included */
  constructor(mostSeries: number) {
    this.#mostSeries = mostSeries;
  }

  /** @throws SampleError `too_many_series` when the limit was passed before */
  check(): void {
    if (this.#spent !== undefined) throw new SampleError(this.#spent);
  }

  /** @throws SampleError `too_many_series` when these are too many; then these are not to be kept */
  take(series: readonly NamedSeries[]): void {
    this.#series += series.length;
    for (const { name, labels } of series) this.#characters += charactersOf(name, labels);
    if (this.#series <= this.#mostSeries && this.#characters <= MOST_CHARACTERS) return;
    this.#spent = this.#series > this.#mostSeries
      ? { code: "too_many_series", params: { series: this.#series, maxSeries: this.#mostSeries } }
      : { code: "too_many_series", params: { characters: this.#characters, maxCharacters: MOST_CHARACTERS } };
    this.check();
  }
}

function charactersOf(name: string, labels: Readonly<Record<string, string>>): number {
  let sum = name.length;
  for (const label in labels) sum += label.length + labels[label]!.length;
  return sum;
}
