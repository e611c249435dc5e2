/**
 * Whether what was watched could still be read when the watch ended: a gate that passes since its server died would be none.
 *
 * @module
 */
import { parseLimit, readLimit } from "../analyzer/limits.ts";
import { escapeTerminal } from "../base/escape.ts";
import { formatSeconds } from "../base/format.ts";
import type { MetricSource } from "../series/types.ts";
import { alarmText } from "../text/alarms.ts";
import type { Language } from "../text/language.ts";
import type { AlarmOptions } from "./alarms.ts";

/** Failed reads in a row that are no hiccup. */
const LEAST_READS = 3;

/** How it was watched. */
export interface UnreadOptions extends Pick<AlarmOptions, "failOn" | "objective"> {
  readonly intervalSeconds: number;
  readonly language: Language;
}

/**
 * A line for each server that could not be read any more, where that fails the watch. With limits or objectives every such
 * server does: nothing could be judged there. Without them only the loss of all does. A limit on `unreachable` says itself how
 * long a server may be away.
 */
export async function unreadAtEnd(source: MetricSource, options: UnreadOptions): Promise<readonly string[]> {
  const { failOn, objective, intervalSeconds, language } = options;
  const span = await source.span();
  if (span === undefined || failOn.some(({ quantity }) => quantity === "unreachable")) return [];
  const limit = parseLimit(`unreachable>=${Math.ceil(LEAST_READS * intervalSeconds)}s`);
  const readings = (await readLimit(source, limit, span.endSeconds))
    .flatMap((reading) => "value" in reading ? [reading] : []);
  const unread = readings.filter(({ beyond }) => beyond);
  const isAsked = failOn.length > 0 || objective.length > 0;
  if (!isAsked && unread.length < readings.length) return [];
  const words = alarmText(language);
  return unread.map(({ target, value }) => escapeTerminal(words.unread(target, formatSeconds(value))));
}
