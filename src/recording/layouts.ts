/**
 * Which series a tick's values are of, as the file has it: written once, however many ticks are laid out so.
 *
 * @module
 */
import type { Statements } from "./statements.ts";

/** Numbers of layouts that are in the file. */
export class Layouts {
  readonly #nextIds: { layout: number };
  /** By target and series. */
  readonly #ids = new Map<string, number>();
  #last = new WeakMap<readonly number[], number>();

  /** @param nextIds is counted up */
  constructor(nextIds: { layout: number }) {
    this.#nextIds = nextIds;
  }

  /** The number of a target's layout, which is written where it is new. */
  idOf(targetId: number, series: readonly number[], statements: Statements): number {
    const last = this.#last.get(series);
    if (last !== undefined) return last;
    const key = `${targetId}:${series.join()}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      statements.layout(id = this.#nextIds.layout++, targetId, series);
      this.#ids.set(key, id);
    }
    this.#last.set(series, id);
    return id;
  }

  /** What was written may not be in the file: a transaction failed. */
  forget(): void {
    this.#ids.clear();
    this.#last = new WeakMap();
  }
}
