/**
 * Requests that were cut before a server's histogram could hold them: an objective by buckets does not see them.
 *
 * @module
 */
import type { Reading } from "../base/cause.ts";
import { firstAfter } from "../base/search.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { SpanFigures } from "./span_figures.ts";

/** Reasons for which a request ends early, on servers that count such ends; vLLM 0.32 does not. */
const CUT = [{ label: "finished_reason", operator: "=~", value: "abort|error" }] as const;

/** Answers of text, begun well: a stream that its reader leaves is counted as one too. */
const ANSWERED = [
  { label: "handler", operator: "=~", value: "/v1/(chat/)?completions" },
  { label: "status", operator: "=~", value: "2.." },
] as const;

/**
 * How many ended in the span and are in no TTFT, or in no E2E, at least: answers that the HTTP front end counted, or ends that the engine
 * counted, less those that the histogram got. Who ran at the beginning had its first token before. Fewer than there were where
 * a request asks for several answers, each of which is in the histogram. 0 of other limits, over a restart, and where nothing counts
 * answers.
 */
export async function cutUnseen(
  source: MetricSource,
  quantity: QuantityName,
  span: TimeSpan,
): Promise<number> {
  if (quantity !== "ttft" && quantity !== "e2e") return 0;
  if ((await source.events(span)).some(({ kind }) => kind === "counter_reset")) return 0;
  const figures = new SpanFigures(source, span);
  const answered = countOf(await figures.increase("http_requests", { matchers: ANSWERED }));
  const ended = countOf(await figures.increase("request_success"));
  const held = countOf(await figures.increase(quantity, { part: "count" }));
  if (quantity === "e2e") {
    const cut = countOf(await figures.increase("request_success", { matchers: CUT }));
    return Math.max(0, Math.round(cut), Math.round(answered - held));
  }
  const begun = await begunBefore(source, span);
  return Math.max(0, Math.round(Math.max(answered, ended) - held - begun));
}

/** How far back is looked for the last scrape before a span, and for preemptions of who waits at its beginning. */
const LOOK_BACK_SECONDS = 300;

/** Requests that had their first token before the span, at most: those that ran, and those that waited because they were preempted. */
async function begunBefore(source: MetricSource, { startSeconds, endSeconds }: TimeSpan): Promise<number> {
  const fromSeconds = startSeconds - LOOK_BACK_SECONDS;
  const level = async (quantity: QuantityName) =>
    (await source.select({ quantity }, { startSeconds: fromSeconds, endSeconds }))
      .reduce((sum, { timesSeconds, values }) => {
        // Counters grow from the last point before, where there is one: who ran then may have ended since.
        const next = firstAfter(timesSeconds, startSeconds);
        return sum + Math.max(0, values[next - 1] || 0, values[next] || 0);
      }, 0);
  const earlier = new SpanFigures(source, { startSeconds: fromSeconds, endSeconds: startSeconds });
  const preempted = countOf(await earlier.increase("preemptions"));
  return await level("running") + Math.min(preempted, await level("waiting"));
}

/** 0 where there is none: a bound from below. */
function countOf(reading: Reading): number {
  return "value" in reading ? reading.value : 0;
}
