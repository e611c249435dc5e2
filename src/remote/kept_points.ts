/**
 * Raw points that were read once: a report asks for the same series over many windows.
 *
 * @module
 */
import { firstAtOrAfter } from "../base/search.ts";
import type { RawSeries, SpanMs } from "./remote_api.ts";

/** What a question wants of the points that are kept. */
export interface WantedPoints {
  /** Points, both ends included. */
  readonly span: SpanMs;
  /** A series that has none before this within the span gets its last one from before the span. */
  readonly beforeMs: number;
  /** No earlier than this. */
  readonly earliestMs: number;
}

/** Series by the selector that gave them, over one span; at most so many points. */
export class KeptPoints {
  readonly #span: SpanMs;
  readonly #kept = new Map<string, Promise<readonly RawSeries[]>>();
  readonly #asked = new Set<string>();
  #left: number;

  /**
   * @param span of everything that is kept
   * @param most points that are kept
   */
  constructor(span: SpanMs, most: number) {
    this.#span = span;
    this.#left = most;
  }

  /**
   * The points wanted, where they are kept already or should be from now on; undefined: read them alone. Few points are kept at once,
   * many when they are asked for again.
   *
   * @param about how many points the whole span has, estimated
   * @param few up to here they are kept at the first question
   */
  async take(
    selector: string,
    wanted: WantedPoints,
    read: {
      about(): Promise<number>;
      readonly few: number;
      whole(span: SpanMs, about: number): Promise<RawSeries[]>;
    },
  ): Promise<RawSeries[] | undefined> {
    const { startMs, endMs } = this.#span;
    if (wanted.span.startMs < startMs || wanted.span.endMs > endMs) return undefined;
    let kept = this.#kept.get(selector);
    if (kept === undefined) {
      const again = this.#asked.has(selector);
      this.#asked.add(selector);
      const about = await read.about();
      if (about > this.#left || (!again && about > read.few)) return undefined;
      // Who asked meanwhile may have begun to read.
      kept = this.#kept.get(selector);
      if (kept === undefined) {
        this.#left -= about;
        kept = read.whole(this.#span, about);
        this.#kept.set(selector, kept);
        kept.catch(() => {
          this.#kept.delete(selector);
          this.#left += about;
        });
      }
    }
    return (await kept).flatMap((series) => cut(series, wanted));
  }
}

/** What a server would have given, and the last point before where it is wanted. */
function cut({ name, labels, timesMs, values }: RawSeries, wanted: WantedPoints): RawSeries[] {
  const { span, beforeMs, earliestMs } = wanted;
  let from = firstAtOrAfter(timesMs, span.startMs);
  const to = firstAtOrAfter(timesMs, span.endMs + 1);
  if (from >= to) return [];
  if (timesMs[from]! >= beforeMs && from > 0 && timesMs[from - 1]! >= earliestMs) from--;
  return [{ name, labels, timesMs: timesMs.slice(from, to), values: values.slice(from, to) }];
}
