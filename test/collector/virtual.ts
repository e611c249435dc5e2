/** A collector on a virtual clock. */
import { drive, sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { type CollectorOptions, RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import type { LabEvent } from "../../src/series/types.ts";
import type { Answer } from "./fakes.ts";

/** When every test begins. */
export const T0 = 1_795_551_870;

/** A collector on a virtual clock that watches nothing but what the test gives it. */
export function collector(options: Partial<CollectorOptions> & { readonly clock?: VirtualClock } = {}) {
  const clock = options.clock ?? new VirtualClock(T0);
  const it = new RealTimeMetricsCollector({ targets: [], gpu: false, system: false, ...options, clock });
  // A little more, so that the tick at the end is in.
  const pass = (seconds: number) => drive(clock, () => sleep(clock, seconds + 0.1));
  const events = async () =>
    (await it.events({ startSeconds: 0, endSeconds: 1e12 })).filter((e) => e.kind !== "collector");
  return { it, clock, pass, events };
}

/** Answers /metrics as told; the other addresses are unknown. */
export function metricsOnly(
  answer: (count: number, url: URL) => Answer,
): (url: URL, count: number) => Answer {
  return (url, count) => url.pathname === "/metrics" ? answer(count, url) : { body: "", status: 404 };
}

/** Times in seconds after the beginning. */
export function offsets(times: ArrayLike<number> | undefined): number[] {
  return Array.from(times ?? [], (time) => Number((time - T0).toFixed(3)));
}

/** Events by time and kind. */
export function kinds(events: readonly LabEvent[]): string[] {
  return events.map((event) => `${Number((event.timeSeconds - T0).toFixed(3))} ${event.kind}`);
}
