/**
 * When a stored series was shown.
 *
 * @module
 */
import { type Life, livesOf } from "./lives.ts";
import type { StoredSampler, StoredSeries } from "./store_entry.ts";

/** Each life among the ticks that are kept, without a look at the points within. */
export function storedLives(sampler: StoredSampler, series: StoredSeries): Life[] {
  const { column, own, stale } = series;
  if (own !== undefined) return livesOf(own.times.view(), stale.view());
  const lives: Life[] = [];
  let tick = column.firstWrittenIn(sampler.firstTick, sampler.nextTick);
  for (const endSeconds of stale.view()) {
    if (tick < 0) return lives;
    const startSeconds = sampler.timeOf(tick);
    if (endSeconds <= startSeconds) continue;
    lives.push({ startSeconds, endSeconds });
    tick = column.firstWrittenIn(sampler.firstTickAtOrAfter(endSeconds), sampler.nextTick);
  }
  if (tick >= 0) lives.push({ startSeconds: sampler.timeOf(tick), endSeconds: Infinity });
  return lives;
}
