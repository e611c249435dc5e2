/**
 * What a benchmark finds: figures beside those of a peer, and targets.
 *
 * @module
 */

/** One figure, with the peer's beside it where there is one. */
export interface BenchFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: string;
  readonly peerValue?: number;
  readonly ratio?: number;
}

/** One bound that is to be kept; `ok` is null where it could not be judged (a peer is not installed). */
export interface BenchTarget {
  readonly name: string;
  readonly wanted: string;
  readonly got: string;
  readonly ok: boolean | null;
}

/** All of it. */
export interface BenchResult {
  readonly figures: readonly BenchFigure[];
  readonly targets: readonly BenchTarget[];
}
