/**
 * The workload's cumulative counters and fine histograms, as a server would keep them: pure.
 *
 * @module
 */
import { firstAtOrAfter } from "../../base/search.ts";
import type { RequestOutcome, RequestRecord } from "../../series/types.ts";
import { e2eSeconds, interTokenSeconds, tpotSeconds, ttftSeconds } from "./request_times.ts";
import { OUTCOMES } from "./summary.ts";

/** Bounds of a decade by Renard's R10 series (ISO 3): ten steps of about 26 %. */
const R10 = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8];

/** Upper bounds in seconds: 0.1 ms to 800 s, ten a decade; the last bucket has no bound. */
export const BUCKET_BOUNDS: readonly number[] = [-4, -3, -2, -1, 0, 1, 2].flatMap((power) =>
  R10.map((step) => Number(`${step}e${power}`))
);

/** The four histograms, by what they measure. */
export type HistogramName = "ttft" | "itl" | "tpot" | "e2e";

/** In the order of the snapshot. */
export const HISTOGRAMS: readonly HistogramName[] = ["ttft", "itl", "tpot", "e2e"];

const CELLS_PER_HISTOGRAM = BUCKET_BOUNDS.length + 2; // a cell per bucket, +Inf included, then the sum
const HISTOGRAM_START = OUTCOMES.length + 3;
/** Numbers in a snapshot. */
export const SNAPSHOT_LENGTH = HISTOGRAM_START + HISTOGRAMS.length * CELLS_PER_HISTOGRAM;

/**
 * Counters of one model. TTFT and gaps count when the token comes, as the server counts them: a request that is cut
 * afterwards has counted. TPOT and E2E count when a request ends well.
 */
export class ClientCounters {
  readonly #cells = new Float64Array(SNAPSHOT_LENGTH);

  /** Requests sent and not ended. */
  get inFlight(): number {
    return this.#cells[OUTCOMES.length]!;
  }

  /** A request begins. */
  begin(): void {
    this.#add(OUTCOMES.length, 1);
  }

  /** A first token came. */
  firstToken(ttft: number): void {
    this.#observe("ttft", ttft);
    this.#add(OUTCOMES.length + 2, 1);
  }

  /** A further token chunk came. */
  furtherToken(gap: number): void {
    this.#observe("itl", gap);
    this.#add(OUTCOMES.length + 2, 1);
  }

  /** A request ended; `begun` is false for one that never started. */
  end(record: RequestRecord, begun: boolean): void {
    if (begun) this.#add(OUTCOMES.length, -1);
    this.#add(OUTCOMES.indexOf(record.outcome), 1);
    this.#add(OUTCOMES.length + 1, record.promptTokens ?? 0);
    // Chunks were counted as they came; the server may have put several tokens into one.
    this.#add(OUTCOMES.length + 2, Math.max(0, (record.outputTokens ?? 0) - record.chunkTimesSeconds.length));
    if (record.outcome !== "ok") return;
    const tpot = tpotSeconds(record);
    const e2e = e2eSeconds(record);
    if (tpot !== undefined) this.#observe("tpot", tpot);
    if (e2e !== undefined) this.#observe("e2e", e2e);
  }

  /** Counts a record that came whole, with the tokens in it. */
  add(record: RequestRecord): void {
    const ttft = ttftSeconds(record);
    if (ttft !== undefined) this.firstToken(ttft);
    for (const gap of interTokenSeconds(record)) this.furtherToken(gap);
    this.end(record, false);
  }

  /** All numbers, a copy; {@link readSnapshot} names them. */
  snapshot(): Float64Array<ArrayBuffer> {
    return this.#cells.slice();
  }

  /** Adds the numbers of a snapshot that is the last of a thread: whatever it had in flight is gone with it. */
  absorb(cells: Float64Array): void {
    for (let i = 0; i < this.#cells.length; i++) {
      if (i !== OUTCOMES.length) this.#add(i, cells[i] ?? 0);
    }
  }

  #observe(name: HistogramName, seconds: number): void {
    const start = HISTOGRAM_START + HISTOGRAMS.indexOf(name) * CELLS_PER_HISTOGRAM;
    this.#add(start + bucketIndex(seconds), 1);
    this.#add(start + CELLS_PER_HISTOGRAM - 1, seconds);
  }

  #add(cell: number, value: number): void {
    this.#cells[cell] = this.#cells[cell]! + value;
  }
}

/** Index of the first bound that is not below the value; the number of bounds where none is. */
export function bucketIndex(seconds: number): number {
  return firstAtOrAfter(BUCKET_BOUNDS, seconds);
}

/** A snapshot with names; bucket counts are cumulative, the last one is the count. */
export interface CounterReading {
  readonly byOutcome: Readonly<Record<RequestOutcome, number>>;
  readonly inFlight: number;
  readonly promptTokens: number;
  readonly generationTokens: number;
  readonly histograms: Readonly<
    Record<HistogramName, { readonly cumulative: readonly number[]; readonly sum: number }>
  >;
}

/** Names the numbers of a snapshot. */
export function readSnapshot(cells: Float64Array): CounterReading {
  const at = (index: number) => cells[index] ?? 0;
  const outcome = (name: RequestOutcome) => at(OUTCOMES.indexOf(name));
  const histogram = (name: HistogramName) => {
    const start = HISTOGRAM_START + HISTOGRAMS.indexOf(name) * CELLS_PER_HISTOGRAM;
    let total = 0;
    const cumulative = Array.from({ length: CELLS_PER_HISTOGRAM - 1 }, (_, i) => total += at(start + i));
    return { cumulative, sum: at(start + CELLS_PER_HISTOGRAM - 1) };
  };
  return {
    byOutcome: {
      ok: outcome("ok"),
      error: outcome("error"),
      connection_error: outcome("connection_error"),
      timeout: outcome("timeout"),
      aborted: outcome("aborted"),
      unfinished: outcome("unfinished"),
      dropped: outcome("dropped"),
    },
    inFlight: at(OUTCOMES.length),
    promptTokens: at(OUTCOMES.length + 1),
    generationTokens: at(OUTCOMES.length + 2),
    histograms: {
      ttft: histogram("ttft"),
      itl: histogram("itl"),
      tpot: histogram("tpot"),
      e2e: histogram("e2e"),
    },
  };
}
